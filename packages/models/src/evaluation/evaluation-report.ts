/** The one document that says how good a model is: figures with intervals, curves, slices, costs and the worst mistakes. */
import type { Task } from "@sightline/dataset/dataset";
import type { Confusion, RocPoint } from "../metrics.js";
import type { DefectMetrics } from "../segmentation/segmentation-metrics.js";

export const reportVersion = 1;

/** One number about a model; `null` where the pictures can't tell. */
export interface Figure {
  /** For programs: `recall`, `mAP50`, `iou:cracked` … */
  readonly name: string;
  /** For people. */
  readonly title: string;
  readonly value: number | null;
  /** Where the figure would lie with other pictures of the same kind, 19 times of 20; `null` where that can't be told. */
  readonly low: number | null;
  readonly high: number | null;
  readonly better: "higher" | "lower";
}

export interface PrecisionRecallPoint {
  readonly recall: number;
  readonly precision: number;
  /** A picture (detection: a box) counts as the label from this score up. */
  readonly threshold: number;
}

/** How one label is told from the rest, over all thresholds. */
export interface LabelCurves {
  readonly label: string;
  /** Pictures (detection: boxes) that are so. */
  readonly truths: number;
  readonly auroc: number | null;
  readonly averagePrecision: number | null;
  /** Empty for detection, which has no count of right refusals, and where one of the two kinds is missing. */
  readonly roc: readonly RocPoint[];
  readonly precisionRecall: readonly PrecisionRecallPoint[];
}

export interface LabelRow {
  readonly label: string;
  readonly truths: number;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
  readonly averagePrecision: number | null;
}

export interface ReliabilityBin {
  /** How sure the answers were: above `from`, up to `to`. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly meanProbability: number;
  readonly rightShare: number;
  /** 95 % interval of the right share (Wilson 1927). */
  readonly low: number;
  readonly high: number;
}

/** How often answers are right that say they are sure by so much; bins without an answer are left out. */
export interface Reliability {
  readonly ece: number;
  readonly bins: readonly ReliabilityBin[];
}

export interface SliceRow {
  readonly value: string;
  readonly images: number;
  readonly mistakes: number;
  readonly mistakeRate: number;
  /** 95 % interval of the mistake rate (Wilson 1927). */
  readonly low: number;
  readonly high: number;
  /** The report's own figures, on these pictures alone. */
  readonly figures: Readonly<Record<string, number | null>>;
  /** How likely so different a rate would be, were these pictures like all others (Fisher's exact test, Holm's correction). */
  readonly chance: number;
  /** More mistakes than chance explains. */
  readonly standsOut: boolean;
}

export interface Slices {
  /** What the pictures are told apart by: `camera`, `kind`, a column of the slices file … */
  readonly by: string;
  readonly rows: readonly SliceRow[];
}

/** What mistakes cost, in any unit of money. */
export interface CostRule {
  readonly escape: number;
  readonly falseReject: number;
  /** Share of defects among the parts of the line; `null`: as among the measured pictures. */
  readonly defectRate: number | null;
}

export interface ThresholdPoint {
  readonly threshold: number;
  readonly escapes: number;
  readonly falseRejects: number;
}

export interface CheapestThreshold extends ThresholdPoint {
  readonly cost: CostRule;
  /** Expected cost of 1,000 parts at this threshold, on the pictures it was chosen by. */
  readonly costPer1000: number;
  /** The same at the threshold in force. */
  readonly costPer1000Now: number;
  /** What pictures cost that took no part in the choice: mean over resamples; the figure to expect. */
  readonly costPer1000Expected: number | null;
  /** Where the choice falls with other pictures of the same kind, 19 times of 20. */
  readonly low: number;
  readonly high: number;
}

/** Anomaly task only. */
export interface ThresholdChoice {
  readonly defects: number;
  readonly good: number;
  readonly inForce: ThresholdPoint;
  /** From low to high; what a point does all thresholds do that are higher than the point before it. */
  readonly points: readonly ThresholdPoint[];
  readonly cheapest: CheapestThreshold | null;
}

export type MistakeKind = "escape" | "falseReject" | "mistaken" | "missed" | "invented";

export interface Mistake {
  readonly name: string;
  /** What a server calls the picture; left out in files made from folders. */
  readonly id?: string;
  readonly kind: MistakeKind;
  readonly truth: string;
  readonly answer: string;
  readonly score: number | null;
  readonly confidence: number;
  /** What the list is ordered by, highest first: how sure the wrong answer was. */
  readonly weight: number;
  readonly slices: Readonly<Record<string, string>>;
}

/** One training on all but one fold, measured on that fold. */
export interface RepeatRun {
  readonly seed: number;
  /** From 1. */
  readonly fold: number;
  readonly method: string;
  readonly trainImages: number;
  readonly testImages: number;
  readonly figures: Readonly<Record<string, number | null>>;
}

/** The method trained again and again on the training part: how much of a figure is luck. */
export interface Repeats {
  readonly folds: number;
  readonly seeds: readonly number[];
  readonly runs: readonly RepeatRun[];
  readonly figures: readonly {
    readonly name: string;
    readonly title: string;
    /** Over the runs that have the figure. */
    readonly mean: number;
    /** Standard deviation of single runs (n − 1); 0 with one. */
    readonly deviation: number;
    readonly runs: number;
  }[];
}

export interface EvaluationReport {
  readonly reportVersion: typeof reportVersion;
  readonly createdAt: string;
  readonly sightlineVersion: string;
  readonly model: {
    readonly name: string;
    readonly method: string;
    readonly task: Task;
    readonly labels: readonly string[];
    readonly trainImages: number;
    readonly createdAt: string;
  };
  readonly pictures: {
    /** Where they come from, for people. */
    readonly name: string;
    readonly images: number;
    readonly byTruth: Readonly<Record<string, number>>;
    readonly skipped: readonly { readonly name: string; readonly reason: string }[];
  };
  /** The task's figures; the first is the one to look at first. */
  readonly figures: readonly Figure[];
  readonly intervals: {
    readonly level: number;
    readonly resamples: number;
    readonly seed: number;
    /** What each resample keeps the counts of. */
    readonly strata: readonly { readonly name: string; readonly images: number }[];
  };
  /** Anomaly and classification. */
  readonly confusion: Confusion | null;
  readonly curves: readonly LabelCurves[];
  readonly perLabel: readonly LabelRow[];
  readonly reliability: Reliability | null;
  readonly threshold: ThresholdChoice | null;
  readonly slices: readonly Slices[];
  /** Wrong answers in all; the list holds the worst of them. */
  readonly mistakeCount: number;
  readonly mistakes: readonly Mistake[];
  /** Models that learnt from masks. */
  readonly defects: readonly DefectMetrics[] | null;
  readonly repeats: Repeats | null;
  readonly msPerImage: { readonly p50: number; readonly p95: number } | null;
}
