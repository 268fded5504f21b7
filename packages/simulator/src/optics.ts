/** What a lens and a sensor do to a scene's tones: blur, noise, and whole numbers. */
import type { SeededRandom } from "@sightline/dataset/seeded-random";
import type { Image } from "@sightline/vision/image";

/** Gaussian blur of square tones, edges repeated; `sigma` in pixels. */
export function blur(tones: Float32Array, side: number, sigma: number): Float32Array {
  const reach = Math.max(1, Math.ceil(sigma * 2.6));
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * sigma * sigma)));
  const total = kernel.reduce((sum, value) => sum + value, 0);
  const weights = Float32Array.from(kernel, (value) => value / total);
  const across = new Float32Array(tones.length);
  const out = new Float32Array(tones.length);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      let sum = 0;
      for (let k = -reach; k <= reach; k++) {
        const from = Math.min(Math.max(x + k, 0), side - 1);
        sum += (weights[k + reach] as number) * (tones[y * side + from] as number);
      }
      across[y * side + x] = sum;
    }
  }
  for (let y = 0; y < side; y++) {
    for (let k = -reach; k <= reach; k++) {
      const row = Math.min(Math.max(y + k, 0), side - 1) * side;
      const weight = weights[k + reach] as number;
      for (let x = 0; x < side; x++) {
        out[y * side + x] = (out[y * side + x] as number) + weight * (across[row + x] as number);
      }
    }
  }
  return out;
}

/** Gain of red, green and blue: a camera's white is never quite white. */
export type Tint = readonly [red: number, green: number, blue: number];

/**
 * Reads a sensor out: corners a little darker, grain of deviation `noise` (more in bright places), rounded to 0–255.
 */
export function expose(tones: Float32Array, side: number, noise: number, tint: Tint, random: SeededRandom): Image {
  const data = new Uint8Array(side * side * 3);
  for (let y = 0, i = 0; y < side; y++) {
    for (let x = 0; x < side; x++, i++) {
      const fromCentre = ((x / side - 0.5) ** 2 + (y / side - 0.5) ** 2) * 2;
      const tone = (tones[i] as number) * (1 - 0.1 * fromCentre * fromCentre);
      // Four even numbers added are close enough to a bell, and much cheaper.
      const grain = (random.next() + random.next() + random.next() + random.next() - 2) * 1.73;
      const value = tone + grain * noise * (0.55 + tone / 400);
      for (let c = 0; c < 3; c++) {
        data[i * 3 + c] = Math.min(Math.max(Math.round(value * (tint[c] as number)), 0), 255);
      }
    }
  }
  return { width: side, height: side, data };
}
