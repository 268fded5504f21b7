/** Measures a model on pictures it never saw; the only place that opens a dataset's test part. */
import { readFile } from "node:fs/promises";
import type { DatasetFormat, LabelledPictures, Sample, Task } from "@sightline/dataset/dataset";
import { DefectMaskError, decodeDefectMask } from "@sightline/dataset/defect-mask";
import { ImageError } from "@sightline/dataset/image-file";
import { readTestPart } from "@sightline/dataset/test-part";
import { resizeMap, type ScoreMap } from "@sightline/vision/heat-map";
import { defaultDetection } from "./detect.js";
import { type DetectionMetrics, detectionMetrics, type OperatingPoint, operatingPoint } from "./detection-metrics.js";
import type { Manifest } from "./manifest.js";
import { anomalyMetrics, classMetrics, multilabelMetrics } from "./measure.js";
import {
  type Confusion,
  type LabelMetrics,
  type Metrics,
  noMetrics,
  type RocPoint,
  roc,
  type ScoredSample,
} from "./metrics.js";
import { ModelError, throwIfCancelled } from "./model-error.js";
import { inOrder } from "./pictures.js";
import { aupro, type MaskedMap, pixelAuroc } from "./pixel-metrics.js";
import type { Prediction, PredictOptions, Predictor } from "./predictor.js";
import type { DefectType } from "./segmentation/defect-types.js";
import type { LabelMap } from "./segmentation/label-map.js";
import {
  type DefectMetrics,
  defectMetrics,
  type PixelConfusion,
  pixelConfusion,
} from "./segmentation/segmentation-metrics.js";
import { quantile } from "./threshold.js";

interface Measured {
  readonly images: number;
  readonly imagesPerSecond: number;
  readonly msPerImage: { readonly p50: number; readonly p95: number };
  /** Files that could not be used: counted and named. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
  /** Boxes that were cut at their picture's edge or left out. */
  readonly boxNotes: readonly { readonly name: string; readonly reason: string }[];
  /** Masks and labels of a manifest that were left out or taken differently. */
  readonly maskNotes: readonly { readonly name: string; readonly reason: string }[];
}

export interface ClassEvaluation extends Measured {
  readonly task: "anomaly" | "classification";
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
  /** Only where the test part has masks. */
  readonly pixelAuroc?: number | null;
  /** Only where the test part has masks; up to a false-positive rate of 0.3. */
  readonly aupro?: number | null;
  /** Models that learnt from masks: each kind of defect, to the pixel; on the test's masks, else as the folds measured it. */
  readonly defects?: readonly DefectMetrics[];
}

export interface MultilabelEvaluation extends Measured {
  readonly task: "multilabel";
  /** Share of right yes/no answers. */
  readonly accuracy: number;
  /** Share of pictures whose every label is right. */
  readonly exactMatch: number;
  /** Means over the labels that occur. */
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
  readonly auroc: number | null;
  /** Mean over the labels that occur. */
  readonly meanAveragePrecision: number | null;
  readonly perLabel: readonly (Omit<LabelMetrics, "ap50" | "ap50_95"> & { readonly averagePrecision: number | null })[];
}

export interface DetectionEvaluation
  extends Measured,
    Pick<DetectionMetrics, "mAP50" | "mAP75" | "mAP50_95" | "perSize"> {
  readonly task: "detection";
  /** With at most 1, 10 and 100 answers a picture and label. */
  readonly averageRecall: DetectionMetrics["recall"];
  /** From this score on an object counts in the three figures that follow, at an overlap of 0.5. */
  readonly scoreThreshold: number;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
  readonly perClass: readonly (DetectionMetrics["perLabel"][number] & OperatingPoint)[];
}

export type Evaluation = ClassEvaluation | MultilabelEvaluation | DetectionEvaluation;

/** An evaluation with what a model's manifest keeps of it. */
export interface SampleEvaluation {
  readonly evaluation: Evaluation;
  readonly metrics: Metrics;
  readonly scores: readonly ScoredSample[];
  readonly roc: readonly RocPoint[];
  /** Picture by picture, in the order in which they were answered. */
  readonly answered: readonly AnsweredSample[];
  /** Where pictures have masks: the anomaly maps beside them. */
  readonly maps: readonly MaskedMap[];
}

/** A picture with what the model said of it. */
export interface AnsweredSample {
  readonly sample: Sample;
  /** `normal` or `anomaly`, or the sample's own label. */
  readonly truth: string;
  readonly prediction: Prediction;
  /** Where both the picture and the model say which kind of defect is where. */
  readonly pixels?: PixelConfusion;
}

export interface EvaluateOptions {
  readonly predictor: Predictor;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly progress: number; readonly step: string }) => void;
  /** Told of each picture's answer, in the order of the pictures; those that can't be read have none. */
  readonly onAnswer?: (sample: Sample, prediction: Prediction) => void;
}

/** Of all pictures together. */
type Figures = Omit<SampleEvaluation, "answered" | "maps">;

/** Below this score a detector's boxes no longer move the average precision. */
const lowestScore = 0.001;

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
  return (await evaluateFolder(options)).evaluation;
}

/** The same, picture by picture. */
export async function evaluateFolder(
  options: EvaluateOptions & { readonly folder: string; readonly format?: DatasetFormat },
): Promise<SampleEvaluation & { readonly pictures: LabelledPictures }> {
  const pictures = await readTestPart(options.folder, options.format === undefined ? {} : { format: options.format });
  return { ...(await evaluateSamples({ ...options, pictures })), pictures };
}

/** Measures a model on labelled pictures that the caller kept apart. */
export async function evaluateSamples(
  options: EvaluateOptions & { readonly pictures: LabelledPictures },
): Promise<SampleEvaluation> {
  const { predictor, pictures, signal, onProgress, onAnswer } = options;
  const { manifest } = predictor;
  const truthOf = truths(predictor, pictures);
  const hasMasks = manifest.task === "anomaly" && pictures.samples.some(({ maskFile }) => maskFile !== undefined);
  const wants: PredictOptions = {
    ...(hasMasks && { anomalyMap: true, labelMap: true }),
    // Average precision looks at the whole ranking, not only at what a user is shown.
    ...(manifest.task === "detection" && { scoreThreshold: lowestScore }),
  };
  const skipped = [...pictures.skipped];
  const answered: AnsweredSample[] = [];
  const maps: MaskedMap[] = [];
  const drawn: PixelConfusion[] = [];
  const maskNotes = [...(pictures.maskNotes ?? [])];
  const begun = performance.now();
  let done = 0;
  await inOrder(
    pictures.samples,
    async ({ file }) => {
      throwIfCancelled(signal);
      try {
        return await predictor.predict(new Uint8Array(await readFile(file)), wants);
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
      onAnswer?.(sample, result);
      const own: { -readonly [K in keyof AnsweredSample]: AnsweredSample[K] } = { sample, truth, prediction: result };
      answered.push(own);
      if (!hasMasks) return;
      try {
        const mask = await openMask(sample, truth, manifest.segmentation?.types ?? []);
        if (mask === null) return;
        if (result.anomalyMap) maps.push(maskedMap(mask, result.anomalyMap, manifest.input));
        if (result.labelMap) {
          own.pixels = maskedLabels(mask, result.labelMap, manifest.segmentation?.types.length ?? 0);
          drawn.push(own.pixels);
        }
      } catch (error) {
        if (!(error instanceof ImageError || error instanceof DefectMaskError || isFileError(error))) throw error;
        maskNotes.push({ name: sample.name, reason: `its mask takes no part: ${error.message}` });
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
  const times = Float64Array.from(answered, ({ prediction }) => prediction.inferenceMs).sort();
  const measured: Measured = {
    images: answered.length,
    imagesPerSecond: answered.length / (elapsedMs / 1000),
    msPerImage: { p50: quantile(times, 0.5), p95: quantile(times, 0.95) },
    skipped,
    boxNotes: pictures.boxNotes ?? [],
    maskNotes,
  };
  if (manifest.task === "detection") return { ...detectionResult(manifest, answered, measured), answered, maps };
  if (manifest.task === "multilabel") return { ...multilabelResult(manifest, answered, measured), answered, maps };
  const { segmentation } = manifest;
  // Without masks to test on, what the folds measured is what is known.
  const defects =
    drawn.length > 0 && segmentation ? defectMetrics(segmentation.types, drawn, "test") : manifest.metrics?.defects;
  return { ...classResult(manifest, answered, measured, hasMasks ? maps : null, defects), answered, maps };
}

function classResult(
  { task, labels }: Manifest,
  answered: readonly AnsweredSample[],
  measured: Measured,
  maps: readonly MaskedMap[] | null,
  defects: readonly DefectMetrics[] | undefined,
): Figures {
  const isAnomaly = task === "anomaly";
  const scores = isAnomaly
    ? answered.map(({ truth, prediction }) => ({ score: prediction.score ?? 0, isAnomaly: truth === "anomaly" }))
    : [];
  const metrics = isAnomaly
    ? anomalyMetrics("test", scores)
    : classMetrics(
        "test",
        labels,
        answered.map(({ truth }) => truth),
        answered.map(({ prediction }) => labels.map((label) => prediction.probabilities[label] ?? 0)),
      );
  const { accuracy, precision, recall, f1, auroc, ece, confusion } = metrics;
  const evaluation: ClassEvaluation = {
    task: isAnomaly ? "anomaly" : "classification",
    ...measured,
    ...{ precision, recall, f1, auroc, ece, confusion },
    accuracy: accuracy ?? 0,
    threshold: isAnomaly ? 0.5 : null,
    ...(maps && { pixelAuroc: pixelAuroc(maps), aupro: aupro(maps) }),
    ...(defects && { defects }),
  };
  return { evaluation, metrics: { ...metrics, ...(defects && { defects }) }, scores, roc: roc(scores) };
}

function detectionResult(manifest: Manifest, answered: readonly AnsweredSample[], measured: Measured): Figures {
  const { labels } = manifest;
  const samples = answered.map(({ sample, prediction }) => ({
    truths: sample.boxes ?? [],
    found: prediction.detections,
  }));
  const { mAP50, mAP75, mAP50_95, recall, perLabel, perSize } = detectionMetrics(labels, samples);
  const scoreThreshold = (manifest.detection ?? defaultDetection).scoreThreshold;
  const atThreshold = operatingPoint(labels, samples, scoreThreshold);
  const rows = perLabel.map((row, k) => ({ ...row, ...(atThreshold.perLabel[k] as OperatingPoint) }));
  const { overall } = atThreshold;
  const evaluation: DetectionEvaluation = {
    task: "detection",
    ...measured,
    ...{ mAP50, mAP75, mAP50_95, averageRecall: recall },
    ...{ scoreThreshold, precision: overall.precision, recall: overall.recall, f1: overall.f1 },
    perClass: rows,
    perSize,
  };
  const metrics: Metrics = {
    ...noMetrics,
    source: "test",
    images: answered.length,
    accuracy: null,
    ...overall,
    mAP50,
    mAP50_95,
    perLabel: rows.map(({ label, truths, precision, recall: found, ap50, ap50_95 }) => ({
      label,
      truths,
      precision,
      recall: found,
      ap50,
      ap50_95,
    })),
  };
  return { evaluation, metrics, scores: [], roc: [] };
}

function multilabelResult(manifest: Manifest, answered: readonly AnsweredSample[], measured: Measured): Figures {
  const { labels } = manifest;
  const { metrics, exactMatch } = multilabelMetrics(
    "test",
    labels,
    answered.map(({ sample }) => labels.map((label) => sample.labels?.includes(label) ?? false)),
    answered.map(({ prediction }) => labels.map((label) => prediction.probabilities[label] ?? 0)),
    manifest.labelThresholds ?? labels.map(() => 0.5),
  );
  const { accuracy, precision, recall, f1, auroc, perLabel } = metrics;
  const areas = perLabel.map(({ ap50 }) => ap50).filter((area) => area !== null);
  const evaluation: MultilabelEvaluation = {
    task: "multilabel",
    ...measured,
    accuracy: accuracy ?? 0,
    exactMatch,
    ...{ precision, recall, f1, auroc },
    meanAveragePrecision: areas.length === 0 ? null : areas.reduce((sum, area) => sum + area, 0) / areas.length,
    perLabel: perLabel.map(({ ap50, ap50_95: _, ...row }) => ({ ...row, averagePrecision: ap50 })),
  };
  return { evaluation, metrics, scores: [], roc: [] };
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
  if (pictures.task !== manifest.task)
    throw new ModelError(
      "LABELS_DIFFER",
      `The model answers with ${answerKinds[manifest.task]}, the pictures are labelled with ${answerKinds[pictures.task]}. Evaluate it on pictures labelled as it answers.`,
    );
  const unknown = pictures.labels.filter((label) => !manifest.labels.includes(label));
  if (unknown.length > 0)
    throw new ModelError(
      "LABELS_DIFFER",
      `The model knows the labels ${quoted(manifest.labels)}, not ${quoted(unknown)}. Evaluate it on pictures with its own labels.`,
    );
  return ({ label }) => label;
}

/** A sample's mask: 0 nothing, 1 a defect of no type that the model knows, k + 2 its k-th type. `null` for a defect nobody drew a mask for. */
async function openMask(sample: Sample, truth: string, types: readonly DefectType[]): Promise<LabelMap | null> {
  if (sample.maskFile === undefined)
    return truth === "anomaly" ? null : { width: 1, height: 1, data: new Uint8Array(1) };
  const known = types.map(({ label }) => label);
  const others = (sample.maskColours?.map(({ label }) => label) ?? [sample.label]).filter(
    (label) => !known.includes(label),
  );
  const all = [...known, ...others];
  const mask = await decodeDefectMask(new Uint8Array(await readFile(sample.maskFile)), {
    types: all,
    colours: sample.maskColours,
    label: sample.label,
  });
  return { ...mask, data: mask.data.map((type) => (type === 0 ? 0 : type > known.length ? 1 : type + 1)) };
}

/** What a mask says at another size: each pixel as its nearest one is. */
function maskAt(mask: LabelMap, width: number, height: number): Uint8Array {
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * mask.height) / height) * mask.width;
    for (let x = 0; x < width; x++)
      data[y * width + x] = mask.data[row + Math.floor(((x + 0.5) * mask.width) / width)] as number;
  }
  return data;
}

/** Map and mask at the model's input size, where both are defined for pictures of any size. */
function maskedMap(
  mask: LabelMap,
  map: ScoreMap,
  { width, height }: { readonly width: number; readonly height: number },
): MaskedMap {
  return {
    width,
    height,
    scores: resizeMap(map, width, height).data,
    mask: maskAt(mask, width, height).map((type) => Math.min(1, type)),
  };
}

/** Pixels by what the mask says and what the model says, as fine as the model says it. */
function maskedLabels(mask: LabelMap, answer: LabelMap, types: number): PixelConfusion {
  const truth = maskAt(mask, answer.width, answer.height).map((type) => Math.max(0, type - 1));
  return pixelConfusion(truth, answer.data, types);
}

const answerKinds: Readonly<Record<Task, string>> = {
  anomaly: "good or not",
  classification: "one label a picture",
  multilabel: "several labels a picture",
  detection: "boxes",
};

function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

function quoted(labels: readonly string[]): string {
  return labels.map((label) => `"${label}"`).join(", ");
}
