/** Shows a map of anomaly scores over a picture: resamples it and gives it colours. */

/** One score per cell, 0 (normal) to 1, rows top to bottom; 0.5 is the threshold. */
export interface ScoreMap {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** Scores up to here stay clear, so that the picture beneath is seen as it is. */
const clearBelow = 0.25;
/** Fewer colours compress better, and nobody sees more. */
const levels = 48;

/** Score (0–1) → red, green, blue, opacity. Light to dark as well as yellow to red, so that it reads without colours too. */
const stops: readonly (readonly [number, number, number, number, number])[] = [
  [clearBelow, 255, 240, 130, 0],
  [0.5, 255, 205, 40, 85],
  [0.7, 250, 120, 20, 125],
  [1, 200, 10, 35, 155],
];

/** Red, green, blue and opacity (not premultiplied) of each level that `paintLevels` gives. */
export const heatPalette = makePalette();

/**
 * Paints a score map at `width` x `height` as RGBA (4 bytes a pixel, not premultiplied): clear where the score is low,
 * yellow at the threshold, dark red at 1.
 *
 * @example
 * const overlay = colourise(map, picture.width, picture.height);
 */
export function colourise(map: ScoreMap, width: number, height: number): Uint8Array {
  const { data } = paintLevels(map, width, height);
  const out = new Uint8Array(width * height * 4);
  for (let i = 0, to = 0; i < data.length; i++, to += 4) {
    const level = (data[i] as number) * 4;
    for (let c = 0; c < 4; c++) out[to + c] = heatPalette[level + c] as number;
  }
  return out;
}

/** The same as one byte a pixel, a place in `heatPalette`: a quarter of the bytes, for files with a palette. */
export function paintLevels(
  map: ScoreMap,
  width: number,
  height: number,
): { width: number; height: number; data: Uint8Array } {
  const large = resizeMap(map, width, height).data;
  const data = new Uint8Array(width * height);
  // NaN paints as 0: it fails the first comparison.
  for (let i = 0; i < data.length; i++) {
    const level = (large[i] as number) * (levels - 1) + 0.5;
    data[i] = level >= 0 ? Math.min(level, levels - 1) : 0;
  }
  return { width, height, data };
}

/**
 * Resamples a map bilinearly, pixel centres at their halves, edges repeated. Rows in which no score reaches `least` are left
 * at 0: most maps show nothing almost everywhere.
 */
export function resizeMap(
  map: ScoreMap,
  width: number,
  height: number,
  { least = Number.NEGATIVE_INFINITY }: { readonly least?: number } = {},
): ScoreMap {
  if (map.data.length !== map.width * map.height || map.data.length === 0) {
    throw new RangeError(
      `A map of ${map.width} x ${map.height} must have ${map.width * map.height} scores, got ${map.data.length}.`,
    );
  }
  const across = positions(map.width, width);
  const lefts = Int32Array.from(across, Math.floor);
  const shares = Float64Array.from(across, (at, x) => at - (lefts[x] as number));
  const data = new Float32Array(width * height);
  // One more than the map is wide, so that the last column has a right neighbour: itself.
  const line = new Float64Array(map.width + 1);
  for (const [y, position] of positions(map.height, height).entries()) {
    const upper = Math.floor(position) * map.width;
    const lower = Math.min(upper + map.width, map.data.length - map.width);
    const dy = position - Math.floor(position);
    let highest = Number.NEGATIVE_INFINITY;
    for (let x = 0; x < map.width; x++) {
      const value = mix(map.data[upper + x] as number, map.data[lower + x] as number, dy);
      line[x] = value;
      if (value > highest) highest = value;
    }
    if (highest < least) continue;
    line[map.width] = line[map.width - 1] as number;
    const to = y * width;
    for (let x = 0; x < width; x++) {
      const left = lefts[x] as number;
      data[to + x] = mix(line[left] as number, line[left + 1] as number, shares[x] as number);
    }
  }
  return { width, height, data };
}

/** Where each result pixel's centre lies in the source, in source pixels from the first pixel's centre. */
function positions(from: number, to: number): Float64Array {
  if (!Number.isInteger(to) || to < 1) throw new RangeError(`A map must have sides of whole pixels, got ${to}.`);
  return Float64Array.from({ length: to }, (_, i) => Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1));
}

function mix(a: number, b: number, t: number): number {
  return a + (b - a) * t;
}

function makePalette(): Uint8Array {
  const out = new Uint8Array(levels * 4);
  for (let level = 0; level < levels; level++) {
    const score = level / (levels - 1);
    const upper = stops.findIndex(([at]) => score <= at);
    // A clear pixel has no colour at all: equal bytes compress to nothing.
    if (upper === 0) continue;
    const above = stops[upper] ?? stops[stops.length - 1];
    const below = stops[upper - 1];
    if (!above || !below) continue;
    const t = (score - below[0]) / (above[0] - below[0]);
    for (let c = 0; c < 4; c++) out[level * 4 + c] = Math.round(mix(below[c + 1] as number, above[c + 1] as number, t));
  }
  return out;
}
