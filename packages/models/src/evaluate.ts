/** Measures a model on pictures it never saw; the only place that opens a dataset's test part. */
import { readFile } from "node:fs/promises";
import type { DatasetFormat, LabelledPictures, Sample, Task } from "@sightline/dataset/dataset";
import { decodeMask, ImageError } from "@sightline/dataset/image-file";
import { readTestPart } from "@sightline/dataset/test-part";
import { resizeMap, type ScoreMap } from "@sightline/vision/heat-map";
import { anomalyMetrics, classMetrics } from "./measure.js";
import { type Confusion, type Metrics, type RocPoint, roc, type ScoredSample } from "./metrics.js";
import { ModelError, throwIfCancelled } from "./model-error.js";
import { inOrder } from "./pictures.js";
import { aupro, type MaskedMap, pixelAuroc } from "./pixel-metrics.js";
import type { Prediction, Predictor } from "./predictor.js";
import { quantile } from "./threshold.js";

export interface Evaluation {
  readonly task: Task;
  readonly images: number;
  readonly accuracy: number;
  /** Of `anomaly`; several classes: mean over the classes. */
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
  readonly auroc: number | null;
  /** Score from which a picture counts as an anomaly; `null` for several classes. */
  readonly threshold: number | null;
  readonly confusion: Confusion;
  readonly ece: number | null;
  readonly imagesPerSecond: number;
  readonly msPerImage: { readonly p50: number; readonly p95: number };
  /** Only where the test part has masks. */
  readonly pixelAuroc?: number | null;
  /** Only where the test part has masks; up to a false-positive rate of 0.3. */
  readonly aupro?: number | null;
  /** Files that could not be used: counted and named. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
}

/** An evaluation with what a model's manifest keeps of it. */
export interface SampleEvaluation extends Evaluation {
  readonly metrics: Metrics;
  readonly scores: readonly ScoredSample[];
  readonly roc: readonly RocPoint[];
}

export interface EvaluateOptions {
  readonly predictor: Predictor;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly progress: number; readonly step: string }) => void;
}

/** Pictures under way at once: the next ones are decoded while one is computed. */
const ahead = 6;

/**
 * Measures a model on the test part of the dataset in a folder.
 *
 * @throws what `readTestPart` throws; ModelError `LABELS_DIFFER`, `DATASET_NO_READABLE_PICTURES`, `TRAINING_CANCELLED`
 */
export async function evaluate(
  options: EvaluateOptions & { readonly folder: string; readonly format?: DatasetFormat },
): Promise<Evaluation> {
  const pictures = await readTestPart(options.folder, options.format === undefined ? {} : { format: options.format });
  const {
    metrics: _metrics,
    scores: _scores,
    roc: _roc,
    ...evaluation
  } = await evaluateSamples({ ...options, pictures });
  return evaluation;
}

/** Measures a model on labelled pictures that the caller kept apart. */
export async function evaluateSamples(
  options: EvaluateOptions & { readonly pictures: LabelledPictures },
): Promise<SampleEvaluation> {
  const { predictor, pictures, signal, onProgress } = options;
  const { manifest } = predictor;
  const truthOf = truths(predictor, pictures);
  const hasMasks = manifest.task === "anomaly" && pictures.samples.some(({ maskFile }) => maskFile !== undefined);
  const skipped = [...pictures.skipped];
  const answered: { truth: string; prediction: Prediction }[] = [];
  const maps: MaskedMap[] = [];
  const begun = performance.now();
  let done = 0;
  await inOrder(
    pictures.samples,
    async ({ file }) => {
      throwIfCancelled(signal);
      try {
        return await predictor.predict(new Uint8Array(await readFile(file)), hasMasks ? { anomalyMap: true } : {});
      } catch (error) {
        if (error instanceof ImageError || isFileError(error)) return error.message;
        throw error;
      }
    },
    async (sample, result) => {
      done++;
      onProgress?.({ progress: done / pictures.samples.length, step: "Testing the model" });
      if (typeof result === "string") {
        skipped.push({ name: sample.name, reason: result });
        return;
      }
      const truth = truthOf(sample);
      answered.push({ truth, prediction: result });
      if (hasMasks && result.anomalyMap) {
        const masked = await maskedMap(sample, truth, result.anomalyMap, manifest.input);
        if (masked) maps.push(masked);
      }
    },
    ahead,
  );
  const elapsedMs = performance.now() - begun;
  if (answered.length === 0) {
    const first = skipped[0];
    throw new ModelError(
      "DATASET_NO_READABLE_PICTURES",
      `The test pictures hold no readable one.${first ? ` The first: ${first.name}: ${first.reason}` : ""} Add JPEG or PNG files.`,
    );
  }
  const isAnomaly = manifest.task === "anomaly";
  const scores = isAnomaly
    ? answered.map(({ truth, prediction }) => ({ score: prediction.score ?? 0, isAnomaly: truth === "anomaly" }))
    : [];
  const metrics = isAnomaly
    ? anomalyMetrics("test", scores)
    : classMetrics(
        "test",
        manifest.labels,
        answered.map(({ truth }) => truth),
        answered.map(({ prediction }) => manifest.labels.map((label) => prediction.probabilities[label] ?? 0)),
      );
  const times = Float64Array.from(answered, ({ prediction }) => prediction.inferenceMs).sort();
  const { source: _source, ...figures } = metrics;
  return {
    task: manifest.task,
    ...figures,
    threshold: isAnomaly ? 0.5 : null,
    imagesPerSecond: answered.length / (elapsedMs / 1000),
    msPerImage: { p50: quantile(times, 0.5), p95: quantile(times, 0.95) },
    ...(hasMasks && { pixelAuroc: pixelAuroc(maps), aupro: aupro(maps) }),
    skipped,
    metrics,
    scores,
    roc: roc(scores),
  };
}

/** What the model should answer for a sample. */
function truths({ manifest }: Predictor, pictures: LabelledPictures): (sample: Sample) => string {
  if (manifest.task === "anomaly") {
    // The model's good label counts; a dataset that calls its good pictures otherwise says so itself.
    const good = pictures.samples.some(({ label }) => label === manifest.normalLabel)
      ? manifest.normalLabel
      : pictures.normalLabel;
    if (good === null)
      throw new ModelError(
        "LABELS_DIFFER",
        `The model's good label is "${manifest.normalLabel}", the pictures are labelled ${quoted(pictures.labels)}. Name the good ones as the model does.`,
      );
    return ({ label }) => (label === good ? "normal" : "anomaly");
  }
  const unknown = pictures.labels.filter((label) => !manifest.labels.includes(label));
  if (unknown.length > 0)
    throw new ModelError(
      "LABELS_DIFFER",
      `The model knows the labels ${quoted(manifest.labels)}, not ${quoted(unknown)}. Evaluate it on pictures with its own labels.`,
    );
  return ({ label }) => label;
}

/**
 * Map and mask at the model's input size, where both are defined for pictures of any size. `null` for a defect nobody
 * drew a mask for, and for a mask that can't be read.
 */
async function maskedMap(
  sample: Sample,
  truth: string,
  map: ScoreMap,
  { width, height }: { readonly width: number; readonly height: number },
): Promise<MaskedMap | null> {
  const mask = new Uint8Array(width * height);
  if (sample.maskFile !== undefined) {
    const drawn = await decodeMask(new Uint8Array(await readFile(sample.maskFile)));
    for (let y = 0; y < height; y++) {
      const row = Math.floor(((y + 0.5) * drawn.height) / height) * drawn.width;
      for (let x = 0; x < width; x++)
        mask[y * width + x] = drawn.data[row + Math.floor(((x + 0.5) * drawn.width) / width)] as number;
    }
  } else if (truth === "anomaly") return null;
  return { width, height, scores: resizeMap(map, width, height).data, mask };
}

function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

function quoted(labels: readonly string[]): string {
  return labels.map((label) => `"${label}"`).join(", ");
}
