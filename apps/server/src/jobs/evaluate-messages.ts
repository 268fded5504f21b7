/** What the service and its evaluating process say to each other. Everything is plain data: it crosses a process boundary. */
import type { TileChoice } from "@sightline/api/jobs";
import type { LabelledPictures } from "@sightline/dataset/dataset";
import type { AnsweredPicture } from "@sightline/models/answered-picture";
import type { CostRule, EvaluationReport } from "@sightline/models/evaluation-report";

/** What is to be measured. */
export type EvaluatedSource =
  | {
      readonly kind: "test";
      readonly pictures: LabelledPictures;
      /** By the picture's file. */
      readonly told: ReadonlyMap<string, { readonly id: string; readonly slices: Readonly<Record<string, string>> }>;
    }
  | {
      readonly kind: "inspections";
      readonly answered: readonly AnsweredPicture[];
      readonly leftOut: readonly { readonly name: string; readonly reason: string }[];
    };

/** A version's training, to be done again by folds and seeds. */
export interface RepeatedTraining {
  readonly pictures: LabelledPictures;
  readonly method: string;
  readonly folds: number;
  /** How many: the version's own first, then those after it. */
  readonly seeds: number;
  readonly tile: TileChoice;
  readonly backboneFile: string | null;
  /** Of each training; `null`: until it is done. */
  readonly budgetSeconds: number | null;
}

/** The only message to the process. */
export interface EvaluateOrder {
  readonly modelFile: string;
  readonly modelName: string;
  readonly picturesName: string;
  readonly source: EvaluatedSource;
  /** On the model's own scale. */
  readonly threshold: number;
  readonly cost: CostRule | null;
  readonly repeats: RepeatedTraining | null;
  readonly threads: number;
}

export interface EvaluateResult {
  readonly report: EvaluationReport;
  /** By the mistake's place in the list; of inspections the service has the pictures itself. */
  readonly pictures: ReadonlyMap<number, { readonly plain: Uint8Array; readonly marked: Uint8Array | null }>;
}
