/**
 * Feature maps of many altered views of a few pictures, computed once by the frozen part of a backbone: a head that
 * learns from them sees as many viewpoints and lights as it likes, and a step costs milliseconds.
 */
import { batchFeeds, type LoaderSample, openLoader } from "@sightline/dataset/loader";
import type { Graph } from "@sightline/nn/graph";
import { randomStream, shuffled } from "@sightline/nn/random";
import { openGraphSession } from "@sightline/nn/session/session";
import type { Tensor } from "@sightline/nn/tensor";
import type { BatchSource } from "@sightline/nn/training";
import type { Recipe } from "@sightline/vision/augment/recipe";
import { nextTurn, throwIfCancelled } from "../model-error.js";
import { modelValues } from "../model-values.js";
import { type CachedTap, cachedMaps, emptyTap, quantise, type TapCache } from "../tap-cache.js";
import { markerBoxes, unchangedView, type ViewMap, viewMaps } from "./view-maps.js";

export interface FeatureCache extends TapCache {
  /** Each row's place among the samples. */
  readonly sampleOf: Int32Array;
  /** Where each row shows its picture's places; `null` where too little of it is in sight. */
  readonly maps: readonly (ViewMap | null)[];
  /** `[rows, labels]`, mixed like the pictures. */
  readonly targets: Float32Array;
  readonly labels: number;
}

/** A picture with its size as shown. */
export type SizedSample = LoaderSample & { readonly width: number; readonly height: number };

export interface FeatureCacheOptions {
  readonly samples: readonly SizedSample[];
  /** Input `image`, 0–255; outputs the taps. */
  readonly graph: Graph;
  readonly width: number;
  readonly height: number;
  /** The first view of each picture is the picture as it is; the others are altered by the recipe. */
  readonly views: number;
  readonly recipe: Recipe;
  readonly seed: number;
  readonly threads: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (share: number) => void;
}

const batchSize = 8;

/** Bytes that one view of one picture takes. */
export function bytesPerView(graph: Graph): number {
  return graph.outputs.reduce((sum, { dims }) => sum + dims.slice(1).reduce<number>((n, d) => n * Number(d), 1), 0);
}

export async function cacheFeatures(options: FeatureCacheOptions): Promise<FeatureCache> {
  const { graph, width, height, views, seed, threads, signal } = options;
  const samples = options.samples.map((sample) => ({ ...sample, boxes: markerBoxes(sample.width, sample.height) }));
  const shared = { samples, width, height, batchSize, seed, detail: 1.5 };
  const plain = openLoader({ ...shared, recipe: null });
  const altered = views > 1 ? openLoader({ ...shared, recipe: options.recipe }) : null;
  const session = await openGraphSession(graph, { threads });
  const labels = samples[0]?.target.length ?? 0;
  const rows = samples.length + (views - 1) * (altered?.batches ?? 0) * batchSize;
  const sampleOf = new Int32Array(rows);
  const targets = new Float32Array(rows * labels);
  const viewOf: (ViewMap | null)[] = [];
  const kept: Float32Array[][] = [];
  let taps: CachedTap[] = [];
  let row = 0;
  const put = (index: number, maps: readonly Float32Array[], at: number): void => {
    for (const [t, tap] of taps.entries()) {
      const size = tap.values.length / rows;
      quantise(tap, (maps[t] as Float32Array).subarray(index * size, (index + 1) * size), at);
    }
  };
  try {
    const outputs = graph.outputs.map(({ name }) => name);
    const take = async (loader: typeof plain, epoch: number, batch: number): Promise<void> => {
      throwIfCancelled(signal);
      const made = await loader.batch(epoch, batch);
      const results = await session.run({ [modelValues.image]: batchFeeds(made).image });
      const maps = outputs.map((name) => results[name]?.data as Float32Array);
      const shown = loader === plain ? null : viewMaps(made.boxes, made.rows, width, height);
      for (let i = 0; i < made.count; i++) {
        viewOf.push(shown ? (shown[i] ?? null) : unchangedView);
        sampleOf[row] = made.samples[i] as number;
        targets.set(made.targets.subarray(i * labels, (i + 1) * labels), row * labels);
        if (taps.length > 0) put(i, maps, row);
        row++;
      }
      if (taps.length === 0) kept.push(maps);
      options.onProgress(row / rows);
      await nextTurn();
    };
    for (let batch = 0; batch < plain.batches; batch++) await take(plain, 0, batch);
    taps = outputs.map((name, t) => {
      const [, ...dims] = (graph.outputs[t]?.dims ?? []).map(Number) as [number, number, number, number];
      const size = dims.reduce((product, side) => product * side, 1);
      const maps = samples.map((_, i) => {
        const from = (i % batchSize) * size;
        const batch = kept[Math.floor(i / batchSize)] as Float32Array[];
        return (batch[t] as Float32Array).subarray(from, from + size);
      });
      return emptyTap(name, dims as [number, number, number], maps, rows);
    });
    for (let at = 0; at < samples.length; at++) {
      put(at % batchSize, kept[Math.floor(at / batchSize)] as Float32Array[], at);
    }
    kept.length = 0;
    for (let view = 1; altered && view < views; view++) {
      for (let batch = 0; batch < altered.batches; batch++) await take(altered, view, batch);
    }
  } finally {
    await session.dispose();
    await plain.close();
    await altered?.close();
  }
  return { rows, sampleOf, maps: viewOf, targets, labels, taps };
}

export interface CachedSourceOptions {
  readonly batchSize: number;
  readonly batches: number;
  readonly seed: number;
  /** What a batch of these rows brings besides its maps. */
  readonly more: (rows: readonly number[]) => Record<string, Tensor>;
}

/** Batches of views of the samples that take part: every sample equally often, each time another of its views. */
export function cachedSource(
  cache: FeatureCache,
  takesPart: (sample: number) => boolean,
  { batchSize: size, batches, seed, more }: CachedSourceOptions,
): BatchSource {
  const rows = Array.from(cache.sampleOf.keys()).filter((row) => takesPart(cache.sampleOf[row] as number));
  return {
    samples: rows.length,
    batches,
    batch: async (epoch, index) => {
      const first = (epoch * batches + index) * size;
      const chosen = Array.from({ length: size }, (_, place) => {
        const at = first + place;
        return rows[orderOf(seed, Math.floor(at / rows.length), rows.length)[at % rows.length] as number] as number;
      });
      return { ...cachedMaps(cache, chosen), ...more(chosen) };
    },
    close: async () => {},
  };
}

let lastOrder: { readonly key: string; readonly order: readonly number[] } = { key: "", order: [] };

function orderOf(seed: number, round: number, count: number): readonly number[] {
  const key = `${seed}/${round}/${count}`;
  if (lastOrder.key !== key) lastOrder = { key, order: shuffled(count, randomStream(seed, "views", round)) };
  return lastOrder.order;
}
