/** Trains a network by gradient, measures what its file answers about pictures it never saw, and calibrates it. */
import type { Sample, Task } from "@sightline/dataset/dataset";
import type { Graph } from "@sightline/nn/graph";
import { writeOnnx } from "@sightline/nn/onnx-file";
import { openSession } from "@sightline/nn/session/session";
import { floatTensor } from "@sightline/nn/tensor";
import type { Image } from "@sightline/vision/image";
import { withAnswers } from "./answer-head.js";
import type { Backbone } from "./backbone-description.js";
import { evaluateSamples } from "./evaluate.js";
import { calibrate } from "./held-out.js";
import { type Manifest, type ModelInput, manifestVersion } from "./manifest.js";
import { anomalyMetrics, classMetrics, methodScore, multilabelMetrics } from "./measure.js";
import type { CheckpointStore, EpochPoint, LiveProgress, NetMethod, TrainedNet } from "./method.js";
import { type MethodOptions, readOptions } from "./method-options.js";
import type { Metrics, ScoredSample } from "./metrics.js";
import { ModelError, nextTurn, throwIfCancelled } from "./model-error.js";
import { writeModel } from "./model-file.js";
import { modelValues } from "./model-values.js";
import { labelThresholds, multilabelTemperature } from "./multilabel-calibration.js";
import { fitInput, inOrder, SampleReader, writePlanes } from "./pictures.js";
import { openPredictor } from "./predictor.js";
import type { Probe } from "./probes/probes.js";
import { type Calibration, calibratedScore, sigmoid, softmax } from "./threshold.js";
import type { Split } from "./validation-split.js";
import { sightlineVersion } from "./version.js";

export interface NetOrder {
  readonly task: Task;
  readonly labels: readonly string[];
  readonly targetOf: (sample: Sample) => readonly number[];
  readonly split: Split;
  /** Real defects in the whole training part. */
  readonly defects?: number;
  /** Those made from validation pictures are answered by the finished network. Left out: none. */
  readonly probes?: readonly Probe[];
  readonly teachers?: readonly Uint8Array[] | undefined;
  readonly unlabelled?: readonly Pick<Sample, "name" | "file">[] | undefined;
  readonly backbone: Backbone;
  readonly seed: number;
  readonly threads: number;
  readonly signal?: AbortSignal | undefined;
  readonly finishEarly?: AbortSignal | undefined;
  /** Milliseconds left now, the measuring at the end included; left out: no limit. */
  readonly leftMs?: (() => number | undefined) | undefined;
  readonly plannedMs?: number | undefined;
  readonly epochs?: number | undefined;
  readonly batchSize?: number | undefined;
  readonly maxMemoryBytes?: number | undefined;
  readonly checkpoint?: CheckpointStore | undefined;
  readonly checkpointEveryMs?: number | undefined;
  readonly methodOptions?: MethodOptions | undefined;
  readonly onEpoch?: ((point: EpochPoint) => void) | undefined;
  readonly onProgress: (share: number, step: string, live?: LiveProgress) => void;
}

/** A trained and calibrated network with what it reached on pictures held out. */
export interface NetCandidate {
  readonly name: string;
  /** With the outputs that a model file of its task has. */
  readonly graph: Graph;
  readonly input: ModelInput;
  readonly calibration: Calibration;
  readonly metrics: Metrics;
  readonly scores: readonly ScoredSample[];
  /** On the held-out pictures and probes, higher is better; the measure by which methods compare. */
  readonly score: number;
  /** `false` where the network had seen the good pictures that the probes were made from: then `score` is without them. */
  readonly isProbed: boolean;
  /** What its manifest says besides. */
  readonly extra: Partial<Manifest>;
}

/** The measuring at the end takes this share of the time, at least so many milliseconds. */
const measuringShare = 0.05;
const measuringMs = 2000;

/** @throws ModelError `TRAINING_CANCELLED`, `METHOD_OPTION_INVALID`; what the method throws */
export async function trainNet(method: NetMethod, name: string, order: NetOrder): Promise<NetCandidate> {
  const { task, labels, split, signal } = order;
  if (split.validation.length === 0)
    throw new ModelError(
      "DATASET_TOO_SMALL",
      `${name} holds pictures out to see how well it learns, but no label has two. Add pictures.`,
    );
  const reserveMs = Math.max(measuringMs, (order.leftMs?.() ?? 0) * measuringShare);
  const net = await method.train({
    task,
    labels,
    training: split.training,
    validation: split.validation,
    isValidationSetAside: split.isSetAside,
    targetOf: order.targetOf,
    teachers: order.teachers,
    unlabelled: order.unlabelled,
    backbone: order.backbone,
    seed: order.seed,
    threads: order.threads,
    signal,
    finishEarly: order.finishEarly,
    plannedMs: order.plannedMs,
    epochs: order.epochs,
    batchSize: order.batchSize,
    maxMemoryBytes: order.maxMemoryBytes,
    checkpoint: order.checkpoint,
    checkpointEveryMs: order.checkpointEveryMs,
    options: readOptions(name, method.options, order.methodOptions ?? {}),
    leftMs: () => {
      const leftMs = order.leftMs?.();
      return leftMs === undefined ? undefined : Math.max(0, leftMs - reserveMs);
    },
    onEpoch: (point) => order.onEpoch?.(point),
    onProgress: (share, step, live) => order.onProgress(0.93 * share, step, live),
  });
  throwIfCancelled(signal);
  order.onProgress(0.94, "Measuring on held-out pictures");
  const measured = task === "detection" ? await measureDetector(net, name, order) : await measureLogits(net, order);
  return {
    name,
    input: net.input,
    ...measured,
    extra: {
      ...measured.extra,
      ...(net.detection && { detection: net.detection }),
      ...(net.tiling && { tiling: net.tiling }),
      parameters: net.parameters,
      ...(net.multiplyAccumulates !== undefined && { multiplyAccumulates: net.multiplyAccumulates }),
      ...(net.teachers && net.teachers.length > 0 && { teachers: net.teachers }),
      ...(net.prunedFrom && { prunedFrom: net.prunedFrom }),
      ...(net.backboneOf && { backbone: net.backboneOf }),
      training: net.summary,
    },
  };
}

type Measured = Pick<NetCandidate, "graph" | "calibration" | "metrics" | "scores" | "score" | "isProbed" | "extra">;

async function measureLogits(net: TrainedNet, order: NetOrder): Promise<Measured> {
  const { task, labels, targetOf } = order;
  const answers = net.heldOut ? null : await answersTo({ ...net, graph: net.measuredGraph ?? net.graph }, order);
  const held = net.heldOut ?? answers?.pictures ?? [];
  const logits = held.map((row) => row.logits);
  const targets = held.map(({ sample }) => targetOf(sample).map((value) => value >= 0.5));
  if (task === "multilabel") {
    const temperature = multilabelTemperature(logits, targets);
    const thresholds = labelThresholds(labels, logits, targets, temperature);
    const probabilities = logits.map((row) => row.map((value) => sigmoid(value / temperature)));
    const { metrics } = multilabelMetrics("heldOut", labels, targets, probabilities, thresholds);
    const calibration = { threshold: 0, temperature };
    return {
      graph: withAnswers(net.graph, task, calibration),
      calibration,
      metrics,
      scores: [],
      score: metrics.accuracy ?? 0,
      isProbed: false,
      extra: { labelThresholds: thresholds },
    };
  }
  const truths = targets.map((row) => row.indexOf(true));
  const outputs = task === "anomaly" ? logits.map(rawScore) : logits;
  const calibration = calibrate(task, { outputs, truths });
  const scores =
    task === "anomaly"
      ? outputs.map((row, i) => ({
          score: calibratedScore(row[0] as number, calibration),
          isAnomaly: truths[i] === 1,
        }))
      : [];
  const metrics =
    task === "anomaly"
      ? anomalyMetrics("heldOut", scores)
      : classMetrics(
          "heldOut",
          labels,
          truths.map((truth) => labels[truth] as string),
          outputs.map((row) => softmax(row, calibration.temperature)),
        );
  return {
    graph: withAnswers(net.graph, task, calibration),
    calibration,
    metrics,
    scores,
    score:
      methodScore(task, { outputs, truths }, calibration, (answers?.probes ?? []).map(rawScore), order.defects ?? 0) ??
      0,
    isProbed: (answers?.probes.length ?? 0) > 0,
    extra: {},
  };
}

function rawScore([normal = 0, anomaly = 0]: Float64Array): Float64Array {
  return Float64Array.of(anomaly - normal);
}

/** The logits that the finished network gives for the validation pictures and their probes, fed as a predictor feeds it. */
async function answersTo({ graph, input }: TrainedNet, { split, probes = [], threads, signal }: NetOrder) {
  const { width, height } = input;
  const answers = { pictures: [] as { sample: Sample; logits: Float64Array }[], probes: [] as Float64Array[] };
  const validation = new Set(split.validation);
  const planes = new Float32Array(3 * width * height);
  const reader = new SampleReader();
  const session = await openSession(writeOnnx(graph), { threads });
  const logitsOf = async (image: Image): Promise<Float64Array> => {
    throwIfCancelled(signal);
    writePlanes(image, planes, 0);
    const results = await session.run({ [modelValues.image]: floatTensor([1, 3, height, width], planes) });
    await nextTurn();
    return Float64Array.from(results[modelValues.logits]?.data as Float32Array);
  };
  try {
    await inOrder(
      split.validation,
      (sample) => reader.image(sample, input),
      async (sample, image) => {
        answers.pictures.push({ sample, logits: await logitsOf(image) });
      },
    );
    for (const { sample, image } of probes)
      if (validation.has(sample)) answers.probes.push(await logitsOf(fitInput(image, input)));
  } finally {
    await session.dispose();
  }
  return answers;
}

/** A detector is measured whole, with its suppression of double boxes, by the predictor that will run it. */
async function measureDetector(net: TrainedNet, name: string, order: NetOrder): Promise<Measured> {
  const calibration = { threshold: 0, temperature: 1 };
  const { bytes } = writeModel(net.graph, {
    formatVersion: manifestVersion,
    method: name,
    task: "detection",
    labels: order.labels,
    normalLabel: null,
    input: net.input,
    ...calibration,
    ...(net.detection && { detection: net.detection }),
    ...(net.tiling && { tiling: net.tiling }),
    metrics: null,
    scores: [],
    roc: [],
    candidates: [],
    dataset: { name: "", hash: "", images: 0, byLabel: {} },
    seed: order.seed,
    createdAt: "",
    sightlineVersion,
  });
  const predictor = await openPredictor(bytes, { threads: order.threads });
  try {
    const { metrics } = await evaluateSamples({
      predictor,
      pictures: {
        task: "detection",
        labels: order.labels,
        normalLabel: null,
        samples: order.split.validation,
        skipped: [],
      },
      ...(order.signal && { signal: order.signal }),
    });
    return {
      graph: net.graph,
      calibration,
      metrics: { ...metrics, source: "heldOut" },
      scores: [],
      score: metrics.mAP50_95 ?? 0,
      isProbed: false,
      extra: {},
    };
  } finally {
    await predictor.close();
  }
}
