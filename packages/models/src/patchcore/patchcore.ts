/** Remembers what good parts look like, patch by patch; what is far from everything remembered is an anomaly. */
import type { Sample } from "@sightline/dataset/dataset";
import { type SeededRandom, seededRandom } from "@sightline/dataset/seeded-random";
import type { Graph } from "@sightline/nn/graph";
import { GraphBuilder } from "@sightline/nn/graph-builder";
import { writeOnnx } from "@sightline/nn/onnx-file";
import { openSession } from "@sightline/nn/session/session";
import { floatTensor, indexTensor } from "@sightline/nn/tensor";
import { extract } from "../feature-extraction.js";
import type { FoldMethod, Folds, HeldOutAnswers, HeldOutOutput, Trainable, TrainingContext } from "../method.js";
import { nextTurn, throwIfCancelled } from "../model-error.js";
import { modelValues } from "../model-values.js";
import { probeAt } from "../probes/probes.js";
import type { Calibration } from "../threshold.js";
import { greedyCoreset } from "./coreset.js";
import {
  addPatchFeatures,
  addProjection,
  type Projection,
  patchChannels,
  patchCount,
  patchDimensions,
  patchGrid,
  patchInput,
} from "./patch-features.js";

const minimumNormals = 5;

/** Patches kept in the model at most: what bounds its size and its time per picture. */
const bankSize = 2000;
/** Patches the bank is chosen from at most. */
const poolSize = 20_000;
/** Pictures learnt from at most: 100 kB each in memory. */
const maxNormals = 1000;
const maxAnomalies = 300;
/** Good pictures that the channels' means and deviations are taken from. */
const statisticsPictures = 64;
/** A picture's raw score is the mean distance of its this many strangest patches: steadier than the single strangest. */
const strangest = 5;

export const patchcore: FoldMethod = {
  kind: "folds",
  title: "Patch memory of good pictures",
  learnsMasks: true,
  input: patchInput,
  unsuitable(task, _labels, counts) {
    if (task !== "anomaly") return "patchcore needs a good label and defects, not classes of equal rank";
    const normals = counts[0] ?? 0;
    return normals < minimumNormals ? `patchcore needs ${minimumNormals} good pictures, got ${normals}` : null;
  },
  prepare,
};

async function prepare(context: TrainingContext): Promise<Trainable> {
  const { pictures, truths, probes, seed, onProgress } = context;
  const { width, height } = patchInput;
  const random = seededRandom(seed).branch("patchcore");
  const of = (truth: number): number[] => truths.flatMap((t, i) => (t === truth ? [i] : []));
  const normals = sampled(of(0), maxNormals, random);
  const anomalies = sampled(of(1), maxAnomalies, random);
  const samples = pictures.samples;
  const step = "Looking at the pictures";

  const statistics = await channelStatistics(
    context,
    sampled(normals, statisticsPictures, random).map((i) => samples[i] as Sample),
    (share) => onProgress(0.1 * share, step),
  );
  const projection = randomProjection(statistics, patchChannels(context.backbone), random);

  const { builder, features } = addPatchFeatures(context.backbone);
  const patches = addProjection(builder, features, projection);
  builder.output(patches);
  const size = patchCount * patchDimensions;
  const kept = [...normals, ...anomalies, ...of(-1)].sort((a, b) => a - b);
  const vectors = new Map<number, Float32Array>();
  const probeVectors: Float32Array[] = [];
  await extract({
    ...context,
    ...patchInput,
    images: [
      ...kept.map((i) => () => pictures.image(samples[i] as Sample, width, height)),
      ...probes.map((probe) => () => probeAt(probe, width, height)),
    ],
    graph: builder.build("patches"),
    onProgress: (share) => onProgress(0.1 + 0.3 * share, step),
    onOutput: (k, _flip, output) => {
      if (k < kept.length) vectors.set(kept[k] as number, output.slice(0, size));
      else probeVectors.push(output.slice(0, size));
    },
  });
  return new PatchcoreTraining(context, projection, vectors, probeVectors, random);
}

class PatchcoreTraining implements Trainable {
  readonly #context: TrainingContext;
  readonly #projection: Projection;
  /** Each picture's patches, by its place among the samples. */
  readonly #vectors: ReadonlyMap<number, Float32Array>;
  readonly #probeVectors: readonly Float32Array[];
  readonly #random: SeededRandom;

  constructor(
    context: TrainingContext,
    projection: Projection,
    vectors: ReadonlyMap<number, Float32Array>,
    probeVectors: readonly Float32Array[],
    random: SeededRandom,
  ) {
    this.#context = context;
    this.#projection = projection;
    this.#vectors = vectors;
    this.#probeVectors = probeVectors;
    this.#random = random;
  }

  async crossValidate({ count, fold }: Folds): Promise<HeldOutAnswers> {
    const { truths, probes, threads, signal, onProgress } = this.#context;
    const outputs = new Array<HeldOutOutput>(truths.length).fill(null);
    const probeOutputs = new Array<HeldOutOutput>(probes.length).fill(null);
    const total = this.#vectors.size + probes.length;
    let done = 0;
    for (let held = 0; held < count; held++) {
      const bank = await this.#bank((i) => truths[i] === 0 && fold[i] !== held, `fold ${held}`);
      const session = await openSession(writeOnnx(scoringGraph(bank)), { threads });
      const scoreOf = async (patches: Float32Array): Promise<Float64Array> => {
        const results = await session.run({ patches: floatTensor([1, patchCount, patchDimensions], patches) });
        done++;
        if (done % 16 === 0) await nextTurn();
        throwIfCancelled(signal);
        onProgress(0.4 + (0.5 * done) / total, "Measuring on held-out pictures");
        return Float64Array.from(results[modelValues.rawScore]?.data as Float32Array);
      };
      try {
        for (const [i, patches] of this.#vectors) if (fold[i] === held) outputs[i] = await scoreOf(patches);
        for (const [p, { source }] of probes.entries())
          if (fold[source] === held) probeOutputs[p] = await scoreOf(this.#probeVectors[p] as Float32Array);
      } finally {
        await session.dispose();
      }
    }
    return { pictures: outputs, probes: probeOutputs };
  }

  async finish(calibration: Calibration): Promise<Graph> {
    const { truths, backbone, onProgress } = this.#context;
    onProgress(0.92, "Choosing the patches to remember");
    const bank = await this.#bank((i) => truths[i] === 0, "all");
    const { builder, features } = addPatchFeatures(backbone);
    const patches = addProjection(builder, features, this.#projection);
    const distances = addScoring(builder, patches, bank);
    addCalibratedOutputs(builder, distances, calibration);
    onProgress(1, "Writing the model");
    for (const output of [modelValues.rawScore, modelValues.score, modelValues.anomalyMap]) builder.output(output);
    return builder.build("sightline_patchcore");
  }

  async dispose(): Promise<void> {}

  /** `[bank, patchDimensions]`: a coreset of the patches of the pictures that take part. */
  async #bank(takesPart: (sample: number) => boolean, name: string): Promise<Float32Array> {
    const random = this.#random.branch(name);
    const members = [...this.#vectors].filter(([i]) => takesPart(i)).map(([, patches]) => patches);
    const total = members.length * patchCount;
    const places = total <= poolSize ? Array.from({ length: total }, (_, i) => i) : spread(total, poolSize, random);
    const pool = new Float32Array(places.length * patchDimensions);
    places.forEach((place, row) => {
      const patch = place % patchCount;
      const vector = members[(place - patch) / patchCount] as Float32Array;
      pool.set(vector.subarray(patch * patchDimensions, (patch + 1) * patchDimensions), row * patchDimensions);
    });
    const chosen = await greedyCoreset(
      pool,
      patchDimensions,
      bankSize,
      random.index(places.length),
      this.#context.signal,
    );
    const bank = new Float32Array(chosen.length * patchDimensions);
    chosen.forEach((row, k) => {
      bank.set(pool.subarray(row * patchDimensions, (row + 1) * patchDimensions), k * patchDimensions);
    });
    return bank;
  }
}

/**
 * Distances of patches to the nearest of the bank as one matrix product: |a − b|² = |a|² − 2ab + |b|².
 * Adds the picture's raw score and returns the distances, `[N, patchCount]`.
 */
function addScoring(builder: GraphBuilder, patches: string, bank: Float32Array): string {
  const size = bank.length / patchDimensions;
  const columns = new Float32Array(bank.length);
  const squares = new Float32Array(size);
  for (let b = 0; b < size; b++)
    for (let d = 0; d < patchDimensions; d++) {
      const value = bank[b * patchDimensions + d] as number;
      columns[d * size + b] = -2 * value;
      squares[b] = (squares[b] as number) + value * value;
    }
  const products = builder.add("MatMul", [patches, floatTensor([patchDimensions, size], columns)]);
  const partial = builder.add("Add", [products, floatTensor([size], squares)]);
  const nearest = builder.add("ReduceMin", [partial, indexTensor([2])], { keepdims: 0 });
  const lengths = builder.add("ReduceSumSquare", [patches, indexTensor([2])], { keepdims: 0 });
  // Rounding can leave a patch that is in the bank a little below zero.
  const squared = builder.add("Relu", [builder.add("Add", [nearest, lengths])]);
  const distances = builder.add("Sqrt", [squared]);
  const top = builder.addAll("TopK", [distances, indexTensor([strangest])], {}, [
    "strangest",
    "strangest/places",
  ])[0] as string;
  builder.add("ReduceMean", [top, indexTensor([1])], { keepdims: 0 }, modelValues.rawScore);
  return distances;
}

function addCalibratedOutputs(builder: GraphBuilder, distances: string, { threshold, temperature }: Calibration): void {
  const calibrated = (value: string, output: string): void => {
    const excess = builder.add("Sub", [value, floatTensor([], [threshold])]);
    builder.add("Sigmoid", [builder.add("Div", [excess, floatTensor([], [temperature])])], {}, output);
  };
  calibrated(modelValues.rawScore, modelValues.score);
  const map = builder.add("Reshape", [distances, indexTensor([0, 1, patchGrid.height, patchGrid.width])]);
  calibrated(map, modelValues.anomalyMap);
}

/** The end of the network alone, on patches computed before: what the folds are scored with. */
function scoringGraph(bank: Float32Array): Graph {
  const builder = new GraphBuilder();
  builder.input("patches", "float32", ["N", patchCount, patchDimensions]);
  addScoring(builder, "patches", bank);
  builder.output(modelValues.rawScore);
  return builder.build("patchcore_scoring");
}

interface ChannelStatistics {
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
}

async function channelStatistics(
  context: TrainingContext,
  samples: readonly Sample[],
  onProgress: (share: number) => void,
): Promise<ChannelStatistics> {
  const { builder, features } = addPatchFeatures(context.backbone);
  builder.output(features);
  const channels = patchChannels(context.backbone).length;
  const sum = new Float64Array(channels);
  const squares = new Float64Array(channels);
  await extract({
    ...context,
    ...patchInput,
    images: samples.map((sample) => () => context.pictures.image(sample, patchInput.width, patchInput.height)),
    graph: builder.build("patch_features"),
    onProgress,
    onOutput: (_sample, _flip, values) => {
      for (let at = 0, c = 0; c < channels; c++)
        for (let p = 0; p < patchCount; p++, at++) {
          const value = values[at] as number;
          sum[c] = (sum[c] as number) + value;
          squares[c] = (squares[c] as number) + value * value;
        }
    },
  });
  const count = samples.length * patchCount;
  const mean = Float32Array.from(sum, (value) => value / count);
  const deviation = Float32Array.from(squares, (value, c) =>
    Math.sqrt(Math.max(0, value / count - ((sum[c] as number) / count) ** 2)),
  );
  return { mean, deviation };
}

/** Gaussian projection (Johnson–Lindenstrauss): keeps distances about as they are in far fewer numbers. */
/** @param siblings for each channel, how many its tap has */
function randomProjection(
  { mean, deviation }: ChannelStatistics,
  siblings: readonly number[],
  random: SeededRandom,
): Projection {
  const typical = deviation.reduce((sum, value) => sum + value, 0) / deviation.length;
  const matrix = new Float32Array(patchDimensions * mean.length);
  for (let d = 0; d < patchDimensions; d++)
    for (let c = 0; c < mean.length; c++) {
      // A channel that hardly ever varies must not be blown up: a twentieth of the typical deviation is added.
      const divisor = (deviation[c] as number) + 0.05 * typical + 1e-6;
      matrix[d * mean.length + c] = random.normal() / divisor / Math.sqrt(patchDimensions * (siblings[c] as number));
    }
  return { mean, matrix };
}

/** At most `limit` of the items, chosen by chance, in their order. */
function sampled(items: readonly number[], limit: number, random: SeededRandom): number[] {
  if (items.length <= limit) return [...items];
  return spread(items.length, limit, random).map((i) => items[i] as number);
}

/** `limit` different places of `count`, by chance, rising (Vitter's selection sampling). */
function spread(count: number, limit: number, random: SeededRandom): number[] {
  const places: number[] = [];
  for (let i = 0; i < count && places.length < limit; i++)
    if (random.next() * (count - i) < limit - places.length) places.push(i);
  return places;
}
