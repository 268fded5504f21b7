/** The errors that training, opening and running a model end with; the server and the command line map their codes. */

export type ModelErrorCode =
  | "MODEL_NOT_SIGHTLINE"
  | "MODEL_MANIFEST_INVALID"
  | "MODEL_VERSION_UNSUPPORTED"
  | "MODEL_DAMAGED"
  | "BACKBONE_MISSING"
  | "BACKBONE_UNSUITABLE"
  | "BACKBONE_SOURCE_INVALID"
  | "BACKBONE_DOWNLOAD_FAILED"
  | "METHOD_UNKNOWN"
  | "METHOD_UNSUITABLE"
  | "METHOD_OPTION_INVALID"
  | "TILING_INVALID"
  | "TEACHER_UNSUITABLE"
  | "DATASET_ONE_CLASS"
  | "DATASET_TOO_SMALL"
  | "DATASET_NO_READABLE_PICTURES"
  | "DATASET_LABEL_UNKNOWN"
  | "LABELS_DIFFER"
  /** The table that says by what pictures are told apart. */
  | "SLICES_INVALID"
  | "TRAINING_CANCELLED"
  /** The disk is full or not writable where a training keeps its state. */
  | "CHECKPOINT_WRITE_FAILED"
  | "CHECKPOINT_INVALID"
  /** The same for a run's record, curves or model. */
  | "RUN_WRITE_FAILED"
  | "RUN_NOT_FOUND"
  | "RUN_NOT_RESUMABLE"
  | "PREDICTOR_CLOSED"
  | "PREDICTOR_FAILED"
  | "EXPLANATION_LABEL_UNKNOWN"
  /** The detector finds no object of that number. */
  | "EXPLANATION_NO_OBJECT"
  | "EXPLANATION_NO_MAP"
  | "EXPLANATION_CANCELLED";

export class ModelError extends Error {
  override readonly name = "ModelError";
  readonly code: ModelErrorCode;

  constructor(code: ModelErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Throws TRAINING_CANCELLED once the signal is aborted: long loops call it between pieces of work. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new ModelError("TRAINING_CANCELLED", "Training was cancelled; no model was written.");
}

/** Lets the event loop breathe (progress, cancellation) in the middle of a long calculation. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
