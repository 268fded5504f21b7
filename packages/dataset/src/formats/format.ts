/** What a dataset format is: one file in this folder and one row in formats.ts. */
import type { DatasetFormat, Sample } from "../dataset.js";

/**
 * training: what models learn from. validation: put aside by the dataset's own lists for stopping early and choosing,
 * where there is a test part too. test: what models are measured on (asked for by test-part.ts only).
 */
export type Part = "training" | "validation" | "test";

export interface Format {
  /** What a folder of this format holds, for people. */
  readonly description: string;
  /**
   * Whether `root` is laid out like this, told from names of folders and files and from the dataset's own lists: no
   * picture is opened. `isNamed`: a person said so, which settles what could be read in two ways.
   * Throws DatasetError for a folder that is meant to be of this format and can't be read.
   */
  recognise(root: string, options: RecogniseOptions): Promise<Layout | null>;
}

export interface RecogniseOptions {
  /** The folder as the user wrote it, for messages. */
  readonly folder: string;
  readonly isNamed: boolean;
}

/** A dataset folder whose format is known. */
export interface Layout {
  readonly format: DatasetFormat;
  /** Absolute, links in the path to it resolved. */
  readonly root: string;
  /** `byLabels`: one label a picture; an anomaly task when exactly one label means "good", else a classification. */
  readonly task: "byLabels" | "multilabel" | "detection";
  /** What there is to learn from, for messages: "train/, valid/". */
  readonly trainingName: string;
  /** Where the test part lies, for messages; `null`: the dataset has its own split, but no test part. */
  readonly testName: string | null;
  /** The good label, decided by the training part alone; `null`: none or several. */
  normalLabel(): Promise<string | null>;
  read(part: Part): Promise<PartContents>;
}

export interface PartContents {
  /** Every label found or declared, also those without a usable picture. In a dataset with a list of labels: that list. */
  readonly labels: readonly string[];
  readonly samples: readonly Sample[];
  readonly skipped: readonly Skipped[];
  /** Boxes that were cut at the picture's edge or left out; the pictures take part. */
  readonly boxNotes?: readonly Skipped[];
  /** Masks and labels of a manifest that were left out or taken differently; the pictures take part. */
  readonly maskNotes?: readonly Skipped[];
}

/** A file, or a line of a list, that can't be used. */
export interface Skipped {
  readonly name: string;
  readonly reason: string;
}

export const emptyPart: PartContents = { labels: [], samples: [], skipped: [] };
