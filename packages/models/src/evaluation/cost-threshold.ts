/** Where the threshold would stand if mistakes were counted in money: what each threshold does, and the cheapest. */
import { quantile } from "../threshold.js";
import { resample } from "./bootstrap.js";
import { thinned } from "./curves.js";
import type { CheapestThreshold, CostRule, ThresholdChoice, ThresholdPoint } from "./evaluation-report.js";

/** The limits of a project's threshold. */
const [lowest, highest] = [0.001, 0.999];
/** Fewer than for intervals of figures: each needs all thresholds. */
const resamples = 200;
const mostPoints = 200;

export interface Scored {
  readonly score: number;
  readonly isAnomaly: boolean;
}

/** A threshold between two neighbouring scores, and what it does to how many of each. */
interface Gap extends ThresholdPoint {
  readonly width: number;
  /** The highest threshold that does the same. */
  readonly upTo: number;
}

export function thresholdChoice(
  pictures: readonly Scored[],
  inForce: number,
  cost: CostRule | null,
  seed: number,
): ThresholdChoice {
  const all = new Float64Array(pictures.length).fill(1);
  const order = [...pictures.keys()].sort((a, b) => (pictures[a]?.score ?? 0) - (pictures[b]?.score ?? 0));
  const gaps = gapsOf(pictures, order, all);
  const defects = pictures.filter(({ isAnomaly }) => isAnomaly).length;
  const good = pictures.length - defects;
  const now = {
    threshold: inForce,
    escapes: pictures.filter(({ score, isAnomaly }) => isAnomaly && score < inForce).length,
    falseRejects: pictures.filter(({ score, isAnomaly }) => !isAnomaly && score >= inForce).length,
  };
  return {
    defects,
    good,
    inForce: now,
    points: thinned(
      gaps.map(({ upTo: threshold, escapes, falseRejects }) => ({ threshold, escapes, falseRejects })),
      mostPoints,
    ),
    cheapest: cost === null || defects === 0 || good === 0 ? null : cheapest(pictures, order, gaps, now, cost, seed),
  };
}

/** Expected cost of 1,000 parts. */
function costPer1000(
  { escapes, falseRejects }: { readonly escapes: number; readonly falseRejects: number },
  defects: number,
  good: number,
  cost: CostRule,
): number {
  const defectRate = cost.defectRate ?? defects / (defects + good);
  return (
    1000 *
    ((defectRate * cost.escape * escapes) / defects + ((1 - defectRate) * cost.falseReject * falseRejects) / good)
  );
}

/** Between two neighbouring scores all thresholds do the same: each such gap once, at its middle. */
function gapsOf(pictures: readonly Scored[], order: readonly number[], weights: Float64Array): Gap[] {
  let escapes = 0;
  let falseRejects = order.reduce((sum, i) => sum + (pictures[i]?.isAnomaly ? 0 : (weights[i] as number)), 0);
  const gaps: Gap[] = [];
  let below = 0;
  for (let place = 0; place <= order.length; place++) {
    const i = order[place];
    const score = i === undefined ? 1 : (pictures[i]?.score ?? 0);
    if (score > below || (place === 0 && order.length === 0)) {
      const threshold = Math.min(highest, Math.max(lowest, (below + score) / 2));
      // Outside the limits several gaps would share one threshold, of which only one is true.
      const isReachable = threshold > below && threshold <= score;
      if (isReachable)
        gaps.push({ threshold, escapes, falseRejects, width: score - below, upTo: Math.min(highest, score) });
      below = score;
    }
    if (i === undefined) break;
    if (pictures[i]?.isAnomaly) escapes += weights[i] as number;
    else falseRejects -= weights[i] as number;
  }
  return gaps;
}

/** Of equally cheap gaps the widest: it leaves the most room for pictures yet to come. */
function cheapestGap(gaps: readonly Gap[], defects: number, good: number, cost: CostRule): Gap {
  const costs = gaps.map((gap) => costPer1000(gap, defects, good, cost));
  const least = Math.min(...costs);
  const slack = least * 1e-12;
  return gaps
    .filter((_, i) => (costs[i] as number) <= least + slack)
    .reduce((best, gap) => (gap.width > best.width ? gap : best));
}

function cheapest(
  pictures: readonly Scored[],
  order: readonly number[],
  gaps: readonly Gap[],
  now: ThresholdPoint,
  cost: CostRule,
  seed: number,
): CheapestThreshold | null {
  const defects = pictures.filter(({ isAnomaly }) => isAnomaly).length;
  const good = pictures.length - defects;
  if (gaps.length === 0) return null;
  // A share of the measured pictures is taken once: each resample's own would be another question.
  const rule = { ...cost, defectRate: cost.defectRate ?? defects / pictures.length };
  const { width: _, upTo: _upTo, ...best } = cheapestGap(gaps, defects, good, rule);
  const thresholds: number[] = [];
  const outside: number[] = [];
  const strata = pictures.map(({ isAnomaly }) => (isAnomaly ? "anomaly" : "normal"));
  resample({ strata, resamples, seed }, (weights) => {
    const { threshold } = cheapestGap(gapsOf(pictures, withWeight(order, weights), weights), defects, good, rule);
    thresholds.push(threshold);
    const left = pictures.filter((_, i) => weights[i] === 0);
    const leftDefects = left.filter(({ isAnomaly }) => isAnomaly);
    const leftGood = left.filter(({ isAnomaly }) => !isAnomaly);
    if (leftDefects.length === 0 || leftGood.length === 0) return;
    const counts = {
      escapes: leftDefects.filter(({ score }) => score < threshold).length,
      falseRejects: leftGood.filter(({ score }) => score >= threshold).length,
    };
    outside.push(costPer1000(counts, leftDefects.length, leftGood.length, rule));
  });
  const sorted = Float64Array.from(thresholds).sort();
  return {
    ...best,
    cost: rule,
    costPer1000: costPer1000(best, defects, good, rule),
    costPer1000Now: costPer1000(now, defects, good, rule),
    costPer1000Expected:
      outside.length === 0 ? null : outside.reduce((total, value) => total + value, 0) / outside.length,
    low: quantile(sorted, 0.025),
    high: quantile(sorted, 0.975),
  };
}

/** Pictures that a resample left out make no gap. */
function withWeight(order: readonly number[], weights: Float64Array): number[] {
  return order.filter((i) => (weights[i] as number) > 0);
}
