/** Lays a project's labelled pictures out as files for the training process, training part and test part strictly apart. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LabelledPictures, Sample } from "@sightline/dataset/dataset";
import { findNormalLabel, labelledPictures } from "@sightline/dataset/labelled-pictures";
import type { BlobStore } from "../blobs/blob-store.js";
import { errors, isServerError } from "../errors.js";
import { type Annotation, labelsOf, type TrainingSample } from "../store/samples.js";

export interface LaidOutPictures {
  readonly training: LabelledPictures;
  /** `null` when the pictures kept apart can't judge a model: none, or a label is missing among them. */
  readonly test: LabelledPictures | null;
}

/** From so many training pictures on, a label must occur in the test as well. */
const COMMON_FROM = 10;

/**
 * Copies the bytes, so that a picture deleted meanwhile is still what was trained on.
 * @param folder exists and is empty.
 * @throws ServerError TOO_FEW_SAMPLES when there is nothing to train on.
 */
export async function layOutPictures(
  samples: readonly TrainingSample[],
  {
    blobs,
    folder,
    projectName,
    signal,
  }: { blobs: BlobStore; folder: string; projectName: string; signal: AbortSignal },
): Promise<LaidOutPictures> {
  const training = await layOutTrainingPictures(samples, { blobs, folder, projectName, signal });
  const { normalLabel } = taskOf(samples);
  const layOut = layOutIn(folder, { samples, blobs, projectName, signal });
  // What was never trained can't be answered: such pictures judge nothing.
  const isTrained = ({ annotation }: TrainingSample): boolean =>
    normalLabel !== null || labelsOf(annotation).every((label) => training.labels.includes(label));
  const forTest = samples.filter((sample) => sample.part === "test" && isTrained(sample));
  return { training, test: canJudge(forTest, training) ? await layOut(forTest, training.labels) : null };
}

/**
 * The pictures that may be learnt from, alone.
 * @param folder exists and is empty.
 * @throws ServerError TOO_FEW_SAMPLES when there are none
 */
export async function layOutTrainingPictures(
  samples: readonly TrainingSample[],
  { folder, ...rest }: { blobs: BlobStore; folder: string; projectName: string; signal: AbortSignal },
): Promise<LabelledPictures> {
  const forTraining = samples.filter((sample) => sample.part !== "test");
  if (forTraining.length === 0) {
    throw errors.tooFewSamples({
      problem: `Project "${rest.projectName}" has no labelled pictures to train on (${samples.length} are kept for the test). Add some first.`,
    });
  }
  return layOutIn(folder, { samples, ...rest })(forTraining);
}

/**
 * The pictures kept for the test alone, without those that have a label not among the given ones.
 * @param folder exists and is empty.
 * @returns `null` when there are none; else the pictures, and those left out with their reason.
 */
export async function layOutTestPictures(
  samples: readonly TrainingSample[],
  options: { folder: string; labels: readonly string[]; blobs: BlobStore; projectName: string; signal: AbortSignal },
): Promise<{ pictures: LabelledPictures; leftOut: readonly { name: string; reason: string }[] } | null> {
  const { normalLabel } = taskOf(samples);
  const unknown = ({ annotation }: TrainingSample): string | undefined =>
    // Whatever is not the good label is a defect, also one that had no name when a version was trained.
    normalLabel !== null ? undefined : labelsOf(annotation).find((label) => !options.labels.includes(label));
  const kept = samples.filter(({ part }) => part === "test");
  const usable = kept.filter((sample) => unknown(sample) === undefined);
  if (usable.length === 0) return null;
  const leftOut = kept.flatMap((sample) => {
    const label = unknown(sample);
    return label === undefined ? [] : [{ name: sample.name, reason: `Not both versions know the label "${label}".` }];
  });
  const { folder, labels, ...rest } = options;
  const layOut = layOutIn(folder, { samples, ...rest });
  return { pictures: await layOut(usable, normalLabel === null ? labels : undefined), leftOut };
}

/** Copies some of a project's pictures into a folder, each under its id. */
function layOutIn(
  folder: string,
  {
    samples,
    blobs,
    projectName,
    signal,
  }: { samples: readonly TrainingSample[]; blobs: BlobStore; projectName: string; signal: AbortSignal },
) {
  const { task, normalLabel } = taskOf(samples);
  return async (part: readonly TrainingSample[], labels?: readonly string[]): Promise<LabelledPictures> => {
    const skipped: { name: string; reason: string }[] = [];
    const files = [];
    for (const sample of part) {
      signal.throwIfAborted();
      const file = join(folder, sample.id);
      try {
        await writeFile(file, await blobs.read(sample.imageSha256));
        const mask = await layOutMask(sample, `${file}-mask`, blobs);
        files.push({ name: sample.name, file, ...fieldsOf(sample.annotation), ...mask });
      } catch (error) {
        // A picture that is lost or damaged is named in the result; it does not stop a training that has enough others.
        if (!isServerError(error)) throw error;
        skipped.push({ name: sample.name, reason: error.message });
      }
    }
    const contents = { samples: files, skipped, ...(labels === undefined ? {} : { labels }) };
    return labelledPictures(projectName, contents, normalLabel, task);
  };
}

async function layOutMask(
  { mask }: TrainingSample,
  file: string,
  blobs: BlobStore,
): Promise<Pick<Sample, "maskFile" | "maskColours">> {
  if (mask === null) return {};
  await writeFile(file, await blobs.read(mask.sha256));
  return { maskFile: file, maskColours: mask.types };
}

/** A project's task follows from how its pictures are labelled. */
function taskOf(samples: readonly TrainingSample[]): {
  task: "multilabel" | "detection" | undefined;
  normalLabel: string | null;
} {
  const kind = samples[0]?.annotation.kind;
  if (kind === "labels") return { task: "multilabel", normalLabel: null };
  if (kind === "boxes") return { task: "detection", normalLabel: null };
  const labels = new Set(samples.flatMap(({ annotation }) => labelsOf(annotation)));
  return { task: undefined, normalLabel: findNormalLabel([...labels]) };
}

function fieldsOf(annotation: Annotation): Pick<Sample, "label" | "labels" | "boxes"> {
  if (annotation.kind === "labels") return { label: "", labels: annotation.labels };
  if (annotation.kind === "boxes") return { label: "", boxes: annotation.boxes };
  return { label: annotation.kind === "label" ? annotation.label : "" };
}

/** Without pictures of every kind that was trained, figures of the test would look better than they are; those of held-out pictures then stay. */
function canJudge(test: readonly TrainingSample[], { task, labels, normalLabel, samples }: LabelledPictures): boolean {
  const tested = new Set(test.flatMap(({ annotation }) => labelsOf(annotation)));
  if (task === "multilabel" || task === "detection") {
    // A label that is rare in the training too is missing in many a test; the figures say how many there were of each.
    const isCommon = (label: string): boolean =>
      samples.filter(
        ({ labels = [], boxes = [] }) => labels.includes(label) || boxes.some((box) => box.label === label),
      ).length >= COMMON_FROM;
    return tested.size > 0 && labels.every((label) => tested.has(label) || !isCommon(label));
  }
  if (normalLabel === null) return labels.every((label) => tested.has(label));
  const isDefectTested = [...tested].some((label) => label !== normalLabel);
  return tested.has(normalLabel) && (isDefectTested || labels.length === 1);
}
