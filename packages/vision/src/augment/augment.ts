/** Does to one picture and its boxes what a recipe allows, with numbers drawn from a seeded generator. */
import type { Image } from "../image.js";
import {
  type Affine,
  about,
  chained,
  flippingSideways,
  flippingUpsideDown,
  identity,
  rotating,
  scaling,
  shearing,
  shifting,
  turning,
  warp,
  warpInto,
} from "./affine.js";
import {
  type BoxLimits,
  type Corners,
  clipBoxes,
  defaultBoxLimits,
  mapBoxes,
  type Shown,
  uncoveredBoxes,
} from "./boxes.js";
import { changeColour } from "./colour.js";
import { addNoise, blurred, erase, type RandomSource } from "./damage.js";
import type { Recipe } from "./recipe.js";

/** A picture with what is known to be in it. */
export interface Labelled<Box extends Corners & Shown> {
  readonly image: Image;
  /** In pixels of `image`. */
  readonly boxes: readonly Box[];
}

/** How the picture comes into the network's input before anything else is done to it. */
export type Fit = "stretch" | "letterbox";

export interface AugmentOptions {
  readonly width: number;
  readonly height: number;
  readonly fit: Fit;
  readonly limits?: BoxLimits;
}

/**
 * The picture at the size a network takes, changed as the recipe allows; the geometry is one resampling. The same numbers
 * from `random` give the same bytes.
 *
 * @example
 * const { image, boxes } = augment(sample, recipe, random, { width: 96, height: 96, fit: "stretch" });
 */
export function augment<Box extends Corners & Shown>(
  source: Labelled<Box>,
  recipe: Recipe,
  random: RandomSource,
  { width, height, fit, limits = defaultBoxLimits }: AugmentOptions,
): Labelled<Box> {
  const map = chained(fitting(source.image, width, height, fit), randomGeometry(recipe, random, width, height));
  const image = warp(source.image, map, width, height, { border: recipe.border });
  return afterGeometry({ image, boxes: mapBoxes(source.boxes, map, width, height, limits) }, recipe, random, limits);
}

/**
 * Four pictures around a random middle, each changed in shape as the recipe allows, then changed in light as one (the
 * mosaic of YOLOv4, Bochkovskiy et al. 2020).
 */
export function mosaic<Box extends Corners & Shown>(
  sources: readonly [Labelled<Box>, Labelled<Box>, Labelled<Box>, Labelled<Box>],
  recipe: Recipe,
  random: RandomSource,
  { width, height, fit, limits = defaultBoxLimits }: AugmentOptions,
): Labelled<Box> {
  const image: Image = { width, height, data: new Uint8Array(width * height * 3) };
  const middleX = Math.round(width * (0.3 + 0.4 * random()));
  const middleY = Math.round(height * (0.3 + 0.4 * random()));
  const boxes: Box[] = [];
  for (const [i, source] of sources.entries()) {
    const isRight = i % 2 === 1;
    const isBelow = i >= 2;
    const region = {
      left: isRight ? middleX : 0,
      right: isRight ? width : middleX,
      top: isBelow ? middleY : 0,
      bottom: isBelow ? height : middleY,
    };
    // Between half its size, which fits a tile, and its own: small things must not all become smaller.
    const size = 0.5 + 0.5 * random();
    const shape = chained(
      fitting(source.image, width, height, fit),
      randomGeometry(recipe, random, width, height),
      scaling(size, size),
    );
    const spareX = region.right - region.left - width * size;
    const spareY = region.bottom - region.top - height * size;
    const map = chained(shape, shifting(region.left + spareX * random(), region.top + spareY * random()));
    warpInto(image, source.image, map, { border: recipe.border, region });
    const area = { x1: region.left, y1: region.top, x2: region.right, y2: region.bottom };
    // Mapped without limits first: what counts is how much of the whole box the tile still shows.
    const everywhere = mapBoxes(source.boxes, chained(map, shifting(4 * width, 4 * height)), 9 * width, 9 * height, {
      minShare: 0,
      minSide: 0,
    });
    const shifted = everywhere.map((box) => ({
      ...box,
      x1: box.x1 - 4 * width,
      x2: box.x2 - 4 * width,
      y1: box.y1 - 4 * height,
      y2: box.y2 - 4 * height,
    }));
    boxes.push(...clipBoxes(shifted, area, limits));
  }
  return afterGeometry({ image, boxes }, recipe, random, limits);
}

/** How a picture lies in the input when nothing is changed. */
export function fitting(image: Image, width: number, height: number, fit: Fit): Affine {
  if (fit === "stretch") return scaling(width / image.width, height / image.height);
  const scale = Math.min(width / image.width, height / image.height);
  const [innerWidth, innerHeight] = [image.width * scale, image.height * scale];
  return chained(
    scaling(scale, scale),
    shifting(Math.floor((width - innerWidth) / 2), Math.floor((height - innerHeight) / 2)),
  );
}

function afterGeometry<Box extends Corners & Shown>(
  { image, boxes }: Labelled<Box>,
  recipe: Recipe,
  random: RandomSource,
  limits: BoxLimits,
): Labelled<Box> {
  const around = (amount: number): number => (amount === 0 ? 1 : 1 + amount * (2 * random() - 1));
  const balance = (): number => (recipe.whiteBalance === 0 ? 1 : (1 + recipe.whiteBalance) ** (2 * random() - 1));
  changeColour(image, {
    brightness: around(recipe.brightness),
    contrast: around(recipe.contrast),
    saturation: recipe.grey > 0 && random() < recipe.grey ? 0 : around(recipe.saturation),
    hueDegrees: recipe.hueDegrees === 0 ? 0 : recipe.hueDegrees * (2 * random() - 1),
    red: balance(),
    blue: balance(),
    gamma: recipe.gamma === 0 ? 1 : (1 + recipe.gamma) ** (2 * random() - 1),
  });
  const { blur, noise, erase: cover } = recipe;
  const clear = blur.chance > 0 && random() < blur.chance ? blurred(image, blur.sigma * random()) : image;
  if (noise.chance > 0 && random() < noise.chance) addNoise(clear, noise.deviation * random(), random);
  if (cover.chance === 0 || random() >= cover.chance) return { image: clear, boxes };
  return { boxes: uncoveredBoxes(boxes, erase(clear, cover.area, random), limits.minShare), image: clear };
}

/** A map of the input onto itself. */
function randomGeometry(recipe: Recipe, random: RandomSource, width: number, height: number): Affine {
  const steps: Affine[] = [];
  const happens = (chance: number): boolean => chance > 0 && random() < chance;
  const either = (amount: number): number => (amount === 0 ? 0 : amount * (2 * random() - 1));
  if (happens(recipe.flipSideways)) steps.push(flippingSideways(width));
  if (happens(recipe.flipUpsideDown)) steps.push(flippingUpsideDown(height));
  if (happens(recipe.quarterTurn)) {
    const turns = 1 + Math.floor(random() * 3);
    // An odd turn swaps the sides of an input that isn't square: stretched back.
    steps.push(turning(turns, width, height));
    if (turns % 2 === 1 && width !== height) steps.push(scaling(width / height, height / width));
  }
  if (recipe.cropArea < 1) steps.push(randomCrop(recipe, random, width, height));
  const radians = (either(recipe.rotationDegrees) * Math.PI) / 180;
  const [slantX, slantY] = [either(recipe.shearDegrees), either(recipe.shearDegrees)];
  const zoom = recipe.zoom[0] + (recipe.zoom[1] - recipe.zoom[0]) * (recipe.zoom[0] === recipe.zoom[1] ? 0 : random());
  const stretch = recipe.cropArea < 1 || recipe.stretch === 1 ? 1 : Math.sqrt(recipe.stretch ** either(1));
  if (radians !== 0 || slantX !== 0 || slantY !== 0 || zoom !== 1 || stretch !== 1) {
    const shape = chained(
      scaling(zoom * stretch, zoom / stretch),
      shearing((slantX * Math.PI) / 180, (slantY * Math.PI) / 180),
      rotating(radians),
    );
    steps.push(about(width / 2, height / 2, shape));
  }
  if (recipe.shift > 0) steps.push(shifting(either(recipe.shift) * width, either(recipe.shift) * height));
  return steps.length === 0 ? identity : chained(...steps);
}

/** A part of the picture brought to full size (random resized crop, Szegedy et al. 2015). */
function randomCrop(recipe: Recipe, random: RandomSource, width: number, height: number): Affine {
  const share = recipe.cropArea + (1 - recipe.cropArea) * random();
  const ratio = recipe.stretch ** (2 * random() - 1);
  const w = Math.min(1, Math.sqrt(share * ratio)) * width;
  const h = Math.min(1, Math.sqrt(share / ratio)) * height;
  const left = (width - w) * random();
  const top = (height - h) * random();
  return chained(shifting(-left, -top), scaling(width / w, height / h));
}
