/** What a threshold would do to pictures whose truth is known: the arithmetic behind the slider. */
import type { ScoredSample } from "@sightline/api/models";
import { type Costs, costOf } from "../../components/mistake-costs.js";

export interface Outcome {
  defects: number;
  good: number;
  /** Defects scored below the threshold: they would leave the plant. */
  escapes: number;
  /** Good parts scored at or above it: they would be thrown away. */
  falseRejects: number;
}

/** A score at the threshold counts as a defect, as on the server. */
export function outcomeAt(scores: readonly ScoredSample[], threshold: number): Outcome {
  const outcome: Outcome = { defects: 0, good: 0, escapes: 0, falseRejects: 0 };
  for (const { score, isAnomaly } of scores) {
    if (isAnomaly) {
      outcome.defects++;
      if (score < threshold) outcome.escapes++;
    } else {
      outcome.good++;
      if (score >= threshold) outcome.falseRejects++;
    }
  }
  return outcome;
}

export interface Bin {
  from: number;
  to: number;
  good: number;
  defects: number;
}

/** Counts per bin of equal width over 0 to 1; a score of exactly 1 is in the last bin. */
export function histogram(scores: readonly ScoredSample[], bins: number): Bin[] {
  const result = Array.from({ length: bins }, (_, index): Bin => {
    return { from: index / bins, to: (index + 1) / bins, good: 0, defects: 0 };
  });
  for (const { score, isAnomaly } of scores) {
    const bin = result[Math.min(bins - 1, Math.max(0, Math.floor(score * bins)))];
    if (bin === undefined) continue;
    if (isAnomaly) bin.defects++;
    else bin.good++;
  }
  return result;
}

/** The server's limits for a threshold. */
export const lowest = 0.001;
export const highest = 0.999;

/**
 * The threshold with the lowest cost. Between two neighbouring scores all thresholds do the same, so each such gap is tried
 * once at its middle; of equally cheap gaps the widest wins, since it leaves the most room for pictures yet to come.
 */
export function cheapest(scores: readonly ScoredSample[], costs: Costs): number {
  const marks = [0, ...new Set(scores.map(({ score }) => score).toSorted((a, b) => a - b)), 1];
  let best = { cost: Number.POSITIVE_INFINITY, width: 0, threshold: 0.5 };
  for (let index = 1; index < marks.length; index++) {
    const low = marks[index - 1] ?? 0;
    const high = marks[index] ?? 1;
    const threshold = clamp((low + high) / 2);
    const cost = costOf(outcomeAt(scores, threshold), costs);
    const width = high - low;
    if (cost < best.cost || (cost === best.cost && width > best.width)) best = { cost, width, threshold };
  }
  return shorten(best.threshold, best.cost, scores, costs);
}

/** So dear that no number of the other mistake outweighs a single one. */
const never = 1e6;

export const suggestions = {
  noEscapes: (scores: readonly ScoredSample[]) => cheapest(scores, { escape: never, falseReject: 1 }),
  fewestMistakes: (scores: readonly ScoredSample[]) => cheapest(scores, { escape: 1, falseReject: 1 }),
  noFalseRejects: (scores: readonly ScoredSample[]) => cheapest(scores, { escape: 1, falseReject: never }),
};

function clamp(threshold: number): number {
  return Math.min(highest, Math.max(lowest, threshold));
}

/** Three places are what the slider shows; more are kept only where scores lie so close that rounding would change the outcome. */
function shorten(threshold: number, cost: number, scores: readonly ScoredSample[], costs: Costs): number {
  const short = clamp(Math.round(threshold * 1000) / 1000);
  return costOf(outcomeAt(scores, short), costs) === cost ? short : threshold;
}

export interface RocMark {
  falsePositiveRate: number;
  truePositiveRate: number;
}

export function rocMark({ defects, good, escapes, falseRejects }: Outcome): RocMark {
  return {
    falsePositiveRate: good === 0 ? 0 : falseRejects / good,
    truePositiveRate: defects === 0 ? 0 : (defects - escapes) / defects,
  };
}
