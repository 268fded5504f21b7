/** Backbone features and a linear classifier on top: learns in seconds which of two or many classes a picture shows. */
import type { Graph } from "@sightline/nn/graph";
import { floatTensor, indexTensor } from "@sightline/nn/tensor";
import { tooFew } from "../enough-pictures.js";
import { extract } from "../feature-extraction.js";
import type { FoldMethod, Folds, HeldOutAnswers, Trainable, TrainingContext } from "../method.js";
import { throwIfCancelled } from "../model-error.js";
import { modelValues } from "../model-values.js";
import { type Flip, noFlip } from "../pictures.js";
import { probeAt } from "../probes/probes.js";
import { type Calibration, softmax } from "../threshold.js";
import { addEvidenceMap } from "./evidence-map.js";
import { type LinearClassifier, LogisticRegression, logitsOf } from "./logistic-regression.js";
import { addPooledFeatures, classifierInput, pooledFeatureCount } from "./pooled-features.js";
import { againstGoodPictures } from "./usual-evidence.js";

/** Fewer pictures of a class leave folds without any. */
const minimumPerLabel = 5;

/** Pictures times flips that are kept in memory: 8,000 rows are 90 MB. */
const maxRows = 8000;

/** All ways of turning a picture over, the cheap and harmless ones first. */
const flips: readonly Flip[] = [
  noFlip,
  { horizontal: true, vertical: false },
  { horizontal: false, vertical: true },
  { horizontal: true, vertical: true },
];

/**
 * How many of `flips` are learnt from; the folds decide. A face is no face upside down, and "left" and "right" change
 * under any flip, but a casting lies on the belt as it likes.
 */
const flipChoices = [1, 2, 4] as const;

/** Tried from strong to weak, each starting from the last one's solution. */
const penalties = [1e-4, 1e-5, 1e-6, 1e-7] as const;

export const classifier: FoldMethod = {
  kind: "folds",
  title: "Classifier on pretrained features",
  learnsMasks: true,
  input: classifierInput,
  unsuitable(task, labels, counts) {
    const few = tooFew("classifier", labels, counts, minimumPerLabel);
    return few !== null && task === "anomaly" ? `${few}; patchcore needs none of the defects` : few;
  },
  prepare,
};

async function prepare(context: TrainingContext): Promise<Trainable> {
  const { pictures, backbone, truths, labels, probes } = context;
  const { width, height } = classifierInput;
  const samples = pictures.samples;
  const flipCount = flipChoices.findLast((count) => count * samples.length <= maxRows) ?? 1;
  const featureCount = pooledFeatureCount(backbone);
  const features = new Float32Array(flipCount * samples.length * featureCount);
  // Row of picture i under flip f: f · pictures + i, so that the pictures as they are come first.
  const rowOf = (sample: number, flip: number): number => flip * samples.length + sample;
  const { builder, features: pooled } = addPooledFeatures(backbone);
  builder.output(pooled);
  await extract({
    ...context,
    ...classifierInput,
    images: samples.map((sample) => () => pictures.image(sample, width, height)),
    graph: builder.build("classifier_features"),
    flips: flips.slice(0, flipCount),
    onProgress: (share) => context.onProgress(share * 0.55, "Looking at the pictures"),
    onOutput: (sample, flip, values) => features.set(values, rowOf(sample, flip) * featureCount),
  });
  const probeFeatures = new Float32Array(probes.length * featureCount);
  if (probes.length > 0)
    await extract({
      ...context,
      ...classifierInput,
      images: probes.map((probe) => () => probeAt(probe, width, height)),
      graph: builder.build("classifier_features"),
      onProgress: (share) => context.onProgress(0.55 + share * 0.05, "Looking at the pictures"),
      onOutput: (probe, _flip, values) => probeFeatures.set(values, probe * featureCount),
    });
  const scale = standardise(features, featureCount, samples.length);
  applyScale(probeFeatures, scale);
  const rowLabels = Int32Array.from(
    { length: flipCount * samples.length },
    // What takes no part in learning weighs nothing: any label will do.
    (_, row) => Math.max(0, truths[row % samples.length] as number),
  );
  const regression = await LogisticRegression.open(features, featureCount, rowLabels, labels.length, context.threads);
  return new ClassifierTraining(context, regression, features, probeFeatures, scale, flipCount);
}

interface Scale {
  readonly mean: Float32Array;
  /** What a centred feature is divided by. */
  readonly divisor: Float32Array;
}

class ClassifierTraining implements Trainable {
  readonly #context: TrainingContext;
  readonly #regression: LogisticRegression;
  readonly #features: Float32Array;
  readonly #probeFeatures: Float32Array;
  readonly #scale: Scale;
  readonly #flipCount: number;
  /** What the folds chose. */
  #flips = 1;
  #penalty: number = penalties[1];

  constructor(
    context: TrainingContext,
    regression: LogisticRegression,
    features: Float32Array,
    probeFeatures: Float32Array,
    scale: Scale,
    flipCount: number,
  ) {
    this.#context = context;
    this.#regression = regression;
    this.#features = features;
    this.#probeFeatures = probeFeatures;
    this.#scale = scale;
    this.#flipCount = flipCount;
  }

  async crossValidate(folds: Folds): Promise<HeldOutAnswers> {
    const { truths, task, onProgress } = this.#context;
    const choices = flipChoices.filter((count) => count <= this.#flipCount);
    let best = { loss: Number.POSITIVE_INFINITY, logits: [] as Float64Array[], models: [] as LinearClassifier[] };
    for (const [c, flipCount] of choices.entries()) {
      const starts: (LinearClassifier | undefined)[] = [];
      let before = Number.POSITIVE_INFINITY;
      for (const [p, penalty] of penalties.entries()) {
        onProgress(0.6 + (0.35 * (c + p / penalties.length)) / choices.length, "Measuring on held-out pictures");
        const { logits, models } = await this.#heldOutLogits(folds, flipCount, penalty, starts);
        const loss = logLoss(logits, truths);
        if (loss < best.loss) {
          best = { loss, logits, models };
          this.#flips = flipCount;
          this.#penalty = penalty;
        }
        // Past the best penalty it only gets worse, and slower.
        if (loss > before) break;
        before = loss;
      }
    }
    if (task !== "anomaly") return { pictures: best.logits, probes: [] };
    const { length: featureCount } = this.#scale.mean;
    const probes = this.#context.probes.map(({ source }, p) => {
      const model = best.models[folds.fold[source] as number] as LinearClassifier;
      return rawScore(logitsOf(model, this.#probeFeatures.subarray(p * featureCount, (p + 1) * featureCount)));
    });
    return { pictures: best.logits.map(rawScore), probes };
  }

  /** Each picture's logits by a fit without its fold; `starts` takes each fold's solution on to the next penalty. */
  async #heldOutLogits(
    { fold, count }: Folds,
    flipCount: number,
    penalty: number,
    starts: (LinearClassifier | undefined)[],
  ): Promise<{ logits: Float64Array[]; models: LinearClassifier[] }> {
    const { signal } = this.#context;
    const logits = new Array<Float64Array>(fold.length);
    const models: LinearClassifier[] = [];
    for (let held = 0; held < count; held++) {
      throwIfCancelled(signal);
      const weights = this.#weights(flipCount, (i) => fold[i] !== held);
      const model = await this.#regression.fit(weights, { penalty, start: starts[held], signal });
      starts[held] = model;
      models.push(model);
      fold.forEach((of, i) => {
        if (of === held) logits[i] = logitsOf(model, this.#row(i));
      });
    }
    return { logits, models };
  }

  async finish(calibration: Calibration): Promise<Graph> {
    const { onProgress, signal, task, pictures, truths, threads } = this.#context;
    let model: LinearClassifier | undefined;
    for (const penalty of penalties) {
      if (penalty < this.#penalty) break;
      model = await this.#regression.fit(
        this.#weights(this.#flips, () => true),
        { penalty, start: model, signal },
      );
    }
    onProgress(1, "Writing the model");
    const graph = classifierGraph(this.#context, unscaled(model as LinearClassifier, this.#scale), calibration);
    if (task !== "anomaly") return graph;
    const { width, height } = classifierInput;
    const good = pictures.samples.filter((_, i) => truths[i] === 0);
    return againstGoodPictures(graph, {
      images: good.map((sample) => () => pictures.image(sample, width, height)),
      ...{ threads, signal },
    });
  }

  dispose(): Promise<void> {
    return this.#regression.dispose();
  }

  /** Defects are rare: in an anomaly task both kinds weigh the same. Classes keep their shares, so that probabilities do. */
  #weights(flipCount: number, takesPart: (sample: number) => boolean): Float32Array {
    const { truths, labels, task } = this.#context;
    const counts = labels.map((_, k) =>
      truths.reduce((sum, truth, i) => sum + (truth === k && takesPart(i) ? 1 : 0), 0),
    );
    const weights = new Float32Array(flipCount * truths.length);
    for (let flip = 0; flip < flipCount; flip++)
      truths.forEach((truth, i) => {
        if (truth >= 0 && takesPart(i))
          weights[flip * truths.length + i] = task === "anomaly" ? 1 / (counts[truth] as number) : 1;
      });
    return weights;
  }

  #row(sample: number): Float32Array {
    const { length: featureCount } = this.#scale.mean;
    return this.#features.subarray(sample * featureCount, (sample + 1) * featureCount);
  }
}

/** Log-odds of anomaly. */
function rawScore(logits: Float64Array): Float64Array {
  return Float64Array.of((logits[1] as number) - (logits[0] as number));
}

function logLoss(logits: readonly Float64Array[], truths: readonly number[]): number {
  return logits.reduce((sum, row, i) => {
    const truth = truths[i] as number;
    return truth < 0 ? sum : sum - Math.log(Math.max(1e-9, softmax(row)[truth] as number));
  }, 0);
}

/**
 * Centres every feature and divides it by its deviation over the pictures as they are (labels play no part), and by the
 * square root of the number of features, so that the penalty means the same for any number. In place.
 */
function standardise(features: Float32Array, featureCount: number, plainRows: number): Scale {
  const mean = new Float64Array(featureCount);
  const square = new Float64Array(featureCount);
  for (let row = 0; row < plainRows; row++)
    for (let j = 0; j < featureCount; j++) {
      const value = features[row * featureCount + j] as number;
      mean[j] = (mean[j] as number) + value / plainRows;
      square[j] = (square[j] as number) + (value * value) / plainRows;
    }
  const divisor = mean.map((m, j) => {
    const deviation = Math.sqrt(Math.max(0, (square[j] as number) - m * m));
    return (deviation + 1e-3) * Math.sqrt(featureCount);
  });
  applyScale(features, { mean, divisor });
  return { mean: Float32Array.from(mean), divisor: Float32Array.from(divisor) };
}

/** In place. */
function applyScale(
  features: Float32Array,
  { mean, divisor }: { readonly mean: ArrayLike<number>; readonly divisor: ArrayLike<number> },
): void {
  const featureCount = mean.length;
  for (let at = 0, j = 0; at < features.length; at++, j = j + 1 === featureCount ? 0 : j + 1)
    features[at] = ((features[at] as number) - (mean[j] as number)) / (divisor[j] as number);
}

/** The same classifier on features as the network gives them. */
function unscaled(model: LinearClassifier, { mean, divisor }: Scale): LinearClassifier {
  const { length: featureCount } = mean;
  const weights = Float32Array.from(model.weights, (weight, i) => weight / (divisor[i % featureCount] as number));
  const bias = model.bias.map((value, k) => {
    let sum = value;
    for (let j = 0; j < featureCount; j++) sum -= (weights[k * featureCount + j] as number) * (mean[j] as number);
    return sum;
  });
  return { ...model, weights, bias };
}

function classifierGraph(context: TrainingContext, model: LinearClassifier, calibration: Calibration): Graph {
  const { builder, features, taps } = addPooledFeatures(context.backbone);
  const featureCount = model.features;
  if (context.task === "classification") {
    const logits = builder.add(
      "Gemm",
      [features, floatTensor([model.classes, featureCount], model.weights), floatTensor([model.classes], model.bias)],
      { transB: 1 },
    );
    const tempered = builder.add("Div", [logits, floatTensor([], [calibration.temperature])]);
    builder.add("Softmax", [tempered], { axis: 1 }, modelValues.probabilities);
    builder.output(modelValues.probabilities);
    return builder.build("sightline_classifier");
  }
  // Two classes: the difference of their rows gives the log-odds of anomaly at once.
  const weights = new Float32Array(featureCount);
  for (let j = 0; j < featureCount; j++)
    weights[j] = (model.weights[featureCount + j] as number) - (model.weights[j] as number);
  const bias = (model.bias[1] as number) - (model.bias[0] as number);
  const column = builder.add("Gemm", [features, floatTensor([1, featureCount], weights), floatTensor([1], [bias])], {
    transB: 1,
  });
  const raw = builder.add("Squeeze", [column, indexTensor([1])], {}, modelValues.rawScore);
  const distance = builder.add("Sub", [raw, floatTensor([], [calibration.threshold])]);
  const score = builder.add(
    "Sigmoid",
    [builder.add("Div", [distance, floatTensor([], [calibration.temperature])])],
    {},
    modelValues.score,
  );
  addEvidenceMap(builder, taps, weights, score);
  for (const output of [modelValues.rawScore, modelValues.score, modelValues.anomalyMap]) builder.output(output);
  return builder.build("sightline_classifier");
}
