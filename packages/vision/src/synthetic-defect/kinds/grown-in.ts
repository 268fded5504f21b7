/** A piece from elsewhere that takes on the light and colour of its new rim, so that no edge betrays it (NSA, Schlüter et al. 2022). */
import { borrow } from "../borrowed.js";
import { beneath, between, type DefectKind, ratioBetween, toByte } from "../defect-kind.js";
import { membrane } from "../membrane.js";
import { blob } from "../shapes.js";

export const grownIn: DefectKind = (order) => {
  const { random, picture } = order;
  // Without a seam small pieces show nothing.
  const size = Math.max(order.size, Math.min(picture.width, picture.height) * 0.04);
  const shape = blob(random, size, {
    elongation: ratioBetween(random, 1, 3),
    raggedness: between(random, 0, 0.6),
    feather: 2,
    margin: Math.max(2, size * 0.15),
  });
  const { width, height, opacity } = shape;
  const left = Math.round(order.x - width / 2);
  const top = Math.round(order.y - height / 2);
  const piece = borrow(order, width, height, { turn: Math.PI, scale: 1.4, colour: 0 });
  const around = beneath(picture, left, top, width, height);
  const gap = new Float32Array(around.data.length);
  for (let i = 0; i < gap.length; i++) gap[i] = (around.data[i] as number) - (piece.data[i] as number);
  const bridge = membrane(gap, opacity, width, height);
  const data = new Uint8Array(gap.length);
  for (let i = 0; i < data.length; i++) data[i] = toByte((piece.data[i] as number) + (bridge[i] as number));
  return { left, top, image: { width, height, data }, opacity };
};
