/** Chooses patchcore's settings for a training part: small memories of half the good pictures, measured on the other half. */
import type { SeededRandom } from "@sightline/dataset/seeded-random";
import { methodScore } from "../measure.js";
import { remember } from "./memory.js";
import { combined } from "./patch-features.js";
import { distancesTo, pictureScore } from "./scoring.js";
import { coarseWeights, type PatchSettings, positionWeights, strangestCounts, usualSettings } from "./settings.js";

export interface Trial {
  /** Each picture's parts, `[2, patchCount, patchDimensions]`. */
  readonly normals: readonly Float32Array[];
  readonly defects: readonly Float32Array[];
  /** Each probe with the place of its good picture among `normals`. */
  readonly probes: readonly { readonly parts: Float32Array; readonly normal: number }[];
  /** Real defects of the whole training part. */
  readonly defectCount: number;
  readonly random: SeededRandom;
  readonly threads: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (share: number) => void;
}

/** A small memory orders settings as a large one does. */
const size = { bank: 600, pool: 6000 };
/** A choice that isn't this much better than the usual one is chance. */
const clearlyBetter = 0.01;

export async function chooseSettings(trial: Trial): Promise<PatchSettings> {
  const { normals, defects, probes } = trial;
  if (normals.length < 10 || defects.length + probes.length < 10) return usualSettings;
  let best = { settings: usualSettings, score: Number.NEGATIVE_INFINITY };
  const kinds = coarseWeights.flatMap((coarse) => positionWeights.map((position) => ({ coarse, position })));
  for (const [k, kind] of kinds.entries()) {
    const scores = await measured(trial, kind);
    for (const [strangest, score] of scores) {
      // The usual settings come first and set the mark.
      const margin = best.settings === usualSettings ? clearlyBetter : 0;
      if (score > best.score + (best.score === Number.NEGATIVE_INFINITY ? 0 : margin))
        best = { settings: best.score === Number.NEGATIVE_INFINITY ? usualSettings : { ...kind, strangest }, score };
    }
    trial.onProgress((k + 1) / kinds.length);
  }
  return best.settings;
}

/** By the number of strangest patches: the mean of both halves, each answered by a memory of the other. */
async function measured(
  { normals, defects, probes, defectCount, random, threads, signal }: Trial,
  kind: Omit<PatchSettings, "strangest">,
): Promise<Map<number, number>> {
  const vectors = normals.map((parts) => combined(parts, { ...kind, strangest: 1 }));
  const sums = new Map<number, number>();
  for (const half of [0, 1]) {
    const { bank } = await remember(
      vectors.filter((_, i) => i % 2 !== half),
      size,
      random.branch(`half ${half}`),
      signal,
    );
    const held = vectors.filter((_, i) => i % 2 === half);
    const heldProbes = probes.filter(({ normal }) => normal % 2 === half).map(({ parts }) => parts);
    const others = [...defects, ...heldProbes].map((parts) => combined(parts, { ...kind, strangest: 1 }));
    const distances = await distancesTo(bank, [...held, ...others], { threads, signal });
    for (const strangest of strangestCounts) {
      const outputs = distances.map((row) => [pictureScore(row, strangest)]);
      const real = held.length + defects.length;
      const truths = outputs.slice(0, real).map((_, i) => (i < held.length ? 0 : 1));
      const score = methodScore(
        "anomaly",
        { outputs: outputs.slice(0, real), truths },
        null,
        outputs.slice(real),
        defectCount,
      );
      sums.set(strangest, (sums.get(strangest) ?? 0) + (score ?? 0) / 2);
    }
  }
  return sums;
}
