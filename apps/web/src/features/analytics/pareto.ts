/** Defect types, the commonest first, with the share that they and those above them make up. */
import type { Keyed } from "./counts.js";

export interface ParetoRow {
  readonly defect: string;
  readonly count: number;
  readonly share: number;
  readonly cumulative: number;
}

/** Pictures with several types count under each of them, so the shares are of the types found, not of the pictures. */
export function pareto(rows: readonly Keyed[]): ParetoRow[] {
  const total = rows.reduce((all, { inspected }) => all + inspected, 0);
  let before = 0;
  return rows
    .toSorted((a, b) => b.inspected - a.inspected || a.key.localeCompare(b.key))
    .map(({ key, inspected }) => {
      before += inspected;
      return { defect: key, count: inspected, share: inspected / total, cumulative: before / total };
    });
}

/** The few types that make up four fifths: the shortest beginning of the list that reaches them. */
export function vitalFew(rows: readonly ParetoRow[]): number {
  return rows.findIndex(({ cumulative }) => cumulative >= 0.8 - 1e-12) + 1;
}
