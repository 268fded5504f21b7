/** From the points of trainings to the columns that the chart draws. */

export interface Curve {
  title: string;
  /** By epoch; `null` where nothing was measured. */
  points: readonly { epoch: number; value: number | null }[];
}

/** uPlot wants one column of epochs and a column for each curve, with gaps where a curve has no point. */
export function columns(curves: readonly Curve[]): [number[], ...(number | null)[][]] {
  const epochs = [...new Set(curves.flatMap(({ points }) => points.map(({ epoch }) => epoch)))].toSorted(
    (a, b) => a - b,
  );
  const valuesOf = ({ points }: Curve) => {
    const byEpoch = new Map(points.map(({ epoch, value }) => [epoch, value]));
    return epochs.map((epoch) => byEpoch.get(epoch) ?? null);
  };
  return [epochs, ...curves.map(valuesOf)];
}
