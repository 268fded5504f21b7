/** One row of a batch: a good picture, a good picture with a drawn defect, or a real defect, with what the network should say. */

import type { RandomSource } from "@sightline/vision/augment/damage";
import type { Image } from "@sightline/vision/image";
import { addSyntheticDefect } from "@sightline/vision/synthetic-defect";
import type { Turns } from "./turns.js";
import { throughCamera, type View, viewOf } from "./views.js";

/** What rows are made from; every picture is a square a little larger than the network's input. */
export interface RowSources {
  readonly size: number;
  /** Pixels along each side of a place in the map. */
  readonly stride: number;
  readonly turns: Turns;
  readonly normals: readonly Image[];
  /** Real ones; `mask` is `null` where nobody painted where the defect is. */
  readonly defects: readonly View[];
}

export type RowKind = "normal" | "synthetic" | "defect";

export interface Row {
  readonly image: Image;
  /** For each place of the map how much of it shows a defect, 0–1. */
  readonly target: Float32Array;
  /** How much each place counts. */
  readonly weight: Float32Array;
  readonly isDefect: boolean;
}

/** Up to so many defects in one picture, each number as likely: of one alone a picture teaches little. */
const mostDrawn = 3;
/** Under this side, as a share of the picture's, and this contrast in steps the network's map can't show a defect. */
const drawn = { leastSide: 0.022, leastContrast: 15 };
/** A place counts as defect in full from this share of its pixels on: thin scratches cover no place wholly. */
const coveredInFull = 0.4;
/** All places of a defect together count as much as this many without, so that small ones are learnt as large ones are … */
const defectPlaces = 100;
/** … within these limits for one place. */
const placeWeights = [1, 8] as const;

/**
 * @param picture place among the normals, or among the defects of a row of real ones
 * @param viewing the numbers of the view: with the same ones a good picture and one with a defect differ by the defect alone
 */
export function makeRow(
  sources: RowSources,
  kind: RowKind,
  picture: number,
  viewing: RandomSource,
  random: RandomSource,
): Row {
  const { size, stride, turns, normals, defects } = sources;
  const places = (size / stride) ** 2;
  if (kind === "defect") {
    const { image, mask } = viewOf(defects[picture] as View, size, turns, viewing);
    const inside =
      mask && Uint8Array.from({ length: size * size }, (_, i) => ((mask.data[i * 3] as number) > 127 ? 1 : 0));
    // A real defect without a mask only says that it is somewhere.
    const target = inside ? coverage(inside, size, stride) : new Float32Array(places);
    const weight = inside ? weightsOf(target) : new Float32Array(places);
    return { image: throughCamera(image, random), target, weight, isDefect: true };
  }
  const view = viewOf({ image: normals[picture] as Image, mask: null }, size, turns, viewing).image;
  if (kind === "normal") {
    const weight = new Float32Array(places).fill(1);
    return { image: throughCamera(view, random), target: new Float32Array(places), weight, isDefect: false };
  }
  let image = view;
  const inside = new Uint8Array(size * size);
  for (let left = 1 + Math.floor(random() * mostDrawn); left > 0; left--) {
    const defect = addSyntheticDefect(image, normals, random, drawn);
    image = defect.image;
    for (let i = 0; i < inside.length; i++) if (defect.mask[i] === 1) inside[i] = 1;
  }
  const target = coverage(inside, size, stride);
  return { image: throughCamera(image, random), target, weight: weightsOf(target), isDefect: true };
}

/** For each place the share of its pixels that are inside, 1 from `coveredInFull` on. */
export function coverage(inside: Uint8Array, size: number, stride: number): Float32Array {
  const side = size / stride;
  const out = new Float32Array(side * side);
  const one = 1 / (coveredInFull * stride * stride);
  for (let y = 0; y < size; y++) {
    const row = Math.floor(y / stride) * side;
    for (let x = 0; x < size; x++) {
      if (inside[y * size + x] !== 1) continue;
      const place = row + Math.floor(x / stride);
      out[place] = Math.min(1, (out[place] as number) + one);
    }
  }
  return out;
}

function weightsOf(target: Float32Array): Float32Array {
  const covered = target.reduce((sum, value) => sum + value, 0);
  const [least, most] = placeWeights;
  const each = Math.min(most, Math.max(least, defectPlaces / Math.max(1, covered)));
  return target.map((value) => 1 + (each - 1) * value);
}
