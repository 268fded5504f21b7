/** What lenses, sensors and things in the way do to a picture: blur, noise and a part that can't be seen. */
import type { Image } from "../image.js";
import type { Corners } from "./boxes.js";

/** At least 0, below 1: any generator will do, a seeded one makes the result repeatable. */
export type RandomSource = () => number;

/** A Gaussian blur; `sigma` in pixels, up to about 4. The picture's edge pixels go on beyond it. */
export function blurred(image: Image, sigma: number): Image {
  const radius = Math.min(Math.ceil(2.5 * sigma), 12);
  if (!(sigma > 0) || radius < 1) return image;
  const kernel = gaussianKernel(sigma, radius);
  const { width, height } = image;
  const across = new Uint8Array(image.data.length);
  for (let y = 0; y < height; y++) blurLine(image.data, across, kernel, y * width * 3, 3, width);
  const data = new Uint8Array(image.data.length);
  for (let x = 0; x < width; x++) blurLine(across, data, kernel, x * 3, width * 3, height);
  return { width, height, data };
}

/** Weights in 1/65536 that add up to exactly that. */
function gaussianKernel(sigma: number, radius: number): Int32Array {
  const raw = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * sigma * sigma)));
  const sum = raw.reduce((total, value) => total + value, 0);
  const kernel = Int32Array.from(raw, (value) => Math.round((value / sum) * 65536));
  kernel[radius] = (kernel[radius] as number) + 65536 - kernel.reduce((total, value) => total + value, 0);
  return kernel;
}

/** One row or column: `count` pixels, `step` values apart. */
function blurLine(
  from: Uint8Array,
  to: Uint8Array,
  kernel: Int32Array,
  start: number,
  step: number,
  count: number,
): void {
  const radius = (kernel.length - 1) >> 1;
  for (let i = 0; i < count; i++) {
    const isInside = i >= radius && i + radius < count;
    for (let channel = 0; channel < 3; channel++) {
      let sum = 32768;
      if (isInside) {
        let at = start + (i - radius) * step + channel;
        for (let k = 0; k < kernel.length; k++, at += step) sum += Math.imul(from[at] as number, kernel[k] as number);
      } else {
        for (let k = 0; k < kernel.length; k++) {
          const place = Math.min(Math.max(i + k - radius, 0), count - 1);
          sum += Math.imul(from[start + place * step + channel] as number, kernel[k] as number);
        }
      }
      to[start + i * step + channel] = sum >> 16;
    }
  }
}

/** Bell-shaped values at the middles of 4096 equally likely slices. */
const bell = Float64Array.from({ length: 4096 }, (_, i) => normalQuantile((i + 0.5) / 4096));

/** Adds independent noise to each value of the picture's own pixels; `deviation` in steps of 0–255. */
export function addNoise(image: Image, deviation: number, random: RandomSource): void {
  const { data } = image;
  const steps = Int32Array.from(bell, (value) => Math.round(value * deviation));
  let state = Math.floor(random() * 2 ** 32) | 0;
  for (let i = 0; i < data.length; i++) {
    // Numerical Recipes' generator: its upper bits are good enough for noise, and it costs next to nothing.
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    const value = (data[i] as number) + (steps[state >>> 20] as number);
    data[i] = value < 0 ? 0 : value > 255 ? 255 : value;
  }
}

/**
 * Covers a rectangle with a random area (a share of the picture from `low` to `high`) and shape by a random colour with
 * noise (random erasing, Zhong et al. 2017); gives the rectangle.
 */
export function erase(image: Image, [low, high]: readonly [number, number], random: RandomSource): Corners {
  const { width, height, data } = image;
  const area = (low + (high - low) * random()) * width * height;
  const ratio = Math.exp((random() * 2 - 1) * Math.log(3));
  const w = Math.max(1, Math.min(width, Math.round(Math.sqrt(area * ratio))));
  const h = Math.max(1, Math.min(height, Math.round(Math.sqrt(area / ratio))));
  const left = Math.floor(random() * (width - w + 1));
  const top = Math.floor(random() * (height - h + 1));
  const colour = [random() * 255, random() * 255, random() * 255];
  let state = Math.floor(random() * 2 ** 32) | 0;
  for (let y = top; y < top + h; y++) {
    for (let at = (y * width + left) * 3, x = 0; x < w * 3; x++, at++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      const value = (colour[x % 3] as number) + ((state >>> 24) - 128) * 0.5;
      data[at] = value < 0 ? 0 : value > 255 ? 255 : value;
    }
  }
  return { x1: left, y1: top, x2: left + w, y2: top + h };
}

/** Inverse of the normal distribution: the rational approximation of Abramowitz and Stegun 26.2.23, error below 5e-4. */
function normalQuantile(share: number): number {
  const tail = Math.min(share, 1 - share);
  const t = Math.sqrt(-2 * Math.log(tail));
  const distance =
    t - (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t ** 3);
  return share < 0.5 ? -distance : distance;
}
