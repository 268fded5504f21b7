/** One picture with what it is and what the model said of it: all that an evaluation report is computed from. */
import type { LabelledBox, Sample } from "@sightline/dataset/dataset";
import type { AnsweredSample } from "../evaluate.js";
import type { Prediction } from "../prediction.js";
import type { PixelConfusion } from "../segmentation/segmentation-metrics.js";
import type { Statistic } from "./bootstrap.js";
import type { LabelCurves, LabelRow, MistakeKind } from "./evaluation-report.js";

export interface AnsweredPicture {
  readonly name: string;
  readonly id?: string;
  /** `normal` or `anomaly`, or one of the classes; empty where labels or boxes say it. */
  readonly truth: string;
  /** Several labels at once: those that hold. */
  readonly labels?: readonly string[];
  /** Detection: every object in the picture. */
  readonly boxes?: readonly LabelledBox[];
  readonly prediction: Pick<Prediction, "label" | "labels" | "score" | "confidence" | "probabilities" | "detections">;
  /** What the picture is told apart by: camera, line, kind of defect … */
  readonly slices: Readonly<Record<string, string>>;
  /** Where the picture has a mask and the model a label map. */
  readonly pixels?: PixelConfusion;
}

/** What an evaluation answered, told apart by slices. */
export function answeredPictures(
  answered: readonly AnsweredSample[],
  slicesOf: (sample: Sample) => Readonly<Record<string, string>>,
): AnsweredPicture[] {
  return answered.map(({ sample, truth, prediction, pixels }) => ({
    name: sample.name,
    truth,
    ...(sample.labels && { labels: sample.labels }),
    ...(sample.boxes && { boxes: sample.boxes }),
    prediction,
    slices: slicesOf(sample),
    ...(pixels && { pixels }),
  }));
}

/** A wrong answer. */
export interface Wrong {
  readonly kind: MistakeKind;
  readonly truth: string;
  readonly answer: string;
  readonly weight: number;
}

/** What a task's answers come to; the rest of a report is the same for all tasks. */
export interface TaskView {
  readonly statistics: readonly Statistic[];
  /** One per picture. */
  readonly strata: readonly string[];
  readonly curves: readonly LabelCurves[];
  readonly perLabel: readonly LabelRow[];
  /** One per picture; `null` where the answer is right. */
  readonly wrong: readonly (Wrong | null)[];
  /** How sure each answer is of what, for the reliability diagram; empty where that has no meaning. */
  readonly answers: readonly { readonly probability: number; readonly isRight: boolean }[];
}
