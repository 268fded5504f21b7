/** Lays a project's labelled pictures out as files for the training process, training part and test part strictly apart. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LabelledPictures } from "@sightline/dataset/dataset";
import { findNormalLabel, labelledPictures } from "@sightline/dataset/labelled-pictures";
import type { BlobStore } from "../blobs/blob-store.js";
import { errors, isServerError } from "../errors.js";
import type { TrainingSample } from "../store/samples.js";

export interface LaidOutPictures {
  readonly training: LabelledPictures;
  /** `null` when the pictures kept apart can't judge a model: none, or a label is missing among them. */
  readonly test: LabelledPictures | null;
}

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
  const normalLabel = findNormalLabel([...new Set(samples.map((sample) => sample.label))]);
  const layOut = async (part: readonly TrainingSample[]): Promise<LabelledPictures> => {
    const skipped: { name: string; reason: string }[] = [];
    const files = [];
    for (const sample of part) {
      signal.throwIfAborted();
      const file = join(folder, sample.id);
      try {
        await writeFile(file, await blobs.read(sample.imageSha256));
        files.push({ name: sample.name, file, label: sample.label });
      } catch (error) {
        // A picture that is lost or damaged is named in the result; it does not stop a training that has enough others.
        if (!isServerError(error)) throw error;
        skipped.push({ name: sample.name, reason: error.message });
      }
    }
    return labelledPictures(projectName, { samples: files, skipped }, normalLabel);
  };

  const forTraining = samples.filter((sample) => sample.part !== "test");
  if (forTraining.length === 0) {
    throw errors.tooFewSamples({
      problem: `Project "${projectName}" has no labelled pictures to train on (${samples.length} are kept for the test). Add some first.`,
    });
  }
  const training = await layOut(forTraining);
  const forTest = samples.filter(
    (sample) => sample.part === "test" && (normalLabel !== null || training.labels.includes(sample.label)),
  );
  return { training, test: canJudge(forTest, training) ? await layOut(forTest) : null };
}

/** Without pictures of every kind that was trained, figures of the test would look better than they are; those of the held-out folds then stay. */
function canJudge(test: readonly TrainingSample[], { labels, normalLabel }: LabelledPictures): boolean {
  const tested = new Set(test.map((sample) => sample.label));
  if (normalLabel === null) return labels.every((label) => tested.has(label));
  const isDefectTested = [...tested].some((label) => label !== normalLabel);
  return tested.has(normalLabel) && (isDefectTested || labels.length === 1);
}
