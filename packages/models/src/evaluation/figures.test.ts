import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@sightline/dataset/seeded-random";
import { detectionMetrics } from "../detection-metrics.js";
import { anomalyMetrics, classMetrics, multilabelMetrics } from "../measure.js";
import { averagePrecision, type Metrics } from "../metrics.js";
import type { AnsweredPicture, TaskView } from "./answered-picture.js";
import { once } from "./bootstrap.js";
import { detectionView } from "./found-boxes.js";
import { anomalyView, classView } from "./one-answer.js";
import { rankingOf, weightedAuroc, weightedAveragePrecision } from "./ranking.js";
import { multilabelView } from "./several-labels.js";

/** A picture answered with these probabilities; scores are rounded so that some are equal. */
function answered(i: number, truth: string, probabilities: Record<string, number>, more: object = {}): AnsweredPicture {
  const label = Object.entries(probabilities).reduce((best, one) => (one[1] > best[1] ? one : best))[0];
  const prediction = {
    ...{ label, labels: [label], detections: [], probabilities },
    score: probabilities.anomaly ?? null,
    confidence: probabilities[label] ?? 0,
  };
  return { name: `${i}.png`, truth, prediction, slices: {}, ...more };
}

function valuesOf({ statistics }: TaskView, count: number): Record<string, number | null> {
  return Object.fromEntries(statistics.map((one) => [one.name, one.of(once(count))]));
}

function agree(values: Record<string, number | null>, metrics: Partial<Metrics>, names: readonly (keyof Metrics)[]) {
  for (const name of names)
    assert.ok(
      Math.abs((values[name] ?? -1) - (metrics[name] as number)) < 1e-12,
      `${name}: ${values[name]} is not ${String(metrics[name])}`,
    );
}

test("with every picture once, figures of normal or anomaly are those of the metrics, at any threshold", () => {
  const random = seededRandom(3);
  const scores = Array.from({ length: 80 }, (_, i) => ({
    isAnomaly: i % 3 === 0,
    score: Math.round(20 * Math.min(1, Math.max(0, (i % 3 === 0 ? 0.65 : 0.4) + 0.2 * random.normal()))) / 20,
  }));
  const pictures = scores.map(({ score, isAnomaly }, i) =>
    answered(i, isAnomaly ? "anomaly" : "normal", { normal: 1 - score, anomaly: score }),
  );
  const names = ["auroc", "accuracy", "precision", "recall", "f1"] as const;
  agree(valuesOf(anomalyView(pictures, 0.5), 80), anomalyMetrics("test", scores), [...names, "ece"]);
  agree(valuesOf(anomalyView(pictures, 0.3), 80), anomalyMetrics("test", scores, 0.3), names);
});

test("with every picture once, figures of several classes are those of the metrics", () => {
  const random = seededRandom(4);
  const labels = ["a", "b", "c"];
  const truths = Array.from({ length: 60 }, (_, i) => labels[i % 3] as string);
  const rows = truths.map((truth) => {
    const raw = labels.map((label) => Math.exp((label === truth ? 1 : 0) + random.normal()));
    const sum = raw.reduce((total, value) => total + value, 0);
    return raw.map((value) => value / sum);
  });
  const pictures = truths.map((truth, i) =>
    answered(i, truth, Object.fromEntries(labels.map((label, k) => [label, rows[i]?.[k] ?? 0]))),
  );
  const view = classView(pictures, labels);
  const metrics = classMetrics("test", labels, truths, rows);
  agree(valuesOf(view, 60), metrics, ["accuracy", "precision", "recall", "f1", "auroc", "ece"]);
  const wrong = view.wrong.filter((one) => one !== null).length;
  assert.equal(wrong, Math.round(60 * (1 - (metrics.accuracy ?? 0))));
});

test("with every picture once, figures of several labels are those of the metrics", () => {
  const random = seededRandom(5);
  const labels = ["red", "blue"];
  const truths = Array.from({ length: 50 }, () => labels.filter(() => random.next() < 0.4));
  const rows = truths.map((held) => labels.map((label) => (held.includes(label) ? 0.35 : 0.1) + 0.5 * random.next()));
  const pictures = truths.map((held, i) =>
    answered(i, "", Object.fromEntries(labels.map((label, k) => [label, rows[i]?.[k] ?? 0])), { labels: held }),
  );
  const thresholds = [0.4, 0.5];
  const { metrics, exactMatch } = multilabelMetrics(
    "test",
    labels,
    truths.map((held) => labels.map((label) => held.includes(label))),
    rows,
    thresholds,
  );
  const view = multilabelView(pictures, labels, thresholds);
  const values = valuesOf(view, 50);
  agree(values, metrics, ["accuracy", "precision", "recall", "f1", "auroc"]);
  assert.equal(values.exactMatch, exactMatch);
  assert.equal(view.wrong.filter((one) => one === null).length, exactMatch * 50);
});

test("with every picture once, average precision of boxes is COCO's, and a picture of no box is no mistake", () => {
  const random = seededRandom(6);
  const labels = ["nut", "bolt"];
  const pictures = Array.from({ length: 20 }, (_, i): AnsweredPicture => {
    const boxes = Array.from({ length: i % 4 }, (_, k) => {
      const [x, y] = [random.between(0, 100), random.between(0, 100)];
      return { label: labels[k % 2] as string, x1: x, y1: y, x2: x + 30, y2: y + 30 };
    });
    const detections = boxes.flatMap((box) => {
      if (random.next() < 0.2) return [];
      const shift = random.between(-8, 8);
      const score = Math.round(random.between(0.2, 1) * 10) / 10;
      return [{ ...box, x1: box.x1 + shift, x2: box.x2 + shift, score }];
    });
    const prediction = { label: "", labels: [], detections, score: null, confidence: 0.5, probabilities: {} };
    return { name: `${i}`, truth: "", boxes, prediction, slices: {} };
  });
  const view = detectionView(pictures, labels, 0.3);
  const samples = pictures.map(({ boxes = [], prediction }) => ({ truths: boxes, found: prediction.detections }));
  agree(valuesOf(view, 20), detectionMetrics(labels, samples) as unknown as Metrics, ["mAP50", "mAP50_95"]);
  assert.equal(view.wrong[0], null);
  assert.ok((view.curves[0]?.averagePrecision ?? 0) > 0.2);
});

test("a weight of two counts like the picture twice", () => {
  const [scores, truths] = [
    [0.9, 0.8, 0.8, 0.3, 0.1],
    [true, false, true, true, false],
  ];
  const weights = [1, 2, 0, 3, 1];
  const copies = weights.flatMap((weight, i) => Array.from({ length: weight }, () => i));
  const ranking = rankingOf(scores, (i) => truths[i] === true);
  const repeated = copies.map((i) => scores[i] as number);
  const isTrue = (place: number): boolean => truths[copies[place] as number] === true;
  assert.equal(weightedAveragePrecision(ranking, weights), averagePrecision(repeated, isTrue));
  assert.equal(weightedAuroc(ranking, weights), weightedAuroc(rankingOf(repeated, isTrue), once(repeated.length)));
  assert.equal(weightedAuroc(ranking, [1, 0, 1, 1, 0]), null);
});
