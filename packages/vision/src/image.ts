/** A decoded picture in memory. */

/** Three channels, red green blue interleaved, rows top to bottom, 0–255. `data.length === width * height * 3`. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}
