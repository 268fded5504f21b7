/** Which sets of regions KernelSHAP asks the network about, and how much each set's answer weighs. */

/** Regions that are shown: 1, or taken away: 0. */
export type Coalition = Uint8Array;

export interface PlannedCoalitions {
  readonly coalitions: readonly Coalition[];
  /** Add up to 1. */
  readonly weights: Float64Array;
  /** Coalitions drawn together with their opposites have the same number; -1 where all of a size take part. */
  readonly draws: Int32Array;
}

/**
 * All coalitions of the sizes that fit into the number of questions, the smallest and largest sizes first since they weigh
 * most; the rest are drawn by their weight (Lundberg and Lee 2017), each with its opposite, which cancels the largest part of
 * the error (Covert and Lee, "Improving KernelSHAP", 2021).
 *
 * @param players regions, at least 2
 * @param questions coalitions at most, neither the empty nor the full one among them
 * @param random at least 0, below 1
 */
export function planCoalitions(players: number, questions: number, random: () => number): PlannedCoalitions {
  const found = new Map<string, { coalition: Coalition; weight: number; draw: number }>();
  const sizes = Array.from({ length: Math.floor(players / 2) }, (_, i) => i + 1);
  const kernel = sizes.map((size) => ((players - 1) / (size * (players - size))) * (2 * size === players ? 1 : 2));
  const whole = kernel.reduce((sum, weight) => sum + weight, 0);
  let left = 1;
  let free = questions;
  let next = 0;
  for (; next < sizes.length; next++) {
    const size = sizes[next] as number;
    const share = (kernel[next] as number) / whole;
    const count = choose(players, size) * (2 * size === players ? 1 : 2);
    // What would be drawn of this size is as many as there are.
    if (!(free * (share / left) >= count - 1e-9)) break;
    for (const members of subsets(players, size)) {
      const coalition = coalitionOf(players, members);
      const both = 2 * size === players ? [coalition] : [coalition, opposite(coalition)];
      for (const one of both) found.set(keyOf(one), { coalition: one, weight: share / count, draw: -1 });
    }
    free -= count;
    left -= share;
  }
  drawPairs(found, players, { sizes: sizes.slice(next), kernel: kernel.slice(next), free, left }, random);
  const planned = [...found.values()];
  return {
    coalitions: planned.map(({ coalition }) => coalition),
    weights: Float64Array.from(planned, ({ weight }) => weight),
    draws: Int32Array.from(planned, ({ draw }) => draw),
  };
}

interface Rest {
  readonly sizes: readonly number[];
  readonly kernel: readonly number[];
  /** Coalitions that may still be asked. */
  readonly free: number;
  /** Weight that the sizes left have together. */
  readonly left: number;
}

/** Adds pairs of opposites drawn by weight; one drawn again weighs more and costs no question. */
function drawPairs(
  found: Map<string, { coalition: Coalition; weight: number; draw: number }>,
  players: number,
  { sizes, kernel, free, left }: Rest,
  random: () => number,
): void {
  const pairs = Math.floor(free / 2);
  if (sizes.length === 0 || pairs === 0) return;
  const total = kernel.reduce((sum, weight) => sum + weight, 0);
  const drawn: { keys: [string, string]; times: number }[] = [];
  const known = new Map<string, number>();
  // Where nearly all there are have been drawn, new ones are rare.
  for (let attempt = 0; attempt < 4 * pairs && drawn.length < pairs; attempt++) {
    let at = random() * total;
    let pick = 0;
    while (pick < sizes.length - 1 && at >= (kernel[pick] as number)) at -= kernel[pick++] as number;
    const coalition = coalitionOf(players, randomMembers(players, sizes[pick] as number, random));
    const pair = [coalition, opposite(coalition)] as const;
    const keys: [string, string] = [keyOf(pair[0]), keyOf(pair[1])];
    const before = known.get(keys[0]) ?? known.get(keys[1]);
    if (before !== undefined) (drawn[before] as { times: number }).times++;
    else {
      known.set(keys[0], drawn.length);
      for (const [i, one] of pair.entries())
        found.set(keys[i] as string, { coalition: one, weight: 0, draw: drawn.length });
      drawn.push({ keys, times: 1 });
    }
  }
  const times = drawn.reduce((sum, one) => sum + one.times, 0);
  for (const one of drawn)
    for (const key of one.keys) {
      const entry = found.get(key);
      if (entry) entry.weight = (left * one.times) / (2 * times);
    }
}

/** n over k, as far as numbers go. */
function choose(n: number, k: number): number {
  let count = 1;
  for (let i = 1; i <= k; i++) count = (count * (n - k + i)) / i;
  return Math.round(count);
}

/** All sets of `size` of the numbers 0 … `players` − 1, in order. */
function* subsets(players: number, size: number): Generator<readonly number[]> {
  const members = Array.from({ length: size }, (_, i) => i);
  for (;;) {
    yield members;
    let last = size - 1;
    while (last >= 0 && members[last] === players - size + last) last--;
    if (last < 0) return;
    members[last] = (members[last] as number) + 1;
    for (let i = last + 1; i < size; i++) members[i] = (members[i - 1] as number) + 1;
  }
}

function randomMembers(players: number, size: number, random: () => number): readonly number[] {
  const order = Array.from({ length: players }, (_, i) => i);
  for (let i = 0; i < size; i++) {
    const other = i + Math.floor(random() * (players - i));
    [order[i], order[other]] = [order[other] as number, order[i] as number];
  }
  return order.slice(0, size);
}

function coalitionOf(players: number, members: readonly number[]): Coalition {
  const coalition = new Uint8Array(players);
  for (const member of members) coalition[member] = 1;
  return coalition;
}

function opposite(coalition: Coalition): Coalition {
  return coalition.map((shown) => 1 - shown);
}

function keyOf(coalition: Coalition): string {
  return String.fromCharCode(...coalition);
}
