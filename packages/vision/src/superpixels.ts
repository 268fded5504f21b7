/**
 * Divides a picture into superpixels: regions of like colour whose edges follow those of the picture. SLIC (Achanta et al.,
 * "SLIC Superpixels Compared to State-of-the-Art Superpixel Methods", PAMI 2012): k-means over colour and place, each centre
 * looking only at what is near it.
 */
import type { Image } from "./image.js";
import { checkRegions, type RegionMap } from "./regions.js";

export interface SuperpixelOptions {
  /** How many are wanted; what comes out differs a little. */
  readonly count: number;
  /**
   * How much nearness counts against likeness, in units of CIELAB colour difference over one superpixel's width: 5 follows
   * every edge, 40 is nearly a grid. Default 15.
   */
  readonly compactness?: number;
  /** Rounds of k-means; more than ten change nothing that is seen. Default 8. */
  readonly rounds?: number;
}

/**
 * @throws RangeError for a count below 1
 *
 * @example
 * const regions = superpixels(picture, { count: 64 });
 */
export function superpixels(image: Image, { count, compactness = 15, rounds = 8 }: SuperpixelOptions): RegionMap {
  const { width, height } = image;
  checkRegions(width, height, count);
  const lab = smoothLab(image);
  const step = Math.sqrt((width * height) / count);
  const centres = firstCentres(lab, width, height, step);
  const data = new Int32Array(width * height);
  const nearest = new Float32Array(width * height);
  // D² = colour² + place² · (compactness / step)²
  const placeWeight = (compactness / step) ** 2;
  for (let round = 0; round < rounds; round++) {
    assign(lab, width, height, centres, step, placeWeight, data, nearest);
    moveCentres(lab, width, data, centres);
  }
  return connected(data, width, height, step);
}

/** Numbers of one centre: L, a, b, x, y. */
const numbers = 5;

/** Centres on a regular grid, each moved to the calmest of the nine pixels around it, off edges and grains of noise. */
function firstCentres(lab: Float32Array, width: number, height: number, step: number): Float64Array {
  const across = Math.max(1, Math.round(width / step));
  const down = Math.max(1, Math.round(height / step));
  const centres = new Float64Array(across * down * numbers);
  for (let row = 0; row < down; row++) {
    for (let column = 0; column < across; column++) {
      const place = calmest(
        lab,
        width,
        height,
        Math.floor(((column + 0.5) * width) / across),
        Math.floor(((row + 0.5) * height) / down),
      );
      const from = (place.y * width + place.x) * 3;
      centres.set([...lab.subarray(from, from + 3), place.x, place.y], (row * across + column) * numbers);
    }
  }
  return centres;
}

function calmest(lab: Float32Array, width: number, height: number, x: number, y: number): { x: number; y: number } {
  let best = { x, y };
  let least = Number.POSITIVE_INFINITY;
  for (let v = Math.max(1, y - 1); v <= Math.min(height - 2, y + 1); v++) {
    for (let u = Math.max(1, x - 1); u <= Math.min(width - 2, x + 1); u++) {
      const at = (v * width + u) * 3;
      let slope = 0;
      for (let c = 0; c < 3; c++) {
        slope += ((lab[at + 3 + c] as number) - (lab[at - 3 + c] as number)) ** 2;
        slope += ((lab[at + 3 * width + c] as number) - (lab[at - 3 * width + c] as number)) ** 2;
      }
      if (slope >= least) continue;
      least = slope;
      best = { x: u, y: v };
    }
  }
  return best;
}

/** Gives each pixel to the nearest centre among those within one step of it. */
function assign(
  lab: Float32Array,
  width: number,
  height: number,
  centres: Float64Array,
  step: number,
  placeWeight: number,
  data: Int32Array,
  nearest: Float32Array,
): void {
  nearest.fill(Number.POSITIVE_INFINITY);
  const reach = Math.ceil(step);
  for (let k = 0; k < centres.length / numbers; k++) {
    const [l, a, b, cx, cy] = centres.subarray(k * numbers, (k + 1) * numbers) as unknown as [
      number,
      number,
      number,
      number,
      number,
    ];
    const left = Math.max(0, Math.floor(cx) - reach);
    const right = Math.min(width - 1, Math.ceil(cx) + reach);
    for (let y = Math.max(0, Math.floor(cy) - reach); y <= Math.min(height - 1, Math.ceil(cy) + reach); y++) {
      const down = (y - cy) * (y - cy);
      for (let x = left; x <= right; x++) {
        const i = y * width + x;
        const dl = (lab[i * 3] as number) - l;
        const da = (lab[i * 3 + 1] as number) - a;
        const db = (lab[i * 3 + 2] as number) - b;
        const distance = dl * dl + da * da + db * db + ((x - cx) * (x - cx) + down) * placeWeight;
        if (distance >= (nearest[i] as number)) continue;
        nearest[i] = distance;
        data[i] = k;
      }
    }
  }
}

/** Each centre to the mean of its pixels; one without any stays. */
function moveCentres(lab: Float32Array, width: number, data: Int32Array, centres: Float64Array): void {
  const sums = new Float64Array(centres.length);
  const counts = new Uint32Array(centres.length / numbers);
  for (let i = 0; i < data.length; i++) {
    const k = data[i] as number;
    const to = k * numbers;
    counts[k] = (counts[k] as number) + 1;
    for (let c = 0; c < 3; c++) sums[to + c] = (sums[to + c] as number) + (lab[i * 3 + c] as number);
    sums[to + 3] = (sums[to + 3] as number) + (i % width);
    sums[to + 4] = (sums[to + 4] as number) + Math.floor(i / width);
  }
  for (const [k, count] of counts.entries()) {
    if (count === 0) continue;
    for (let c = 0; c < numbers; c++) centres[k * numbers + c] = (sums[k * numbers + c] as number) / count;
  }
}

/** Each piece that hangs together becomes a region of its own, those smaller than a quarter of a step's square join the one before them. */
function connected(data: Int32Array, width: number, height: number, step: number): RegionMap {
  const smallest = Math.max(1, Math.floor((step * step) / 4));
  const unset = 0xffff;
  const out = new Uint16Array(width * height).fill(unset);
  const stack = new Int32Array(width * height);
  let count = 0;
  for (let start = 0; start < out.length; start++) {
    if (out[start] !== unset) continue;
    // The neighbour already numbered, into which a piece too small goes.
    const left = start % width > 0 ? out[start - 1] : undefined;
    const above = start >= width ? out[start - width] : undefined;
    const neighbour = left ?? above;
    const own = data[start];
    let filled = 0;
    let end = 1;
    stack[0] = start;
    out[start] = count;
    while (filled < end) {
      const at = stack[filled++] as number;
      const x = at % width;
      const visit = (next: number): void => {
        if (out[next] !== unset || data[next] !== own) return;
        out[next] = count;
        stack[end++] = next;
      };
      if (x > 0) visit(at - 1);
      if (x < width - 1) visit(at + 1);
      if (at >= width) visit(at - width);
      if (at + width < out.length) visit(at + width);
    }
    if (end < smallest && neighbour !== undefined) for (let i = 0; i < end; i++) out[stack[i] as number] = neighbour;
    else count++;
  }
  return { width, height, count, data: out };
}

/** The picture in CIELAB (sRGB, D65), three numbers a pixel, each the mean of the 3 x 3 pixels around it: less of the grain. */
function smoothLab(image: Image): Float32Array {
  const { width, height, data } = image;
  const lab = new Float32Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const r = linear[data[i * 3] as number] as number;
    const g = linear[data[i * 3 + 1] as number] as number;
    const b = linear[data[i * 3 + 2] as number] as number;
    const fx = labShare((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
    const fy = labShare(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
    const fz = labShare((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883);
    lab[i * 3] = 116 * fy - 16;
    lab[i * 3 + 1] = 500 * (fx - fy);
    lab[i * 3 + 2] = 200 * (fy - fz);
  }
  return smoothed(smoothed(lab, width, height, 3, 3 * width), height, width, 3 * width, 3);
}

/** CIE 15: a cube root, but for the darkest a straight line. */
function labShare(t: number): number {
  return t > 216 / 24389 ? Math.cbrt(t) : (841 / 108) * t + 4 / 29;
}

/** The mean of three neighbours along `lines` lines of `length` pixels; distances between pixels and lines in values. */
function smoothed(values: Float32Array, length: number, lines: number, step: number, lineStep: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let line = 0; line < lines; line++) {
    for (let at = 0; at < length; at++) {
      const here = line * lineStep + at * step;
      const before = at > 0 ? here - step : here;
      const after = at < length - 1 ? here + step : here;
      for (let c = 0; c < 3; c++)
        out[here + c] =
          ((values[before + c] as number) + (values[here + c] as number) + (values[after + c] as number)) / 3;
    }
  }
  return out;
}

/** sRGB's bytes as shares of light. */
const linear = Float32Array.from({ length: 256 }, (_, value) => {
  const share = value / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
});
