/** Chooses from the training pictures alone what the detector's input looks like: its shape, its grids, whole pictures or tiles. */

export interface PictureBoxes {
  /** In pixels, after the EXIF turn. */
  readonly width: number;
  readonly height: number;
  /** In pixels of the picture. */
  readonly boxes: readonly PlannedBox[];
}

export interface PlannedBox {
  /** Its place in the list of labels. */
  readonly label: number;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

export interface InputPlan {
  readonly width: number;
  readonly height: number;
  readonly strides: readonly number[];
  /** Squares of the picture instead of the whole. */
  readonly tiling: { readonly tile: number; readonly overlap: number } | null;
}

export interface InputWishes {
  /** Longer side of the input in pixels. */
  readonly side: number;
  /** Adds a grid of stride 4; `auto`: where the smaller objects of some label are too small for stride 8. */
  readonly fine: "auto" | "yes" | "no";
  /** Cuts pictures into tiles; `auto`: where whole pictures would leave the smaller objects of some label too small to tell. */
  readonly tiles: "auto" | "yes" | "no";
}

/** Sides of the input are multiples of the coarsest stride. */
const coarsest = 32;
/** Objects below this many pixels of the input get the fine grid: two and a half places of stride 8. */
const fineBelow = 20;
/** … and below this no grid sees them: the picture is cut into tiles. */
const tileBelow = 7;
/** What a small object should measure in a tile. */
const tileObject = 16;
/** Beyond this spread of shapes (natural logarithm of width over height) a square fits best. */
const mixedShapes = 0.35;

export function planInput(pictures: readonly PictureBoxes[], { side, fine, tiles }: InputWishes): InputPlan {
  const whole = wholeInput(pictures, side);
  const scaleOf = (picture: PictureBoxes): number =>
    Math.min(whole.width / picture.width, whole.height / picture.height);
  const small = (scale: (picture: PictureBoxes) => number): number => smallSide(pictures, scale);
  const isTiled = tiles === "yes" || (tiles === "auto" && small(scaleOf) < tileBelow);
  if (!isTiled) return { ...whole, strides: stridesFor(small(scaleOf), fine), tiling: null };
  const inPicture = small(() => 1);
  // So large that small objects measure what they should, and never larger than the pictures are.
  const shortest = Math.min(...pictures.map(({ width, height }) => Math.max(width, height)));
  const tile = Math.max(64, Math.min(shortest, Math.round((side * inPicture) / tileObject)));
  const large = quantile(
    pictures.flatMap(({ boxes }) => boxes.map((box) => Math.max(box.x2 - box.x1, box.y2 - box.y1))),
    0.95,
  );
  const overlap = Math.min(Math.floor(tile / 2), Math.max(Math.ceil(tile / 8), Math.ceil(large)));
  const square = Math.ceil(side / coarsest) * coarsest;
  return {
    width: square,
    height: square,
    strides: stridesFor((inPicture * square) / tile, fine),
    tiling: { tile, overlap },
  };
}

/** A frame of the pictures' usual shape. */
function wholeInput(pictures: readonly PictureBoxes[], side: number): { width: number; height: number } {
  const shapes = pictures.map(({ width, height }) => Math.log(width / height));
  const spread = quantile(shapes, 0.9) - quantile(shapes, 0.1);
  const shape = spread > mixedShapes ? 0 : quantile(shapes, 0.5);
  const rounded = (length: number): number => Math.max(coarsest, Math.ceil((length - 1) / coarsest) * coarsest);
  const long = rounded(side);
  const short = rounded(long * Math.exp(-Math.abs(shape)));
  return shape >= 0 ? { width: long, height: short } : { width: short, height: long };
}

function stridesFor(smallSide: number, fine: InputWishes["fine"]): number[] {
  const isFine = fine === "yes" || (fine === "auto" && smallSide < fineBelow);
  return isFine ? [4, 8, 16, 32] : [8, 16, 32];
}

/** The lower quartile of the sides of that label whose objects are smallest: a rare small label counts like any other. */
function smallSide(pictures: readonly PictureBoxes[], scaleOf: (picture: PictureBoxes) => number): number {
  const sides = new Map<number, number[]>();
  for (const picture of pictures) {
    const scale = scaleOf(picture);
    for (const box of picture.boxes) sides.set(box.label, [...(sides.get(box.label) ?? []), sideOf(box) * scale]);
  }
  return Math.min(...[...sides.values()].map((values) => quantile(values, 0.25)));
}

function sideOf({ x1, y1, x2, y2 }: PlannedBox): number {
  return Math.sqrt(Math.max(0, (x2 - x1) * (y2 - y1)));
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
