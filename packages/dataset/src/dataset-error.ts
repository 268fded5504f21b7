/** What can be wrong with a dataset: its folder as a whole, or a picture that breaks while it is learned from. */

export type DatasetErrorCode =
  | "DATASET_NOT_FOUND"
  | "DATASET_FORMAT_UNKNOWN"
  | "DATASET_LABELS_INVALID"
  | "DATASET_EMPTY"
  | "DATASET_ONE_CLASS"
  | "DATASET_HAS_NO_TEST_PART"
  | "DATASET_PICTURE_BROKEN";

/** A folder that can't be used as a dataset; `code` is stable, the message says what was expected and what to do. */
export class DatasetError extends Error {
  readonly code: DatasetErrorCode;

  constructor(code: DatasetErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "DatasetError";
    this.code = code;
  }
}
