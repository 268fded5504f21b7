/**
 * Affine maps of pictures: flips, turns, zooms, shifts and shears composed into one, so that a picture is resampled once.
 *
 * A map takes places of the source to places of the target. Places are measured in pixels from the upper left corner of
 * the upper left pixel, so pixel (0, 0) has its middle at (0.5, 0.5) and boxes need no half-pixel corrections.
 */
import type { Image } from "../image.js";
import { resize } from "../resize.js";

/** `x' = a·x + b·y + c`, `y' = d·x + e·y + f`. */
export interface Affine {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly f: number;
}

export const identity: Affine = { a: 1, b: 0, c: 0, d: 0, e: 1, f: 0 };

export function shifting(x: number, y: number): Affine {
  return { ...identity, c: x, f: y };
}

export function scaling(x: number, y: number): Affine {
  return { ...identity, a: x, e: y };
}

/** Clockwise as seen on the screen (y points down), about the origin. */
export function rotating(radians: number): Affine {
  const [sine, cosine] = [Math.sin(radians), Math.cos(radians)];
  return { a: cosine, b: -sine, c: 0, d: sine, e: cosine, f: 0 };
}

/** Slants by these angles, in radians. */
export function shearing(x: number, y: number): Affine {
  return { ...identity, b: Math.tan(x), d: Math.tan(y) };
}

/** Left becomes right in a picture of this width. */
export function flippingSideways(width: number): Affine {
  return { ...identity, a: -1, c: width };
}

export function flippingUpsideDown(height: number): Affine {
  return { ...identity, e: -1, f: height };
}

/** Clockwise by `turns` · 90°; odd turns swap the sides. Exact: no sine is rounded. */
export function turning(turns: number, width: number, height: number): Affine {
  switch (((turns % 4) + 4) % 4) {
    case 1:
      return { a: 0, b: -1, c: height, d: 1, e: 0, f: 0 };
    case 2:
      return { a: -1, b: 0, c: width, d: 0, e: -1, f: height };
    case 3:
      return { a: 0, b: 1, c: 0, d: -1, e: 0, f: width };
    default:
      return identity;
  }
}

/** One map after another: the first given is applied first. */
export function chained(...maps: readonly Affine[]): Affine {
  return maps.reduce(
    (first, then) => ({
      a: then.a * first.a + then.b * first.d,
      b: then.a * first.b + then.b * first.e,
      c: then.a * first.c + then.b * first.f + then.c,
      d: then.d * first.a + then.e * first.d,
      e: then.d * first.b + then.e * first.e,
      f: then.d * first.c + then.e * first.f + then.f,
    }),
    identity,
  );
}

/** A map about a place other than the origin. */
export function about(x: number, y: number, map: Affine): Affine {
  return chained(shifting(-x, -y), map, shifting(x, y));
}

/** The way back. Throws RangeError for a map that flattens the picture to a line. */
export function inverse({ a, b, c, d, e, f }: Affine): Affine {
  const determinant = a * e - b * d;
  if (!(Math.abs(determinant) > 1e-12)) {
    throw new RangeError(`An affine map must keep an area, got the determinant ${determinant}.`);
  }
  return {
    a: e / determinant,
    b: -b / determinant,
    c: (b * f - c * e) / determinant,
    d: -d / determinant,
    e: a / determinant,
    f: (c * d - a * f) / determinant,
  };
}

/** What lies beyond the source: its edge pixels go on, or a grey (0–255). */
export type Border = "edge" | number;

export interface WarpOptions {
  readonly border: Border;
  /** Only these pixels of the target are written: whole numbers, `right` and `bottom` outside. Left out: all. */
  readonly region?: { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };
}

/**
 * The picture under a map, as a picture of `width` x `height`: bilinear, after area averaging where it shrinks to half or
 * less. Flips and turns give exactly the same pixels.
 *
 * @example
 * const turned = warp(picture, about(112, 112, rotating(0.1)), 224, 224, { border: 114 });
 */
export function warp(source: Image, map: Affine, width: number, height: number, options: WarpOptions): Image {
  const target = { width, height, data: new Uint8Array(width * height * 3) };
  warpInto(target, source, map, options);
  return target;
}

/** Like `warp`, written into a picture that is there. */
export function warpInto(target: Image, source: Image, map: Affine, { border, region }: WarpOptions): void {
  const reduced = reduceFor(source, map);
  const { width, height } = reduced.image;
  const back = inverse(reduced.map);
  const left = Math.max(0, region?.left ?? 0);
  const right = Math.min(target.width, region?.right ?? target.width);
  const top = Math.max(0, region?.top ?? 0);
  const bottom = Math.min(target.height, region?.bottom ?? target.height);
  for (let y = top; y < bottom; y++) {
    // The middle of target pixel (x, y) comes from u = u0 + x·a, v = v0 + x·d, counted from middle to middle.
    const u0 = back.a * 0.5 + back.b * (y + 0.5) + back.c - 0.5;
    const v0 = back.d * 0.5 + back.e * (y + 0.5) + back.f - 0.5;
    const [uFrom, uTo] = insideRange(u0, back.a, width - 1);
    const [vFrom, vTo] = insideRange(v0, back.d, height - 1);
    const from = Math.min(right, Math.max(left, Math.ceil(Math.max(uFrom, vFrom))));
    const to = Math.max(from, Math.min(right, Math.floor(Math.min(uTo, vTo)) + 1));
    const row = y * target.width;
    borderPixels(target.data, row, left, from, reduced.image, u0, back.a, v0, back.d, border);
    insidePixels(target.data, row, from, to, reduced.image, u0, back.a, v0, back.d);
    borderPixels(target.data, row, to, right, reduced.image, u0, back.a, v0, back.d, border);
  }
}

/** Bilinear sampling skips source pixels when it shrinks; averaging before keeps what lies between. */
function reduceFor(source: Image, map: Affine): { image: Image; map: Affine } {
  const scale = Math.sqrt(Math.abs(map.a * map.e - map.b * map.d));
  const shrink = Math.floor(1 / Math.max(scale, 1 / 64) + 1e-9);
  if (shrink < 2) return { image: source, map };
  const image = resize(
    source,
    Math.max(1, Math.round(source.width / shrink)),
    Math.max(1, Math.round(source.height / shrink)),
  );
  return { image, map: chained(scaling(source.width / image.width, source.height / image.height), map) };
}

/** For which x `0 ≤ start + x·step ≤ limit − tiny`: there both neighbours exist. */
function insideRange(start: number, step: number, limit: number): [number, number] {
  // Far less than the 1/256 of a pixel that the weights can tell, far more than rounding.
  const slack = 1e-7;
  const low = slack;
  const high = limit - slack;
  if (high <= low) return [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  if (Math.abs(step) < 1e-12) {
    return start >= low && start <= high
      ? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
      : [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  }
  const first = (low - start) / step;
  const last = (high - start) / step;
  return first < last ? [first, last] : [last, first];
}

/** Pixels whose four neighbours all exist: the many. Weights in 1/256 of a pixel. */
function insidePixels(
  out: Uint8Array,
  row: number,
  from: number,
  to: number,
  source: Image,
  u0: number,
  du: number,
  v0: number,
  dv: number,
): void {
  const { data, width } = source;
  const stride = width * 3;
  for (let x = from, at = (row + from) * 3; x < to; x++, at += 3) {
    const u = u0 + x * du;
    const v = v0 + x * dv;
    const column = u | 0;
    const line = v | 0;
    const right = ((u - column) * 256 + 0.5) | 0;
    const below = ((v - line) * 256 + 0.5) | 0;
    const w11 = Math.imul(right, below);
    const w01 = (right << 8) - w11;
    const w10 = (below << 8) - w11;
    const w00 = 65536 - w11 - w01 - w10;
    const p = Math.imul(line, stride) + Math.imul(column, 3);
    const q = p + stride;
    out[at] =
      (Math.imul(data[p] as number, w00) +
        Math.imul(data[p + 3] as number, w01) +
        Math.imul(data[q] as number, w10) +
        Math.imul(data[q + 3] as number, w11) +
        32768) >>
      16;
    out[at + 1] =
      (Math.imul(data[p + 1] as number, w00) +
        Math.imul(data[p + 4] as number, w01) +
        Math.imul(data[q + 1] as number, w10) +
        Math.imul(data[q + 4] as number, w11) +
        32768) >>
      16;
    out[at + 2] =
      (Math.imul(data[p + 2] as number, w00) +
        Math.imul(data[p + 5] as number, w01) +
        Math.imul(data[q + 2] as number, w10) +
        Math.imul(data[q + 5] as number, w11) +
        32768) >>
      16;
  }
}

/** Pixels near or beyond the source's edge. */
function borderPixels(
  out: Uint8Array,
  row: number,
  from: number,
  to: number,
  source: Image,
  u0: number,
  du: number,
  v0: number,
  dv: number,
  border: Border,
): void {
  const { data, width, height } = source;
  for (let x = from, at = (row + from) * 3; x < to; x++, at += 3) {
    let u = u0 + x * du;
    let v = v0 + x * dv;
    if (border === "edge") {
      u = Math.min(Math.max(u, 0), width - 1);
      v = Math.min(Math.max(v, 0), height - 1);
    } else if (u <= -1 || v <= -1 || u >= width || v >= height) {
      out.fill(border, at, at + 3);
      continue;
    }
    const column = Math.floor(u);
    const line = Math.floor(v);
    const right = Math.floor((u - column) * 256 + 0.5);
    const below = Math.floor((v - line) * 256 + 0.5);
    for (let channel = 0; channel < 3; channel++) {
      let sum = 32768;
      for (let k = 0; k < 4; k++) {
        const weight = (k & 1 ? right : 256 - right) * (k & 2 ? below : 256 - below);
        if (weight === 0) continue;
        const px = column + (k & 1);
        const py = line + (k >> 1);
        const isInside = px >= 0 && py >= 0 && px < width && py < height;
        // With "edge" only rounding can put a weighted neighbour outside, and then the border value never counts.
        const value = isInside ? (data[(py * width + px) * 3 + channel] as number) : border === "edge" ? 0 : border;
        sum += value * weight;
      }
      out[at + channel] = sum >> 16;
    }
  }
}
