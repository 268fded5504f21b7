/** What the service and its comparing process say to each other. Everything is plain data: it crosses a process boundary. */
import type { ComparisonResult } from "@sightline/api/comparisons";
import type { LabelledPictures } from "@sightline/dataset/dataset";
import type { Annotation } from "../store/samples.js";

export interface ComparedVersion {
  readonly file: string;
  /** The one its answers are made with. */
  readonly threshold: number;
}

/** The only message to the process. */
export interface CompareOrder {
  readonly base: ComparedVersion;
  readonly candidate: ComparedVersion;
  readonly pictures: LabelledPictures;
  /** What a person said, by the picture's file. */
  readonly said: ReadonlyMap<string, { readonly sampleId: string; readonly annotation: Annotation }>;
  readonly threads: number;
}

export type CompareReport =
  | { readonly kind: "progress"; readonly progress: number; readonly step: string }
  | { readonly kind: "done"; readonly result: ComparisonResult }
  | { readonly kind: "failed"; readonly message: string; readonly isBug: boolean };
