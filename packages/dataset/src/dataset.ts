/** What a labelled dataset is, whatever layout it had on disk. */

/** One labelled picture. Its bytes are read only when needed. */
export interface Sample {
  /** Name for people: the path inside the dataset, `/` separated. */
  readonly name: string;
  /** Absolute path of the picture's file (JPEG or PNG, told by its bytes, not its name). */
  readonly file: string;
  readonly label: string;
  /** Absolute path of a mask (white = defect), where the dataset has them. */
  readonly maskFile?: string;
}

export type DatasetFormat = "classFolders" | "splitFolders" | "mvtec";

/** anomaly: one label is the good one, all others are defects. classification: labels are equals. */
export type Task = "anomaly" | "classification";

/** One part (training or test) of a dataset. */
export interface LabelledPictures {
  readonly task: Task;
  /** Sorted; in an anomaly task the normal label comes first. */
  readonly labels: readonly string[];
  /** The good label of an anomaly task, else `null`. */
  readonly normalLabel: string | null;
  readonly samples: readonly Sample[];
  /** Files that can't be used, each with its reason: counted and named, never silently dropped. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}
