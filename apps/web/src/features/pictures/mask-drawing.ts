/** Drawing a mask, without a screen: strokes, undo, where a press is in the picture, and flat colours at the end. */

/** In pixels of the picture. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export type MaskTool = "draw" | "erase";

export interface Stroke {
  readonly tool: MaskTool;
  /** `#rrggbb`; of no meaning to the eraser. */
  readonly colour: string;
  readonly widthPixels: number;
  readonly points: readonly Point[];
}

/** What is drawn over the mask that was there, and what was taken back. */
export interface MaskDrawing {
  readonly strokes: readonly Stroke[];
  readonly undone: readonly Stroke[];
}

export const emptyDrawing: MaskDrawing = { strokes: [], undone: [] };

export function withStroke({ strokes }: MaskDrawing, stroke: Stroke): MaskDrawing {
  return { strokes: [...strokes, stroke], undone: [] };
}

export function undo(drawing: MaskDrawing): MaskDrawing {
  const last = drawing.strokes.at(-1);
  return last === undefined ? drawing : { strokes: drawing.strokes.slice(0, -1), undone: [...drawing.undone, last] };
}

export function redo(drawing: MaskDrawing): MaskDrawing {
  const last = drawing.undone.at(-1);
  return last === undefined ? drawing : { strokes: [...drawing.strokes, last], undone: drawing.undone.slice(0, -1) };
}

/** Where a press on the stage is in the picture that lies in its middle, as large as fits (CSS `object-fit: contain`). */
export function inPicture(press: Point, stage: Size, picture: Size): Point {
  const scale = Math.min(stage.width / picture.width, stage.height / picture.height);
  return {
    x: (press.x - (stage.width - picture.width * scale) / 2) / scale,
    y: (press.y - (stage.height - picture.height * scale) / 2) / scale,
  };
}

/**
 * Makes smoothed edges flat, in place: what is half covered or more gets the nearest of the colours, the rest nothing.
 * @param pixels red, green, blue, alpha
 * @returns the colours that are left, in the order given
 */
export function flatten(pixels: Uint8ClampedArray, colours: readonly string[]): string[] {
  const shades = colours.map((colour) => {
    const value = Number.parseInt(colour.slice(1), 16);
    return [value >> 16, (value >> 8) & 255, value & 255] as const;
  });
  const used = new Set<number>();
  for (let at = 0; at < pixels.length; at += 4) {
    if ((pixels[at + 3] as number) < 128 || shades.length === 0) {
      pixels.fill(0, at, at + 4);
      continue;
    }
    let nearest = 0;
    let least = Number.POSITIVE_INFINITY;
    for (const [k, [r, g, b]] of shades.entries()) {
      const distance =
        (r - (pixels[at] as number)) ** 2 +
        (g - (pixels[at + 1] as number)) ** 2 +
        (b - (pixels[at + 2] as number)) ** 2;
      if (distance < least) [least, nearest] = [distance, k];
    }
    pixels.set([...(shades[nearest] ?? [0, 0, 0]), 255], at);
    used.add(nearest);
  }
  return colours.filter((_, k) => used.has(k));
}
