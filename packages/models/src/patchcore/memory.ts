/** The patches of good pictures that a model keeps: a coreset of those it may choose from. */
import type { SeededRandom } from "@sightline/dataset/seeded-random";
import { greedyCoreset } from "./coreset.js";
import { patchCount, patchDimensions } from "./patch-features.js";

export interface MemorySize {
  /** Patches kept at most: what bounds a model's size and its time per picture. */
  readonly bank: number;
  /** Patches that they are chosen from at most. */
  readonly pool: number;
}

export interface Memory {
  /** `[kept, patchDimensions]` */
  readonly bank: Float32Array;
  /** `[taken, patchDimensions]`: what the bank was chosen from. */
  readonly pool: Float32Array;
}

/** @param members each picture's patches, `[patchCount, patchDimensions]` */
export async function remember(
  members: readonly Float32Array[],
  size: MemorySize,
  random: SeededRandom,
  signal?: AbortSignal,
): Promise<Memory> {
  const total = members.length * patchCount;
  const places = total <= size.pool ? Array.from({ length: total }, (_, i) => i) : spread(total, size.pool, random);
  const pool = new Float32Array(places.length * patchDimensions);
  places.forEach((place, row) => {
    const patch = place % patchCount;
    const vector = members[(place - patch) / patchCount] as Float32Array;
    pool.set(vector.subarray(patch * patchDimensions, (patch + 1) * patchDimensions), row * patchDimensions);
  });
  const first = random.index(places.length);
  const chosen = await greedyCoreset(pool, patchDimensions, size.bank, first, signal);
  const bank = new Float32Array(chosen.length * patchDimensions);
  chosen.forEach((row, k) => {
    bank.set(pool.subarray(row * patchDimensions, (row + 1) * patchDimensions), k * patchDimensions);
  });
  return { bank, pool };
}

/** At most `limit` of the items, chosen by chance, in their order. */
export function sampled(items: readonly number[], limit: number, random: SeededRandom): number[] {
  if (items.length <= limit) return [...items];
  return spread(items.length, limit, random).map((i) => items[i] as number);
}

/** `limit` different places of `count`, by chance, rising (Vitter's selection sampling). */
function spread(count: number, limit: number, random: SeededRandom): number[] {
  const places: number[] = [];
  for (let i = 0; i < count && places.length < limit; i++)
    if (random.next() * (count - i) < limit - places.length) places.push(i);
  return places;
}
