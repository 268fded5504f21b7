/** What stands where a part of a picture is taken away. */
import type { Image } from "@sightline/vision/image";
import { medianFiltered } from "@sightline/vision/median";
import { writePlanes } from "@sightline/vision/planes";

export type BaselineName = "blur" | "mean";

/** Planes of red, green and blue of the picture's size, 0–255. */
export type Planes = Float32Array;

/**
 * From the mildest on. A network answers to seams, too: a hole in which nothing looks like the part any more is a defect
 * itself, so the least change that does should be made (Fong and Vedaldi 2017). A median filter takes away what is smaller
 * than its window and leaves all edges; a blur takes away what is larger; a plain colour all.
 */
export function* baselines(picture: Image): Generator<Baseline, void, undefined> {
  const shorter = Math.min(picture.width, picture.height);
  for (const share of medianShares) {
    const radius = Math.round(share * shorter);
    if (radius > 0) yield { planes: planesOf(medianFiltered(picture, radius)), softness: Math.round(radius / 3) };
  }
  yield baseline(picture, "blur");
  yield baseline(picture, "mean");
}

/** What stands in for what is taken away, and how softly the one goes over into the other. */
export interface Baseline {
  readonly planes: Planes;
  /** Radius in pixels by which the edges of what is taken away are blurred: a sharp seam is a scratch to a network. */
  readonly softness: number;
}

/** Radii of the filters, as shares of the shorter side: each takes away what is twice as large as the one before. */
const medianShares = [0.0125, 0.025, 0.05, 0.1];

export function baseline(picture: Image, name: BaselineName): Baseline {
  const planes = planesOf(picture);
  return { planes: name === "blur" ? blurred(planes, picture.width, picture.height) : meanColour(planes), softness: 0 };
}

export function planesOf(picture: Image): Planes {
  const planes = new Float32Array(3 * picture.width * picture.height);
  writePlanes(picture, planes, 0);
  return planes;
}

function meanColour(planes: Planes): Planes {
  const pixels = planes.length / 3;
  const out = new Float32Array(planes.length);
  for (let channel = 0; channel < 3; channel++) {
    const part = planes.subarray(channel * pixels, (channel + 1) * pixels);
    out.fill(part.reduce((sum, value) => sum + value, 0) / pixels, channel * pixels, (channel + 1) * pixels);
  }
  return out;
}

/** Share of the shorter side that the blur's Gaussian has as its deviation. */
const blurShare = 0.1;

/** Three box blurs in each direction are a Gaussian to within 3 % (Wells 1986), at a cost that doesn't grow with its width. */
function blurred(planes: Planes, width: number, height: number): Planes {
  const sigma = blurShare * Math.min(width, height);
  const radius = Math.max(1, Math.round((Math.sqrt(4 * sigma * sigma + 1) - 1) / 2));
  const out = Float32Array.from(planes);
  const between = new Float32Array(planes.length);
  for (let channel = 0; channel < 3; channel++) {
    const start = channel * width * height;
    for (let pass = 0; pass < 3; pass++) {
      for (let y = 0; y < height; y++) boxBlurLine(out, between, start + y * width, 1, width, radius);
      for (let x = 0; x < width; x++) boxBlurLine(between, out, start + x, width, height, radius);
    }
  }
  return out;
}

/** The mean over `2 · radius + 1` values of a line; its ends go on beyond it. */
function boxBlurLine(from: Planes, to: Planes, start: number, step: number, count: number, radius: number): void {
  const at = (i: number): number => from[start + Math.min(Math.max(i, 0), count - 1) * step] as number;
  let sum = 0;
  for (let i = -radius; i <= radius; i++) sum += at(i);
  const share = 1 / (2 * radius + 1);
  for (let i = 0; i < count; i++) {
    to[start + i * step] = sum * share;
    sum += at(i + radius + 1) - at(i - radius);
  }
}
