/** What the training and the worker thread that draws its batches say to each other. */
import type { RowKind, RowSources } from "./training-row.js";

export interface BatchWorkerStart {
  /** Their pixels lie in shared memory. */
  readonly sources: RowSources;
  readonly seed: number;
}

export interface PlannedRow {
  readonly kind: RowKind;
  /** Place among the normals, or among the real defects. */
  readonly picture: number;
  /** Rows of one picture with the same number see it alike. */
  readonly view: number;
}

export interface BatchOrder {
  readonly id: number;
  readonly epoch: number;
  readonly index: number;
  readonly rows: readonly PlannedRow[];
}

export interface DrawnBatch {
  /** `[N, 3, size, size]`, 0–255. */
  readonly image: Float32Array<ArrayBuffer>;
  /** `[N, 1, h, w]`, see `Row`. */
  readonly target: Float32Array<ArrayBuffer>;
  readonly weight: Float32Array<ArrayBuffer>;
  /** `[N, 1]` */
  readonly isDefect: Float32Array<ArrayBuffer>;
}

export type FromBatchWorker =
  | { readonly id: number; readonly batch: DrawnBatch }
  | { readonly id: number; readonly problem: string };
