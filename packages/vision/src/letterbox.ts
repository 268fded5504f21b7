/**
 * Fits a picture into a model's input without changing its shape: resized as a whole, centred, the rest grey.
 *
 * All in whole numbers, so that a port gives the same bytes: the longer side (relative to the input) fills it, the other
 * becomes `max(1, ⌊(2·side·input + length) / (2·length)⌋)` (rounded half up), the left and upper margin is half of what
 * remains, rounded down.
 */
import type { Detections } from "./detections.js";
import type { Image } from "./image.js";
import { resize } from "./resize.js";

/** The grey of the margins, as the YOLO family has it. */
export const letterboxGrey = 114;

/** Where a picture lies inside the input. */
export interface LetterboxPlan {
  /** The picture as it came. */
  readonly sourceWidth: number;
  readonly sourceHeight: number;
  /** The model's input. */
  readonly width: number;
  readonly height: number;
  /** The picture inside the input. */
  readonly left: number;
  readonly top: number;
  readonly innerWidth: number;
  readonly innerHeight: number;
}

/** Throws RangeError for sizes that aren't positive whole numbers. */
export function planLetterbox(sourceWidth: number, sourceHeight: number, width: number, height: number): LetterboxPlan {
  for (const side of [sourceWidth, sourceHeight, width, height]) {
    if (!Number.isInteger(side) || side < 1) {
      throw new RangeError(`A letterbox must have sides of whole pixels from 1, got ${side}.`);
    }
  }
  const isWide = sourceWidth * height >= sourceHeight * width;
  const innerWidth = isWide ? width : scaled(sourceWidth, height, sourceHeight);
  const innerHeight = isWide ? scaled(sourceHeight, width, sourceWidth) : height;
  return {
    sourceWidth,
    sourceHeight,
    width,
    height,
    left: Math.floor((width - innerWidth) / 2),
    top: Math.floor((height - innerHeight) / 2),
    innerWidth,
    innerHeight,
  };
}

/** `side · input / length`, halves up, at least 1. */
function scaled(side: number, input: number, length: number): number {
  return Math.max(1, Math.floor((2 * side * input + length) / (2 * length)));
}

/**
 * The picture inside `width` x `height` with grey margins.
 *
 * @example
 * const { image, plan } = letterbox(picture, 320, 320);
 */
export function letterbox(picture: Image, width: number, height: number): { image: Image; plan: LetterboxPlan } {
  const plan = planLetterbox(picture.width, picture.height, width, height);
  const inner = resize(picture, plan.innerWidth, plan.innerHeight);
  if (plan.innerWidth === width && plan.innerHeight === height) return { image: inner, plan };
  const data = new Uint8Array(width * height * 3).fill(letterboxGrey);
  const rowBytes = plan.innerWidth * 3;
  for (let y = 0; y < plan.innerHeight; y++) {
    const to = ((y + plan.top) * width + plan.left) * 3;
    data.set(inner.data.subarray(y * rowBytes, (y + 1) * rowBytes), to);
  }
  return { image: { width, height, data }, plan };
}

/** Boxes of the picture as boxes of the input. */
export function intoLetterbox(boxes: Detections, plan: LetterboxPlan): Detections {
  const { scaleX, scaleY } = scales(plan);
  return boxes.transform(scaleX, scaleY, plan.left, plan.top);
}

/** Boxes of the input as boxes of the picture, cut at its edges; those wholly in the margins are left out. */
export function outOfLetterbox(boxes: Detections, plan: LetterboxPlan): Detections {
  const { scaleX, scaleY } = scales(plan);
  return boxes
    .transform(1 / scaleX, 1 / scaleY, -plan.left / scaleX, -plan.top / scaleY)
    .clip(plan.sourceWidth, plan.sourceHeight);
}

/** The two differ by rounding: the shorter side is a whole number of pixels. */
function scales(plan: LetterboxPlan): { scaleX: number; scaleY: number } {
  return { scaleX: plan.innerWidth / plan.sourceWidth, scaleY: plan.innerHeight / plan.sourceHeight };
}
