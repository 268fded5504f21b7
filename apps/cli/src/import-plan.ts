/** What a dataset folder becomes in a project of a server: its pictures with what was said of them, each in its part. */
import type { Annotation, Part } from "@sightline/api/samples";
import { Label } from "@sightline/api/words";
import type { DatasetFormat, LabelledPictures, Sample, Task } from "@sightline/dataset/dataset";
import { DatasetError } from "@sightline/dataset/dataset-error";
import type { MaskColour } from "@sightline/dataset/ground-truth-manifest";
import { findNormalLabel } from "@sightline/dataset/labelled-pictures";
import { readTestPart } from "@sightline/dataset/test-part";
import { readTrainingPart } from "@sightline/dataset/training-part";
import { CliError } from "./cli-error.js";

export interface PlannedPicture {
  readonly name: string;
  /** Absolute. */
  readonly file: string;
  readonly annotation: Annotation;
  readonly part: Part;
  /** Where its anomalies are, in a file with a colour a kind. */
  readonly mask?: { readonly file: string; readonly types: readonly MaskColour[] };
}

export interface ImportPlan {
  readonly task: Task;
  readonly labels: readonly string[];
  readonly pictures: readonly PlannedPicture[];
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
  /** Boxes that were cut at their picture's edge or left out. */
  readonly boxNotes: readonly { readonly name: string; readonly reason: string }[];
  readonly maskNotes: readonly { readonly name: string; readonly reason: string }[];
}

/**
 * Reads a dataset in any of its formats. A dataset with a split of its own keeps it: what it has for testing the server
 * sets aside for the test and never trains on; what it has for stopping early is for training, since each training of the
 * server holds out pictures itself. Without a split the server decides (`auto`).
 *
 * @throws DatasetError of `readTrainingPart` and `readTestPart`; CliError `LABEL_INVALID`
 */
export async function planImport(folder: string, format?: DatasetFormat): Promise<ImportPlan> {
  const options = format === undefined ? {} : { format };
  const training = await readTrainingPart(folder, options);
  const test = await testPartOf(folder, options);
  const learned = [...training.samples, ...(training.validation ?? [])];
  const learnedFiles = new Set(learned.map(({ file }) => file));
  // A folder without a split gives the same pictures for both.
  const apart = (test?.samples ?? []).filter(({ file }) => !learnedFiles.has(file));
  const nameOf = labelNames(training);
  const planned = (samples: readonly Sample[], part: Part): PlannedPicture[] =>
    samples.map((sample) => ({
      name: sample.name,
      file: sample.file,
      annotation: annotationOf(sample, nameOf),
      part,
      ...maskOf(sample),
    }));
  const pictures = [...planned(learned, apart.length === 0 ? "auto" : "train"), ...planned(apart, "test")];
  const labels = [...new Set(pictures.flatMap(({ annotation }) => labelsOf(annotation)))].sort();
  for (const label of labels) checkLabel(label, folder);
  const skipped = eachOnce([...training.skipped, ...(test?.skipped ?? [])]);
  const boxNotes = eachOnce([...(training.boxNotes ?? []), ...(test?.boxNotes ?? [])]);
  const maskNotes = eachOnce([...(training.maskNotes ?? []), ...(test?.maskNotes ?? [])]);
  return { task: training.task, labels, pictures, skipped, boxNotes, maskNotes };
}

/** A folder without a split tells the same of both parts. */
function eachOnce<Note extends { readonly name: string; readonly reason: string }>(notes: readonly Note[]): Note[] {
  return [...new Map(notes.map((note) => [`${note.name} ${note.reason}`, note])).values()];
}

async function testPartOf(folder: string, options: { format?: DatasetFormat }): Promise<LabelledPictures | null> {
  try {
    return await readTestPart(folder, options);
  } catch (error) {
    const isAbsent = error instanceof DatasetError && error.code === "DATASET_HAS_NO_TEST_PART";
    if (isAbsent || (error instanceof DatasetError && error.code === "DATASET_EMPTY")) return null;
    throw error;
  }
}

/** The server knows the good label by its name alone; a folder may know it by being the only one to learn from. */
function labelNames({ normalLabel }: LabelledPictures): (label: string) => string {
  if (normalLabel === null || findNormalLabel([normalLabel]) !== null) return (label) => label;
  return (label) => (label === normalLabel ? "normal" : label);
}

function annotationOf({ label, labels, boxes }: Sample, nameOf: (label: string) => string): Annotation {
  if (boxes !== undefined) return { boxes: boxes.map(({ label, x1, y1, x2, y2 }) => ({ label, x1, y1, x2, y2 })) };
  return labels === undefined ? { label: nameOf(label) } : { labels: [...labels].sort() };
}

/** Where a dataset's masks have no colours of their own, what is white in them is the picture's label. */
function maskOf({ maskFile, maskColours, label }: Sample): Pick<PlannedPicture, "mask"> {
  if (maskFile === undefined) return {};
  return { mask: { file: maskFile, types: maskColours ?? [{ label, colour: "#ffffff" }] } };
}

function labelsOf({ label, labels, boxes }: Annotation): readonly string[] {
  return label === undefined ? (labels ?? (boxes ?? []).map((box) => box.label)) : [label];
}

function checkLabel(label: string, folder: string): void {
  if (Label.safeParse(label).success) return;
  throw new CliError(
    "LABEL_INVALID",
    `A server's labels have 1 to 64 characters without / and \\; "${folder}" has the label "${label}". Rename it there and try again.`,
  );
}
