/** Random numbers that a seed repeats exactly, on every machine: for splits and for simulated pictures. */

export interface SeededRandom {
  /** At least 0, below 1. */
  next(): number;
  /** At least `low`, below `high`. */
  between(low: number, high: number): number;
  /** A whole number, at least 0, below `count`. */
  index(count: number): number;
  /** Bell-shaped, mean 0 and deviation 1. */
  normal(): number;
  /** Another generator whose numbers have nothing to do with this one's. */
  branch(name: string): SeededRandom;
}

/** @example seededRandom(7).index(6) + 1 // a die that always falls the same way */
export function seededRandom(seed: number): SeededRandom {
  // Mixed first, so that neighbouring seeds give unlike sequences.
  let state = mixed((seed ^ 0x9e3779b9) >>> 0) ^ mixed(Math.floor(seed / 2 ** 32) >>> 0);
  const next = (): number => {
    // mulberry32 by Tommy Ettinger (public domain): 32 bits of state suffice here, and it is fast.
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    between: (low, high) => low + (high - low) * next(),
    index: (count) => Math.floor(next() * count),
    // Box and Muller.
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    branch: (name) => {
      let hash = mixed(seed >>> 0);
      for (let i = 0; i < name.length; i++) hash = mixed(hash ^ name.charCodeAt(i));
      return seededRandom(hash);
    },
  };
}

function mixed(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}
