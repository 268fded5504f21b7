/** Settles what an explanation is about: the network's input, the question, and of a detector the object and its tile. */
import { decodeImage, readHeader } from "@sightline/dataset/image-file";
import type { Image } from "@sightline/vision/image";
import { writePlanes } from "@sightline/vision/planes";
import { cutTile, planTiles, type Tile } from "@sightline/vision/tiles";
import { detect } from "../detect.js";
import type { Manifest } from "../manifest.js";
import { ModelError } from "../model-error.js";
import { modelValues } from "../model-values.js";
import { fitInput, neededSize } from "../pictures.js";
import type { Detection } from "../prediction.js";
import { type AskedModel, networkFor } from "./asked-network.js";
import type { Area, ExplainOptions } from "./explanation.js";
import { floats, labelQuestion, objectQuestion, type Question } from "./question.js";
import { frameOf, type Scene } from "./scene.js";

export interface Asked {
  /** Of the picture as it came. */
  readonly size: Size;
  readonly scene: Scene;
  readonly question: Question;
  /** The object, in pixels of the frame. */
  readonly focus: Area | undefined;
  readonly detection: (Detection & { readonly index: number }) | null;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** @throws ImageError; ModelError `EXPLANATION_LABEL_UNKNOWN`, `EXPLANATION_NO_OBJECT` */
export async function askAbout(bytes: Uint8Array, options: ExplainOptions, model: AskedModel): Promise<Asked> {
  const { input, tiling, task } = model.manifest;
  const size = readHeader(bytes);
  const picture = await decodeImage(bytes, tiling ? {} : neededSize(size, input));
  const asked = task === "detection" ? askAboutObject : askAboutLabel;
  return asked(picture, { width: size.width, height: size.height }, options, model);
}

async function askAboutLabel(picture: Image, size: Size, options: ExplainOptions, model: AskedModel): Promise<Asked> {
  const { manifest } = model;
  const needsAnswer = options.label === undefined && manifest.task !== "anomaly";
  const { input, part } = await mostAnomalous(picture, model);
  const outputs = needsAnswer
    ? await (await networkFor([modelValues.probabilities], model)).once((target) => writePlanes(input, target, 0))
    : {};
  const question = labelQuestion(manifest, options.label, outputs, options.threshold ?? 0.5, options.unit);
  const frame = frameOf(part, manifest.input);
  return {
    size,
    scene: { input, frame, area: areaOf(part, picture, size) },
    question,
    focus: undefined,
    detection: null,
  };
}

/** The picture at the input's size; of a tiled one the tile whose score is the picture's. */
async function mostAnomalous(picture: Image, model: AskedModel): Promise<{ input: Image; part: Tile }> {
  const { input, tiling } = model.manifest;
  const whole = { x: 0, y: 0, width: picture.width, height: picture.height };
  if (tiling === undefined) return { input: fitInput(picture, input), part: whole };
  const network = await networkFor([modelValues.rawScore], model);
  const { tile, overlap } = tiling;
  let worst = { input: fitInput(picture, input), part: whole, score: Number.NEGATIVE_INFINITY };
  for (const part of planTiles(picture.width, picture.height, { width: tile, height: tile, overlap })) {
    const fitted = fitInput(cutTile(picture, part), input);
    const outputs = await network.once((target) => writePlanes(fitted, target, 0));
    const score = floats(outputs, modelValues.rawScore)[0] as number;
    if (score > worst.score) worst = { input: fitted, part, score };
    model.onProgress(0);
  }
  return worst;
}

/** A part of a picture, which may have been decoded smaller, in pixels of the picture as it came. */
function areaOf(part: Tile, picture: Size, size: Size): Area {
  const [across, down] = [size.width / picture.width, size.height / picture.height];
  return {
    x1: part.x * across,
    y1: part.y * down,
    x2: (part.x + part.width) * across,
    y2: (part.y + part.height) * down,
  };
}

async function askAboutObject(picture: Image, size: Size, options: ExplainOptions, model: AskedModel): Promise<Asked> {
  const { manifest } = model;
  const { object, index } = await objectOf(picture, size, options, model);
  // From the picture as it came to what was decoded of it, which may be smaller.
  const [across, down] = [picture.width / size.width, picture.height / size.height];
  const box = { x1: object.x1 * across, y1: object.y1 * down, x2: object.x2 * across, y2: object.y2 * down };
  const tile = tileOf(picture, box, manifest);
  const part = tile.width === picture.width && tile.height === picture.height ? picture : cutTile(picture, tile);
  const input = fitInput(part, manifest.input);
  const frame = frameOf(part, manifest.input);
  const [toRight, toBottom] = [frame.width / tile.width, frame.height / tile.height];
  const focus = {
    x1: Math.max(0, (box.x1 - tile.x) * toRight),
    y1: Math.max(0, (box.y1 - tile.y) * toBottom),
    x2: Math.min(frame.width, (box.x2 - tile.x) * toRight),
    y2: Math.min(frame.height, (box.y2 - tile.y) * toBottom),
  };
  const ofInput = { x1: focus.x1 + frame.x, y1: focus.y1 + frame.y, x2: focus.x2 + frame.x, y2: focus.y2 + frame.y };
  const question = objectQuestion(object.label, manifest.labels, ofInput);
  const area = areaOf(tile, picture, size);
  return { size, scene: { input, frame, area }, question, focus, detection: { ...object, index } };
}

/** The object wanted among those found, in pixels of the picture as it came, with its place among all of them. */
async function objectOf(picture: Image, size: Size, options: ExplainOptions, model: AskedModel) {
  const network = await networkFor([modelValues.boxes, modelValues.scores], model);
  const { objects } = await detect(picture, size, model.manifest, options.scoreThreshold, async (input) => {
    const outputs = await network.once((target) => writePlanes(input, target, 0));
    return { boxes: floats(outputs, modelValues.boxes), scores: floats(outputs, modelValues.scores) };
  });
  const wanted = options.label === undefined ? objects : objects.filter(({ label }) => label === options.label);
  const object = wanted[options.detection ?? 0];
  if (object !== undefined) return { object, index: objects.indexOf(object) };
  const kind = options.label === undefined ? "objects" : `objects "${options.label}"`;
  throw new ModelError(
    "EXPLANATION_NO_OBJECT",
    `The model finds ${wanted.length} ${kind} in this picture, so there is no number ${options.detection ?? 0} ` +
      "(counted from 0). Choose another one, or lower the score from which an object counts.",
  );
}

/** The tile that shows most of a box; of those that show all of it the one in whose middle it lies. */
function tileOf(picture: Image, box: Area, { tiling }: Manifest): Tile {
  const whole = { x: 0, y: 0, width: picture.width, height: picture.height };
  if (tiling === undefined) return whole;
  const tiles = planTiles(picture.width, picture.height, {
    width: tiling.tile,
    height: tiling.tile,
    overlap: tiling.overlap,
  });
  const ranked = tiles.map((tile) => {
    const across = Math.min(box.x2, tile.x + tile.width) - Math.max(box.x1, tile.x);
    const down = Math.min(box.y2, tile.y + tile.height) - Math.max(box.y1, tile.y);
    const away = Math.hypot(
      (box.x1 + box.x2) / 2 - tile.x - tile.width / 2,
      (box.y1 + box.y2) / 2 - tile.y - tile.height / 2,
    );
    return { tile, shown: Math.max(0, across) * Math.max(0, down), away };
  });
  return ranked.toSorted((a, b) => b.shown - a.shown || a.away - b.away)[0]?.tile ?? whole;
}
