/**
 * Lets any anomaly method learn from tiles: it is given tiles where it expects pictures, and answers for a picture with the
 * worst of its tiles, as a predictor does.
 */
import type { Sample } from "@sightline/dataset/dataset";
import { writeOnnx } from "@sightline/nn/onnx-file";
import { openSession } from "@sightline/nn/session/session";
import { floatTensor } from "@sightline/nn/tensor";
import { type CutOptions, cutIntoTiles, type Tile, type TiledPictures, tilesOf } from "./anomaly-tiles.js";
import type { Tiling } from "./manifest.js";
import type { FoldMethod, Folds, HeldOutOutput, Method, NetContext, NetMethod, TrainedNet } from "./method.js";
import { nextTurn, throwIfCancelled } from "./model-error.js";
import { modelValues } from "./model-values.js";
import { inOrder, type PictureSet, SampleReader, writePlanes } from "./pictures.js";
import { makeProbes, type Probe } from "./probes/probes.js";

/** What takes part in measuring alone: nobody knows what it shows. */
const unknown = -1;

/** A training part in tiles. */
export class TiledPart {
  readonly tiling: Tiling;
  readonly tiles: readonly Tile[];
  /** By tile: 0 good, 1 with a defect, −1 nobody knows. */
  readonly truths: readonly number[];
  readonly #whole: ReadonlySet<number>;
  /** The pictures that were cut, and their tiles. */
  readonly #pictures: PictureSet;
  readonly #cut: PictureSet;
  readonly #options: CutOptions;
  readonly #tileOf = new WeakMap<Probe, number>();

  private constructor(tiling: Tiling, pictures: PictureSet, { tiles, whole }: TiledPictures, options: CutOptions) {
    this.tiling = tiling;
    this.tiles = tiles;
    this.#whole = whole;
    this.#pictures = pictures;
    this.#cut = pictures.of(tiles.map(({ sample }) => sample));
    this.#options = options;
    this.truths = tiles.map(({ sample, isLearnt }) =>
      isLearnt ? Number(sample.label !== options.normalLabel) : unknown,
    );
  }

  static async open(pictures: PictureSet, tiling: Tiling, options: CutOptions): Promise<TiledPart> {
    return new TiledPart(tiling, pictures, await cutIntoTiles(pictures.samples, tiling, options), options);
  }

  /** Tiles of which it is known what they show, for what learns places. */
  get known(): readonly Sample[] {
    return known(this.tiles);
  }

  /** How many tiles are good, and how many show a defect. */
  get counts(): readonly number[] {
    return [0, 1].map((kind) => this.truths.filter((truth) => truth === kind).length);
  }

  /** Tiles with a drawn defect; each belongs to the picture that its tile was cut from. */
  async probes(): Promise<Probe[]> {
    const ofWhole = this.truths.map((truth, i) => (this.#whole.has(this.#tile(i).picture) ? truth : unknown));
    return (await makeProbes(this.#cut, ofWhole, this.#options)).map(({ source: tile, image }) => {
      const { picture: source } = this.#tile(tile);
      const probe: Probe = { image, source, sample: this.#pictures.samples[source] as Sample };
      this.#tileOf.set(probe, tile);
      return probe;
    });
  }

  /** The method as one that learns from these tiles. */
  method(method: Method): Method {
    return method.kind === "folds" ? this.#foldMethod(method) : this.#netMethod(method);
  }

  #foldMethod(method: FoldMethod): FoldMethod {
    return {
      ...method,
      prepare: async (context) => {
        const { probes } = context;
        const training = await method.prepare({
          ...context,
          pictures: this.#cut,
          truths: this.truths,
          probes: probes.map((probe) => ({ ...probe, source: this.#tileOf.get(probe) as number })),
        });
        return {
          crossValidate: async ({ count, fold }: Folds) => {
            const ofTiles = this.tiles.map(({ picture }) => fold[picture] as number);
            const answers = await training.crossValidate({ count, fold: ofTiles });
            return {
              pictures: fold.map((_, picture) => this.#worst(answers.pictures, picture)),
              probes: probes.map((probe, p) => {
                const own = answers.probes[p];
                const rest = this.#worst(answers.pictures, probe.source, this.#tileOf.get(probe));
                return own && rest ? ((own[0] as number) > (rest[0] as number) ? own : rest) : null;
              }),
            };
          },
          finish: (calibration) => training.finish(calibration),
          dispose: () => training.dispose(),
        };
      },
    };
  }

  /** The highest raw score of a picture's tiles, but `without`; `null` where not all of them were answered. */
  #worst(outputs: readonly HeldOutOutput[], picture: number, without = -1): HeldOutOutput {
    if (!this.#whole.has(picture)) return null;
    let worst: HeldOutOutput = null;
    for (const [i, tile] of this.tiles.entries()) {
      if (tile.picture !== picture || i === without) continue;
      const output = outputs[i];
      if (!output) return null;
      if (worst === null || (output[0] as number) > (worst[0] as number)) worst = output;
    }
    return worst;
  }

  #netMethod(method: NetMethod): NetMethod {
    return {
      ...method,
      train: async (context) => {
        const training = new Set(context.training);
        const ofTraining = this.tiles.filter(({ picture }) => training.has(this.#pictures.samples[picture] as Sample));
        const { tiles: ofValidation } = await cutIntoTiles(context.validation, this.tiling, this.#options);
        const net = await method.train({
          ...context,
          training: known(ofTraining),
          validation: known(ofValidation),
          // The pictures held out are measured whole, below: nothing of them may be learnt.
          isValidationSetAside: false,
        });
        return { ...net, tiling: this.tiling, heldOut: await this.#heldOut(net, context) };
      },
    };
  }

  /** What the network says of each picture held out: the logits of its worst tile. */
  async #heldOut({ graph, measuredGraph, input }: TrainedNet, context: NetContext) {
    const { validation, threads, signal } = context;
    const session = await openSession(writeOnnx(measuredGraph ?? graph), { threads });
    const reader = new SampleReader();
    const planes = new Float32Array(3 * input.width * input.height);
    const found: { sample: Sample; logits: Float64Array }[] = [];
    try {
      for (const sample of validation) {
        const tiles = (await tilesOf(sample, this.tiling)).map((region) => ({ ...sample, region }));
        let worst: Float64Array | null = null;
        await inOrder(
          tiles,
          (tile) => reader.image(tile, input),
          async (_, image) => {
            throwIfCancelled(signal);
            writePlanes(image, planes, 0);
            const dims = [1, 3, input.height, input.width];
            const results = await session.run({ [modelValues.image]: floatTensor(dims, planes) });
            const logits = Float64Array.from(results[modelValues.logits]?.data as Float32Array);
            if (worst === null || oddsOf(logits) > oddsOf(worst)) worst = logits;
            await nextTurn();
          },
        );
        if (worst !== null) found.push({ sample, logits: worst });
      }
    } finally {
      await session.dispose();
    }
    return found;
  }

  #tile(i: number): Tile {
    return this.tiles[i] as Tile;
  }
}

function known(tiles: readonly Tile[]): readonly Sample[] {
  return tiles.filter(({ isLearnt }) => isLearnt).map(({ sample }) => sample);
}

function oddsOf([normal = 0, anomaly = 0]: Float64Array): number {
  return anomaly - normal;
}
