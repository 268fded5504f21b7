/** What a kind of synthetic defect is given, and the patch that it gives back. */
import type { RandomSource } from "../augment/damage.js";
import type { Image } from "../image.js";
import type { Foreground } from "./foreground.js";

/** Where a defect goes, how large it is and what it may be made from. */
export interface DefectOrder {
  readonly picture: Image;
  /** Another normal picture, or the same. */
  readonly source: Image;
  /** Its middle, in pixels of the picture. */
  readonly x: number;
  readonly y: number;
  /** Square root of its area, in pixels. */
  readonly size: number;
  /** A change of fewer steps (0–255) is not seen at this place. */
  readonly contrast: number;
  /** The part shown, or `null` where the whole picture is surface. */
  readonly foreground: Foreground | null;
  /** The part shown in `source`. */
  readonly sourceForeground: Foreground | null;
  readonly random: RandomSource;
}

/** A rectangle laid over the picture; what lies beyond the picture's edges is left out. */
export interface Patch {
  readonly left: number;
  readonly top: number;
  /** The colours of the defect, as large as the rectangle. */
  readonly image: Image;
  /** How much of the patch shows at each of its pixels, 0–1, rows top to bottom. */
  readonly opacity: Float32Array;
}

/** Draws one defect. Gives `null` where this kind can't be at this place. */
export type DefectKind = (order: DefectOrder) => Patch | null;

/** Any number between two, each as likely. */
export function between(random: RandomSource, low: number, high: number): number {
  return low + (high - low) * random();
}

/** Between two positive numbers, each factor as likely as its inverse: for sizes and ratios. */
export function ratioBetween(random: RandomSource, low: number, high: number): number {
  return low * (high / low) ** random();
}

/** The picture's pixels beneath a rectangle; beyond the edges they are repeated. */
export function beneath(picture: Image, left: number, top: number, width: number, height: number): Image {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const row = Math.min(Math.max(top + y, 0), picture.height - 1) * picture.width;
    for (let x = 0; x < width; x++) {
      const from = (row + Math.min(Math.max(left + x, 0), picture.width - 1)) * 3;
      const to = (y * width + x) * 3;
      data[to] = picture.data[from] as number;
      data[to + 1] = picture.data[from + 1] as number;
      data[to + 2] = picture.data[from + 2] as number;
    }
  }
  return { width, height, data };
}

/** A colour value as a byte. */
export function toByte(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : Math.round(value);
}
