/** What a predictor and its worker thread say to each other. */
import type { Manifest } from "./manifest.js";
import type { Prediction, PredictOptions } from "./prediction.js";

export interface WorkerStart {
  readonly model: Uint8Array;
  readonly manifest: Manifest;
  readonly threads: number;
  readonly niceness: number;
}

export interface Question {
  readonly kind: "question";
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly options: PredictOptions;
}

/** close: end after the picture under way. */
export type ToWorker = Question | { readonly kind: "close" };

/** Errors lose their class on the way between threads; name and code tell which one to make again. */
export interface PlainError {
  readonly name: string;
  readonly code: string | null;
  readonly message: string;
}

export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "unusable"; readonly error: PlainError }
  | { readonly kind: "answer"; readonly id: number; readonly prediction: Prediction }
  | { readonly kind: "failure"; readonly id: number; readonly error: PlainError };
