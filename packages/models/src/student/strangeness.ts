/** How strange a difference is: on a scale that held-out good pictures give, by settings that all held-out pictures choose. */
import type { Graph } from "@sightline/nn/graph";
import type { Image } from "@sightline/vision/image";
import type { JudgedPicture } from "../drawn-batches/judged-pictures.js";
import { aurocOf } from "../metrics.js";
import { calibrationFromNormals, quantile } from "../threshold.js";
import { Covariance, type Differences, type DifferencesOptions, differencesOf, meanSquares } from "./differences.js";

/** One of the two differences, as good pictures show it. */
export interface Scale {
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
export const betweenThem = 0.1;
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
  const whitenings = { unlearnt: whiteningOf(known, "unlearnt"), uncoded: whiteningOf(known, "uncoded") };
  const squaresOf = (differences: Differences): Differences => ({
    unlearnt: meanSquares(differences.unlearnt, whitenings.unlearnt),
    uncoded: meanSquares(differences.uncoded, whitenings.uncoded),
  });
  const images = judged.map(({ image }) => image);
  const squares = await differencesOf(graph, images, options, squaresOf);
  const isGood = judged.map(({ isDefect }) => !isDefect);
  const good = squares.filter((_, i) => isGood[i]);
  const usual = known.map(squaresOf);
  const scaleOf = (name: keyof Differences, isByPlace: boolean): Scale => {
    const levels = levelsOf(pick(usual, name), isByPlace ? levelShare : 0);
    return { whitening: whitenings[name], levels, ...limitsOf(pick(good, name), levels) };
  };
  const settings = [false, true].flatMap((isByPlace) => {
    const scales = { unlearnt: scaleOf("unlearnt", isByPlace), uncoded: scaleOf("uncoded", isByPlace) };
    return coderShares.flatMap((coderShare) =>
      strangestShares.map((strangestShare) => ({ isByPlace, coderShare, strangestShare, ...scales })),
    );
  });
  const { chosen, scores } = bestOf(settings, squares, isGood);
  const calibration = calibrationFromNormals(scores.filter((_, i) => isGood[i]));
  const { threshold, temperature } = calibration;
  return {
    strangeness: { ...chosen, ...calibration },
    verdicts: Array.from(scores, (score) => (score - threshold) / temperature),
  };
}

function bestOf<Chosen extends Settings & Scales>(
  all: readonly Chosen[],
  squares: readonly Differences[],
  isGood: readonly boolean[],
): { chosen: Chosen; scores: Float64Array } {
  const tried = all.map((chosen) => {
    const scores = Float64Array.from(squares, (picture) => pictureScore(picture, chosen));
    const of = (kind: boolean): Float64Array => scores.filter((_, i) => isGood[i] === kind);
    return { chosen, scores, ranking: aurocOf(of(false), of(true)) ?? 0 };
  });
  const [usual] = tried as [(typeof tried)[number]];
  const best = tried.reduce((a, b) => (b.ranking > a.ranking ? b : a));
  return best.ranking > usual.ranking + clearlyBetter ? best : usual;
}

function pictureScore(
  squares: Differences,
  { coderShare, strangestShare, unlearnt, uncoded }: Settings & Scales,
): number {
  const map = squares.unlearnt.map(
    (value, place) =>
      (1 - coderShare) * normalised(value, place, unlearnt) +
      coderShare * normalised(squares.uncoded[place] as number, place, uncoded),
  );
  const strangest = map.toSorted().subarray(-strangestOf(map.length, strangestShare));
  return strangest.reduce((sum, value) => sum + value, 0) / strangest.length;
}

function pick(pictures: readonly Differences[], name: keyof Differences): Float32Array[] {
  return pictures.map((picture) => picture[name]);
}

function whiteningOf(pictures: readonly Differences[], name: keyof Differences): Float32Array {
  const covariance = new Covariance();
  for (const values of pick(pictures, name)) covariance.add(values);
  return covariance.whitening();
}

/** For each place what good pictures differ by there, as a part of what they differ by anywhere. */
function levelsOf(maps: readonly Float32Array[], share: number): Float32Array {
  const places = maps[0]?.length ?? 0;
  const means = new Float64Array(places);
  for (const map of maps) for (let p = 0; p < places; p++) means[p] = (means[p] as number) + (map[p] as number);
  const typical = means.reduce((sum, value) => sum + value, 0) / places;
  return Float32Array.from(means, (mean) => (typical > 0 ? 1 - share + (share * mean) / typical : 1));
}

function limitsOf(maps: readonly Float32Array[], levels: Float32Array): Pick<Scale, "high" | "highest"> {
  const all = Float64Array.from(
    maps.flatMap((map) => Array.from(map, (value, p) => value / (levels[p] as number))),
  ).sort();
  const [high, highest] = quantiles.map((share) => quantile(all, share)) as [number, number];
  // Pictures that are all alike differ by nothing.
  return { high, highest: Math.max(highest, high * (1 + 1e-6) + 1e-9) };
}

function normalised(value: number, place: number, { high, highest, levels }: Scale): number {
  return (betweenThem * (value / (levels[place] as number) - high)) / (highest - high);
}

/** How many places make a picture's score. */
export function strangestOf(places: number, share: number): number {
  return Math.max(1, Math.round(share * places));
}
