/**
 * The part of a dataset that models are measured on. Only the evaluation imports this file (the layer check enforces
 * it), so that no test picture can take part in training, tuning, calibration or the choice of a method.
 */
import path from "node:path";
import type { LabelledPictures } from "./dataset.js";
import { DatasetError } from "./dataset-error.js";
import { labelledPictures } from "./labelled-pictures.js";
import { recogniseLayout } from "./layout.js";
import type { PartOptions } from "./training-part.js";

/**
 * The labelled pictures of a dataset's test part, with masks where the layout has them. A folder without its own split
 * is given to an evaluation on purpose: all its pictures are the test.
 * Throws DatasetError: DATASET_NOT_FOUND, DATASET_FORMAT_UNKNOWN, DATASET_LABELS_INVALID, DATASET_EMPTY,
 * DATASET_HAS_NO_TEST_PART.
 */
export async function readTestPart(folder: string, { format }: PartOptions = {}): Promise<LabelledPictures> {
  const layout = await recogniseLayout(folder, format);
  if (layout.testName === null) {
    throw new DatasetError(
      "DATASET_HAS_NO_TEST_PART",
      `"${folder}" has ${layout.trainingName} but no test/ or valid/. ` +
        "Add test/ with a folder per label, or name another folder of labels.",
    );
  }
  const contents = await layout.read("test");
  return labelledPictures(path.join(folder, layout.testName), contents, await layout.normalLabel(), layout.task);
}
