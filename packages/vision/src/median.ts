/** A median filter: small things vanish, the edges of large ones stay sharp. */
import type { Image } from "./image.js";

/**
 * Each value becomes the median of the square of `2 · radius + 1` pixels around it (of each colour by itself; what lies beyond
 * the picture doesn't count). By a histogram that moves along (Huang, Yang and Tang 1979): time grows with the radius, not
 * with its square.
 */
export function medianFiltered({ width, height, data }: Image, radius: number): Image {
  const out = new Uint8Array(data.length);
  const histogram = new Int32Array(256);
  for (let channel = 0; channel < 3; channel++) {
    for (let y = 0; y < height; y++) {
      const top = Math.max(0, y - radius);
      const bottom = Math.min(height - 1, y + radius);
      histogram.fill(0);
      let count = 0;
      const change = (x: number, by: 1 | -1): void => {
        if (x < 0 || x >= width) return;
        for (let v = top, at = (top * width + x) * 3 + channel; v <= bottom; v++, at += width * 3) {
          const value = data[at] as number;
          histogram[value] = (histogram[value] as number) + by;
        }
        count += by * (bottom - top + 1);
      };
      for (let x = 0; x < radius; x++) change(x, 1);
      for (let x = 0; x < width; x++) {
        change(x + radius, 1);
        change(x - radius - 1, -1);
        let median = 0;
        for (let below = histogram[0] as number; below * 2 < count; ) below += histogram[++median] as number;
        out[(y * width + x) * 3 + channel] = median;
      }
    }
  }
  return { width, height, data: out };
}
