/** What a model answers about one picture. */
import type { LabelledBox, Task } from "@sightline/dataset/dataset";
import type { ScoreMap } from "@sightline/vision/heat-map";
import { anomalyLabels, type Manifest } from "./manifest.js";
import { indexOfLargest } from "./measure.js";
import type { LabelMap } from "./segmentation/label-map.js";
import { clampScore, confidence, reanchor } from "./threshold.js";

/** One object found. */
export interface Detection extends LabelledBox {
  readonly score: number;
}

/** How much of the picture shows one kind of defect. */
export interface AnomalyArea {
  /** The defect type as the masks name it, or `background`. */
  readonly label: string;
  /** `#rrggbb`, the one of the label map. */
  readonly colour: string;
  /** Share of the picture, 0–1; those of one picture add up to 1. */
  readonly areaFraction: number;
}

export interface Prediction {
  readonly task: Task;
  /** The answer in one line: `normal` or `anomaly`, one of the classes, `blue, red`, `2 RBC, 1 WBC`, or `none`. */
  readonly label: string;
  /** Every label that holds: one; for several at once any number; for detection the kinds found. */
  readonly labels: readonly string[];
  /** Best first, in pixels of the picture as it came; empty but for detection. */
  readonly detections: readonly Detection[];
  /** `null` for several classes. */
  readonly isAnomalous: boolean | null;
  /** Anomaly score, 0.5 = at the threshold in force; `null` for several classes. */
  readonly score: number | null;
  /** Anomaly: 2·|score − 0.5|. Several classes: calibrated probability of the answer. */
  readonly confidence: number;
  readonly probabilities: Readonly<Record<string, number>>;
  /** Of the picture as it came, after its EXIF turn. */
  readonly width: number;
  readonly height: number;
  /** Decoding, resizing and the network; not the time spent waiting for other pictures. */
  readonly inferenceMs: number;
  /** Where `inferenceMs` went; only where asked for. */
  readonly stages?: StageTimes;
  /**
   * Which kinds of defects show, and how much of the picture they take: the background first, then those found, the largest
   * first. Told by another part of the network than the verdict: a normal picture may have some, an anomalous one none.
   * `null` for models that learnt from no masks.
   */
  readonly anomalies: readonly AnomalyArea[] | null;
  /** PNG of the picture's size with a colour a defect type, the rest white and transparent; only where asked for and `anomalies` is there. */
  readonly labelMapPng?: Uint8Array;
  /** What the PNG shows, one number a pixel, at most 512 pixels long: 0 nothing, k the manifest's k-th type; only where asked for. */
  readonly labelMap?: LabelMap;
  /** Transparent PNG of the anomaly map, the picture's shape, at most 512 pixels long; only where asked for, anomaly models only. */
  readonly heatMapPng?: Uint8Array;
  /** The map itself on the model's own grid; only where asked for, anomaly models only. */
  readonly anomalyMap?: ScoreMap;
}

/** In milliseconds. */
export interface StageTimes {
  readonly decodeMs: number;
  readonly resizeMs: number;
  readonly networkMs: number;
  readonly postProcessingMs: number;
}

export interface PredictOptions {
  /** `"anomalous"`: only where the verdict is an anomaly, which spares painting those of good parts. */
  readonly heatMap?: boolean | "anomalous";
  /** With `heatMap: "anomalous"`: also where the verdict is less sure than this. */
  readonly heatMapBelowConfidence?: number;
  readonly anomalyMap?: boolean;
  /** Models that learnt from masks: also the PNG with a colour a defect type; `"anomalous"`: only where one shows. */
  readonly labelMapPng?: boolean | "anomalous";
  /** Models that learnt from masks: also what each pixel shows. */
  readonly labelMap?: boolean;
  readonly stages?: boolean;
  /** Anomaly models: threshold in force on the model's own scale, 0–1; 0.5 (the default) is the model's own. */
  readonly threshold?: number;
  /** Detectors: from this score on an object counts; default: the model's own. */
  readonly scoreThreshold?: number;
}

type Verdict = Pick<
  Prediction,
  "task" | "label" | "labels" | "detections" | "isAnomalous" | "score" | "confidence" | "probabilities" | "anomalies"
>;

/** The verdict of an anomaly model's score (on its own scale) under the threshold in force. */
export function anomalyVerdict(ownScore: number, threshold: number): Verdict {
  const score = threshold === 0.5 ? clampScore(ownScore) : reanchor(ownScore, threshold);
  const isAnomalous = score >= 0.5;
  const [normal, anomaly] = anomalyLabels;
  return {
    task: "anomaly",
    label: isAnomalous ? anomaly : normal,
    labels: [isAnomalous ? anomaly : normal],
    detections: [],
    anomalies: null,
    isAnomalous,
    score,
    confidence: confidence(score),
    probabilities: { [normal]: 1 - score, [anomaly]: score },
  };
}

/** The verdict of a classifier's probabilities. */
export function classVerdict({ labels }: Pick<Manifest, "labels">, probabilities: ArrayLike<number>): Verdict {
  const best = indexOfLargest(probabilities);
  return {
    task: "classification",
    label: labels[best] as string,
    labels: [labels[best] as string],
    detections: [],
    anomalies: null,
    isAnomalous: null,
    score: null,
    confidence: Math.min(1, Math.max(0, probabilities[best] as number)),
    // From entries, since a label may be "__proto__".
    probabilities: Object.fromEntries(
      labels.map((label, k) => [label, Math.min(1, Math.max(0, probabilities[k] as number))]),
    ),
  };
}

/** The verdict of independent probabilities: every label whose probability reaches its own threshold holds. */
export function multilabelVerdict(
  { labels, labelThresholds }: Pick<Manifest, "labels" | "labelThresholds">,
  probabilities: ArrayLike<number>,
): Verdict {
  const shares = labels.map((_, k) => Math.min(1, Math.max(0, probabilities[k] as number)));
  const thresholdOf = (k: number): number => labelThresholds?.[k] ?? 0.5;
  const holding = labels.filter((_, k) => (shares[k] as number) >= thresholdOf(k));
  return {
    task: "multilabel",
    label: holding.length === 0 ? nothing : holding.join(", "),
    labels: holding,
    detections: [],
    anomalies: null,
    isAnomalous: null,
    score: null,
    // An answer is as sure as its least sure yes or no.
    confidence: Math.min(...shares.map((share, k) => (share >= thresholdOf(k) ? share : 1 - share))),
    probabilities: Object.fromEntries(labels.map((label, k) => [label, shares[k] as number])),
  };
}

/**
 * The verdict of what a detector found, best first: as sure as its weakest object, and an empty one as sure as the
 * strongest score that wasn't enough is low.
 */
export function detectionVerdict(
  { labels }: Pick<Manifest, "labels">,
  { objects: detections, strongest }: { readonly objects: readonly Detection[]; readonly strongest: number },
): Verdict {
  const best = new Map<string, number>();
  const counts = new Map<string, number>();
  for (const { label, score } of detections) {
    best.set(label, Math.max(best.get(label) ?? 0, score));
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const found = labels.filter((label) => counts.has(label));
  return {
    task: "detection",
    label: found.length === 0 ? nothing : found.map((label) => `${counts.get(label)} ${label}`).join(", "),
    labels: found,
    detections,
    anomalies: null,
    isAnomalous: null,
    score: null,
    confidence: detections.length === 0 ? 1 - strongest : Math.min(...detections.map(({ score }) => score)),
    // A label's probability is its best object's score.
    probabilities: Object.fromEntries(labels.map((label) => [label, best.get(label) ?? 0])),
  };
}

/** How an answer without any label reads. */
const nothing = "none";
