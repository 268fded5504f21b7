/** What the service and its training process say to each other. Everything is plain data: it crosses a process boundary as JSON. */
import type { LabelledPictures } from "@sightline/dataset/dataset";

/** First and only message to the training process. */
export interface TrainingOrder {
  readonly method: "auto" | "patchcore" | "classifier";
  readonly seed: number;
  readonly threads: number;
  readonly backboneFile: string | null;
  /** The name the model's manifest gives its dataset. */
  readonly datasetName: string;
  readonly training: LabelledPictures;
  /** Kept apart; `null` when there are none. Not opened before the model is finished. */
  readonly test: LabelledPictures | null;
  /** Where the finished model file goes; whole when "done" is reported. */
  readonly outputFile: string;
}

export type TrainingReport =
  | { readonly kind: "progress"; readonly progress: number; readonly step: string }
  | { readonly kind: "done"; readonly skipped: readonly { readonly name: string; readonly reason: string }[] }
  | { readonly kind: "failed"; readonly code: string; readonly message: string; readonly isBug: boolean };
