/** What the service says to its comparing process. Everything is plain data: it crosses a process boundary. */
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
