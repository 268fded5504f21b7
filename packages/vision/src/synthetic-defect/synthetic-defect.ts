/**
 * Puts one defect that never was into a picture of a normal part, with its exact mask: for methods that learn from normal
 * pictures what a defect would look like, and for measuring where there are no real ones.
 *
 * Everything comes from the pictures themselves: no outside textures.
 */
import type { RandomSource } from "../augment/damage.js";
import type { Image } from "../image.js";
import type { DefectKind, DefectOrder, Patch } from "./defect-kind.js";
import { foregroundOf, placeIn } from "./foreground.js";
import { cutPaste } from "./kinds/cut-paste.js";
import { dent } from "./kinds/dent.js";
import { grownIn } from "./kinds/grown-in.js";
import { hole } from "./kinds/hole.js";
import { missingPart } from "./kinds/missing-part.js";
import { scar } from "./kinds/scar.js";
import { scratch } from "./kinds/scratch.js";
import { stain } from "./kinds/stain.js";
import { strangeTexture } from "./kinds/strange-texture.js";

/** Every kind, each as likely as another. */
export const defectKinds = {
  "cut-paste": cutPaste,
  scar,
  "strange-texture": strangeTexture,
  "grown-in": grownIn,
  stain,
  scratch,
  hole,
  "missing-part": missingPart,
  dent,
} as const satisfies Record<string, DefectKind>;

export type DefectKindName = keyof typeof defectKinds;

export const defectKindNames = Object.keys(defectKinds) as readonly DefectKindName[];

export interface SyntheticDefect {
  readonly image: Image;
  /** 1 where the defect shows, else 0; `width · height`, rows top to bottom. Never empty. */
  readonly mask: Uint8Array;
  readonly kind: DefectKindName;
}

export interface SyntheticDefectOptions {
  /** Left out: all. */
  readonly kinds?: readonly DefectKindName[];
  /** Smallest side as a share of the picture's shorter one. Left out: 0.015. */
  readonly leastSide?: number;
  /** Smallest change on a smooth surface, in steps (0–255). Left out: 12. */
  readonly leastContrast?: number;
}

/** Smallest and largest side of a defect as a share of the picture's shorter side. */
const usualSides = [0.015, 0.5] as const;
/** Pareto's exponent of the sides: the median is 0.03, one in ten is over 0.15. Real defects are small, and some are large. */
const sizeTail = 1;
/** So often it lies on the edge of the part, where the surface is hardest to make. */
const edgeShare = 0.25;
/** Steps (0–255) under which nobody sees a change on a smooth surface. */
const usualContrast = 12;
/** On a surface that varies, a change is seen from this share of its deviation. */
const contrastOfDeviation = 0.5;
/** A defect must show in this share of its outline. */
const leastShown = 0.3;
const attempts = 12;

/**
 * A copy of `picture` with one defect. `sources` are normal pictures of the same kind, from which pieces are taken; none
 * leaves the picture itself. Same numbers from `random`, same bytes. Neither may change afterwards: what is found out
 * about their backgrounds is kept.
 *
 * @throws RangeError for a picture with a side under 16 pixels.
 *
 * @example
 * const { image, mask } = addSyntheticDefect(normal, normals, seededRandom);
 */
export function addSyntheticDefect(
  picture: Image,
  sources: readonly Image[],
  random: RandomSource,
  options: SyntheticDefectOptions = {},
): SyntheticDefect {
  if (Math.min(picture.width, picture.height) < 16) {
    throw new RangeError(
      `A synthetic defect needs a picture of at least 16 x 16 pixels, got ${picture.width} x ${picture.height}.`,
    );
  }
  const { kinds = defectKindNames } = options;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const kind = kinds[Math.floor(random() * kinds.length)] ?? "stain";
    const order = placeOrder(picture, sources, random, options);
    const patch = defectKinds[kind](order);
    const shown = patch && layOver(picture, patch, order.contrast);
    if (shown) return { ...shown, kind };
  }
  return { ...surely(picture, random), kind: "stain" };
}

function placeOrder(
  picture: Image,
  sources: readonly Image[],
  random: RandomSource,
  { leastSide = usualSides[0], leastContrast = usualContrast }: SyntheticDefectOptions,
): DefectOrder {
  const foreground = foregroundOf(picture);
  const { x, y } = foreground
    ? placeIn(foreground, random() < edgeShare ? "edge" : "inside", picture, random)
    : { x: random() * picture.width, y: random() * picture.height };
  const share = Math.min(usualSides[1], leastSide * (1 - random()) ** (-1 / sizeTail));
  const size = Math.max(3, share * Math.min(picture.width, picture.height));
  const source = random() < 0.3 ? picture : (sources[Math.floor(random() * sources.length)] ?? picture);
  return {
    picture,
    source,
    x,
    y,
    size,
    contrast: contrastAt(picture, x, y, size, leastContrast),
    foreground,
    sourceForeground: foregroundOf(source),
    random,
  };
}

/** What a change must be here to be seen: more where the surface itself varies. */
function contrastAt({ width, height, data }: Image, x: number, y: number, size: number, least: number): number {
  const reach = Math.max(6, size);
  const step = Math.max(1, Math.floor(reach / 8));
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (let v = Math.max(0, Math.floor(y - reach)); v < Math.min(height, y + reach); v += step) {
    for (let u = Math.max(0, Math.floor(x - reach)); u < Math.min(width, x + reach); u += step) {
      const value = data[(v * width + u) * 3 + 1] as number;
      count++;
      sum += value;
      squares += value * value;
    }
  }
  const mean = sum / Math.max(1, count);
  const deviation = Math.sqrt(Math.max(0, squares / Math.max(1, count) - mean * mean));
  return Math.max(least, contrastOfDeviation * deviation);
}

/** The picture with the patch and where it shows, or `null` when too little of it does. */
function layOver(picture: Image, patch: Patch, contrast: number): { image: Image; mask: Uint8Array } | null {
  const { width, height } = picture;
  const data = picture.data.slice();
  const { image: piece, opacity, left, top } = patch;
  const right = Math.min(width, left + piece.width);
  const bottom = Math.min(height, top + piece.height);
  const change = new Float32Array(opacity.length);
  let outlined = 0;
  for (let y = Math.max(0, top); y < bottom; y++) {
    for (let x = Math.max(0, left); x < right; x++) {
      const from = (y - top) * piece.width + x - left;
      const share = opacity[from] as number;
      if (share <= 0) continue;
      if (share > 0.25) outlined++;
      const to = (y * width + x) * 3;
      let largest = 0;
      for (let c = 0; c < 3; c++) {
        const before = data[to + c] as number;
        const after = Math.round(before + share * ((piece.data[from * 3 + c] as number) - before));
        data[to + c] = after;
        largest = Math.max(largest, Math.abs(after - before));
      }
      change[from] = largest;
    }
  }
  const mask = new Uint8Array(width * height);
  let shown = 0;
  let total = 0;
  for (let y = Math.max(0, top); y < bottom; y++) {
    for (let x = Math.max(0, left); x < right; x++) {
      const from = (y - top) * piece.width + x - left;
      if ((opacity[from] as number) <= 0.1) continue;
      const seen = meanAround(change, piece.width, piece.height, x - left, y - top);
      // Inside a defect that is seen, single pixels that happen to be alike belong to it.
      if (seen < 0.5 * contrast) continue;
      mask[y * width + x] = 1;
      shown++;
      total += seen;
    }
  }
  const isSeen = shown >= Math.max(6, leastShown * outlined) && total / shown >= contrast;
  return isSeen ? { image: { width, height, data }, mask } : null;
}

/** Over 3 x 3 pixels of the patch. */
function meanAround(values: Float32Array, width: number, height: number, x: number, y: number): number {
  let sum = 0;
  let count = 0;
  for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
    for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
      sum += values[v * width + u] as number;
      count++;
    }
  }
  return sum / count;
}

/** A flat disc far from the colour beneath: where nothing else was seen, for example in a picture of noise. */
function surely(picture: Image, random: RandomSource): { image: Image; mask: Uint8Array } {
  const { width, height } = picture;
  const radius = Math.max(2, Math.min(width, height) * 0.05);
  const x0 = radius + random() * (width - 2 * radius);
  const y0 = radius + random() * (height - 2 * radius);
  const data = picture.data.slice();
  const mask = new Uint8Array(width * height);
  for (let y = Math.floor(y0 - radius); y <= y0 + radius; y++) {
    for (let x = Math.floor(x0 - radius); x <= x0 + radius; x++) {
      if (x < 0 || y < 0 || x >= width || y >= height || Math.hypot(x - x0, y - y0) > radius) continue;
      mask[y * width + x] = 1;
      const at = (y * width + x) * 3;
      for (let c = 0; c < 3; c++) data[at + c] = (data[at + c] as number) > 127 ? 20 : 235;
    }
  }
  return { image: { width, height, data }, mask };
}
