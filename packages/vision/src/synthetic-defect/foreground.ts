/** Tells the part that a picture shows from a plain background around it, so that defects lie on the part. */
import type { RandomSource } from "../augment/damage.js";
import type { Image } from "../image.js";
import { resize } from "../resize.js";

/** Cells of a coarse grid over the picture, rows top to bottom. */
export interface Foreground {
  readonly width: number;
  readonly height: number;
  /** Places of the cells on the part. */
  readonly inside: readonly number[];
  /** Those of them that touch the background. */
  readonly edge: readonly number[];
  readonly outside: readonly number[];
}

/** Cells along the longer side: parts of a fortieth of the picture still show. */
const cells = 64;
/** Steps (0–255) from one cell to the next that count as an edge even before the smoothest background. */
const leastStep = 7;
/** An edge is this much steeper than what the picture's rim usually shows. */
const steeper = 2.5;
/** Less of the picture is dirt, more is a surface without background. */
const partShares = [0.03, 0.85] as const;
/** Smaller islands, as a share of the picture, belong to the background. */
const leastIsland = 0.008;

const known = new WeakMap<Image, Foreground | null>();

/** Found once for each picture, which must not change afterwards. `null` where no part can be told from a background. */
export function foregroundOf(picture: Image): Foreground | null {
  const before = known.get(picture);
  if (before !== undefined) return before;
  const found = findForeground(picture);
  known.set(picture, found);
  return found;
}

/** A random place of the picture in some cells, in pixels. */
export function placeIn(
  foreground: Foreground,
  which: "inside" | "edge" | "outside",
  picture: Image,
  random: RandomSource,
): { x: number; y: number } {
  const places = foreground[which];
  const cell = places[Math.floor(random() * places.length)] ?? 0;
  return {
    x: (((cell % foreground.width) + random()) * picture.width) / foreground.width,
    y: ((Math.floor(cell / foreground.width) + random()) * picture.height) / foreground.height,
  };
}

/** The background is what can be reached from the rim without crossing an edge; what remains, islands apart, is the part. */
function findForeground(picture: Image): Foreground | null {
  const longer = Math.max(picture.width, picture.height);
  const width = Math.max(4, Math.round((cells * picture.width) / longer));
  const height = Math.max(4, Math.round((cells * picture.height) / longer));
  const steps = stepsOf(resize(picture, width, height));
  const isRim = (place: number): boolean => {
    const x = place % width;
    const y = Math.floor(place / width);
    return x === 0 || y === 0 || x === width - 1 || y === height - 1;
  };
  const places = Array.from({ length: width * height }, (_, place) => place);
  const rim = places.filter(isRim);
  const rimSteps = rim.map((place) => steps[place] as number).sort((a, b) => a - b);
  const limit = Math.max(leastStep, steeper * (rimSteps[Math.floor(rimSteps.length / 2)] ?? 0));
  const isBackground = reached(width, height, rim, (place) => (steps[place] as number) < limit);
  const isPart = withoutIslands(width, height, isBackground);
  fillEnclosed(isPart, width, height);
  const inside = places.filter((place) => isPart[place] === 1);
  const share = inside.length / places.length;
  if (share < partShares[0] || share > partShares[1]) return null;
  const touches = (place: number): boolean =>
    neighbours(place, width, height).some((neighbour) => isPart[neighbour] === 0);
  return {
    width,
    height,
    inside,
    edge: inside.filter(touches),
    outside: places.filter((place) => isPart[place] === 0),
  };
}

/** Each cell's largest difference to a neighbour, over the channels. */
function stepsOf({ width, height, data }: Image): Float32Array {
  const steps = new Float32Array(width * height);
  const compare = (place: number, other: number): void => {
    let step = 0;
    for (let c = 0; c < 3; c++)
      step = Math.max(step, Math.abs((data[place * 3 + c] as number) - (data[other * 3 + c] as number)));
    if (step > (steps[place] as number)) steps[place] = step;
    if (step > (steps[other] as number)) steps[other] = step;
  };
  for (let place = 0; place < steps.length; place++) {
    if (place % width > 0) compare(place, place - 1);
    if (place >= width) compare(place, place - width);
  }
  return steps;
}

function neighbours(place: number, width: number, height: number): number[] {
  const x = place % width;
  const found: number[] = [];
  if (x > 0) found.push(place - 1);
  if (x < width - 1) found.push(place + 1);
  if (place >= width) found.push(place - width);
  if (place < width * (height - 1)) found.push(place + width);
  return found;
}

/** Marks all that can be reached from some cells over open ones. The first ones need not be open. */
function reached(width: number, height: number, from: readonly number[], isOpen: (place: number) => boolean) {
  const isReached = new Uint8Array(width * height);
  const waiting = [...from];
  for (const place of from) isReached[place] = 1;
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    for (const next of neighbours(place, width, height)) {
      if (isReached[next] === 1 || !isOpen(next)) continue;
      isReached[next] = 1;
      waiting.push(next);
    }
  }
  return isReached;
}

/**
 * Where an edge fades into the background, the way through it leads into the part: what has part to its left, right, above
 * and below belongs to it.
 */
function fillEnclosed(isPart: Uint8Array, width: number, height: number): void {
  const sides = new Uint8Array(isPart.length);
  const sweep = (start: number, step: number, count: number): void => {
    let isAfter = 0;
    for (let i = 0, place = start; i < count; i++, place += step) {
      if (isPart[place] === 1) isAfter = 1;
      sides[place] = (sides[place] as number) + isAfter;
    }
  };
  for (let y = 0; y < height; y++) {
    sweep(y * width, 1, width);
    sweep(y * width + width - 1, -1, width);
  }
  for (let x = 0; x < width; x++) {
    sweep(x, width, height);
    sweep(x + width * (height - 1), -width, height);
  }
  for (let place = 0; place < isPart.length; place++) if (sides[place] === 4) isPart[place] = 1;
}

function withoutIslands(width: number, height: number, isBackground: Uint8Array): Uint8Array {
  const isPart = new Uint8Array(isBackground.length);
  const isSeen = isBackground.slice();
  for (let start = 0; start < isSeen.length; start++) {
    if (isSeen[start] === 1) continue;
    const island = [start];
    isSeen[start] = 1;
    for (let i = 0; i < island.length; i++) {
      for (const next of neighbours(island[i] as number, width, height)) {
        if (isSeen[next] === 1) continue;
        isSeen[next] = 1;
        island.push(next);
      }
    }
    if (island.length >= leastIsland * isPart.length) for (const place of island) isPart[place] = 1;
  }
  return isPart;
}
