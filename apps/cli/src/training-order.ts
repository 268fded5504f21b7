/** What the command and its training process say to each other. */
import type { DatasetFormat } from "@sightline/dataset/dataset";
import type { TilingWish } from "@sightline/models/anomaly-tiles";
import type { MethodChoice } from "@sightline/models/method-names";
import type { MethodOptions } from "@sightline/models/method-options";
import type { Progress, TrainingResult } from "@sightline/models/train";

export interface TrainingOrder {
  /** Absolute. */
  readonly dataset: string;
  readonly format: DatasetFormat | null;
  readonly method: MethodChoice;
  readonly seed: number;
  readonly threads: number;
  readonly epochs: number | null;
  readonly batchSize: number | null;
  readonly budgetMs: number | null;
  readonly maxMemoryBytes: number | null;
  readonly checkpointEveryMs: number | null;
  readonly methodOptions: MethodOptions;
  readonly backboneFile: string | null;
  readonly tiling: TilingWish;
  /** Absolute: model files whose answers it learns from. */
  readonly teachers: readonly string[];
  /** Absolute: folder of pictures without labels. */
  readonly unlabelled: string | null;
  /** Absolute; where the finished model goes. */
  readonly out: string;
  /** Folder of the run folders. */
  readonly runs: string;
  /** Go on with this run instead of beginning one. */
  readonly resume: string | null;
  /** Learn no further than the run's checkpoint: make the model of its best state. */
  readonly finish: boolean;
}

export type ToTraining = { readonly kind: "train"; readonly order: TrainingOrder } | { readonly kind: "stop" };

export interface TrainingDone extends TrainingResult {
  /** `null` for methods without epochs. */
  readonly runId: string | null;
  /** What went wrong beside the training: the model is whole, the run's own record is not. */
  readonly troubles: readonly string[];
}

export type FromTraining =
  | ({ readonly kind: "progress" } & Progress)
  | { readonly kind: "run"; readonly id: string }
  | ({ readonly kind: "done" } & TrainingDone)
  | {
      readonly kind: "failed";
      readonly code: string | null;
      readonly message: string;
      readonly stack: string | undefined;
      readonly runId: string | null;
      readonly isResumable: boolean;
    };
