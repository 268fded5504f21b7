/** Where the names of boxes go on a picture, so that each one shown can be read. */

export interface NamedBox {
  name: string;
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

export interface NamePlate {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface NamePlacing {
  /** Height of the letters in the picture's pixels. */
  size: number;
  limits: { width: number; height: number };
  /** The box being changed: its name is always shown and makes no other give way, so that nothing jumps under the pointer. */
  chosen?: number | null;
}

/**
 * A plate for each box, the first boxes first: above it, or else where it covers no other name and no small box.
 * `null` where there is no such place: two names over each other can't be read, and the colour still tells the label.
 */
export function placeNames(boxes: readonly NamedBox[], { size, limits, chosen }: NamePlacing): (NamePlate | null)[] {
  const taken: NamePlate[] = boxes.flatMap(({ x1, y1, x2, y2 }, index) => {
    const [width, height] = [x2 - x1, y2 - y1];
    const isSmall = index !== chosen && Math.max(width, height) < 3 * size;
    return isSmall ? [{ x: x1, y: y1, width, height }] : [];
  });
  return boxes.map((box, index) => {
    const places = placesOf(box, size, limits);
    if (index === chosen) return places[0] ?? null;
    const free = places.find((place) => !taken.some((other) => overlap(place, other)));
    if (free !== undefined) taken.push(free);
    return free ?? null;
  });
}

/** Above, inside at the top, below, inside at the bottom; at its left edge, then at its right. None is outside the picture. */
function placesOf(box: NamedBox, size: number, limits: NamePlacing["limits"]): NamePlate[] {
  const [width, height] = [widthOf(box.name) * size + 0.8 * size, 1.4 * size];
  const rows = [box.y1 - height, box.y1, box.y2, box.y2 - height].filter((y) => y >= 0 && y + height <= limits.height);
  // A picture hardly higher than a letter: better over its edge than no name at all.
  const ys = rows.length > 0 ? rows : [box.y1];
  return [box.x1, box.x2 - width].flatMap((x) => {
    const inside = Math.max(0, Math.min(x, limits.width - width));
    return ys.map((y) => ({ x: inside, y, width, height }));
  });
}

function overlap(a: NamePlate, b: NamePlate): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** Widths of the half-bold letters in their height, rounded up: the plate is drawn before its text could be measured. */
const widths: readonly [RegExp, number][] = [
  [/[ijlI|.,:;'!]/, 0.32],
  [/[ frt()[\]/-]/, 0.42],
  [/[mwMW%@]/, 0.96],
  [/[A-Z0-9_+]/, 0.7],
  // Other writings have letters as wide as they are high.
  [/[\u1100-\uffff]/, 1.05],
];

function widthOf(text: string): number {
  let sum = 0;
  for (const letter of text) sum += widths.find(([letters]) => letters.test(letter))?.[1] ?? 0.61;
  return sum;
}
