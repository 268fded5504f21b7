/** What a picture looks like, in eight figures: cheap, the same for every model, and with names that tell a person what changed. */
import type { Image } from "@sightline/vision/image";

/** In the order of the stored lists; a figure is added at the end. */
export const figureTitles = [
  "brightness",
  "contrast",
  "sharpness",
  "red",
  "blue",
  "light from the left",
  "light from above",
  "light in the middle",
] as const;

/** Pictures are compared at this size on their longer side, so that sharpness means the same for all. */
export const figurePixels = 160;

/** @param image at most `figurePixels` on its longer side. @returns a figure for each of `figureTitles`, brightness 0–255. */
export function figuresOf({ width, height, data }: Image): number[] {
  const light = new Float64Array(width * height);
  let [sum, squares, red, blue, left, above, middle] = [0, 0, 0, 0, 0, 0, 0];
  let inMiddle = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3;
      const [r, g, b] = [data[at] as number, data[at + 1] as number, data[at + 2] as number];
      // ITU-R BT.601 luma.
      const luma = 0.299 * r + 0.587 * g + 0.114 * b;
      light[y * width + x] = luma;
      sum += luma;
      squares += luma * luma;
      red += r - g;
      blue += b - g;
      left += x * 2 < width ? luma : -luma;
      above += y * 2 < height ? luma : -luma;
      const isMiddle = Math.abs(x * 2 - width) < width / 2 && Math.abs(y * 2 - height) < height / 2;
      if (isMiddle) {
        middle += luma;
        inMiddle++;
      }
    }
  }
  const pixels = width * height;
  const mean = sum / pixels;
  const contrast = Math.sqrt(Math.max(0, squares / pixels - mean * mean));
  return [
    mean,
    contrast,
    sharpnessOf(light, width, height) / Math.max(1, contrast),
    red / pixels,
    blue / pixels,
    left / pixels,
    above / pixels,
    middle / Math.max(1, inMiddle) - mean,
  ];
}

/** Mean strength of the Laplacian: how much a pixel differs from its four neighbours. */
function sharpnessOf(light: Float64Array, width: number, height: number): number {
  let sum = 0;
  for (let y = 1; y + 1 < height; y++) {
    for (let x = 1; x + 1 < width; x++) {
      const at = y * width + x;
      const around =
        (light[at - 1] as number) +
        (light[at + 1] as number) +
        (light[at - width] as number) +
        (light[at + width] as number);
      sum += Math.abs(4 * (light[at] as number) - around);
    }
  }
  return sum / Math.max(1, (width - 2) * (height - 2));
}
