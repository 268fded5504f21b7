/** Feature maps of many views of pictures, a byte a value, for heads that learn from a frozen backbone. */
import { floatTensor, type Tensor } from "@sightline/nn/tensor";

/** One tap's maps, standardised over the pictures as they are and kept in a byte each: 32 steps a deviation, ±4. */
export interface CachedTap {
  readonly name: string;
  readonly dims: readonly [channels: number, height: number, width: number];
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
  /** Row after row. */
  readonly values: Int8Array;
}

export interface TapCache {
  readonly rows: number;
  readonly taps: readonly CachedTap[];
}

const stepsPerDeviation = 32;

/** The tap's scale from the maps of pictures as they are, its values still empty. */
export function emptyTap(
  name: string,
  dims: readonly [number, number, number],
  maps: readonly Float32Array[],
  rows: number,
): CachedTap {
  const [channels, height, width] = dims;
  const area = height * width;
  const mean = new Float32Array(channels);
  const deviation = new Float32Array(channels);
  for (let c = 0; c < channels; c++) {
    let sum = 0;
    let squares = 0;
    for (const map of maps) {
      for (let i = c * area; i < (c + 1) * area; i++) {
        const value = map[i] as number;
        sum += value;
        squares += value * value;
      }
    }
    const count = maps.length * area;
    mean[c] = sum / count;
    deviation[c] = Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2)) + 1e-3;
  }
  return { name, dims, mean, deviation, values: new Int8Array(rows * channels * area) };
}

/** Keeps one view's map as a row. */
export function quantise({ dims, mean, deviation, values }: CachedTap, map: Float32Array, row: number): void {
  const [channels, height, width] = dims;
  const area = height * width;
  const to = row * channels * area;
  for (let c = 0; c < channels; c++) {
    const scale = stepsPerDeviation / (deviation[c] as number);
    const offset = mean[c] as number;
    for (let i = c * area; i < (c + 1) * area; i++) {
      const steps = Math.round(((map[i] as number) - offset) * scale);
      values[to + i] = steps < -128 ? -128 : steps > 127 ? 127 : steps;
    }
  }
}

/** Standardised maps of some rows, by the taps' names. */
export function cachedMaps(cache: TapCache, rows: readonly number[]): Record<string, Tensor> {
  return Object.fromEntries(
    cache.taps.map(({ name, dims, values }) => {
      const size = values.length / cache.rows;
      const data = new Float32Array(rows.length * size);
      for (const [place, row] of rows.entries()) {
        for (let i = 0; i < size; i++) data[place * size + i] = (values[row * size + i] as number) / stepsPerDeviation;
      }
      return [name, floatTensor([rows.length, ...dims], data)];
    }),
  );
}
