/** What a model answers about one picture. */
import type { Task } from "@sightline/dataset/dataset";
import type { ScoreMap } from "@sightline/vision/heat-map";
import { anomalyLabels, type Manifest } from "./manifest.js";
import { indexOfLargest } from "./measure.js";
import { clampScore, confidence, reanchor } from "./threshold.js";

export interface Prediction {
  readonly task: Task;
  /** `normal` or `anomaly`, or one of the classes. */
  readonly label: string;
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
  /** Transparent PNG of the anomaly map, the picture's shape, at most 512 pixels long; only where asked for, anomaly models only. */
  readonly heatMapPng?: Uint8Array;
  /** The map itself on the model's own grid; only where asked for, anomaly models only. */
  readonly anomalyMap?: ScoreMap;
}

export interface PredictOptions {
  /** `"anomalous"`: only where the verdict is an anomaly, which spares painting those of good parts. */
  readonly heatMap?: boolean | "anomalous";
  readonly anomalyMap?: boolean;
  /** Threshold in force on the model's own scale, 0–1; 0.5 (the default) is the model's own. */
  readonly threshold?: number;
}

type Verdict = Pick<Prediction, "task" | "label" | "isAnomalous" | "score" | "confidence" | "probabilities">;

/** The verdict of an anomaly model's score (on its own scale) under the threshold in force. */
export function anomalyVerdict(ownScore: number, threshold: number): Verdict {
  const score = threshold === 0.5 ? clampScore(ownScore) : reanchor(ownScore, threshold);
  const isAnomalous = score >= 0.5;
  const [normal, anomaly] = anomalyLabels;
  return {
    task: "anomaly",
    label: isAnomalous ? anomaly : normal,
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
    isAnomalous: null,
    score: null,
    confidence: Math.min(1, Math.max(0, probabilities[best] as number)),
    // From entries, since a label may be "__proto__".
    probabilities: Object.fromEntries(
      labels.map((label, k) => [label, Math.min(1, Math.max(0, probabilities[k] as number))]),
    ),
  };
}
