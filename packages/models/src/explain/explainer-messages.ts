/** What an explainer and its worker thread say to each other. */
import type { Manifest } from "../manifest.js";
import type { PlainError } from "../predictor-messages.js";
import type { ExplainOptions, Explanation } from "./explanation.js";

export interface ExplainerStart {
  readonly model: Uint8Array;
  readonly manifest: Manifest;
  readonly threads: number;
  readonly niceness: number;
}

export interface ExplainQuestion {
  readonly kind: "question";
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly options: ExplainOptions;
}

/** close: end after the batch under way. */
export type ToExplainer =
  | ExplainQuestion
  | { readonly kind: "cancel"; readonly id: number }
  | { readonly kind: "close" };

export type FromExplainer =
  | { readonly kind: "progress"; readonly id: number; readonly share: number }
  | { readonly kind: "answer"; readonly id: number; readonly explanation: Explanation }
  | { readonly kind: "failure"; readonly id: number; readonly error: PlainError };
