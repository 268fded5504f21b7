/** Smooth random textures that a seed repeats: value noise on a lattice, without any table to keep. */

/** A number of 0 to 1 for each lattice point. */
function latticeValue(seed: number, x: number, y: number): number {
  let h = (Math.imul(x, 0x27d4eb2d) ^ Math.imul(y, 0x165667b1) ^ seed) | 0;
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return ((h ^ (h >>> 15)) >>> 0) / 2 ** 32;
}

/**
 * Smooth noise, −1 to 1, with features about one unit wide. With `periodY` (whole) it repeats along y, as a full turn
 * does; y must then be at least 0 and below the period.
 */
export function noiseAt(seed: number, x: number, y: number, periodY = 0): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const bottom = top + 1 === periodY ? 0 : top + 1;
  const fx = x - left;
  const fy = y - top;
  const sx = fx * fx * (3 - 2 * fx);
  const sy = fy * fy * (3 - 2 * fy);
  const a = latticeValue(seed, left, top);
  const b = latticeValue(seed, left + 1, top);
  const c = latticeValue(seed, left, bottom);
  const d = latticeValue(seed, left + 1, bottom);
  const upper = a + (b - a) * sx;
  const lower = c + (d - c) * sx;
  return (upper + (lower - upper) * sy) * 2 - 1;
}

/** An angle as a share of a full turn: at least 0, below 1. */
export function turnShare(angle: number): number {
  const share = angle / (2 * Math.PI);
  return Math.min(share - Math.floor(share), 0.999999999);
}

/** 0 below `low`, 1 above `high`, smooth between. */
export function smoothstep(low: number, high: number, value: number): number {
  const t = Math.min(Math.max((value - low) / (high - low), 0), 1);
  return t * t * (3 - 2 * t);
}
