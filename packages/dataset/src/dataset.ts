/** What a labelled dataset is, whatever layout it had on disk. */

import type { Corners } from "@sightline/vision/augment/boxes";
import type { MaskColour } from "./ground-truth-manifest.js";

/** One labelled picture. Its bytes are read only when needed. */
export interface Sample {
  /** Name for people: the path inside the dataset, `/` separated. */
  readonly name: string;
  /** Absolute path of the picture's file (JPEG or PNG, told by its bytes, not its name). */
  readonly file: string;
  /** Empty where `labels` or `boxes` say it. */
  readonly label: string;
  /** Multi-label: the labels that hold, maybe none. */
  readonly labels?: readonly string[];
  /** Detection: every object in the picture, maybe none. */
  readonly boxes?: readonly LabelledBox[];
  /** Absolute path of a mask, where the dataset has them: by `maskColours`, else what is bright is a defect of `label`. */
  readonly maskFile?: string;
  /** What the mask's colours mean, where it shows named defect types. */
  readonly maskColours?: readonly MaskColour[];
  /** Only this part of the picture is the sample (a tile): whole pixels after its EXIF turn, `x2` and `y2` outside. */
  readonly region?: Corners;
}

/** Corners in pixels of the picture after its EXIF turn; `x2` and `y2` lie outside the box. */
export interface LabelledBox {
  readonly label: string;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** How a dataset lies on disk; each has its row in formats/formats.ts. */
export type DatasetFormat =
  | "index"
  | "groundTruth"
  | "lst"
  | "voc"
  | "yolo"
  | "mvtec"
  | "splitFolders"
  | "classFolders";

/**
 * anomaly: one label is the good one, all others are defects. classification: labels are equals, one a picture.
 * multilabel: any number a picture. detection: boxes with labels.
 */
export type Task = "anomaly" | "classification" | "multilabel" | "detection";

/** One part (training or test) of a dataset. */
export interface LabelledPictures {
  readonly task: Task;
  /** Sorted; in an anomaly task the normal label comes first. */
  readonly labels: readonly string[];
  /** The good label of an anomaly task, else `null`. */
  readonly normalLabel: string | null;
  readonly samples: readonly Sample[];
  /** Pictures that the dataset's own lists put aside for stopping early and choosing (VOC and YOLO `val`). */
  readonly validation?: readonly Sample[];
  /** Files that can't be used, each with its reason: counted and named, never silently dropped. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
  /** Boxes that were cut at the picture's edge or left out, each with its file; the pictures take part. */
  readonly boxNotes?: readonly { readonly name: string; readonly reason: string }[];
  /** Masks and labels of a manifest that were left out or taken differently, each with its picture, which takes part. */
  readonly maskNotes?: readonly { readonly name: string; readonly reason: string }[];
}
