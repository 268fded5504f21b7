/** Remembers what good parts look like, patch by patch; what is far from everything remembered is an anomaly. */
import type { Sample } from "@sightline/dataset/dataset";
import { type SeededRandom, seededRandom } from "@sightline/dataset/seeded-random";
import type { Graph } from "@sightline/nn/graph";
import type { Image } from "@sightline/vision/image";
import { extract } from "../feature-extraction.js";
import { methodScore } from "../measure.js";
import type { FoldMethod, Folds, HeldOutAnswers, HeldOutOutput, Trainable, TrainingContext } from "../method.js";
import { probeAt } from "../probes/probes.js";
import { type Calibration, quantile } from "../threshold.js";
import { type DefectDirection, defectDirection } from "./defect-direction.js";
import { type Memory, remember, sampled } from "./memory.js";
import {
  addPatches,
  combined,
  type Projections,
  partsGraph,
  patchCount,
  patchDimensions,
  patchInput,
} from "./patch-features.js";
import { makeProjections } from "./projections.js";
import { addOutputs, distancesTo, leansOf, pictureScore } from "./scoring.js";
import type { PatchSettings } from "./settings.js";
import { chooseSettings } from "./settings-choice.js";

const minimumNormals = 5;

const memorySize = { bank: 2000, pool: 12_000 };
/** Pictures learnt from at most: 166 kB each in memory. */
export const maxNormals = 800;
const maxAnomalies = 300;
/** Good pictures that the channels' means and deviations are taken from. */
const statisticsPictures = 40;
/** Good and defective pictures that the settings are chosen on. */
const trialNormals = 80;
const trialAnomalies = 50;
/** What a lean of one deviation towards the known defects may be worth, in deviations of the distance; 0: nothing. */
const leanWeights = [0, 0.5, 1] as const;
/** A weight has to be this much better than the one before, or it is chance. */
const clearlyBetter = 0.002;

export const patchcore: FoldMethod = {
  kind: "folds",
  title: "Patch memory of good pictures",
  learnsMasks: true,
  choosesByProbes: true,
  input: patchInput,
  unsuitable(task, _labels, counts) {
    if (task !== "anomaly") return "patchcore needs a good label and defects, not classes of equal rank";
    const normals = counts[0] ?? 0;
    return normals < minimumNormals ? `patchcore needs ${minimumNormals} good pictures, got ${normals}` : null;
  },
  prepare,
};

/** What the folds and the finished model share. */
interface Prepared {
  readonly projections: Projections;
  readonly settings: PatchSettings;
  /** Each picture's patches, by its place among the samples. */
  readonly vectors: ReadonlyMap<number, Float32Array>;
  /** In the probes' order. */
  readonly probes: readonly Float32Array[];
  readonly random: SeededRandom;
}

async function prepare(context: TrainingContext): Promise<Trainable> {
  const { pictures, truths, probes, seed, backbone, onProgress } = context;
  const { width, height } = patchInput;
  const random = seededRandom(seed).branch("patchcore");
  const of = (truth: number): number[] => truths.flatMap((t, i) => (t === truth ? [i] : []));
  const normals = sampled(of(0), maxNormals, random);
  const anomalies = sampled(of(1), maxAnomalies, random);
  const step = "Looking at the pictures";
  const open = (i: number) => () => pictures.image(pictures.samples[i] as Sample, width, height);

  const looked = sampled(normals, statisticsPictures, random).map(open);
  const projections = await makeProjections(context, looked, random, (share) => onProgress(0.08 * share, step));

  // Those first that probes were made from: a probe tells nothing without its good picture.
  const probed = new Set(probes.map(({ source }) => source));
  const inTrial = [...normals.filter((i) => probed.has(i)), ...normals.filter((i) => !probed.has(i))].slice(
    0,
    trialNormals,
  );
  const trialDefects = sampled(anomalies, trialAnomalies, random);
  const trialPlaces = [...inTrial, ...trialDefects];
  const parts: Float32Array[] = [];
  const graph = partsGraph(backbone, projections);
  const images: (() => Image | Promise<Image>)[] = [
    ...trialPlaces.map(open),
    ...probes.map((probe) => () => probeAt(probe, width, height)),
  ];
  await extract({
    ...context,
    ...patchInput,
    images,
    graph,
    onProgress: (share) => onProgress(0.08 + 0.22 * share, step),
    onOutput: (_image, _flip, output) => parts.push(output.slice()),
  });
  const probeParts = parts.slice(trialPlaces.length);
  const settings = await chooseSettings({
    normals: parts.slice(0, inTrial.length),
    defects: parts.slice(inTrial.length, trialPlaces.length),
    probes: probes.flatMap(({ source }, p) => {
      const normal = inTrial.indexOf(source);
      return normal < 0 ? [] : [{ parts: probeParts[p] as Float32Array, normal }];
    }),
    defectCount: anomalies.length,
    random: random.branch("settings"),
    threads: context.threads,
    signal: context.signal,
    onProgress: (share) => onProgress(0.3 + 0.1 * share, "Choosing the settings"),
  });

  const vectors = new Map<number, Float32Array>();
  trialPlaces.forEach((i, k) => {
    vectors.set(i, combined(parts[k] as Float32Array, settings));
  });
  const rest = [...normals, ...anomalies, ...of(-1)].filter((i) => !vectors.has(i));
  const { builder, patches } = addPatches(backbone, projections, settings);
  builder.output(patches);
  await extract({
    ...context,
    ...patchInput,
    images: rest.map(open),
    graph: builder.build("patches"),
    onProgress: (share) => onProgress(0.4 + 0.15 * share, step),
    onOutput: (k, _flip, output) => vectors.set(rest[k] as number, output.slice(0, patchCount * patchDimensions)),
  });
  const ofProbes = probeParts.map((both) => combined(both, settings));
  const inOrder = new Map([...vectors].sort(([a], [b]) => a - b));
  return new PatchcoreTraining(context, { projections, settings, vectors: inOrder, probes: ofProbes, random });
}

/** A held-out picture or probe: how far its patches are, and how far they lean towards the known defects. */
interface Held {
  readonly distances: Float32Array;
  readonly leans: Float32Array | null;
}

class PatchcoreTraining implements Trainable {
  readonly #context: TrainingContext;
  readonly #prepared: Prepared;
  /** What the folds chose: distance that a lean of one deviation is worth. */
  #leanWeight = 0;
  /** Distance that held-out good patches rarely exceed, the mean of the folds'. */
  #usualDistance = 0;

  constructor(context: TrainingContext, prepared: Prepared) {
    this.#context = context;
    this.#prepared = prepared;
  }

  async crossValidate({ count, fold }: Folds): Promise<HeldOutAnswers> {
    const { truths, probes, onProgress } = this.#context;
    const { vectors, probes: probeVectors, settings } = this.#prepared;
    const pictures = new Map<number, Held>();
    const ofProbes = new Map<number, Held>();
    this.#usualDistance = 0;
    for (let held = 0; held < count; held++) {
      onProgress(0.55 + (0.35 * held) / count, "Measuring on held-out pictures");
      const memory = await this.#memory((i) => truths[i] === 0 && fold[i] !== held, `fold ${held}`);
      const places = [...vectors.keys()].filter((i) => fold[i] === held);
      const probePlaces = probes.flatMap(({ source }, p) => (fold[source] === held ? [p] : []));
      const patches = [
        ...places.map((i) => vectors.get(i) as Float32Array),
        ...probePlaces.map((p) => probeVectors[p] as Float32Array),
      ];
      const distances = await distancesTo(memory.bank, patches, this.#context);
      const usual = usualDistance(
        distances.slice(0, places.length).filter((_, k) => truths[places[k] as number] === 0),
      );
      this.#usualDistance += usual / count;
      const direction = await this.#direction(memory, (i) => fold[i] !== held, usual);
      distances.forEach((row, k) => {
        const leans = direction === null ? null : leansOf(patches[k] as Float32Array, direction);
        const one = { distances: row, leans };
        if (k < places.length) pictures.set(places[k] as number, one);
        else ofProbes.set(probePlaces[k - places.length] as number, one);
      });
    }
    const spread = deviationOf([...pictures].filter(([i]) => truths[i] === 0).map(([, { distances }]) => distances));
    const answersWith = (weight: number): HeldOutAnswers => {
      const score = (one: Held | undefined): HeldOutOutput =>
        one ? Float64Array.of(pictureScore(withLeans(one, weight), settings.strangest)) : null;
      return {
        pictures: truths.map((_, i) => score(pictures.get(i))),
        probes: probes.map((_, p) => score(ofProbes.get(p))),
      };
    };
    let best = { answers: answersWith(0), weight: 0 };
    const defects = truths.filter((truth) => truth === 1).length;
    if (defects > 0 && [...pictures.values()].every(({ leans }) => leans !== null)) {
      let mark = this.#score(best.answers, defects);
      for (const share of leanWeights.slice(1)) {
        const answers = answersWith(share * spread);
        const score = this.#score(answers, defects);
        if (score <= mark + clearlyBetter) continue;
        mark = score;
        best = { answers, weight: share * spread };
      }
    }
    this.#leanWeight = best.weight;
    return best.answers;
  }

  async finish(calibration: Calibration): Promise<Graph> {
    const { truths, backbone, onProgress } = this.#context;
    const { projections, settings } = this.#prepared;
    onProgress(0.92, "Choosing the patches to remember");
    const memory = await this.#memory((i) => truths[i] === 0, "all");
    let lean = null;
    if (this.#leanWeight > 0) {
      // Of patches that the bank was chosen from the distances are smaller: with those, good patches would pass for defects.
      const direction = await this.#direction(memory, () => true, this.#usualDistance);
      lean = direction && { direction, weight: this.#leanWeight };
    }
    const { builder, patches } = addPatches(backbone, projections, settings);
    addOutputs(builder, patches, memory.bank, lean, settings.strangest, calibration);
    onProgress(1, "Writing the model");
    return builder.build("sightline_patchcore");
  }

  async dispose(): Promise<void> {}

  #memory(takesPart: (sample: number) => boolean, name: string): Promise<Memory> {
    const members = [...this.#prepared.vectors].filter(([i]) => takesPart(i)).map(([, patches]) => patches);
    return remember(members, memorySize, this.#prepared.random.branch(name), this.#context.signal);
  }

  /** What the defects that take part have in common; `null` where there are none. */
  async #direction(
    { bank, pool }: Memory,
    takesPart: (sample: number) => boolean,
    usual: number,
  ): Promise<DefectDirection | null> {
    const { truths } = this.#context;
    const defects = [...this.#prepared.vectors]
      .filter(([i]) => truths[i] === 1 && takesPart(i))
      .map(([, patches]) => patches);
    if (defects.length === 0) return null;
    const distances = await distancesTo(bank, defects, this.#context);
    return defectDirection(
      pool,
      defects.map((patches, k) => ({ patches, distances: distances[k] as Float32Array })),
      usual,
    );
  }

  #score({ pictures, probes }: HeldOutAnswers, defects: number): number {
    const { truths } = this.#context;
    const rows = pictures.flatMap((output, i) => (output ? [{ output, truth: truths[i] as number }] : []));
    const held = { outputs: rows.map(({ output }) => output), truths: rows.map(({ truth }) => truth) };
    const answered = probes.filter((output) => output !== null);
    return methodScore("anomaly", held, null, answered, defects) ?? 0;
  }
}

function withLeans({ distances, leans }: Held, weight: number): Float32Array {
  if (leans === null || weight === 0) return distances;
  return distances.map((value, p) => value + weight * (leans[p] as number));
}

/** Distance that one in a hundred good patches exceeds. */
function usualDistance(good: readonly Float32Array[]): number {
  if (good.length === 0) return 0;
  const all = new Float64Array(good.length * patchCount);
  good.forEach((row, k) => {
    all.set(row, k * patchCount);
  });
  return quantile(all.sort(), 0.99);
}

function deviationOf(rows: readonly Float32Array[]): number {
  let [sum, squares] = [0, 0];
  for (const row of rows)
    for (const value of row) {
      sum += value;
      squares += value * value;
    }
  const count = Math.max(1, rows.length * patchCount);
  return Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
}
