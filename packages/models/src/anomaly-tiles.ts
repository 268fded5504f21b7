/**
 * Cuts the pictures of an anomaly training into overlapping tiles: for defects too small to be seen once a whole picture is
 * shrunk to a network's input.
 */
import { readFile } from "node:fs/promises";
import type { Sample } from "@sightline/dataset/dataset";
import { DefectMaskError, decodeDefectMask, maskOfRegion } from "@sightline/dataset/defect-mask";
import { ImageError, readHeader } from "@sightline/dataset/image-file";
import { type SeededRandom, seededRandom } from "@sightline/dataset/seeded-random";
import type { Corners } from "@sightline/vision/augment/boxes";
import { planTiles } from "@sightline/vision/tiles";
import type { Tiling } from "./manifest.js";
import { ModelError, nextTurn, throwIfCancelled } from "./model-error.js";
import { connectedRegions } from "./pixel-metrics.js";
import { defectTypes } from "./segmentation/defect-types.js";
import { quantile } from "./threshold.js";

/** A tile's side in pixels of the pictures, whole pictures, or tiles where masks tell that defects need them. */
export type TilingWish = number | "none" | "auto";

export interface TiledPictures {
  /** Those of one picture one after the other, each with its `region`. */
  readonly tiles: readonly Tile[];
  /** The pictures of which every tile is there: only they can be measured. */
  readonly whole: ReadonlySet<number>;
}

export interface Tile {
  readonly sample: Sample;
  /** Its picture's place among the samples that were cut. */
  readonly picture: number;
  /** What it shows is known: no defect, or one that its mask marks. The rest takes part in measuring alone. */
  readonly isLearnt: boolean;
}

export interface CutOptions {
  readonly normalLabel: string;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Defects that measure less in the network's input than this many pixels are too small to be seen … */
const tooSmall = 7;
/** … and what they should measure in a tile. */
const wantedSide = 16;
/** The small ones count: of the defects that masks show, the one that a quarter is smaller than. */
const smallShare = 0.25;
/** Fewer masks tell little about how small defects are. */
const leastMasks = 5;
/** Neighbours share this part of a tile, so that what is no larger lies wholly in one of them. */
const overlapShare = 0.25;
const smallestTile = 64;
/** Of a tile or of its picture's defects, what must lie in it to call it a defect's; less is neither one nor the other. */
const shownOfTile = 0.002;
const shownOfDefects = 0.5;
/**
 * Tiles of one training at most, and the part of them that whole pictures get: only these can be measured. No more than every method
 * looks at (`patchcore` at 800 good ones): a picture of which a tile is passed over has no answer.
 */
export const maxTiles = 800;
const wholeShare = 0.65;

/**
 * @param input what a picture is shrunk to without tiles
 * @returns `null`: pictures as they are
 * @throws ModelError `TILING_INVALID`
 */
export async function planTiling(
  wish: TilingWish,
  samples: readonly Sample[],
  input: Size,
  signal?: AbortSignal,
): Promise<Tiling | null> {
  if (wish === "none") return null;
  const tilingOf = (tile: number): Tiling => ({ tile, overlap: Math.round(tile * overlapShare) });
  if (wish !== "auto") {
    const [first] = samples;
    const size = first && (await sizeOf(first));
    if (size && wish >= Math.max(size.width, size.height))
      throw new ModelError(
        "TILING_INVALID",
        `Tiles must be smaller than the pictures, which are ${size.width} x ${size.height} pixels; got ${wish}. Choose smaller tiles or none.`,
      );
    return tilingOf(wish);
  }
  const masked = samples.filter(({ maskFile }) => maskFile !== undefined);
  if (masked.length < leastMasks) return null;
  /** Sides of the defects, in pixels of their picture and of the input. */
  const inPicture: number[] = [];
  const inInput: number[] = [];
  let longest = 0;
  for (const sample of masked) {
    throwIfCancelled(signal);
    const picture = await sizeOf(sample);
    const mask = await maskOf(sample);
    if (mask === null) continue;
    const { sizes } = connectedRegions(
      mask.data.map((type) => Math.min(1, type)),
      mask.width,
      mask.height,
    );
    for (const pixels of sizes) {
      const area = (pixels / (mask.width * mask.height)) * picture.width * picture.height;
      inPicture.push(Math.sqrt(area));
      inInput.push(Math.sqrt((area * input.width * input.height) / (picture.width * picture.height)));
    }
    longest = Math.max(longest, picture.width, picture.height);
    await nextTurn();
  }
  if (inInput.length < leastMasks || quantile(inInput.toSorted(ascending), smallShare) >= tooSmall) return null;
  const small = quantile(inPicture.toSorted(ascending), smallShare);
  const tile = Math.max(smallestTile, Math.round((Math.min(input.width, input.height) * small) / wantedSide));
  return tile < longest ? tilingOf(tile) : null;
}

/**
 * Cuts pictures into tiles. A good picture's tiles are good; with a mask it tells which tiles show the defect; the tiles of a
 * bad picture without a mask are only measured. Of large trainings only some pictures are there whole, of the others some
 * tiles to learn from.
 */
export async function cutIntoTiles(
  samples: readonly Sample[],
  tiling: Tiling,
  { normalLabel, seed, signal }: CutOptions,
): Promise<TiledPictures> {
  const random = seededRandom(seed).branch("tiles");
  const cut: (readonly Tile[])[] = [];
  for (const [picture, sample] of samples.entries()) {
    throwIfCancelled(signal);
    const size = await sizeOf(sample);
    const mask = sample.maskFile === undefined ? null : await maskOf(sample);
    const marked = mask?.data.reduce((sum, type) => sum + Math.min(1, type), 0) ?? 0;
    const isGood = sample.label === normalLabel;
    const regions = regionsOf(size, tiling);
    cut.push(
      regions.map((region, i) => {
        const name = `${sample.name} ${i + 1}/${regions.length}`;
        if (isGood || mask === null || marked === 0)
          return { picture, isLearnt: isGood, sample: { ...withoutMask(sample), name, region } };
        const { data } = maskOfRegion(mask, region, size);
        const shown = data.reduce((sum, type) => sum + Math.min(1, type), 0);
        const scale = (size.width * size.height) / (mask.width * mask.height);
        const isShown = shown >= shownOfTile * data.length || shown >= shownOfDefects * marked * scale;
        const named = shown > 0 ? { ...sample, name, region } : { ...withoutMask(sample), name, region };
        return {
          picture,
          isLearnt: shown === 0 || isShown,
          sample: shown === 0 ? { ...named, label: normalLabel } : named,
        };
      }),
    );
    await nextTurn();
  }
  // Good and bad ones in turn, so that however few are whole, both kinds can be measured.
  const goodOnes = shuffled(
    cut.filter(([first]) => first && samples[first.picture]?.label === normalLabel),
    random,
  );
  const badOnes = shuffled(
    cut.filter(([first]) => first && samples[first.picture]?.label !== normalLabel),
    random,
  );
  const kept: Tile[] = [];
  for (let i = 0; i < cut.length; i++)
    for (const tiles of [goodOnes[i], badOnes[i]])
      if (tiles && (kept.length === 0 || kept.length + tiles.length <= maxTiles * wholeShare)) kept.push(...tiles);
  const whole = new Set(kept.map(({ picture }) => picture));
  const others = shuffled(
    cut.flat().filter(({ picture, isLearnt }) => isLearnt && !whole.has(picture)),
    random,
  );
  // What shows a defect is rare: it goes first.
  const isBad = ({ sample }: Tile): boolean => sample.label !== normalLabel;
  const rareFirst = [...others.filter(isBad), ...others.filter((one) => !isBad(one))];
  kept.push(...rareFirst.slice(0, Math.max(0, maxTiles - kept.length)));
  return { tiles: kept.sort((a, b) => a.picture - b.picture), whole };
}

/** A picture's tiles, as a predictor cuts them. */
export async function tilesOf(sample: Sample, tiling: Tiling): Promise<readonly Corners[]> {
  return regionsOf(await sizeOf(sample), tiling);
}

function regionsOf({ width, height }: Size, { tile, overlap }: Tiling): Corners[] {
  return planTiles(width, height, { width: tile, height: tile, overlap }).map((part) => ({
    x1: part.x,
    y1: part.y,
    x2: part.x + part.width,
    y2: part.y + part.height,
  }));
}

function withoutMask({ maskFile: _file, maskColours: _colours, ...sample }: Sample): Sample {
  return sample;
}

async function sizeOf({ file }: Sample): Promise<Size> {
  return readHeader(new Uint8Array(await readFile(file)));
}

/** Where any defect is; `null` where the mask can't be used. */
async function maskOf(sample: Sample) {
  const types = defectTypes([sample]).map(({ label }) => label);
  try {
    const bytes = new Uint8Array(await readFile(sample.maskFile as string));
    return await decodeDefectMask(bytes, { types, colours: sample.maskColours, label: sample.label });
  } catch (error) {
    if (error instanceof DefectMaskError || error instanceof ImageError) return null;
    throw error;
  }
}

function shuffled<Item>(items: readonly Item[], random: SeededRandom): Item[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = random.index(i + 1);
    [result[i], result[j]] = [result[j] as Item, result[i] as Item];
  }
  return result;
}

function ascending(a: number, b: number): number {
  return a - b;
}
