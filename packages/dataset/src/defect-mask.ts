/** Masks of named defect types: a picture file whose colours say which pixel shows which defect. */
import type { Corners } from "@sightline/vision/augment/boxes";
import type { MaskColour } from "./ground-truth-manifest.js";
import { decodeImage, decodeMask } from "./image-file.js";

/** Which defect each pixel shows. */
export interface DefectMask {
  readonly width: number;
  readonly height: number;
  /** 0: none; k: the k-th of the types asked for. Row by row. */
  readonly data: Uint8Array;
}

/** A mask that can't be used; the message says why. */
export class DefectMaskError extends Error {
  readonly code = "MASK_UNUSABLE";

  constructor(message: string) {
    super(message);
    this.name = "DefectMaskError";
  }
}

/** What is painted this near to a type's colour, in each of red, green and blue, is surely meant. */
const sameColour = 40;
/** Of what isn't background, at least this share must be a colour of the map; the rest is smoothed edges. */
const leastKnownShare = 0.25;

/**
 * Decodes a mask. With `colours` each pixel is of the nearest colour, where white, black and transparent are the
 * background (smoothed edges so fall to the side that holds more than half); without, what is bright is of `label`.
 *
 * @param types names in the order of the answer's numbers; what is of another type is 0
 * @throws ImageError, DefectMaskError when the colours are others than the map's
 */
export async function decodeDefectMask(
  bytes: Uint8Array,
  {
    types,
    colours,
    label,
  }: {
    readonly types: readonly string[];
    readonly colours?: readonly MaskColour[] | undefined;
    readonly label: string;
  },
): Promise<DefectMask> {
  if (colours === undefined) {
    const { width, height, data } = await decodeMask(bytes);
    const type = types.indexOf(label) + 1;
    return { width, height, data: data.map((inside) => inside * type) };
  }
  const { width, height, data: rgb } = await decodeImage(bytes);
  const known = colours.map(({ label: name, colour }) => ({ type: types.indexOf(name) + 1, ...channels(colour) }));
  // White under what is transparent, as the decoder lays it; black where nothing was painted at all.
  const candidates: readonly (Shade & { readonly type: number | null })[] = [
    ...known,
    ...backgrounds.filter((shade) => !known.some(({ r, g, b }) => r === shade.r && g === shade.g && b === shade.b)),
  ];
  const data = new Uint8Array(width * height);
  let painted = 0;
  let sure = 0;
  let stranger = "";
  // Masks are flat: the colour before is nearly always the colour now.
  let lastColour = -1;
  let last = { type: 0, isBackground: true, isSure: true };
  for (let i = 0, at = 0; i < data.length; i++, at += 3) {
    const [r, g, b] = [rgb[at] as number, rgb[at + 1] as number, rgb[at + 2] as number];
    const colour = (r << 16) | (g << 8) | b;
    if (colour !== lastColour) {
      lastColour = colour;
      const nearest = candidates.reduce((best, next) =>
        distance(next, r, g, b) < distance(best, r, g, b) ? next : best,
      );
      const isBackground = nearest.type === null;
      const isSure = Math.max(Math.abs(nearest.r - r), Math.abs(nearest.g - g), Math.abs(nearest.b - b)) <= sameColour;
      last = { type: nearest.type ?? 0, isBackground, isSure };
      if (!isSure && stranger === "") stranger = `#${colour.toString(16).padStart(6, "0")}`;
    }
    data[i] = last.type;
    if (last.isBackground && last.isSure) continue;
    painted++;
    if (last.isSure) sure++;
  }
  if (painted > 0 && sure < leastKnownShare * painted) {
    throw new DefectMaskError(
      `The mask must be painted in ${colours.map((row) => `${row.colour} (${row.label})`).join(", ")}, got ${stranger} and others. Correct its colour map.`,
    );
  }
  return { width, height, data };
}

/**
 * The part of a mask that lies over a region of its picture, a value a pixel of the region; a mask may be coarser or finer
 * than its picture.
 *
 * @param region in pixels of the picture
 */
export function maskOfRegion(
  mask: DefectMask,
  { x1, y1, x2, y2 }: Corners,
  picture: { readonly width: number; readonly height: number },
): DefectMask {
  const [width, height] = [x2 - x1, y2 - y1];
  const data = new Uint8Array(width * height);
  const columns = Int32Array.from({ length: width }, (_, x) =>
    Math.min(mask.width - 1, Math.floor(((x1 + x + 0.5) * mask.width) / picture.width)),
  );
  for (let y = 0; y < height; y++) {
    const line = Math.min(mask.height - 1, Math.floor(((y1 + y + 0.5) * mask.height) / picture.height)) * mask.width;
    for (let x = 0; x < width; x++) data[y * width + x] = mask.data[line + (columns[x] as number)] as number;
  }
  return { width, height, data };
}

interface Shade {
  readonly r: number;
  readonly g: number;
  readonly b: number;
}

const backgrounds: readonly (Shade & { readonly type: null })[] = [
  { type: null, r: 255, g: 255, b: 255 },
  { type: null, r: 0, g: 0, b: 0 },
];

function channels(colour: string): Shade {
  const value = Number.parseInt(colour.slice(1), 16);
  return { r: value >> 16, g: (value >> 8) & 255, b: value & 255 };
}

function distance(to: Shade, r: number, g: number, b: number): number {
  return (to.r - r) ** 2 + (to.g - g) ** 2 + (to.b - b) ** 2;
}
