/** How well an anomaly map finds the marked defects: pixel AUROC, and AUPRO up to a false-positive rate of 0.3. */
import { aurocOf } from "./metrics.js";

/** One picture's anomaly map beside the mask a person drew; both `width * height`, row by row. */
export interface MaskedMap {
  readonly width: number;
  readonly height: number;
  readonly scores: Float32Array;
  /** 1 where the defect is, 0 elsewhere. */
  readonly mask: Uint8Array;
}

/** Probability that a defect pixel scores above a good one, over all pictures; `null` without pixels of both kinds. */
export function pixelAuroc(maps: readonly MaskedMap[]): number | null {
  let marked = 0;
  let total = 0;
  for (const map of maps) {
    total += map.mask.length;
    for (const value of map.mask) marked += value;
  }
  const positives = new Float32Array(marked);
  const negatives = new Float32Array(total - marked);
  let p = 0;
  let n = 0;
  for (const map of maps)
    for (let i = 0; i < map.mask.length; i++) {
      const score = map.scores[i] as number;
      if (map.mask[i] === 1) positives[p++] = score;
      else negatives[n++] = score;
    }
  return aurocOf(positives, negatives);
}

/**
 * Area under the per-region overlap curve (Bergmann et al. 2020): for each threshold the mean share of each connected
 * defect region that is found, against the share of good pixels wrongly marked, integrated up to `maxFalsePositiveRate`
 * and divided by it. Small defects count as much as large ones. `null` without defects or good pixels.
 */
export function aupro(maps: readonly MaskedMap[], maxFalsePositiveRate = 0.3): number | null {
  const total = maps.reduce((sum, map) => sum + map.mask.length, 0);
  const scores = new Float32Array(total);
  // What finding this pixel adds to the mean overlap; 0 marks a good pixel.
  const gains = new Float64Array(total);
  let regions = 0;
  let offset = 0;
  for (const map of maps) {
    scores.set(map.scores, offset);
    const { labels, sizes } = connectedRegions(map.mask, map.width, map.height);
    for (let i = 0; i < labels.length; i++) {
      const label = labels[i] as number;
      if (label > 0) gains[offset + i] = 1 / (sizes[label - 1] as number);
    }
    regions += sizes.length;
    offset += map.mask.length;
  }
  const good = gains.reduce((sum, gain) => sum + (gain === 0 ? 1 : 0), 0);
  if (regions === 0 || good === 0) return null;

  const order = descending(scores);
  let area = 0;
  let falsePositiveRate = 0;
  let overlap = 0;
  let falsePositives = 0;
  let overlapSum = 0;
  for (let i = 0; i < order.length; i++) {
    const pixel = order[i] as number;
    const gain = gains[pixel] as number;
    if (gain === 0) falsePositives++;
    else overlapSum += gain;
    // Equal scores enter together: no threshold lies between them.
    if (i + 1 < order.length && scores[order[i + 1] as number] === scores[pixel]) continue;
    const nextRate = falsePositives / good;
    const nextOverlap = overlapSum / regions;
    if (nextRate >= maxFalsePositiveRate) {
      const share =
        nextRate === falsePositiveRate
          ? 0
          : (maxFalsePositiveRate - falsePositiveRate) / (nextRate - falsePositiveRate);
      const atLimit = overlap + share * (nextOverlap - overlap);
      area += ((overlap + atLimit) / 2) * (maxFalsePositiveRate - falsePositiveRate);
      return area / maxFalsePositiveRate;
    }
    area += ((overlap + nextOverlap) / 2) * (nextRate - falsePositiveRate);
    falsePositiveRate = nextRate;
    overlap = nextOverlap;
  }
  return area / maxFalsePositiveRate;
}

/** 8-connected regions of a mask: each pixel's region (1, 2, …; 0 outside) and the regions' sizes in pixels. */
export function connectedRegions(
  mask: Uint8Array,
  width: number,
  height: number,
): { labels: Int32Array; sizes: number[] } {
  const labels = new Int32Array(mask.length);
  const sizes: number[] = [];
  const stack: number[] = [];
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] !== 1 || labels[start] !== 0) continue;
    const label = sizes.length + 1;
    let size = 0;
    labels[start] = label;
    stack.push(start);
    for (let pixel = stack.pop(); pixel !== undefined; pixel = stack.pop()) {
      size++;
      const x = pixel % width;
      const y = (pixel - x) / width;
      for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++)
        for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
          const neighbour = ny * width + nx;
          if (mask[neighbour] === 1 && labels[neighbour] === 0) {
            labels[neighbour] = label;
            stack.push(neighbour);
          }
        }
    }
    sizes.push(size);
  }
  return { labels, sizes };
}

/** Indices from the highest score to the lowest: two passes of a radix sort, since comparing millions of pixels is slow. */
function descending(scores: Float32Array): Uint32Array {
  const keys = new Uint32Array(scores.length);
  const bits = new Uint32Array(scores.buffer, scores.byteOffset, scores.length);
  for (let i = 0; i < keys.length; i++) {
    const value = bits[i] as number;
    // A float's bits in the order of its value (negative ones reversed), inverted for descending order.
    keys[i] = ~(value & 0x80000000 ? ~value : value | 0x80000000);
  }
  let order = Uint32Array.from(scores, (_, i) => i);
  for (const shift of [0, 16]) {
    const starts = new Uint32Array(65_537);
    for (const key of keys) {
      const bucket = ((key >>> shift) & 0xffff) + 1;
      starts[bucket] = (starts[bucket] as number) + 1;
    }
    for (let i = 1; i < starts.length; i++) starts[i] = (starts[i] as number) + (starts[i - 1] as number);
    const next = new Uint32Array(order.length);
    for (const index of order) {
      const bucket = ((keys[index] as number) >>> shift) & 0xffff;
      next[starts[bucket] as number] = index;
      starts[bucket] = (starts[bucket] as number) + 1;
    }
    order = next;
  }
  return order;
}
