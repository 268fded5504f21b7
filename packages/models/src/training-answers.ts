/** What the training part asks of a model: its answers, which of them each picture is, and whether they can be learnt at all. */
import type { LabelledPictures, Sample } from "@sightline/dataset/dataset";
import { anomalyLabels } from "./manifest.js";
import { ModelError } from "./model-error.js";

/** What the training part asks of a model. */
export interface Answers {
  /** What the model answers with. */
  readonly labels: readonly string[];
  /** Each picture's place in `labels`; −1 where it has boxes or several labels. */
  readonly truths: readonly number[];
  /** Pictures (or boxes) of each label. */
  readonly counts: readonly number[];
  readonly targetOf: (sample: Sample) => readonly number[];
}

export function answersOf({ task, normalLabel, labels: given }: LabelledPictures, samples: readonly Sample[]): Answers {
  const labels: readonly string[] = task === "anomaly" ? anomalyLabels : given;
  const placesOf = (sample: Sample): readonly number[] => {
    if (task === "anomaly") return [sample.label === normalLabel ? 0 : 1];
    const names =
      task === "detection"
        ? (sample.boxes ?? []).map(({ label }) => label)
        : task === "multilabel"
          ? (sample.labels ?? [])
          : [sample.label];
    return names.map((name) => {
      const place = labels.indexOf(name);
      if (place < 0)
        throw new ModelError(
          "DATASET_LABEL_UNKNOWN",
          `"${sample.name}" is labelled "${name}", which is not among the labels ${labels.join(", ")}. Correct the label or add it to the list.`,
        );
      return place;
    });
  };
  const places = samples.map(placesOf);
  const isSingle = task === "anomaly" || task === "classification";
  return {
    labels,
    truths: places.map((row) => (isSingle ? (row[0] as number) : -1)),
    counts: labels.map((_, k) => places.flat().filter((place) => place === k).length),
    targetOf: (sample) => {
      const holding = new Set(placesOf(sample));
      return labels.map((_, k) => (holding.has(k) ? 1 : 0));
    },
  };
}

/** @throws ModelError `DATASET_ONE_CLASS`, `DATASET_NO_READABLE_PICTURES` */
export function checkLabels({ task, labels, normalLabel, samples, skipped }: LabelledPictures): void {
  if (samples.length === 0) throw nothingReadable(skipped);
  if (labels.length === 0)
    throw new ModelError(
      "DATASET_ONE_CLASS",
      `The training part names no ${task === "detection" ? "boxes" : "labels"}. Add at least one label with pictures of it.`,
    );
  if (task === "classification" && labels.length < 2)
    throw new ModelError(
      "DATASET_ONE_CLASS",
      `The training part has one label, "${labels[0]}". Add a second one, or name it "good" or "normal" to find anomalies from good pictures alone.`,
    );
  if (task === "anomaly" && !samples.some(({ label }) => label === normalLabel))
    throw new ModelError(
      "DATASET_ONE_CLASS",
      `The training part has no good pictures: none is labelled "${normalLabel}". Add at least 5.`,
    );
}

export function nothingReadable(skipped: readonly { readonly name: string; readonly reason: string }[]): ModelError {
  const first = skipped[0];
  const why = first ? ` ${skipped.length} could not be used; the first: ${first.name}: ${first.reason}` : "";
  return new ModelError(
    "DATASET_NO_READABLE_PICTURES",
    `The training part has no readable pictures.${why} Add JPEG or PNG files.`,
  );
}
