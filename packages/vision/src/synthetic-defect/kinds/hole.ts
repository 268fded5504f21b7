/** Something dark with depth, alone or several together: holes, pores, pits, chips. */
import { beneath, between, type DefectKind, ratioBetween, toByte } from "../defect-kind.js";
import { blob, type Shape } from "../shapes.js";

export const hole: DefectKind = (order) => {
  const { random, size } = order;
  const shape =
    random() < 0.25
      ? pores(order)
      : blob(random, size, {
          elongation: ratioBetween(random, 1, 2.5),
          raggedness: between(random, 0, 0.9),
          feather: between(random, 0.7, 2),
        });
  const { width, height, opacity } = shape;
  const left = Math.round(order.x - width / 2);
  const top = Math.round(order.y - height / 2);
  const below = beneath(order.picture, left, top, width, height);
  // How much light is left at the bottom, and from which side the wall is lit.
  const lightLeft = between(random, 0.05, 0.6);
  const [lightX, lightY] = [between(random, -0.35, 0.35), between(random, -0.35, 0.35)];
  const data = new Uint8Array(below.data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const lit = Math.max(0.02, lightLeft * (1 + lightX * ((2 * x) / width - 1) + lightY * ((2 * y) / height - 1)));
      for (let c = 0; c < 3; c++) {
        const at = (y * width + x) * 3 + c;
        data[at] = toByte((below.data[at] as number) * lit);
      }
    }
  }
  return { left, top, image: { width, height, data }, opacity };
};

/** Two to six small ones in the area of one. */
function pores({ random, size, picture }: Parameters<DefectKind>[0]): Shape {
  const reach = Math.ceil(size * 1.2) + 4;
  const side = 2 * reach + 1;
  const opacity = new Float32Array(side * side);
  const least = Math.min(picture.width, picture.height) / 90;
  const count = 2 + Math.floor(random() * 5);
  for (let i = 0; i < count; i++) {
    const pore = blob(random, Math.max(least, size * between(random, 0.15, 0.4)), { raggedness: 0.3 });
    const dx = Math.round(between(random, 0, Math.max(0, side - pore.width)));
    const dy = Math.round(between(random, 0, Math.max(0, side - pore.height)));
    for (let y = 0; y < Math.min(pore.height, side); y++) {
      for (let x = 0; x < Math.min(pore.width, side); x++) {
        const to = (dy + y) * side + dx + x;
        opacity[to] = Math.max(opacity[to] as number, pore.opacity[y * pore.width + x] as number);
      }
    }
  }
  return { width: side, height: side, opacity };
}
