/** The errors of this package: a stable code for programs, a sentence for people. */

export type NnErrorCode =
  /** The bytes aren't an ONNX model, or are damaged. */
  | "MODEL_NOT_ONNX"
  /** Weights lie in other files. */
  | "MODEL_EXTERNAL_DATA"
  /** An operator or operator set that isn't standard ONNX, or control flow. */
  | "MODEL_UNKNOWN_OPERATOR"
  | "MODEL_TOO_LARGE"
  /** The bytes aren't a TensorFlow Lite model, or hold an operator this reader doesn't know. */
  | "MODEL_NOT_TFLITE"
  /** A graph that contradicts itself: a missing value, shapes that don't fit, a wrong attribute. */
  | "GRAPH_INVALID"
  /** A run was given tensors that the model doesn't take. */
  | "WRONG_INPUT"
  /** The loss or a gradient is no longer a finite number. */
  | "TRAINING_DIVERGED"
  /** A training needs more memory than it may take; says which batch fits. */
  | "TRAINING_OUT_OF_MEMORY"
  /** A disk that is full, a folder that can't be written. The checkpoint before stays whole. */
  | "CHECKPOINT_WRITE_FAILED"
  /** Damaged, or of another training. */
  | "CHECKPOINT_INVALID"
  /** ONNX Runtime refused or failed, with its own words. */
  | "SESSION_FAILED"
  | "SESSION_DISPOSED"
  /** ONNX Runtime's native library can't be loaded on this machine. */
  | "NATIVE_LIBRARY_MISSING";

export class NnError extends Error {
  override readonly name = "NnError";
  readonly code: NnErrorCode;

  constructor(code: NnErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
