/**
 * Random numbers that are the same on every machine: each stream is named by a seed and a path, so that one more layer
 * or one more epoch changes no other stream, and nothing has to be kept to go on after a break.
 */

/** Gives numbers in [0, 1). */
export type Random = () => number;

/** A stream of its own for these parts, for example `randomStream(seed, "weights", "block3/expand/weight")`. */
export function randomStream(...path: readonly (string | number)[]): Random {
  let state = hash(path.join("\u0000"));
  // Mulberry32: 32 bits of state, passes the usual tests for this length; quality here only has to beat pixel noise.
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Normally distributed with mean 0 and deviation 1 (Box and Muller 1958; one of the pair is enough here). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** The whole numbers below `count` in random order (Fisher and Yates). */
export function shuffled(count: number, random: Random): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
  }
  return order;
}

/** FNV-1a over UTF-16 units, then MurmurHash3's last mixing, so that near names get distant states. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return value ^ (value >>> 16);
}
