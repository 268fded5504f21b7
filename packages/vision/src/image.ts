/** A decoded picture in memory, and a mask over one. */

/** Three channels, red green blue interleaved, rows top to bottom, 0–255. `data.length === width * height * 3`. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** Which pixels belong to something (a defect): 1 inside, 0 outside, rows top to bottom. */
export interface Mask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}
