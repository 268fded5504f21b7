/** The part of a dataset that models may learn from. It never opens the test part: that is test-part.ts. */
import type { DatasetFormat, LabelledPictures } from "./dataset.js";
import { DatasetError } from "./dataset-error.js";
import { findNormalLabel, labelledPictures } from "./labelled-pictures.js";
import { recogniseLayout } from "./layout.js";

export interface PartOptions {
  /** Left out: recognised. */
  readonly format?: DatasetFormat | undefined;
}

/**
 * The labelled pictures of a dataset's training part; of a dataset without its own split, all of them.
 * Throws DatasetError: DATASET_NOT_FOUND, DATASET_FORMAT_UNKNOWN, DATASET_LABELS_INVALID, DATASET_EMPTY,
 * DATASET_ONE_CLASS.
 *
 * @example
 * const { task, labels, samples, skipped } = await readTrainingPart("photos/castings");
 */
export async function readTrainingPart(folder: string, { format }: PartOptions = {}): Promise<LabelledPictures> {
  const layout = await recogniseLayout(folder, format);
  const contents = await layout.read("training");
  const pictures = labelledPictures(folder, contents, await layout.normalLabel(), layout.task);
  const counts = pictures.labels.map((label) => pictures.samples.filter((sample) => sample.label === label).length);
  if (pictures.task === "anomaly" && counts[0] === 0) {
    throw new DatasetError(
      "DATASET_EMPTY",
      `"${folder}" holds no usable picture of the label "${pictures.normalLabel}". ` +
        "A detector learns what is good from good pictures: add at least 10.",
    );
  }
  if (pictures.task === "classification" && pictures.labels.length === 1) {
    const several = contents.labels.length > 1 && findNormalLabel(contents.labels) === null;
    throw new DatasetError(
      "DATASET_ONE_CLASS",
      `"${folder}" has one label only, "${pictures.labels[0]}"${several ? " (its other folders hold no usable picture)" : ""}. ` +
        "Add pictures of a second label, or call the folder of good parts good/ to learn from good ones alone.",
    );
  }
  const { samples: validation, skipped, boxNotes = [] } = await layout.read("validation");
  const notes = [...(pictures.boxNotes ?? []), ...boxNotes];
  return {
    ...pictures,
    ...(validation.length > 0 && { validation }),
    skipped: [...pictures.skipped, ...skipped],
    ...(notes.length > 0 && { boxNotes: notes }),
  };
}
