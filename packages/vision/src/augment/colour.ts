/** Changes of light and colour: gamma first, then everything else as one 3x3 matrix with an offset. */
import type { Image } from "../image.js";

export interface ColourChange {
  /** Factor on all values; 1 changes nothing. */
  readonly brightness?: number;
  /** Factor on the distance from middle grey (128); 1 changes nothing. */
  readonly contrast?: number;
  /** Factor on the distance from the pixel's own grey; 0 is grey, 1 changes nothing. */
  readonly saturation?: number;
  /** Turn of the colour circle, in degrees. */
  readonly hueDegrees?: number;
  /** Factors on red and on blue, before saturation and hue: the colour of the light. */
  readonly red?: number;
  readonly blue?: number;
  /** Exponent on values of 0–1; 1 changes nothing, below it shadows become brighter. */
  readonly gamma?: number;
}

/** Shares of red, green and blue in how bright a colour looks (ITU-R BT.601). */
const luma = [0.299, 0.587, 0.114] as const;

/** Changes the picture's own pixels. */
export function changeColour(image: Image, change: ColourChange): void {
  const { brightness = 1, contrast = 1, saturation = 1, hueDegrees = 0, red = 1, blue = 1, gamma = 1 } = change;
  const { data } = image;
  if (gamma !== 1) applyTable(data, gammaTable(gamma));
  const isBalanced = red === 1 && blue === 1;
  if (brightness === 1 && contrast === 1 && saturation === 1 && hueDegrees === 0 && isBalanced) return;
  const factor = brightness * contrast;
  const offset = 128 * (1 - contrast);
  if (saturation === 1 && hueDegrees === 0 && isBalanced) {
    applyTable(
      data,
      Uint8Array.from({ length: 256 }, (_, value) => clamped(value * factor + offset)),
    );
    return;
  }
  const gains = [red, 1, blue];
  const matrix = colourMatrix(saturation, hueDegrees).map((value, i) => value * (gains[i % 3] as number));
  applyMatrix(data, matrix, factor, offset);
}

/** Rows of factors on red, green and blue. Hue turns the colour plane of YIQ, which leaves the brightness alone. */
function colourMatrix(saturation: number, hueDegrees: number): number[] {
  const cosine = saturation * Math.cos((hueDegrees * Math.PI) / 180);
  const sine = saturation * Math.sin((hueDegrees * Math.PI) / 180);
  const toColour = [
    [0.5959, -0.2746, -0.3213],
    [0.2115, -0.5227, 0.3112],
  ] as const;
  const fromColour = [
    [0.956, 0.619],
    [-0.272, -0.647],
    [-1.106, 1.703],
  ] as const;
  return fromColour.flatMap(([i, q], row) =>
    [0, 1, 2].map((column) => {
      const [toI, toQ] = [toColour[0][column] as number, toColour[1][column] as number];
      const exact = i * (cosine * toI - sine * toQ) + q * (sine * toI + cosine * toQ);
      // The tables above are rounded: what they get wrong for no change at all is taken off again.
      const rounding = (row === column ? 1 : 0) - (luma[column] as number) - (i * toI + q * toQ);
      return (luma[column] as number) + exact + rounding * saturation;
    }),
  );
}

function applyMatrix(data: Uint8Array, matrix: readonly number[], factor: number, offset: number): void {
  // In 1/4096; 255 · 4096 · 3 · 8 stays below 2^31.
  const m = matrix.map((value) => Math.round(Math.max(-8, Math.min(8, value * factor)) * 4096));
  const [m0 = 0, m1 = 0, m2 = 0, m3 = 0, m4 = 0, m5 = 0, m6 = 0, m7 = 0, m8 = 0] = m;
  const add = Math.round(offset * 4096) + 2048;
  for (let i = 0; i < data.length; i += 3) {
    const red = data[i] as number;
    const green = data[i + 1] as number;
    const blue = data[i + 2] as number;
    const r = (Math.imul(m0, red) + Math.imul(m1, green) + Math.imul(m2, blue) + add) >> 12;
    const g = (Math.imul(m3, red) + Math.imul(m4, green) + Math.imul(m5, blue) + add) >> 12;
    const b = (Math.imul(m6, red) + Math.imul(m7, green) + Math.imul(m8, blue) + add) >> 12;
    data[i] = r < 0 ? 0 : r > 255 ? 255 : r;
    data[i + 1] = g < 0 ? 0 : g > 255 ? 255 : g;
    data[i + 2] = b < 0 ? 0 : b > 255 ? 255 : b;
  }
}

function gammaTable(gamma: number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, value) => clamped(255 * (value / 255) ** gamma));
}

function applyTable(data: Uint8Array, table: Uint8Array): void {
  for (let i = 0; i < data.length; i++) data[i] = table[data[i] as number] as number;
}

function clamped(value: number): number {
  return Math.max(0, Math.min(255, Math.round(value)));
}
