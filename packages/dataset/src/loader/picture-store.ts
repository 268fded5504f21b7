/** Decoded pictures in memory that all worker threads share: each is decoded once, in whichever thread needs it first. */
import { readFile } from "node:fs/promises";
import type { Corners } from "@sightline/vision/augment/boxes";
import type { Image } from "@sightline/vision/image";
import { planLetterbox } from "@sightline/vision/letterbox";
import { resize } from "@sightline/vision/resize";
import { DatasetError } from "../dataset-error.js";
import { decodeImage, readHeader } from "../image-file.js";
import type { LoaderSample } from "./loader-options.js";

/** What threads share: slots of equal size, and for each slot whether it is filled and with what. */
export interface SharedPictures {
  readonly pixels: SharedArrayBuffer;
  readonly states: SharedArrayBuffer;
  readonly slots: number;
  readonly slotBytes: number;
}

export interface StoreSize {
  /** Decoded pictures are made to fit this, where they are as large. */
  readonly width: number;
  readonly height: number;
  /** Smaller pictures stay as they are, down to this. */
  readonly leastWidth: number;
  readonly leastHeight: number;
  readonly fit: "stretch" | "letterbox";
}

/** A decoded picture, and how many of its own pixels one pixel of the file is. */
export interface StoredPicture {
  readonly image: Image;
  readonly scaleX: number;
  readonly scaleY: number;
}

/** isFilled, width, height, and the size in the file. */
const stateLength = 5;

/** Room for as many of the samples as `maxBytes` allows, the first ones. Memory is taken only when pictures come in. */
export function sharePictures(samples: number, { width, height }: StoreSize, maxBytes: number): SharedPictures {
  const slotBytes = width * height * 3;
  const slots = Math.min(samples, Math.floor(maxBytes / slotBytes));
  return {
    pixels: new SharedArrayBuffer(slots * slotBytes),
    states: new SharedArrayBuffer(slots * stateLength * Int32Array.BYTES_PER_ELEMENT),
    slots,
    slotBytes,
  };
}

/** One thread's way to the shared pictures. */
export class PictureStore {
  readonly #samples: readonly LoaderSample[];
  readonly #size: StoreSize;
  readonly #shared: SharedPictures;
  readonly #pixels: Uint8Array;
  readonly #states: Int32Array;

  constructor(samples: readonly LoaderSample[], size: StoreSize, shared: SharedPictures) {
    this.#samples = samples;
    this.#size = size;
    this.#shared = shared;
    this.#pixels = new Uint8Array(shared.pixels);
    this.#states = new Int32Array(shared.states);
  }

  /** Throws DatasetError `DATASET_PICTURE_BROKEN`, naming the picture. */
  async picture(sample: number): Promise<StoredPicture> {
    return this.#stored(sample) ?? this.#decode(sample);
  }

  #stored(sample: number): StoredPicture | null {
    if (sample >= this.#shared.slots) return null;
    const at = sample * stateLength;
    if (Atomics.load(this.#states, at) === 0) return null;
    const [width = 0, height = 0, fileWidth = 1, fileHeight = 1] = this.#states.subarray(at + 1, at + stateLength);
    const start = sample * this.#shared.slotBytes;
    const data = this.#pixels.subarray(start, start + width * height * 3);
    return { image: { width, height, data }, scaleX: width / fileWidth, scaleY: height / fileHeight };
  }

  async #decode(sample: number): Promise<StoredPicture> {
    const { name, file, region } = this.#samples[sample] as LoaderSample;
    let picture: Image;
    let size: { readonly width: number; readonly height: number };
    try {
      const bytes = await readFile(file);
      // A tile needs the picture as it is; a whole picture may be decoded smaller.
      const least = region ? {} : neededSize(readHeader(bytes), this.#size);
      const decoded = await decodeImage(bytes, least);
      picture = region ? cut(decoded, region) : decoded;
      size = region ? picture : readHeader(bytes);
    } catch (cause) {
      throw new DatasetError(
        "DATASET_PICTURE_BROKEN",
        `The picture "${name}" could be read when training began and can't be read now: ${(cause as Error).message} ` +
          "Put it back, or take it out of the dataset, and train again.",
        { cause },
      );
    }
    const image = fitted(picture, this.#size);
    this.#keep(sample, image, size);
    return { image, scaleX: image.width / size.width, scaleY: image.height / size.height };
  }

  /** Two threads may decode the same picture at once: they write the same bytes. */
  #keep(sample: number, image: Image, size: { readonly width: number; readonly height: number }): void {
    if (sample >= this.#shared.slots) return;
    const at = sample * stateLength;
    this.#pixels.set(image.data, sample * this.#shared.slotBytes);
    this.#states.set([image.width, image.height, size.width, size.height], at + 1);
    Atomics.store(this.#states, at, 1);
  }
}

/** How small a picture may be decoded: a letterboxed one fills the input along one side only. */
function neededSize(picture: { readonly width: number; readonly height: number }, { width, height, fit }: StoreSize) {
  if (fit === "stretch") return { minWidth: width, minHeight: height };
  const { innerWidth, innerHeight } = planLetterbox(picture.width, picture.height, width, height);
  return { minWidth: innerWidth, minHeight: innerHeight };
}

/**
 * The same steps as a predictor's, so that a network is trained on what it will be fed. Enlarging a picture to shrink it
 * again would blur what a predictor shows sharp.
 */
function fitted(picture: Image, { width, height, leastWidth, leastHeight, fit }: StoreSize): Image {
  const between = (own: number, least: number, most: number): number => Math.min(most, Math.max(own, least));
  if (fit === "stretch")
    return resize(picture, between(picture.width, leastWidth, width), between(picture.height, leastHeight, height));
  const most = planLetterbox(picture.width, picture.height, width, height);
  const least = planLetterbox(picture.width, picture.height, leastWidth, leastHeight);
  return resize(
    picture,
    between(picture.width, least.innerWidth, most.innerWidth),
    between(picture.height, least.innerHeight, most.innerHeight),
  );
}

/** A part of a picture; what lies beyond its edges is left out. */
function cut({ width, height, data }: Image, { x1, y1, x2, y2 }: Corners): Image {
  const [left, top] = [Math.max(0, x1), Math.max(0, y1)];
  const [right, bottom] = [Math.min(width, x2), Math.min(height, y2)];
  if (!(right > left && bottom > top)) {
    throw new RangeError(`The region (${x1}, ${y1}) to (${x2}, ${y2}) lies outside its ${width} x ${height} pixels.`);
  }
  const part = new Uint8Array((right - left) * (bottom - top) * 3);
  const rowBytes = (right - left) * 3;
  for (let y = top; y < bottom; y++) {
    const from = (y * width + left) * 3;
    part.set(data.subarray(from, from + rowBytes), (y - top) * rowBytes);
  }
  return { width: right - left, height: bottom - top, data: part };
}
