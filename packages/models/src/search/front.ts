/** Which networks are worth their cost: the front of accuracy against size, and who goes on when a search is halved. */

/** What two networks compare by. */
export interface Measured {
  /** Share of right answers about pictures held out. */
  readonly accuracy: number;
  /** Where accuracy is the same; `null`: unknown. */
  readonly auroc: number | null;
  readonly parameters: number;
  readonly multiplyAccumulates: number;
}

/** At least as good in all, better in one. */
export function dominates(a: Measured, b: Measured): boolean {
  const gains = [
    compare(a.accuracy, b.accuracy) || compare(a.auroc ?? 0, b.auroc ?? 0),
    compare(b.parameters, a.parameters),
    compare(b.multiplyAccumulates, a.multiplyAccumulates),
  ];
  return gains.every((gain) => gain >= 0) && gains.some((gain) => gain > 0);
}

/** Those that no other dominates. */
export function front<Point extends Measured>(points: readonly Point[]): Point[] {
  return points.filter((point) => !points.some((other) => dominates(other, point)));
}

/**
 * The `count` that go on: front by front, so that the small and the large have a chance alike (as successive halving for
 * several aims does: Schmucker et al. 2021); of a front that doesn't fit whole the most accurate, and its smallest.
 */
export function survivors<Point extends Measured>(points: readonly Point[], count: number): Point[] {
  const chosen: Point[] = [];
  let rest = [...points];
  while (chosen.length < count && rest.length > 0) {
    const layer = front(rest).sort((a, b) => b.accuracy - a.accuracy || a.parameters - b.parameters);
    const room = count - chosen.length;
    const smallest = layer.toSorted((a, b) => a.parameters - b.parameters)[0];
    const fitting =
      layer.length <= room || smallest === undefined || room < 2
        ? layer.slice(0, room)
        : [...layer.filter((point) => point !== smallest).slice(0, room - 1), smallest];
    chosen.push(...fitting);
    const taken = new Set(layer);
    rest = rest.filter((point) => !taken.has(point));
  }
  return chosen;
}

function compare(a: number, b: number): number {
  return Math.sign(a - b);
}
