/** What every format of boxes has in common: the picture's true size, and which boxes can be used. */
import { open } from "node:fs/promises";
import type { LabelledBox } from "./dataset.js";
import { ImageError, type ImageHeader, readHeader } from "./image-header.js";

/** Enough for the header of almost every camera's pictures. */
const headerBytes = 65_536;

/** Width and height after the EXIF turn. Throws ImageError. */
export async function readPictureHeader(file: string): Promise<ImageHeader> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const start = Buffer.alloc(Math.min(size, headerBytes));
    await handle.read(start, 0, start.length, 0);
    try {
      return readHeader(start);
    } catch (error) {
      if (!(error instanceof ImageError) || error.code !== "IMAGE_TRUNCATED" || size <= headerBytes) throw error;
      return readHeader(await handle.readFile());
    }
  } finally {
    await handle.close();
  }
}

/** Annotation tools round: what reaches less than this over the edge is cut without a word. */
const roundingPixels = 1;

/** A box cut at the picture's edges, or `null` where nothing is left, and what there is to report. */
export function usableBox(
  box: LabelledBox,
  { width, height }: { readonly width: number; readonly height: number },
): { readonly box: LabelledBox | null; readonly problem: string | null } {
  const corners = [box.x1, box.y1, box.x2, box.y2].map((value) => Math.round(value * 100) / 100).join(", ");
  const clipped: LabelledBox = {
    label: box.label,
    x1: Math.min(Math.max(box.x1, 0), width),
    y1: Math.min(Math.max(box.y1, 0), height),
    x2: Math.min(Math.max(box.x2, 0), width),
    y2: Math.min(Math.max(box.y2, 0), height),
  };
  if (box.x2 <= box.x1 || box.y2 <= box.y1) {
    return { box: null, problem: `the box of "${box.label}" at ${corners} has no area; left out` };
  }
  if (clipped.x2 <= clipped.x1 || clipped.y2 <= clipped.y1) {
    return {
      box: null,
      problem: `the box of "${box.label}" at ${corners} lies outside the picture of ${width} x ${height}; left out`,
    };
  }
  const over = Math.max(-box.x1, -box.y1, box.x2 - width, box.y2 - height);
  return {
    box: clipped,
    problem:
      over > roundingPixels
        ? `the box of "${box.label}" at ${corners} reaches over the edge of the picture of ${width} x ${height}; cut there`
        : null,
  };
}
