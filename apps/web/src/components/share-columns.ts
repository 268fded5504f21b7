/** Curves with points of their own, put on one common row of x values, as the chart wants them. */

export interface ShareCurve {
  readonly title: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** reference: a dashed line to compare with. */
  readonly shape?: "line" | "dots" | "reference";
}

/**
 * One column of x and one of y for each curve, `null` where a curve has no point there. A curve that rises straight up has
 * several points at one x: each has a row of its own, in the order in which the curve runs.
 */
export function joined(curves: readonly ShareCurve[]): [number[], ...(number | null)[][]] {
  const rows = curves.flatMap(({ points }, curve) => points.map(([x, y], place) => ({ x, y, curve, place })));
  rows.sort((a, b) => a.x - b.x || a.curve - b.curve || a.place - b.place);
  return [rows.map(({ x }) => x), ...curves.map((_, curve) => rows.map((row) => (row.curve === curve ? row.y : null)))];
}
