/** The pictures of a training or an evaluation: read, decoded and brought to the size a network takes. */
import { readFile } from "node:fs/promises";
import type { Sample } from "@sightline/dataset/dataset";
import { hashPictures } from "@sightline/dataset/dataset-hash";
import { decodeImage, ImageError, readHeader } from "@sightline/dataset/image-file";
import type { Image } from "@sightline/vision/image";
import { letterbox, planLetterbox } from "@sightline/vision/letterbox";
import { resize } from "@sightline/vision/resize";
import { cutTile } from "@sightline/vision/tiles";
import type { ModelInput } from "./manifest.js";
import { throwIfCancelled } from "./model-error.js";

/** A picture's pixels at a network's input size; `letterbox` keeps its shape. */
export async function decodeForInput(
  bytes: Uint8Array,
  width: number,
  height: number,
  fit: NonNullable<ModelInput["fit"]> = "stretch",
): Promise<Image> {
  const input = { width, height, fit };
  return fitInput(await decodeImage(bytes, neededSize(readHeader(bytes), input)), input);
}

/** How small a picture may be decoded: a letterboxed one fills the input along one side only. */
export function neededSize(
  picture: { readonly width: number; readonly height: number },
  { width, height, fit }: ModelInput,
): { readonly minWidth: number; readonly minHeight: number } {
  if (fit !== "letterbox") return { minWidth: width, minHeight: height };
  const { innerWidth, innerHeight } = planLetterbox(picture.width, picture.height, width, height);
  return { minWidth: innerWidth, minHeight: innerHeight };
}

/** A decoded picture at a network's input size. */
export function fitInput(picture: Image, { width, height, fit }: ModelInput): Image {
  return fit === "letterbox" ? letterbox(picture, width, height).image : resize(picture, width, height);
}

/**
 * Reads samples at a network's input size. A tile needs its picture as it is: those of one picture that are asked for one
 * after the other cost one decoding.
 */
export class SampleReader {
  readonly #whole = new Map<string, Promise<Image>>();

  async image(sample: Sample, input: ModelInput): Promise<Image> {
    const { region, file } = sample;
    if (region === undefined) {
      const bytes = new Uint8Array(await readFile(file));
      return decodeForInput(bytes, input.width, input.height, input.fit);
    }
    return fitInput(await this.tile(sample, region), input);
  }

  /** A tile's own pixels. */
  async tile({ file }: Sample, { x1, y1, x2, y2 }: NonNullable<Sample["region"]>): Promise<Image> {
    let whole = this.#whole.get(file);
    if (whole === undefined) {
      whole = readFile(file).then((bytes) => decodeImage(bytes));
      this.#whole.set(file, whole);
      for (const other of this.#whole.keys()) {
        if (this.#whole.size <= keptWhole) break;
        this.#whole.delete(other);
      }
    }
    return cutTile(await whole, { x: x1, y: y1, width: x2 - x1, height: y2 - y1 });
  }
}

/** Whole pictures kept for their next tile: the one at hand and the next. */
const keptWhole = 2;

/** How a picture is turned over before it enters the network. */
export interface Flip {
  readonly horizontal: boolean;
  readonly vertical: boolean;
}

export const noFlip: Flip = { horizontal: false, vertical: false };

/** Writes a picture as planes of red, green and blue, 0–255, the way every model file takes it. */
export function writePlanes(image: Image, target: Float32Array, offset: number, flip: Flip = noFlip): void {
  const { width, height, data } = image;
  const area = width * height;
  for (let y = 0; y < height; y++) {
    const row = offset + (flip.vertical ? height - 1 - y : y) * width;
    let from = y * width * 3;
    for (let x = 0; x < width; x++) {
      const to = row + (flip.horizontal ? width - 1 - x : x);
      target[to] = data[from] as number;
      target[to + area] = data[from + 1] as number;
      target[to + 2 * area] = data[from + 2] as number;
      from += 3;
    }
  }
}

/** Pictures kept decoded between two candidates' passes take at most this much memory. */
const cacheBytes = 200e6;

/** A training part's pictures, all known to be readable. */
export class PictureSet {
  readonly samples: readonly Sample[];
  /** SHA-256 over labels and bytes. */
  readonly hash: string;
  readonly skipped: readonly { readonly name: string; readonly reason: string }[];
  readonly #reader = new SampleReader();
  readonly #decoded = new Map<string, Image>();
  #cached = 0;

  private constructor(samples: readonly Sample[], hash: string, skipped: PictureSet["skipped"]) {
    this.samples = samples;
    this.hash = hash;
    this.skipped = skipped;
  }

  /** Reads every picture once: hashes it, checks that it decodes, and leaves out those that do not. */
  static async open(
    samples: readonly Sample[],
    options: {
      readonly width: number;
      readonly height: number;
      readonly signal?: AbortSignal | undefined;
      readonly onProgress?: (share: number) => void;
    },
  ): Promise<PictureSet> {
    const readable: Sample[] = [];
    const skipped: { name: string; reason: string }[] = [];
    const decoded = new Map<Sample, Image>();
    let cached = 0;
    await inOrder(
      samples,
      async (sample) => {
        try {
          return await decodeForInput(await readFile(sample.file), options.width, options.height);
        } catch (error) {
          return describeUnreadable(error);
        }
      },
      (sample, result, i) => {
        throwIfCancelled(options.signal);
        if (typeof result === "string") skipped.push({ name: sample.name, reason: result });
        else {
          readable.push(sample);
          if (cached + result.data.length <= cacheBytes) {
            decoded.set(sample, result);
            cached += result.data.length;
          }
        }
        options.onProgress?.((i + 1) / samples.length);
      },
    );
    const set = new PictureSet(readable, await hashPictures(readable), skipped);
    for (const [sample, image] of decoded) set.#decoded.set(keyOf(sample, options.width, options.height), image);
    set.#cached = cached;
    return set;
  }

  /** Other samples of the same pictures, such as their tiles. */
  of(samples: readonly Sample[]): PictureSet {
    return new PictureSet(samples, this.hash, this.skipped);
  }

  /** One picture at a network's input size. */
  async image(sample: Sample, width: number, height: number): Promise<Image> {
    const key = keyOf(sample, width, height);
    const known = this.#decoded.get(key);
    if (known) return known;
    const image = await this.#reader.image(sample, { width, height });
    if (this.#cached + image.data.length <= cacheBytes) {
      this.#decoded.set(key, image);
      this.#cached += image.data.length;
    }
    return image;
  }
}

/** Runs `work` for a few items at once (decoding happens on other threads) and hands the results over in order. */
export async function inOrder<Item, Result>(
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<Result>,
  take: (item: Item, result: Result, index: number) => void | Promise<void>,
  ahead = 4,
): Promise<void> {
  const running: Promise<Result>[] = [];
  const begin = (index: number): void => {
    const item = items[index];
    if (item === undefined) return;
    const promise = work(item, index);
    promise.catch(() => {}); // seen when its turn comes; without this an earlier failure would leave it unhandled
    running.push(promise);
  };
  for (let i = 0; i < Math.min(ahead, items.length); i++) begin(i);
  for (const [i, item] of items.entries()) {
    const result = await (running.shift() as Promise<Result>);
    begin(i + ahead);
    await take(item, result, i);
  }
}

/** Why a picture can't be used, or the error itself when it is ours. */
function describeUnreadable(error: unknown): string {
  if (error instanceof ImageError) return error.message;
  if (error instanceof Error && "code" in error) return error.message;
  throw error;
}

function keyOf({ file, region }: Sample, width: number, height: number): string {
  return `${width}x${height} ${region ? `${region.x1},${region.y1} ` : ""}${file}`;
}
