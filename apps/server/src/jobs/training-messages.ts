/** What the service and its training process say to each other. Everything is plain data: it crosses a process boundary. */
import type { TileChoice, TrainingPoint } from "@sightline/api/jobs";
import type { MethodChoice } from "@sightline/api/methods";
import type { LabelledPictures } from "@sightline/dataset/dataset";

/** First message to the training process. */
export interface TrainingOrder {
  readonly method: MethodChoice;
  readonly seed: number;
  readonly threads: number;
  /** Training ends within this time, with the best so far; `null`: when it is done. */
  readonly budgetSeconds: number | null;
  readonly backboneFile: string | null;
  readonly tile: TileChoice;
  /** The name the model's manifest gives its dataset. */
  readonly datasetName: string;
  readonly training: LabelledPictures;
  /** Kept apart; `null` when there are none. Not opened before the model is finished. */
  readonly test: LabelledPictures | null;
  /** Where the finished model file goes; whole when "done" is reported. */
  readonly outputFile: string;
  /** Where the training keeps what it can go on from, replaced as a whole; a file that is there is gone on from. */
  readonly checkpointFile: string;
  /** Learn no further than the checkpoint: make the model of its best state. */
  readonly finish: boolean;
}

export type Keep = "checkpoint" | "model";

/** A later message to the training process: end now, and keep this. */
export interface StopOrder {
  readonly kind: "stop";
  readonly keep: Keep;
}

export type TrainingReport =
  | {
      readonly kind: "progress";
      readonly progress: number;
      readonly step: string;
      /** Left out or `null` where nobody can tell. */
      readonly secondsLeft?: number | null;
    }
  | {
      readonly kind: "epoch";
      readonly point: TrainingPoint;
      /** What the metric is: accuracy, mAP50 … */
      readonly metricName: string | null;
      /** How many there will be at most. */
      readonly epochs: number | null;
    }
  | { readonly kind: "done"; readonly skipped: readonly { readonly name: string; readonly reason: string }[] }
  /** Ended as it was told to, with its checkpoint written. */
  | { readonly kind: "stopped" }
  | { readonly kind: "failed"; readonly code: string; readonly message: string; readonly isBug: boolean };
