/** How well defects are found to the pixel, type by type: precision, recall, F1 and intersection over union. */

import type { DefectType } from "./defect-types.js";

/** One picture's pixels by what they are and what they were called: `[truth][answer]`, the background first. */
export type PixelConfusion = readonly Float64Array[];

export interface DefectMetrics extends DefectType {
  /** test: pictures kept apart; heldOut: each picture by a part of the network that never saw it. */
  readonly source: "test" | "heldOut";
  /** Pictures whose masks show it. */
  readonly images: number;
  /** Of the pixels called so; `null`: none was. */
  readonly precision: number | null;
  /** Of the pixels that are so; `null`: there are none. */
  readonly recall: number | null;
  readonly f1: number | null;
  /** Intersection over union of all pixels together, those of good pictures included. */
  readonly iou: number | null;
  /** Mean over the pictures whose masks show it. */
  readonly meanIou: number | null;
}

/** @param truth and `answer`: 0 background, k the k-th type */
export function pixelConfusion(truth: Uint8Array, answer: Uint8Array, types: number): PixelConfusion {
  const counts = Array.from({ length: types + 1 }, () => new Float64Array(types + 1));
  for (let i = 0; i < truth.length; i++) {
    const row = counts[truth[i] as number] as Float64Array;
    row[answer[i] as number] = (row[answer[i] as number] as number) + 1;
  }
  return counts;
}

export function defectMetrics(
  types: readonly DefectType[],
  pictures: readonly PixelConfusion[],
  source: DefectMetrics["source"],
): DefectMetrics[] {
  return types.map((type, k) => {
    const each = pictures.map((counts) => hitsOf(counts, k + 1));
    const showing = each.filter(({ actual }) => actual > 0);
    const sum = (of: (one: Hits) => number): number => each.reduce((total, one) => total + of(one), 0);
    const [hits, called, actual] = [sum((one) => one.hits), sum((one) => one.called), sum((one) => one.actual)];
    const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
    return {
      ...type,
      source,
      images: showing.length,
      precision: share(hits, called),
      recall: share(hits, actual),
      f1: share(2 * hits, called + actual),
      iou: share(hits, called + actual - hits),
      meanIou: share(
        showing.reduce((total, one) => total + one.hits / (one.called + one.actual - one.hits), 0),
        showing.length,
      ),
    };
  });
}

interface Hits {
  readonly hits: number;
  readonly called: number;
  readonly actual: number;
}

function hitsOf(counts: PixelConfusion, type: number): Hits {
  const row = counts[type] as Float64Array;
  return {
    hits: row[type] as number,
    called: counts.reduce((sum, other) => sum + (other[type] as number), 0),
    actual: row.reduce((sum, count) => sum + count, 0),
  };
}
