/** Picture files to pixels and back; the only place that touches sharp, locked down to JPEG and PNG. */
import { getEnvironmentData, setEnvironmentData } from "node:worker_threads";
import type { Image, Mask } from "@sightline/vision/image";
import { resize } from "@sightline/vision/resize";
import sharp, { type Sharp } from "sharp";
import { checkPixels, ImageError, type ImageHeader, readHeader } from "./image-header.js";

export { ImageError, type ImageErrorCode, type ImageHeader, readHeader } from "./image-header.js";

// libvips also opens SVG, PDF, TIFF, GIF, raw files and more: each a door for an attack, none of use here. All threads of
// a process share this setting: made again by a new thread, it would fail what another decodes between the two calls.
const lockedKey = "sightline: only JPEG and PNG are opened";
if (getEnvironmentData(lockedKey) !== true) {
  sharp.block({ operation: ["VipsForeignLoad"] });
  sharp.unblock({ operation: ["VipsForeignLoadJpegBuffer", "VipsForeignLoadPngBuffer"] });
  // Handed on to every thread started from here, but to no child process.
  setEnvironmentData(lockedKey, true);
}
// One thread per picture: throughput comes from decoding several at once, and the cores belong to the models.
sharp.concurrency(1);
sharp.cache(false);

/** More than any common industrial camera sends, and 150 MB when decoded. */
export const defaultMaxPixels = 50_000_000;

export interface DecodeOptions {
  /** A JPEG may be decoded smaller (1/2, 1/4, 1/8), but never below this size: much faster for large pictures. */
  readonly minWidth?: number;
  readonly minHeight?: number;
  /** Refused with IMAGE_TOO_LARGE above this, before anything is decoded. */
  readonly maxPixels?: number;
}

/**
 * Decodes a JPEG or PNG to 8-bit RGB: turned as its EXIF says, grey and CMYK converted, transparent parts on white.
 * Throws ImageError: IMAGE_EMPTY, NOT_AN_IMAGE, IMAGE_TOO_LARGE, IMAGE_TRUNCATED (cut off or damaged).
 *
 * @example
 * const picture = await decodeImage(await readFile("part.jpg"), { minWidth: 224, minHeight: 224 });
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions = {}): Promise<Image> {
  const header = readHeader(bytes);
  checkPixels(header, options.maxPixels ?? defaultMaxPixels);
  const pipeline = open(bytes, header);
  const shrink = header.format === "jpeg" ? shrinkFactor(header, options) : 1;
  // libjpeg decodes at a quarter or less much faster than whole, but at the half slower than whole (it has no quick way for
  // its colours there): that half is ours.
  const isHalvedAfterwards = shrink === 2 && header.width % 2 === 0 && header.height % 2 === 0;
  if (shrink > 1 && !isHalvedAfterwards) {
    // With both sides whole fractions of the source, sharp asks libjpeg for most of the shrinking. `fill` takes the size
    // after turning.
    pipeline.resize(Math.ceil(header.width / shrink), Math.ceil(header.height / shrink), { fit: "fill" });
  }
  const { data, info } = await decoded(pipeline.flatten({ background: "#fff" }).toColourspace("srgb").raw(), header);
  const image = { width: info.width, height: info.height, data: toThreeChannels(data, info.channels) };
  return isHalvedAfterwards ? resize(image, image.width / 2, image.height / 2) : image;
}

/** Decodes a mask: what is bright is inside. Also takes masks written with the values 0 and 1. */
export async function decodeMask(bytes: Uint8Array, options: Pick<DecodeOptions, "maxPixels"> = {}): Promise<Mask> {
  const { width, height, data: rgb } = await decodeImage(bytes, options);
  const data = new Uint8Array(width * height);
  let brightest = 0;
  for (let i = 0; i < data.length; i++) {
    const value = Math.max(rgb[i * 3] as number, rgb[i * 3 + 1] as number, rgb[i * 3 + 2] as number);
    data[i] = value;
    if (value > brightest) brightest = value;
  }
  const inside = brightest < 128 ? 1 : 128;
  for (let i = 0; i < data.length; i++) data[i] = (data[i] as number) >= inside ? 1 : 0;
  return { width, height, data };
}

/** A JPEG of the picture; `quality` 1–100. */
export function encodeJpeg(image: Image, quality = 85): Promise<Uint8Array> {
  return sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } })
    .jpeg({ quality })
    .toBuffer();
}

/** A PNG of RGB pixels, or of RGBA pixels (four bytes each, not premultiplied), told by the length of `data`. */
export function encodePng(pixels: { width: number; height: number; data: Uint8Array }): Promise<Uint8Array> {
  const channels = pixels.data.length / (pixels.width * pixels.height);
  if (channels !== 1 && channels !== 3 && channels !== 4) {
    throw new RangeError(`A picture to write must have 1, 3 or 4 bytes a pixel, got ${channels}.`);
  }
  return sharp(pixels.data, { raw: { width: pixels.width, height: pixels.height, channels } })
    .png({ compressionLevel: 6 })
    .toBuffer();
}

/**
 * A small JPEG straight from a picture file, at most `longestSide` pixels on its longer side and never enlarged; for lists, not for models.
 * Throws what `decodeImage` throws.
 */
export async function encodeThumbnail(bytes: Uint8Array, longestSide: number, quality = 75): Promise<Uint8Array> {
  const header = readHeader(bytes);
  checkPixels(header, defaultMaxPixels);
  const pipeline = open(bytes, header).resize(longestSide, longestSide, { fit: "inside", withoutEnlargement: true });
  const { data } = await decoded(
    pipeline.flatten({ background: "#fff" }).toColourspace("srgb").jpeg({ quality }),
    header,
  );
  return data;
}

/** A JPEG of the picture with a partly transparent PNG, such as a heat map, stretched over it. */
export async function encodeOverlay(picture: Image, overlayPng: Uint8Array, quality = 90): Promise<Uint8Array> {
  const { width, height } = picture;
  const overlay = await sharp(overlayPng).resize(width, height, { fit: "fill" }).ensureAlpha().png().toBuffer();
  return sharp(picture.data, { raw: { width, height, channels: 3 } })
    .composite([{ input: overlay }])
    .jpeg({ quality })
    .toBuffer();
}

/** The picture with a partly transparent PNG stretched over it, its pixels kept sharp; 1 shows the PNG as it is. */
export async function withLayer(picture: Image, layerPng: Uint8Array, opacity: number): Promise<Image> {
  const { width, height } = picture;
  const { data: layer } = await sharp(layerPng)
    .resize(width, height, { fit: "fill", kernel: "nearest" })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const data = picture.data.slice();
  for (let i = 0, at = 0; i < width * height; i++, at += 3) {
    const share = ((layer[i * 4 + 3] as number) / 255) * opacity;
    if (share === 0) continue;
    for (let c = 0; c < 3; c++)
      data[at + c] = Math.round((data[at + c] as number) * (1 - share) + (layer[i * 4 + c] as number) * share);
  }
  return { width, height, data };
}

function open(bytes: Uint8Array, header: ImageHeader): Sharp {
  // Our own limit stands in checkPixels; "error" refuses what is cut off but lets pass what cameras get slightly wrong.
  const pipeline = sharp(bytes, { failOn: "error", limitInputPixels: false, sequentialRead: true });
  return header.orientation > 1 ? pipeline.autoOrient() : pipeline;
}

async function decoded(pipeline: Sharp, header: ImageHeader) {
  try {
    return await pipeline.toBuffer({ resolveWithObject: true });
  } catch (cause) {
    const text = cause instanceof Error ? cause.message.trim().replaceAll(/\s+/g, " ") : String(cause);
    throw new ImageError(
      "IMAGE_TRUNCATED",
      `The ${header.format === "jpeg" ? "JPEG" : "PNG"} file is cut off or damaged (${text}). Send it again, whole.`,
      { cause },
    );
  }
}

function shrinkFactor(header: ImageHeader, { minWidth, minHeight }: DecodeOptions): 1 | 2 | 4 | 8 {
  if (minWidth === undefined && minHeight === undefined) return 1;
  for (const factor of [8, 4, 2] as const) {
    if (header.width >= (minWidth ?? 1) * factor && header.height >= (minHeight ?? 1) * factor) return factor;
  }
  return 1;
}

function toThreeChannels(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return data;
  const out = new Uint8Array((data.length / channels) * 3);
  for (let from = 0, to = 0; from < data.length; from += channels, to += 3) {
    const grey = data[from] as number;
    out[to] = grey;
    out[to + 1] = channels > 2 ? (data[from + 1] as number) : grey;
    out[to + 2] = channels > 2 ? (data[from + 2] as number) : grey;
  }
  return out;
}
