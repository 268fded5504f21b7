/** The first pictures of a training, for what a network has to know of them before its first step. */
import type { Loader } from "@sightline/dataset/loader";
import { type FloatTensor, floatTensor } from "@sightline/nn/tensor";
import { modelValues } from "../model-values.js";

const atOnce = 8;

/** Pictures as the first epoch shows them, in feeds of the backbone: few at once, for all of its maps are wanted. */
export async function firstPictures(loader: Loader, most: number) {
  const feeds: { [modelValues.image]: FloatTensor }[] = [];
  for (let index = 0, seen = 0; index < loader.batches && seen < most; index++) {
    const { pictures, rows, width, height } = await loader.batch(0, index);
    const pixels = 3 * width * height;
    for (let row = 0; row < rows; row += atOnce) {
      const count = Math.min(atOnce, rows - row);
      const data = pictures.slice(row * pixels, (row + count) * pixels);
      feeds.push({ [modelValues.image]: floatTensor([count, 3, height, width], data) });
    }
    seen += rows;
  }
  return feeds;
}
