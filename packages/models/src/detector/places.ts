/** Where a detector looks: a grid of places for each of its strides, and which of them answer for an object. */

/** One grid: the places of a feature map. */
export interface Level {
  /** Pixels of the input between two places. */
  readonly stride: number;
  readonly width: number;
  readonly height: number;
  /** Place (0, 0) in the list of all places; row by row from there. */
  readonly first: number;
}

export interface Places {
  /** Input in pixels. */
  readonly width: number;
  readonly height: number;
  readonly levels: readonly Level[];
  readonly count: number;
}

/** An object to find, in pixels of the input. */
export interface TargetBox {
  readonly label: number;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  /** Cut so far that it may count as an object or not: the places that would answer for it learn nothing. */
  readonly isUnsure?: boolean;
}

/** What the places of one picture should answer. */
export interface PictureTargets {
  /** `places × 4`: x1 y1 x2 y2 in pixels; where there is no object, one pixel at the place, so that losses stay finite. */
  readonly boxes: Float32Array;
  /** `places × labels`: 1 where the place answers for an object of this label. */
  readonly labels: Float32Array;
  /** One value a place: 0 where it learns no score, else 1. */
  readonly weights: Float32Array;
  /** How many places answer for an object. */
  readonly positives: number;
}

/** An object is looked for where it is about this many strides long: the size that a 3x3 or 5x5 neighbourhood sees whole. */
const bestStrides = 4.5;
/** … and on neighbouring grids too, when they are not much worse (in doublings). */
const tolerance = 0.6;
/** Places this many strides around an object's middle answer for it (Tian et al. 2019). */
const centreStrides = 1.5;
/** … but not beyond this share of its half sides. */
const centreShare = 0.8;

export function makePlaces(width: number, height: number, strides: readonly number[]): Places {
  let count = 0;
  const levels = strides.map((stride): Level => {
    const level = { stride, width: width / stride, height: height / stride, first: count };
    if (!Number.isInteger(level.width) || !Number.isInteger(level.height)) {
      throw new RangeError(`The input's sides must be multiples of ${stride}, got ${width} x ${height}.`);
    }
    count += level.width * level.height;
    return level;
  });
  return { width, height, levels, count };
}

/** The middle and stride of each place: `places × 3` as x, y, stride in pixels. */
export function placeCentres({ levels, count }: Places): Float32Array {
  const centres = new Float32Array(count * 3);
  for (const { stride, width, height, first } of levels) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        centres.set([(x + 0.5) * stride, (y + 0.5) * stride, stride], (first + y * width + x) * 3);
      }
    }
  }
  return centres;
}

/**
 * Deals the places out to the objects, from the boxes alone: near an object's middle, on the grids that fit its size. A
 * place wanted by several answers for the smallest, which has fewer; but every object keeps the place next to its middle.
 */
export function assignTargets(boxes: readonly TargetBox[], places: Places, labelCount: number): PictureTargets {
  const owner = new Int32Array(places.count).fill(-1);
  // Largest first, so that smaller ones overwrite.
  const order = [...boxes.keys()].sort((a, b) => area(boxes[b] as TargetBox) - area(boxes[a] as TargetBox));
  for (const index of order) {
    const box = boxes[index] as TargetBox;
    for (const level of levelsFor(box, places)) claim(owner, index, box, level);
  }
  const owned = new Set(owner);
  for (const index of order) {
    if (owned.has(index)) continue;
    const box = boxes[index] as TargetBox;
    // Around a smaller object with the same middle: the grid that fits second best, else whatever is near.
    const [, second] = byFit(box, places);
    const isPlaced = second !== undefined && claim(owner, index, box, second, true);
    if (!isPlaced) owner[nearestPlace(box, places, owner)] = index;
  }
  return written(owner, boxes, places, labelCount);
}

function byFit(box: TargetBox, { levels }: Places): Level[] {
  return [...levels].sort((a, b) => misfit(box, a) - misfit(box, b));
}

/** By how many doublings an object is larger or smaller than a grid likes. */
function misfit(box: TargetBox, { stride }: Level): number {
  return Math.abs(Math.log2(Math.sqrt(area(box)) / stride / bestStrides));
}

/** The grid that fits best, first, and those that fit nearly as well. */
function levelsFor(box: TargetBox, places: Places): Level[] {
  return byFit(box, places).filter((level, i) => i === 0 || misfit(box, level) < tolerance);
}

/** Takes the places around the object's middle, from others too unless `onlyFree`. Gives whether there were any. */
function claim(owner: Int32Array, index: number, box: TargetBox, level: Level, onlyFree = false): boolean {
  const { stride, width, height, first } = level;
  const reach = (side: number): number =>
    Math.min(centreStrides * stride, Math.max(0.5 * stride, (centreShare * side) / 2));
  const range = (low: number, high: number, places: number): [number, number] => {
    const [middle, around] = [(low + high) / 2, reach(high - low)];
    // Place i has its middle at (i + 0.5) strides.
    const from = Math.max(0, Math.ceil((middle - around) / stride - 0.5 - 1e-6));
    return [from, Math.min(places - 1, Math.floor((middle + around) / stride - 0.5 + 1e-6))];
  };
  const [left, right] = range(box.x1, box.x2, width);
  const [top, bottom] = range(box.y1, box.y2, height);
  let isPlaced = false;
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const place = first + y * width + x;
      if (onlyFree && owner[place] !== -1) continue;
      owner[place] = index;
      isPlaced = true;
    }
  }
  return isPlaced;
}

/** For an object whose places all went to smaller ones: the one nearest its middle that isn't some object's last. */
function nearestPlace(box: TargetBox, places: Places, owner: Int32Array): number {
  const [level] = levelsFor(box, places);
  const { stride, width, height, first } = level as Level;
  const counts = new Map<number, number>();
  for (const index of owner) counts.set(index, (counts.get(index) ?? 0) + 1);
  const [x, y] = [(box.x1 + box.x2) / 2 / stride - 0.5, (box.y1 + box.y2) / 2 / stride - 0.5];
  let best = first;
  let least = Number.POSITIVE_INFINITY;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const place = first + row * width + column;
      const index = owner[place] as number;
      const distance = (row - y) ** 2 + (column - x) ** 2;
      const isLast = index >= 0 && (counts.get(index) ?? 0) <= 1;
      if (!isLast && distance < least) {
        least = distance;
        best = place;
      }
    }
  }
  return best;
}

function written(owner: Int32Array, boxes: readonly TargetBox[], places: Places, labelCount: number): PictureTargets {
  const target = new Float32Array(places.count * 4);
  const labels = new Float32Array(places.count * labelCount);
  const weights = new Float32Array(places.count).fill(1);
  const centres = placeCentres(places);
  let positives = 0;
  for (let place = 0; place < places.count; place++) {
    const box = boxes[owner[place] as number];
    if (box === undefined || box.isUnsure) {
      if (box !== undefined) weights[place] = 0;
      const [x, y] = [centres[place * 3] as number, centres[place * 3 + 1] as number];
      target.set([x - 0.5, y - 0.5, x + 0.5, y + 0.5], place * 4);
      continue;
    }
    target.set([box.x1, box.y1, box.x2, box.y2], place * 4);
    labels[place * labelCount + box.label] = 1;
    positives++;
  }
  return { boxes: target, labels, weights, positives };
}

function area({ x1, y1, x2, y2 }: TargetBox): number {
  return Math.max((x2 - x1) * (y2 - y1), 1e-6);
}
