/**
 * Search of architecture and size within a time: many candidates learn for a short time, the best third for three times as long,
 * and so on (successive halving, Jamieson and Talwalkar 2016). What it finds is no single best but a front: for each cost the most
 * accurate.
 */
import type { MethodOptions } from "../method-options.js";
import { front, type Measured, survivors } from "./front.js";

export interface SearchCandidate {
  readonly name: string;
  readonly method: "tiny" | "distilled";
  readonly options: MethodOptions;
}

export interface SearchPoint extends Measured {
  readonly candidate: SearchCandidate;
  /** From 1; the last round learnt longest. */
  readonly round: number;
  /** Pictures held out that measured it. */
  readonly images: number;
  readonly seconds: number;
  /** The median of one picture's network on one thread. */
  readonly msPerImage: number;
  /** Its model file. */
  readonly file: string;
}

export interface SearchOptions {
  readonly candidates: readonly SearchCandidate[];
  /** Milliseconds for all trainings together. */
  readonly budgetMs: number;
  readonly train: (order: {
    readonly candidate: SearchCandidate;
    readonly round: number;
    readonly budgetMs: number;
    /** Told 0–1 of this training. */
    readonly onProgress: (share: number) => void;
  }) => Promise<SearchPoint>;
  readonly onProgress?: (share: number, step: string) => void;
}

/** Less time than this teaches nothing that could be compared. */
const leastMs = 30_000;
const leastSurvivors = 3;
/** One of so many goes on. */
const cut = 3;

/** Networks from very small to moderate; small pictures and large ones. */
export const searchSpace: readonly SearchCandidate[] = [
  tiny(12_000, 1_000_000),
  tiny(40_000, 4_000_000),
  tiny(150_000, 15_000_000),
  distilled(15_000, 96),
  distilled(30_000, 96),
  distilled(60_000, 96),
  distilled(60_000, 128),
  distilled(60_000, 160),
  distilled(120_000, 128),
  distilled(250_000, 160),
];

/** How many candidates each round has: a third of the round before, down to three. */
export function roundsOf(candidates: number): number[] {
  const next = Math.ceil(candidates / cut);
  return [candidates, ...(next >= leastSurvivors ? roundsOf(next) : [])];
}

/** As many candidates, spread over the space, as the time allows a first round of. */
export function candidatesWithin(budgetMs: number, space = searchSpace): readonly SearchCandidate[] {
  for (let count = space.length; count > leastSurvivors; count--) {
    if (budgetMs / roundsOf(count).length / count >= leastMs)
      return Array.from({ length: count }, (_, i) => space[Math.floor((i * space.length) / count)] as SearchCandidate);
  }
  return [space[0], space.at(-1)].filter((one) => one !== undefined);
}

/** All that was trained, each candidate as it was after its last round. */
export async function search(options: SearchOptions): Promise<{ points: SearchPoint[]; best: SearchPoint[] }> {
  const { budgetMs, train, onProgress } = options;
  const rounds = roundsOf(options.candidates.length);
  const latest = new Map<string, SearchPoint>();
  let candidates = options.candidates;
  for (const [i, count] of rounds.entries()) {
    const results: SearchPoint[] = [];
    for (const [k, candidate] of candidates.entries()) {
      const from = (i + k / count) / rounds.length;
      const step = `Round ${i + 1} of ${rounds.length}: ${candidate.name}`;
      const tell = (share: number): void => onProgress?.(from + share / count / rounds.length, step);
      tell(0);
      const order = { candidate, round: i + 1, budgetMs: budgetMs / rounds.length / count, onProgress: tell };
      results.push(await train(order));
    }
    for (const point of results) latest.set(point.candidate.name, point);
    candidates = survivors(results, rounds[i + 1] ?? 0).map(({ candidate }) => candidate);
  }
  const points = [...latest.values()].sort((a, b) => a.parameters - b.parameters);
  return { points, best: front(points) };
}

function tiny(parameters: number, multiplyAccumulates: number): SearchCandidate {
  return {
    name: `tiny-${parameters / 1000}k-${multiplyAccumulates / 1e6}M`,
    method: "tiny",
    options: { parameters, multiplyAccumulates },
  };
}

function distilled(parameters: number, size: number): SearchCandidate {
  return {
    name: `distilled-${parameters / 1000}k-${size}px`,
    method: "distilled",
    options: { parameters, size: String(size) },
  };
}
