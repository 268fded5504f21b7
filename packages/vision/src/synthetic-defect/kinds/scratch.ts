/** Thin wandering lines, dark or bright, some with a lit flank: scratches, cracks, hairs. */
import { beneath, between, type DefectKind, ratioBetween, toByte } from "../defect-kind.js";
import { stroke } from "../shapes.js";
import { shiftFrom } from "./stain.js";

export const scratch: DefectKind = (order) => {
  const { random, picture } = order;
  const side = Math.min(picture.width, picture.height);
  const length = Math.min(side * 0.6, Math.max(side * 0.03, order.size * between(random, 1, 4)));
  const thickness = Math.max(side / 170, Math.min(length / 6, (side / 170) * ratioBetween(random, 1, 4)));
  const { width, height, opacity } = stroke(random, length, thickness);
  const left = Math.round(order.x - width / 2);
  const top = Math.round(order.y - height / 2);
  const below = beneath(picture, left, top, width, height);
  const shift = shiftFrom(below.data, order.contrast * ratioBetween(random, 2, 8), random);
  const isLit = random() < 0.3;
  const data = below.data.map((value, i) => toByte(value + (shift[i % 3] as number)));
  if (isLit) lightFlank(data, opacity, width, height, shift);
  return { left, top, image: { width, height, data }, opacity };
};

/** Light from one side: where the line ends towards the lower right, its colour turns over. */
function lightFlank(data: Uint8Array, opacity: Float32Array, width: number, height: number, shift: readonly number[]) {
  for (let y = 0; y < height - 1; y++) {
    for (let x = 0; x < width - 1; x++) {
      const here = opacity[y * width + x] as number;
      const beyond = opacity[(y + 1) * width + x + 1] as number;
      if (here < 0.5 || beyond > 0.5) continue;
      for (let c = 0; c < 3; c++) {
        const at = (y * width + x) * 3 + c;
        data[at] = toByte((data[at] as number) - 1.6 * (shift[c] as number));
      }
    }
  }
}
