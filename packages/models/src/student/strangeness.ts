/** From what the networks differ by to a map and a verdict: on a scale that held-out good pictures give, by settings that they choose. */
import type { Graph } from "@sightline/nn/graph";
import { GraphBuilder } from "@sightline/nn/graph-builder";
import { floatTensor, indexTensor } from "@sightline/nn/tensor";
import type { Image } from "@sightline/vision/image";
import type { JudgedPicture } from "../drawn-batches/judged-pictures.js";
import { aurocOf } from "../metrics.js";
import { modelValues } from "../model-values.js";
import { calibrationFromNormals, quantile } from "../threshold.js";
import { studentValues } from "./definition.js";
import { Covariance, type Differences, type DifferencesOptions, differencesOf, meanSquares } from "./differences.js";
import { taughtChannels } from "./teacher.js";

/** One of the two differences, as good pictures show it. */
interface Scale {
  /** See `Covariance`. */
  readonly whitening: Float32Array;
  /** Mean squares that few and that very few places of good pictures exceed. */
  readonly high: number;
  readonly highest: number;
  /** `[places]`, about 1: what mean squares are divided by. */
  readonly levels: Float32Array;
}

interface Settings {
  /** Whether a place's strangeness is told against what good pictures differ by there: edges of parts always differ more. */
  readonly isByPlace: boolean;
  /** What the autoencoder's map weighs; the student's has the rest. At 0 the file holds no autoencoder. */
  readonly coderShare: number;
  /** A picture is as strange as the mean of this share of its places, the strangest ones. */
  readonly strangestShare: number;
}

interface Scales {
  readonly unlearnt: Scale;
  readonly uncoded: Scale;
}

export interface Strangeness extends Settings, Scales {
  /** What of it makes a verdict of 0, and how much of it is worth one of log-odds. */
  readonly threshold: number;
  readonly temperature: number;
}

/** The paper's quantiles; both become the same values, so that neither map drowns the other. */
const quantiles = [0.9, 0.995] as const;
const betweenThem = 0.1;
const coderShares = [0, 0.5] as const;
const strangestShares = [0.012, 0.004, 0.03] as const;
/** How far a place's own level is believed; the rest is the level of all. */
const levelShare = 0.5;
/** Other settings than the first ones have to be this much better, or it is chance. */
const clearlyBetter = 0.01;

/**
 * @param graph from `image` to the two differences
 * @param learnt good pictures, for the directions in which they differ
 * @param judged held out: the scale comes from the good ones, the settings from all
 * @returns the verdicts of `judged` besides, as the finished network gives them
 */
export async function measureStrangeness(
  graph: Graph,
  learnt: readonly Image[],
  judged: readonly JudgedPicture[],
  options: DifferencesOptions,
): Promise<{ strangeness: Strangeness; verdicts: readonly number[] }> {
  const known = await differencesOf(graph, learnt, options, ({ unlearnt, uncoded }) => ({
    unlearnt: unlearnt.slice(),
    uncoded: uncoded.slice(),
  }));
  const whiteningOf = (name: keyof Differences): Float32Array => {
    const covariance = new Covariance();
    for (const picture of known) covariance.add(picture[name]);
    return covariance.whitening();
  };
  const whitenings = { unlearnt: whiteningOf("unlearnt"), uncoded: whiteningOf("uncoded") };
  const images = judged.map(({ image }) => image);
  const squares = await differencesOf(graph, images, options, (found) => ({
    unlearnt: meanSquares(found.unlearnt, whitenings.unlearnt),
    uncoded: meanSquares(found.uncoded, whitenings.uncoded),
  }));
  const isGood = judged.map(({ isDefect }) => !isDefect);
  const good = squares.filter((_, i) => isGood[i]);
  const scaleOf = (name: keyof Differences, isByPlace: boolean): Scale => {
    const whitening = whitenings[name];
    const levels = levelsOf(
      known.map((picture) => meanSquares(picture[name], whitening)),
      isByPlace ? levelShare : 0,
    );
    const maps = good.map((picture) => picture[name].map((value, place) => value / (levels[place] as number)));
    return { whitening, levels, ...limitsOf(maps) };
  };
  const scoresBy = ({ coderShare, strangestShare, unlearnt, uncoded }: Settings & Scales): Float64Array =>
    Float64Array.from(squares, (picture) => {
      const map = picture.unlearnt.map(
        (value, place) =>
          (1 - coderShare) * normalised(value, place, unlearnt) +
          coderShare * normalised(picture.uncoded[place] as number, place, uncoded),
      );
      return meanOf(map.toSorted().subarray(-strangestOf(map.length, strangestShare)));
    });
  const rankingOf = (scores: Float64Array): number =>
    aurocOf(
      scores.filter((_, i) => !isGood[i]),
      scores.filter((_, i) => isGood[i]),
    ) ?? 0;
  const all = [false, true].flatMap((isByPlace) => {
    const scales = { unlearnt: scaleOf("unlearnt", isByPlace), uncoded: scaleOf("uncoded", isByPlace) };
    return coderShares.flatMap((coderShare) =>
      strangestShares.map((strangestShare) => ({ isByPlace, coderShare, strangestShare, ...scales })),
    );
  });
  const tried = all.map((settings) => {
    const scores = scoresBy(settings);
    return { settings, scores, ranking: rankingOf(scores) };
  });
  const [usual] = tried as [(typeof tried)[number]];
  const best = tried.reduce((a, b) => (b.ranking > a.ranking ? b : a));
  const { settings, scores } = best.ranking > usual.ranking + clearlyBetter ? best : usual;
  const calibration = calibrationFromNormals(scores.filter((_, i) => isGood[i]));
  return {
    strangeness: { ...settings, ...calibration },
    verdicts: Array.from(scores, (score) => (score - calibration.threshold) / calibration.temperature),
  };
}

/** For each place what good pictures differ by there, as a part of what they differ by anywhere. */
function levelsOf(maps: readonly Float32Array[], share: number): Float32Array {
  const places = maps[0]?.length ?? 0;
  const means = new Float64Array(places);
  for (const map of maps) for (let p = 0; p < places; p++) means[p] = (means[p] as number) + (map[p] as number);
  const typical = means.reduce((sum, value) => sum + value, 0) / places;
  return Float32Array.from(means, (mean) => (typical > 0 ? 1 - share + (share * mean) / typical : 1));
}

function limitsOf(maps: readonly Float32Array[]): Pick<Scale, "high" | "highest"> {
  const all = Float64Array.from(maps.flatMap((map) => [...map])).sort();
  const [high, highest] = quantiles.map((share) => quantile(all, share)) as [number, number];
  // Pictures that are all alike differ by nothing.
  return { high, highest: Math.max(highest, high * (1 + 1e-6) + 1e-9) };
}

function normalised(value: number, place: number, { high, highest, levels }: Scale): number {
  return (betweenThem * (value / (levels[place] as number) - high)) / (highest - high);
}

function strangestOf(places: number, share: number): number {
  return Math.max(1, Math.round(share * places));
}

function meanOf(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The whole network: from `image` to `logits`, 0 between them at the threshold of good pictures, and `anomaly_map`. */
export function withStrangeness(graph: Graph, strangeness: Strangeness): Graph {
  const { unlearnt, uncoded, coderShare, strangestShare, threshold, temperature } = strangeness;
  const builder = GraphBuilder.from(graph);
  const parts = [
    [studentValues.unlearnt, unlearnt, 1 - coderShare],
    [studentValues.uncoded, uncoded, coderShare],
  ] as const;
  const maps = parts
    .filter(([, , share]) => share > 0)
    .map(([difference, { whitening, levels, high, highest }, share]) => {
      const dims = [taughtChannels, taughtChannels, 1, 1];
      const whitened = builder.add("Conv", [difference, floatTensor(dims, whitening)]);
      const squares = builder.add("ReduceSumSquare", [whitened, indexTensor([1])], { keepdims: 1 });
      // On the scale of log-odds.
      const factor = (share * betweenThem) / (highest - high) / temperature;
      const factors = levels.map((level) => factor / taughtChannels / level);
      const side = Math.sqrt(levels.length);
      const scaled = builder.add("Mul", [squares, floatTensor([1, 1, side, side], factors)]);
      return builder.add("Sub", [scaled, floatTensor([], [factor * high])]);
    });
  const sum = maps.reduce((a, b) => builder.add("Add", [a, b]));
  const map = builder.add("Sub", [sum, floatTensor([], [threshold / temperature])]);
  const [, , height = 1, width = 1] = builder.dims(map).map(Number);
  const flat = builder.add("Flatten", [map], { axis: 1 });
  const count = indexTensor([strangestOf(height * width, strangestShare)]);
  const [top = ""] = builder.addAll("TopK", [flat, count], {}, ["strangest", "strangest/places"]);
  const verdict = builder.add("ReduceMean", [top, indexTensor([1])], { keepdims: 1 });
  const normal = builder.add("Mul", [verdict, floatTensor([], [0])]);
  builder.add("Concat", [normal, verdict], { axis: 1 }, modelValues.logits);
  builder.add("Sigmoid", [map], {}, modelValues.anomalyMap);
  builder.output(modelValues.logits);
  builder.output(modelValues.anomalyMap);
  return builder.build("sightline_student");
}
