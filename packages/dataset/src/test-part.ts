/**
 * The part of a dataset that models are measured on. Only the evaluation imports this file (the layer check enforces
 * it), so that no test picture can take part in training, tuning, calibration or the choice of a method.
 */
import { lstat } from "node:fs/promises";
import path from "node:path";
import type { LabelledPictures, Sample } from "./dataset.js";
import { DatasetError } from "./dataset-error.js";
import { labelledPictures, normalLabelOf, readLabelFolders } from "./label-folders.js";
import { type Layout, recogniseLayout } from "./layout.js";
import type { PartOptions } from "./training-part.js";

/**
 * The labelled pictures of a dataset's test part, with masks where the layout has them. A folder without its own split
 * is given to an evaluation on purpose: all its pictures are the test.
 * Throws DatasetError: DATASET_NOT_FOUND, DATASET_FORMAT_UNKNOWN, DATASET_EMPTY, DATASET_HAS_NO_TEST_PART.
 */
export async function readTestPart(folder: string, { format }: PartOptions = {}): Promise<LabelledPictures> {
  const layout = await recogniseLayout(folder, format);
  if (layout.test === null) {
    throw new DatasetError(
      "DATASET_HAS_NO_TEST_PART",
      `"${folder}" has ${layout.training.join("/, ")}/ but no test/ or valid/. ` +
        "Add test/ with a folder per label, or name another folder of labels.",
    );
  }
  const contents = await readLabelFolders(layout, layout.test);
  const samples: Sample[] = [];
  for (const sample of contents.samples) samples.push(await withMask(layout, sample));
  return labelledPictures(path.join(folder, layout.test), { ...contents, samples }, await normalLabelOf(layout));
}

/** Adds the mask `ground_truth/<label>/<name>_mask.png` or `<name>.png`, where there is one. */
async function withMask(layout: Layout, sample: Sample): Promise<Sample> {
  if (layout.masks === null) return sample;
  const { name } = path.parse(sample.file);
  for (const fileName of [`${name}_mask.png`, `${name}.png`]) {
    const maskFile = path.join(layout.root, layout.masks, sample.label, fileName);
    const found = await lstat(maskFile).catch(() => null);
    if (found?.isFile()) return { ...sample, maskFile };
  }
  return sample;
}
