/** The one number of a model's answer that is explained, read from what its network says of each altered picture. */
import type { Tensor } from "@sightline/nn/tensor";
import { anomalyLabels, type Manifest } from "../manifest.js";
import { indexOfLargest } from "../measure.js";
import { ModelError } from "../model-error.js";
import { modelValues } from "../model-values.js";
import { clampScore, logit, sigmoid } from "../threshold.js";
import type { Area } from "./explanation.js";

export type Outputs = Readonly<Record<string, Tensor>>;

export type Unit = "log-odds" | "probability";

export interface Question {
  readonly label: string;
  /** The outputs that it needs: the network is cut down to them. */
  readonly outputs: readonly string[];
  /** Place of the label among the model's. */
  readonly labelIndex: number;
  readonly unit: Unit;
  /** The number for one picture of the batch, in its unit. */
  read(outputs: Outputs, row: number): number;
}

/** A number in its unit as a probability, 0–1. */
export function asProbability(value: number, unit: Unit): number {
  return unit === "log-odds" ? sigmoid(value) : value;
}

/** @throws ModelError `EXPLANATION_LABEL_UNKNOWN` */
export function labelIndex(label: string, { labels }: Pick<Manifest, "labels">): number {
  const index = labels.indexOf(label);
  if (index >= 0) return index;
  throw new ModelError(
    "EXPLANATION_LABEL_UNKNOWN",
    `The model knows no label "${label}", only ${labels.join(", ")}. Choose one of them.`,
  );
}

/**
 * One label of a classification, of several labels at once or of an anomaly model.
 *
 * @param wanted left out: what the model answers, told by its outputs for the picture as it is; of an anomaly model always
 * `anomaly`, whose score is the one that is shown
 * @param threshold an anomaly model's, in force, on its own scale
 */
export function labelQuestion(
  manifest: Pick<Manifest, "labels" | "task" | "threshold" | "temperature">,
  wanted: string | undefined,
  outputs: Outputs,
  threshold: number,
  unit: Unit = "log-odds",
): Question {
  const { labels, task } = manifest;
  const asked = (index: number, output: string, logOdds: Question["read"]): Question => ({
    label: labels[index] as string,
    labelIndex: index,
    outputs: [output],
    unit,
    read: unit === "log-odds" ? logOdds : (results, row) => sigmoid(logOdds(results, row)),
  });
  if (task === "anomaly") {
    const index = labelIndex(wanted ?? anomalyLabels[1], manifest);
    const sign = index === 1 ? 1 : -1;
    const shift = logit(clampScore(threshold));
    // From the raw score: near 0 and 1 the score itself has no digits left.
    return asked(index, modelValues.rawScore, (results, row) => {
      const raw = floats(results, modelValues.rawScore)[row] as number;
      return sign * bounded((raw - manifest.threshold) / manifest.temperature - shift);
    });
  }
  const index =
    wanted === undefined ? indexOfLargest(floats(outputs, modelValues.probabilities)) : labelIndex(wanted, manifest);
  return asked(index, modelValues.probabilities, (results, row) => {
    const shares = floats(results, modelValues.probabilities).subarray(row * labels.length, (row + 1) * labels.length);
    const own = shares[index] as number;
    // Of several classes the others' sum has digits that 1 − own has lost.
    const others =
      task === "multilabel" ? 1 - own : shares.reduce((sum, share, k) => (k === index ? sum : sum + share), 0);
    return bounded(Math.log(Math.max(own, 1e-30)) - Math.log(Math.max(others, 1e-30)));
  });
}

/** Beyond this many log-odds (a probability of 2e-9) nothing more is said. */
const mostLogOdds = 20;

function bounded(logOdds: number): number {
  return Math.min(mostLogOdds, Math.max(-mostLogOdds, logOdds));
}

/**
 * One object of a detector: how much of it is still found, the best of all boxes by score times overlap with it (D-RISE,
 * Petsiuk et al. 2021, with the object's own label in place of the likeness of all labels' scores).
 *
 * @param box in pixels of the input
 */
export function objectQuestion(label: string, labels: readonly string[], box: Area): Question {
  const index = labels.indexOf(label);
  const area = (box.x2 - box.x1) * (box.y2 - box.y1);
  return {
    label,
    labelIndex: index,
    outputs: [modelValues.boxes, modelValues.scores],
    // A score times an overlap is no probability of anything that could be no.
    unit: "probability",
    read: (results, row) => {
      const boxes = floats(results, modelValues.boxes);
      const scores = floats(results, modelValues.scores);
      const places = results[modelValues.boxes]?.dims[1] ?? 0;
      let best = 0;
      for (let place = row * places; place < (row + 1) * places; place++) {
        const score = scores[place * labels.length + index] as number;
        // An overlap is 1 at most.
        if (!(score > best)) continue;
        const [x1, y1, x2, y2] = boxes.subarray(place * 4, place * 4 + 4) as unknown as [
          number,
          number,
          number,
          number,
        ];
        const across = Math.min(x2, box.x2) - Math.max(x1, box.x1);
        const down = Math.min(y2, box.y2) - Math.max(y1, box.y1);
        if (!(across > 0 && down > 0)) continue;
        const shared = across * down;
        best = Math.max(best, (score * shared) / (area + (x2 - x1) * (y2 - y1) - shared));
      }
      return Math.min(1, best);
    },
  };
}

export function floats(outputs: Outputs, name: string): Float32Array {
  return outputs[name]?.data as Float32Array;
}
