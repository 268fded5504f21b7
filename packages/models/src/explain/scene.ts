/** What an explanation looks at: the network's input, the number asked for, and the regions of the picture in it. */
import type { Image } from "@sightline/vision/image";
import { planLetterbox } from "@sightline/vision/letterbox";
import { gridRegions, type RegionMap } from "@sightline/vision/regions";
import { superpixels } from "@sightline/vision/superpixels";
import type { Area, ExplainOptions } from "./explanation.js";
import { noRegion } from "./masked-pictures.js";

/** A rectangle of whole pixels. */
export interface Frame {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Scene {
  /** At the network's input size. */
  readonly input: Image;
  /** Where the picture (or its tile) lies in the input; the rest are a letterbox's margins. */
  readonly frame: Frame;
  /** What the frame shows, in pixels of the picture as it came. */
  readonly area: Area;
}

/** Where a picture lies in the input it is fitted into. */
export function frameOf(
  picture: { readonly width: number; readonly height: number },
  input: { readonly width: number; readonly height: number; readonly fit?: "stretch" | "letterbox" },
): Frame {
  if (input.fit !== "letterbox") return { x: 0, y: 0, width: input.width, height: input.height };
  const { left, top, innerWidth, innerHeight } = planLetterbox(
    picture.width,
    picture.height,
    input.width,
    input.height,
  );
  return { x: left, y: top, width: innerWidth, height: innerHeight };
}

/** The part of an input inside a frame. */
export function cutFrame({ width, data }: Image, frame: Frame): Image {
  const out = new Uint8Array(frame.width * frame.height * 3);
  for (let y = 0; y < frame.height; y++) {
    const from = ((frame.y + y) * width + frame.x) * 3;
    out.set(data.subarray(from, from + frame.width * 3), y * frame.width * 3);
  }
  return { width: frame.width, height: frame.height, data: out };
}

/**
 * The regions of what the frame shows. Where an object is explained, they divide it and its surroundings, all else being one
 * region: an object of 20 pixels in a picture of 640 would be a part of a single one.
 *
 * @param focus in pixels of the frame
 */
export function regionsOf(
  { input, frame }: Scene,
  { shape = "superpixels", regions = 64 }: Pick<ExplainOptions, "shape" | "regions">,
  focus?: Area,
): RegionMap {
  const near = focus === undefined ? { x: 0, y: 0, width: frame.width, height: frame.height } : around(focus, frame);
  const part = cutFrame(input, { ...near, x: near.x + frame.x, y: near.y + frame.y });
  const divided =
    shape === "grid" ? gridRegions(part.width, part.height, regions) : superpixels(part, { count: regions });
  if (part.width === frame.width && part.height === frame.height) return divided;
  const data = new Uint16Array(frame.width * frame.height).fill(divided.count);
  for (let y = 0; y < near.height; y++)
    data.set(divided.data.subarray(y * near.width, (y + 1) * near.width), (near.y + y) * frame.width + near.x);
  return { width: frame.width, height: frame.height, count: divided.count + 1, data };
}

/** How far beyond an object its surroundings go, in its own longer sides; and how large they are at least, in pixels. */
const surroundings = 0.75;
const leastSurroundings = 64;

function around({ x1, y1, x2, y2 }: Area, frame: Frame): Frame {
  const reach = Math.max(surroundings * Math.max(x2 - x1, y2 - y1), leastSurroundings / 2);
  const left = Math.max(0, Math.floor(x1 - reach));
  const top = Math.max(0, Math.floor(y1 - reach));
  const right = Math.min(frame.width, Math.ceil(x2 + reach));
  const bottom = Math.min(frame.height, Math.ceil(y2 + reach));
  return { x: left, y: top, width: Math.max(1, right - left), height: Math.max(1, bottom - top) };
}

/** The frame's regions as a map of the whole input. */
export function inInput(regions: RegionMap, { input, frame }: Scene): Uint16Array {
  if (frame.width === input.width && frame.height === input.height) return regions.data;
  const data = new Uint16Array(input.width * input.height).fill(noRegion);
  for (let y = 0; y < frame.height; y++)
    data.set(regions.data.subarray(y * frame.width, (y + 1) * frame.width), (frame.y + y) * input.width + frame.x);
  return data;
}
