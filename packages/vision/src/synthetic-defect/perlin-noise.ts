/** Smooth random fields (K. Perlin, "An image synthesizer", 1985). */
import type { RandomSource } from "../augment/damage.js";

/**
 * Noise over `width` x `height` pixels, about −1 … 1: `octaves` of it, the first with waves of `wavelength` pixels, each
 * further one half as long and half as strong.
 */
export function perlinNoise(
  random: RandomSource,
  width: number,
  height: number,
  wavelength: number,
  octaves: number,
): Float32Array {
  const out = new Float32Array(width * height);
  for (let octave = 0, cell = wavelength, strength = 1; octave < octaves && cell >= 1; octave++) {
    addOctave(out, random, width, height, cell, strength);
    cell /= 2;
    strength /= 2;
  }
  return out;
}

function addOctave(
  out: Float32Array,
  random: RandomSource,
  width: number,
  height: number,
  cell: number,
  strength: number,
): void {
  const columns = Math.ceil(width / cell) + 2;
  const rows = Math.ceil(height / cell) + 2;
  const slopes = new Float32Array(columns * rows * 2);
  for (let i = 0; i < slopes.length; i += 2) {
    const angle = random() * 2 * Math.PI;
    slopes[i] = Math.cos(angle);
    slopes[i + 1] = Math.sin(angle);
  }
  const at = (column: number, row: number, dx: number, dy: number): number => {
    const place = (row * columns + column) * 2;
    return (slopes[place] as number) * dx + (slopes[place + 1] as number) * dy;
  };
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / cell);
    const dy = y / cell - row;
    const ty = fade(dy);
    for (let x = 0; x < width; x++) {
      const column = Math.floor(x / cell);
      const dx = x / cell - column;
      const tx = fade(dx);
      const above = mix(at(column, row, dx, dy), at(column + 1, row, dx - 1, dy), tx);
      const below = mix(at(column, row + 1, dx, dy - 1), at(column + 1, row + 1, dx - 1, dy - 1), tx);
      // 1.4: the sum of four slopes reaches ±0.7.
      out[y * width + x] = (out[y * width + x] as number) + 1.4 * strength * mix(above, below, ty);
    }
  }
}

function fade(t: number): number {
  return t * t * t * (t * (t * 6 - 15) + 10);
}

function mix(a: number, b: number, t: number): number {
  return a + (b - a) * t;
}
