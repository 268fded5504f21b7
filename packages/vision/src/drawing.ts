/** Draws boxes with their labels onto pictures, without a canvas or a font: for files, mails and the browser alike. */
import type { Image } from "./image.js";
import { letterDots, letterHeight, letterWidth } from "./letters.js";

export interface DrawnBox {
  /** Image pixels; `x2` and `y2` lie outside the box. */
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  /** Text above the box; empty or left out: none. */
  readonly text?: string;
  /** Which of the colours; boxes of one class share one. */
  readonly classIndex: number;
}

export type Colour = readonly [red: number, green: number, blue: number];

/** Told apart also with the common colour blindnesses (after Okabe and Ito's set), each dark or bright enough for its text. */
const colours: readonly Colour[] = [
  [0, 114, 178],
  [230, 159, 0],
  [0, 158, 115],
  [213, 94, 0],
  [204, 121, 167],
  [86, 180, 233],
  [240, 228, 66],
  [90, 60, 160],
  [140, 86, 75],
  [70, 70, 70],
];

/** The colour of a class: the same in every picture. */
export function classColour(classIndex: number): Colour {
  return colours[classIndex % colours.length] as Colour;
}

/**
 * A copy of the picture with each box outlined and its text on a plate in the box's colour: above the box where there is
 * room, else inside it. Line width and letters grow with the picture. Parts outside the picture are left out.
 *
 * @example
 * const shown = drawBoxes(picture, [{ x1: 10, y1: 10, x2: 60, y2: 50, text: "RBC 0.93", classIndex: 0 }]);
 */
export function drawBoxes(picture: Image, boxes: readonly DrawnBox[]): Image {
  const canvas: Image = { ...picture, data: picture.data.slice() };
  const unit = Math.max(1, Math.round(Math.max(picture.width, picture.height) / 640));
  const line = unit * 2;
  for (const box of boxes) outline(canvas, box, line);
  // Texts last: no outline crosses them.
  for (const box of boxes) if (box.text) drawPlate(canvas, box, box.text, unit, line);
  return canvas;
}

function outline(canvas: Image, box: DrawnBox, line: number): void {
  const colour = classColour(box.classIndex);
  const [x1, y1, x2, y2] = [box.x1, box.y1, box.x2, box.y2].map(Math.round) as [number, number, number, number];
  fill(canvas, x1, y1, x2, Math.min(y1 + line, y2), colour);
  fill(canvas, x1, Math.max(y2 - line, y1), x2, y2, colour);
  fill(canvas, x1, y1, Math.min(x1 + line, x2), y2, colour);
  fill(canvas, Math.max(x2 - line, x1), y1, x2, y2, colour);
}

function drawPlate(canvas: Image, box: DrawnBox, text: string, unit: number, line: number): void {
  const colour = classColour(box.classIndex);
  const size = textSize(text, unit);
  const width = size.width + 4 * unit;
  const height = size.height + 4 * unit;
  const left = Math.max(0, Math.min(Math.round(box.x1), canvas.width - width));
  const above = Math.round(box.y1) - height;
  const top = above >= 0 ? above : Math.min(Math.max(0, Math.round(box.y1) + line), canvas.height - height);
  fill(canvas, left, top, left + width, top + height, colour);
  drawText(canvas, text, left + 2 * unit, top + 2 * unit, readableOn(colour), unit);
}

/** How many pixels a text takes when each dot is `unit` pixels wide. */
export function textSize(text: string, unit = 1): { width: number; height: number } {
  const letters = [...text].length;
  return { width: Math.max(0, letters * (letterWidth + 1) - 1) * unit, height: letterHeight * unit };
}

/** Writes into the picture itself. */
export function drawText(canvas: Image, text: string, left: number, top: number, colour: Colour, unit = 1): void {
  for (const [i, letter] of [...text].entries()) {
    const start = left + i * (letterWidth + 1) * unit;
    for (const [row, dots] of letterDots(letter).entries()) {
      for (const [column, isSet] of dots.entries()) {
        if (!isSet) continue;
        const x = start + column * unit;
        const y = top + row * unit;
        fill(canvas, x, y, x + unit, y + unit, colour);
      }
    }
  }
}

/** Black or white, whichever stands out more (luma of ITU-R BT.601). */
function readableOn([red, green, blue]: Colour): Colour {
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? [0, 0, 0] : [255, 255, 255];
}

function fill({ width, height, data }: Image, x1: number, y1: number, x2: number, y2: number, colour: Colour): void {
  const left = Math.max(0, x1);
  const right = Math.min(width, x2);
  for (let y = Math.max(0, y1); y < Math.min(height, y2); y++) {
    for (let x = left; x < right; x++) data.set(colour, (y * width + x) * 3);
  }
}
