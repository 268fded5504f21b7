/** Reads size and kind of a JPEG or PNG from its first bytes, so that nothing untrusted is decoded before it is known to fit. */

export type ImageErrorCode = "IMAGE_EMPTY" | "NOT_AN_IMAGE" | "IMAGE_TOO_LARGE" | "IMAGE_TRUNCATED";

/** A picture that can't be used; `code` is stable, the message is for people. */
export class ImageError extends Error {
  readonly code: ImageErrorCode;

  constructor(code: ImageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ImageError";
    this.code = code;
  }
}

export interface ImageHeader {
  readonly format: "jpeg" | "png";
  /** As shown: after the turn that a camera noted in EXIF. */
  readonly width: number;
  readonly height: number;
  /** EXIF orientation, 1 (as stored) to 8; from 5 on, stored width and height are swapped. */
  readonly orientation: number;
}

const pngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/**
 * The header of a JPEG or PNG, told by its bytes. Throws ImageError: IMAGE_EMPTY (no bytes), NOT_AN_IMAGE (anything
 * else, a size of 0 too), IMAGE_TRUNCATED (ends before its size is told).
 *
 * @example
 * const { width, height } = readHeader(bytes);
 */
export function readHeader(bytes: Uint8Array): ImageHeader {
  if (bytes.length === 0) throw new ImageError("IMAGE_EMPTY", "The picture has 0 bytes. Send a JPEG or PNG file.");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = startsWith(bytes, [0xff, 0xd8, 0xff])
    ? readJpeg(view)
    : startsWith(bytes, pngSignature)
      ? readPng(view)
      : null;
  if (!header) {
    throw new ImageError(
      "NOT_AN_IMAGE",
      `The picture must be a JPEG or PNG file, got ${describe(bytes)}. Convert it to JPEG or PNG.`,
    );
  }
  if (header.width === 0 || header.height === 0) {
    throw new ImageError("NOT_AN_IMAGE", `The picture's header says ${header.width} x ${header.height} pixels.`);
  }
  return header;
}

/** Throws IMAGE_TOO_LARGE when the header promises more pixels than allowed. */
export function checkPixels(header: ImageHeader, maxPixels: number): void {
  const pixels = header.width * header.height;
  if (pixels <= maxPixels) return;
  const million = (count: number): string => (count / 1e6).toLocaleString("en", { maximumFractionDigits: 1 });
  throw new ImageError(
    "IMAGE_TOO_LARGE",
    `The picture has ${header.width} x ${header.height} = ${million(pixels)} million pixels, ` +
      `at most ${million(maxPixels)} million are allowed. Send a smaller picture.`,
  );
}

function readPng(view: DataView): ImageHeader {
  // Signature (8), length of IHDR (4), "IHDR" (4), width (4), height (4).
  if (view.byteLength < 24) throw endsEarly("PNG");
  if (ascii(view, 12, 4) !== "IHDR") {
    throw new ImageError("NOT_AN_IMAGE", "The PNG file must start with an IHDR chunk. Save it again as PNG or JPEG.");
  }
  return { format: "png", width: view.getUint32(16), height: view.getUint32(20), orientation: 1 };
}

/** Walks the JPEG's segments (ITU T.81, annex B) up to the frame header. */
function readJpeg(view: DataView): ImageHeader {
  let orientation = 1;
  let at = 2;
  for (;;) {
    // A marker is 0xFF, any number of fill bytes 0xFF, then its code.
    if (at >= view.byteLength) throw endsEarly("JPEG");
    if (view.getUint8(at) !== 0xff) {
      throw new ImageError("NOT_AN_IMAGE", `The JPEG file has no marker where one must be (byte ${at}).`);
    }
    while (at < view.byteLength && view.getUint8(at) === 0xff) at++;
    if (at >= view.byteLength) throw endsEarly("JPEG");
    const marker = view.getUint8(at++);
    // TEM, RST0–RST7 and SOI stand alone.
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) continue;
    if (marker === 0xd9 || marker === 0xda) {
      throw new ImageError("NOT_AN_IMAGE", "The JPEG file has no frame header, so it holds no picture.");
    }
    if (at + 2 > view.byteLength) throw endsEarly("JPEG");
    const length = view.getUint16(at);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) {
      if (at + 7 > view.byteLength) throw endsEarly("JPEG");
      const height = view.getUint16(at + 3);
      const width = view.getUint16(at + 5);
      const turned = orientation >= 5;
      return { format: "jpeg", width: turned ? height : width, height: turned ? width : height, orientation };
    }
    if (marker === 0xe1 && at + length <= view.byteLength) {
      orientation = exifOrientation(view, at + 2, at + length) ?? orientation;
    }
    at += length;
  }
}

/** Tag 0x0112 of the first directory of an EXIF block; null when there is none or it makes no sense. */
function exifOrientation(view: DataView, start: number, end: number): number | null {
  const tiff = start + 6;
  if (tiff + 8 > end || ascii(view, start, 4) !== "Exif") return null;
  const order = ascii(view, tiff, 2);
  if (order !== "II" && order !== "MM") return null;
  const little = order === "II";
  const directory = tiff + view.getUint32(tiff + 4, little);
  if (directory + 2 > end) return null;
  const entries = view.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + i * 12;
    if (entry + 12 > end) return null;
    if (view.getUint16(entry, little) !== 0x0112) continue;
    const value = view.getUint16(entry + 8, little);
    return value >= 1 && value <= 8 ? value : null;
  }
  return null;
}

function endsEarly(kind: string): ImageError {
  return new ImageError("IMAGE_TRUNCATED", `The ${kind} file ends before its size is told. Send the whole file.`);
}

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return bytes.length >= start.length && start.every((byte, i) => bytes[i] === byte);
}

function ascii(view: DataView, at: number, length: number): string {
  let text = "";
  for (let i = 0; i < length; i++) text += String.fromCharCode(view.getUint8(at + i));
  return text;
}

/** Names what people most often send by mistake. */
const knownStarts: readonly (readonly [string, string])[] = [
  ["GIF8", "a GIF"],
  ["BM", "a BMP"],
  ["II*\0", "a TIFF"],
  ["MM\0*", "a TIFF"],
  ["%PDF", "a PDF"],
  ["PK", "a ZIP archive"],
  ["<svg", "an SVG"],
  ["<?xml", "an XML or SVG file"],
  ["<!DOCTYPE", "a web page"],
  ["<html", "a web page"],
];

function describe(bytes: Uint8Array): string {
  const start = String.fromCharCode(...bytes.subarray(0, 16));
  if (start.startsWith("RIFF") && start.slice(8, 12) === "WEBP") return "a WebP";
  if (start.slice(4, 8) === "ftyp") return "a HEIF, AVIF or MP4";
  const known = knownStarts.find(([text]) => start.trimStart().toLowerCase().startsWith(text.toLowerCase()));
  return known ? known[1] : `${bytes.length} bytes of something else`;
}
