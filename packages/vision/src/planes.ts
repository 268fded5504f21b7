/** Pictures as the planes of numbers that networks take. */
import type { Image } from "./image.js";

/** Writes planes of red, green and blue, 0–255, from `offset` on: `3 · width · height` values. */
export function writePlanes(image: Image, target: Float32Array, offset: number): void {
  const { data } = image;
  const area = image.width * image.height;
  const green = offset + area;
  const blue = green + area;
  for (let i = 0, from = 0; i < area; i++, from += 3) {
    target[offset + i] = data[from] as number;
    target[green + i] = data[from + 1] as number;
    target[blue + i] = data[from + 2] as number;
  }
}
