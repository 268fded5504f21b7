/**
 * Views of pictures with masks: each picture as it is and altered, as feature maps of the frozen backbone, and what its
 * mask says in the same view. Made once; a step of the training then costs milliseconds.
 */
import { readFile } from "node:fs/promises";
import type { Sample } from "@sightline/dataset/dataset";
import { decodeDefectMask, maskOfRegion } from "@sightline/dataset/defect-mask";
import { decodeImage, readHeader } from "@sightline/dataset/image-file";
import { seededRandom } from "@sightline/dataset/seeded-random";
import type { Graph } from "@sightline/nn/graph";
import { openGraphSession } from "@sightline/nn/session/session";
import { floatTensor, type Tensor } from "@sightline/nn/tensor";
import { augment } from "@sightline/vision/augment/augment";
import { plainRecipe, type Recipe } from "@sightline/vision/augment/recipe";
import type { Image } from "@sightline/vision/image";
import { resize } from "@sightline/vision/resize";
import { nextTurn, throwIfCancelled } from "../model-error.js";
import { modelValues } from "../model-values.js";
import { inOrder, SampleReader, writePlanes } from "../pictures.js";
import { emptyTap, quantise, type TapCache } from "../tap-cache.js";
import type { DefectType } from "./defect-types.js";

export interface DrawnViews extends TapCache {
  /** Each row's place among the samples; the first row of each sample shows it as it is. */
  readonly sampleOf: Int32Array;
  readonly samples: number;
  /** `[rows, types, height, width]`, 255 where the defect is: shares at smoothed edges. */
  readonly masks: Uint8Array;
  readonly types: number;
  readonly maskWidth: number;
  readonly maskHeight: number;
  /** Each sample's mask at the network's input size: 0 none, k the k-th type. */
  readonly truths: readonly Uint8Array[];
}

export interface DrawnViewsOptions {
  readonly samples: readonly Sample[];
  readonly types: readonly DefectType[];
  /** Input `image`, 0–255; outputs the taps. */
  readonly graph: Graph;
  readonly width: number;
  readonly height: number;
  /** Pixels of the input between two places of the answer. */
  readonly stride: number;
  /** Of each picture, the one as it is included. */
  readonly views: number;
  /** Milliseconds that making them should take; left out: no limit. */
  readonly budgetMs: number | undefined;
  readonly recipe: Recipe;
  readonly seed: number;
  readonly threads: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (share: number) => void;
  /** A mask that can't be used: its picture is left out. */
  readonly onUnusable: (sample: Sample, reason: string) => void;
}

/** What scales the maps: more pictures change nothing. */
const scalePictures = 48;
/** Pictures to be altered are kept this much larger than the input, so that what is zoomed in on stays sharp. */
const detail = 1.5;

interface Drawn {
  readonly sample: Sample;
  /** At the network's input size, as a predictor feeds it. */
  readonly plain: Image;
  /** What altered views are made from. */
  readonly large: Image;
  /** By type, as wide as `large`: white where the defect is. `null`: nothing of any type. */
  readonly layers: readonly Image[] | null;
  readonly truth: Uint8Array;
}

/** @returns the views, and the samples that take part in them */
export async function drawViews(
  options: DrawnViewsOptions,
): Promise<DrawnViews & { readonly members: readonly Sample[] }> {
  const { graph, width, height, stride, types, seed, signal } = options;
  const session = await openGraphSession(graph, { threads: options.threads });
  const reader = new SampleReader();
  const planes = new Float32Array(3 * width * height);
  const run = async (image: Image): Promise<readonly Float32Array[]> => {
    writePlanes(image, planes, 0);
    const results = await session.run({ [modelValues.image]: floatTensor([1, 3, height, width], planes) });
    return graph.outputs.map(({ name }) => results[name]?.data as Float32Array);
  };
  try {
    const first = options.samples.slice(0, scalePictures);
    const scaling: (readonly Float32Array[])[] = [];
    const startedAtMs = performance.now();
    await inOrder(
      first,
      (sample) => openDrawn(sample, reader, { ...options, onUnusable: () => {} }),
      async (_, drawn) => {
        throwIfCancelled(signal);
        if (drawn) scaling.push((await run(drawn.plain)).map((map) => map.slice()));
        await nextTurn();
      },
    );
    const msPerView = (performance.now() - startedAtMs) / Math.max(1, first.length);
    const affordable =
      options.budgetMs === undefined ? options.views : options.budgetMs / (msPerView * options.samples.length);
    const views = Math.max(1, Math.min(options.views, Math.floor(affordable)));
    const rows = options.samples.length * views;
    const taps = graph.outputs.map(({ name, dims }, t) =>
      emptyTap(
        name,
        dims.slice(1).map(Number) as [number, number, number],
        scaling.map((maps) => maps[t] as Float32Array),
        rows,
      ),
    );
    const [maskWidth, maskHeight] = [width / stride, height / stride];
    const maskSize = types.length * maskWidth * maskHeight;
    const masks = new Uint8Array(rows * maskSize);
    const sampleOf = new Int32Array(rows);
    const members: Sample[] = [];
    const truths: Uint8Array[] = [];
    let row = 0;
    await inOrder(
      options.samples,
      (sample) => openDrawn(sample, reader, options),
      async (sample, drawn, at) => {
        if (drawn === null) return;
        const random = seededRandom(seed).branch(`views ${sample.name}`);
        for (let view = 0; view < views; view++) {
          throwIfCancelled(signal);
          const seedOfView = `${view}`;
          const image =
            view === 0
              ? drawn.plain
              : altered(drawn.large, options.recipe, random.branch(seedOfView).next, width, height);
          const maps = await run(image);
          for (const [t, tap] of taps.entries()) quantise(tap, maps[t] as Float32Array, row);
          for (const [k, layer] of (drawn.layers ?? []).entries()) {
            const seen =
              view === 0
                ? resize(layer, maskWidth, maskHeight)
                : altered(layer, geometryOf(options.recipe), random.branch(seedOfView).next, maskWidth, maskHeight);
            const to = row * maskSize + k * maskWidth * maskHeight;
            for (let i = 0; i < maskWidth * maskHeight; i++) masks[to + i] = seen.data[i * 3] as number;
          }
          sampleOf[row] = members.length;
          row++;
          await nextTurn();
        }
        members.push(sample);
        truths.push(drawn.truth);
        options.onProgress((at + 1) / options.samples.length);
      },
    );
    return {
      rows,
      taps,
      masks,
      truths,
      members,
      maskWidth,
      maskHeight,
      sampleOf: sampleOf.subarray(0, row),
      samples: members.length,
      types: types.length,
    };
  } finally {
    await session.dispose();
  }
}

/** `null` where the mask can't be used. */
async function openDrawn(sample: Sample, reader: SampleReader, options: DrawnViewsOptions): Promise<Drawn | null> {
  const { width, height, types } = options;
  const bytes = new Uint8Array(await readFile(sample.file));
  const least = { minWidth: Math.ceil(width * detail), minHeight: Math.ceil(height * detail) };
  const { region } = sample;
  const large = region ? await reader.tile(sample, region) : await decodeImage(bytes, least);
  const truth = new Uint8Array(width * height);
  const plain = resize(large, width, height);
  if (sample.maskFile === undefined) return { sample, plain, large, layers: null, truth };
  try {
    const header = readHeader(bytes);
    const wholeMask = await decodeDefectMask(new Uint8Array(await readFile(sample.maskFile)), {
      types: types.map(({ label }) => label),
      colours: sample.maskColours,
      label: sample.label,
    });
    const isSameShape =
      Math.abs(wholeMask.width * header.height - wholeMask.height * header.width) <=
      0.02 * wholeMask.width * header.height;
    if (!isSameShape)
      throw new RangeError(
        `The mask is ${wholeMask.width} x ${wholeMask.height} pixels, its picture ${header.width} x ${header.height}.`,
      );
    const mask = region ? maskOfRegion(wholeMask, region, header) : wholeMask;
    for (let y = 0; y < height; y++) {
      const line = Math.floor(((y + 0.5) * mask.height) / height) * mask.width;
      for (let x = 0; x < width; x++)
        truth[y * width + x] = mask.data[line + Math.floor(((x + 0.5) * mask.width) / width)] as number;
    }
    const layers = types.map((_, k): Image => {
      const data = new Uint8Array(mask.width * mask.height * 3);
      for (let i = 0; i < mask.data.length; i++) if (mask.data[i] === k + 1) data.fill(255, i * 3, i * 3 + 3);
      return { width: mask.width, height: mask.height, data };
    });
    return { sample, plain, large, layers, truth };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    options.onUnusable(sample, error.message);
    return null;
  }
}

function altered(image: Image, recipe: Recipe, random: () => number, width: number, height: number): Image {
  return augment({ image, boxes: [] }, recipe, random, { width, height, fit: "stretch" }).image;
}

/** What moves places and nothing else, so that a mask drawn with the same numbers goes the way of its picture. */
function geometryOf(recipe: Recipe): Recipe {
  const { flipSideways, flipUpsideDown, quarterTurn, rotationDegrees, shearDegrees, shift, zoom, stretch, cropArea } =
    recipe;
  return {
    ...plainRecipe,
    ...{ flipSideways, flipUpsideDown, quarterTurn, rotationDegrees, shearDegrees, shift, zoom, stretch, cropArea },
    // Beyond the picture nobody has drawn anything.
    border: 0,
  };
}

/** Masks of some rows, 0–1. */
export function maskRows(views: DrawnViews, rows: readonly number[]): Tensor {
  const size = views.types * views.maskWidth * views.maskHeight;
  const data = new Float32Array(rows.length * size);
  for (const [place, row] of rows.entries())
    for (let i = 0; i < size; i++) data[place * size + i] = (views.masks[row * size + i] as number) / 255;
  return floatTensor([rows.length, views.types, views.maskHeight, views.maskWidth], data);
}
