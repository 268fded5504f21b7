/** What a version answered on the line beside what people said since, as an evaluation takes it. */
import type { Model } from "@sightline/api/models";
import { findNormalLabel } from "@sightline/dataset/labelled-pictures";
import type { AnsweredPicture } from "@sightline/models/answered-picture";
import { timeSlices } from "@sightline/models/slice-columns";
import { reanchor } from "@sightline/models/threshold";
import type { JudgedInspection } from "../store/evaluations.js";
import { labelsOf } from "../store/samples.js";

export interface JudgedPictures {
  readonly answered: readonly AnsweredPicture[];
  /** What people said in words that the version does not answer with. */
  readonly leftOut: readonly { readonly name: string; readonly reason: string }[];
}

const [normal, anomaly] = ["normal", "anomaly"];

export function judgedPictures(
  { task, labels }: Pick<Model, "task" | "labels">,
  judged: readonly JudgedInspection[],
): JudgedPictures {
  const times = timeSlices(judged.map(({ takenAt }) => takenAt));
  const isByKind = task === "anomaly" && new Set(judged.flatMap(({ annotation }) => labelsOf(annotation))).size > 2;
  const leftOut: { name: string; reason: string }[] = [];
  const answered = judged.flatMap((one, i): AnsweredPicture[] => {
    const { annotation, imageId: name } = one;
    const unknown = task === "anomaly" ? undefined : labelsOf(annotation).find((label) => !labels.includes(label));
    if (unknown !== undefined) {
      leftOut.push({ name, reason: `The version does not know the label "${unknown}".` });
      return [];
    }
    const label = annotation.kind === "label" ? annotation.label : "";
    const slices = {
      ...(isByKind && { kind: label }),
      ...{ camera: one.cameraId, line: one.assemblyLineId, time: times[i] as string },
    };
    return [
      {
        ...{ name, id: one.id, slices, prediction: predictionOf(one, task, labels) },
        truth: task === "anomaly" ? (findNormalLabel([label]) === null ? anomaly : normal) : label,
        ...(annotation.kind === "labels" && { labels: annotation.labels }),
        ...(annotation.kind === "boxes" && { boxes: annotation.boxes }),
      },
    ];
  });
  return { answered, leftOut };
}

/** As the predictor answers at the model's own threshold. Only the answer's probability was kept: of the others nobody knows. */
function predictionOf(
  { label, labels, detections, score, threshold, confidence }: JudgedInspection,
  task: Model["task"],
  known: readonly string[],
): AnsweredPicture["prediction"] {
  // A score is 0.5 at the threshold that was in force: turned back.
  const own = score === null || threshold === null ? score : reanchor(score, 1 - threshold);
  const probabilities = Object.fromEntries(
    known.map((one) => {
      if (task === "classification") return [one, one === label ? confidence : (1 - confidence) / (known.length - 1)];
      if (task === "anomaly") return [one, one === normal ? 1 - (own ?? 0) : (own ?? 0)];
      return [one, labels.includes(one) ? 1 : 0];
    }),
  );
  return { label, labels, detections, score: own, confidence, probabilities };
}
