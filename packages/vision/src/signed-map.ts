/** Shows what speaks for an answer and what against it: a map of signed values over a picture, blue against, orange for. */
import { resizeMap, type ScoreMap } from "./heat-map.js";

/** Values this small beside the largest stay clear, so that the picture beneath is seen as it is. */
const clearBelow = 0.08;
/** On each side of zero; fewer colours compress better, and nobody sees more. */
const levels = 24;
const mostOpaque = 190;

/** Light to strong, for blue and orange: told apart with every common colour blindness (after Okabe and Ito's set). */
const against = { light: [150, 190, 230], strong: [0, 90, 170] } as const;
const inFavour = { light: [255, 205, 130], strong: [205, 75, 0] } as const;

/** Red, green, blue and opacity (not premultiplied) of each level that `paintSignedLevels` gives. */
export const signedPalette = makePalette();

/**
 * Paints signed values at `width` x `height`, one byte a pixel, a place in `signedPalette`: clear at 0, the strongest colour
 * at ±`largest`.
 *
 * @param largest the value shown strongest; left out: the largest in the map
 * @param smooth whether values between two cells are mixed; else each cell keeps its edges
 */
export function paintSignedLevels(
  map: ScoreMap,
  width: number,
  height: number,
  { largest = largestOf(map.data), smooth = true }: { largest?: number; smooth?: boolean } = {},
): { width: number; height: number; data: Uint8Array } {
  const large = smooth ? resizeMap(map, width, height) : repeated(map, width, height);
  const data = new Uint8Array(width * height).fill(levels);
  if (!(largest > 0)) return { width, height, data };
  for (let i = 0; i < data.length; i++) {
    const share = (large.data[i] as number) / largest;
    if (!Number.isNaN(share)) data[i] = levels + Math.round(Math.min(1, Math.max(-1, share)) * levels);
  }
  return { width, height, data };
}

function largestOf(values: Float32Array): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest;
}

/** Resampled to the nearest cell. */
function repeated({ width, height, data }: ScoreMap, across: number, down: number): ScoreMap {
  const out = new Float32Array(across * down);
  for (let y = 0; y < down; y++) {
    const row = Math.min(height - 1, Math.floor(((y + 0.5) * height) / down)) * width;
    for (let x = 0; x < across; x++)
      out[y * across + x] = data[row + Math.min(width - 1, Math.floor(((x + 0.5) * width) / across))] as number;
  }
  return { width: across, height: down, data: out };
}

function makePalette(): Uint8Array {
  const out = new Uint8Array((2 * levels + 1) * 4);
  for (let level = -levels; level <= levels; level++) {
    const share = Math.abs(level) / levels;
    // A clear pixel has no colour at all: equal bytes compress to nothing.
    if (share < clearBelow) continue;
    const { light, strong } = level < 0 ? against : inFavour;
    const at = (level + levels) * 4;
    for (let c = 0; c < 3; c++) {
      const [from, to] = [light[c] as number, strong[c] as number];
      out[at + c] = Math.round(from + (to - from) * share);
    }
    out[at + 3] = Math.round(mostOpaque * Math.sqrt((share - clearBelow) / (1 - clearBelow)));
  }
  return out;
}
