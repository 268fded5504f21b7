/** Makes one batch: decodes what isn't there yet, changes the pictures as the recipe says, mixes them, writes the planes. */

import { warp } from "@sightline/vision/augment/affine";
import { augment, fitting, type Labelled, mosaic } from "@sightline/vision/augment/augment";
import { mapBoxes } from "@sightline/vision/augment/boxes";
import { type Mix, mixRows } from "@sightline/vision/augment/mixing";
import type { Recipe } from "@sightline/vision/augment/recipe";
import { letterboxGrey } from "@sightline/vision/letterbox";
import { writePlanes } from "@sightline/vision/planes";
import { type SeededRandom, seededRandom } from "../seeded-random.js";
import { BatchPlan } from "./batch-plan.js";
import type { Batch, LoaderBox, LoaderSample } from "./loader-options.js";
import { PictureStore, type SharedPictures, type StoredPicture, type StoreSize } from "./picture-store.js";

/** Everything that decides what a batch holds; plain data, so that a thread can be given it. */
export interface BatchOrder {
  readonly samples: readonly LoaderSample[];
  readonly width: number;
  readonly height: number;
  readonly fit: "stretch" | "letterbox";
  readonly batchSize: number;
  readonly seed: number;
  readonly recipe: Recipe | null;
  readonly stored: StoreSize;
}

/** Pictures decoded at once inside one batch: sharp has four threads of its own. */
const decodesAtOnce = 4;

export class BatchMaker {
  readonly #order: BatchOrder;
  readonly #plan: BatchPlan;
  readonly #store: PictureStore;

  constructor(order: BatchOrder, shared: SharedPictures) {
    this.#order = order;
    this.#plan = new BatchPlan(order.samples.length, order.batchSize, order.seed, order.recipe !== null);
    this.#store = new PictureStore(order.samples, order.stored, shared);
  }

  /** Throws DatasetError `DATASET_PICTURE_BROKEN`. */
  async make(epoch: number, index: number): Promise<Batch> {
    const { width, height, batchSize: rows, seed, recipe } = this.#order;
    const { samples, count } = this.#plan.batch(epoch, index);
    const randoms = Array.from(samples, (_, row) => seededRandom(seed).branch(`${epoch}/${index}/${row}`));
    const tiles = randoms.map((random) => this.#mosaicPartners(random));
    const pictures = await this.#pictures(new Set([...samples, ...tiles.flat()]));

    const planes = new Float32Array(rows * 3 * width * height);
    const boxes: number[] = [];
    const shares: number[] = [];
    for (let row = 0; row < rows; row++) {
      const sources = [samples[row] as number, ...(tiles[row] ?? [])].map((sample) => this.#labelled(sample, pictures));
      const result = this.#changed(sources, randoms[row] as SeededRandom);
      writePlanes(result.image, planes, row * 3 * width * height);
      for (const { label, x1, y1, x2, y2, visible = 1 } of result.boxes) {
        boxes.push(row, label, x1, y1, x2, y2);
        shares.push(visible);
      }
    }
    const mixes: readonly Mix[] =
      recipe === null
        ? Array.from(samples, (_, row) => ({ partner: row, weight: 1 }))
        : mixRows(planes, rows, width, height, recipe, seededRandom(seed).branch(`mix ${epoch}/${index}`).next);
    return {
      pictures: planes,
      rows,
      count,
      width,
      height,
      samples,
      targets: this.#targets(samples, mixes),
      boxes: Float32Array.from(boxes),
      visible: Float32Array.from(shares),
      partners: Int32Array.from(mixes, ({ partner }) => partner),
      weights: Float32Array.from(mixes, ({ weight }) => weight),
    };
  }

  /** The other three of a mosaic, or none. */
  #mosaicPartners(random: SeededRandom): readonly number[] {
    const { recipe, samples } = this.#order;
    if (recipe === null || recipe.mosaic === 0 || random.next() >= recipe.mosaic) return [];
    return [random.index(samples.length), random.index(samples.length), random.index(samples.length)];
  }

  async #pictures(wanted: ReadonlySet<number>): Promise<ReadonlyMap<number, StoredPicture>> {
    const pictures = new Map<number, StoredPicture>();
    const waiting = [...wanted];
    const work = async (): Promise<void> => {
      for (let sample = waiting.shift(); sample !== undefined; sample = waiting.shift()) {
        pictures.set(sample, await this.#store.picture(sample));
      }
    };
    await Promise.all(Array.from({ length: decodesAtOnce }, work));
    return pictures;
  }

  #labelled(sample: number, pictures: ReadonlyMap<number, StoredPicture>): Labelled<LoaderBox> {
    const { image, scaleX, scaleY } = pictures.get(sample) as StoredPicture;
    const boxes = this.#order.samples[sample]?.boxes ?? [];
    return {
      image,
      boxes: boxes.map(({ x1, y1, x2, y2, ...box }) => ({
        ...box,
        x1: x1 * scaleX,
        y1: y1 * scaleY,
        x2: x2 * scaleX,
        y2: y2 * scaleY,
      })),
    };
  }

  #changed(sources: readonly Labelled<LoaderBox>[], random: SeededRandom): Labelled<LoaderBox> {
    const { width, height, fit, recipe } = this.#order;
    const [first, second, third, fourth] = sources as [Labelled<LoaderBox>, ...Labelled<LoaderBox>[]];
    if (recipe === null) {
      const map = fitting(first.image, width, height, fit);
      const image = warp(first.image, map, width, height, { border: letterboxGrey });
      return { image, boxes: mapBoxes(first.boxes, map, width, height, { minShare: 0, minSide: 0 }) };
    }
    if (second && third && fourth) {
      return mosaic([first, second, third, fourth], recipe, random.next, { width, height, fit });
    }
    return augment(first, recipe, random.next, { width, height, fit });
  }

  #targets(samples: Int32Array, mixes: readonly Mix[]): Float32Array {
    const size = this.#order.samples[0]?.target.length ?? 0;
    const targets = new Float32Array(samples.length * size);
    for (const [row, { partner, weight }] of mixes.entries()) {
      const own = this.#order.samples[samples[row] as number]?.target ?? [];
      const other = this.#order.samples[samples[partner] as number]?.target ?? [];
      for (let k = 0; k < size; k++) {
        targets[row * size + k] = weight * (own[k] ?? 0) + (1 - weight) * (other[k] ?? 0);
      }
    }
    return targets;
  }
}
