/** One picture with parts of it taken away, many times over: the same planes mixed with a baseline, straight into a network's input. */
import type { Planes } from "./baselines.js";
import type { Coalition } from "./coalitions.js";

/** Pixels of no region, such as a letterbox's margins, are always shown. */
export const noRegion = 0xffff;

export class MaskedPictures {
  readonly #pixels: number;
  readonly #shown: Planes;
  readonly #hidden: Planes;
  /** Each pixel's region; `noRegion` for none. */
  readonly #regionOf: Uint16Array;

  /** @param regionOf each pixel's region */
  constructor(shown: Planes, hidden: Planes, regionOf: Uint16Array) {
    this.#pixels = regionOf.length;
    this.#shown = shown;
    this.#hidden = hidden;
    this.#regionOf = regionOf;
  }

  /** The picture with the coalition's regions alone. */
  writeCoalition(coalition: Coalition, target: Float32Array, offset: number): void {
    const [pixels, shown, hidden, regionOf] = [this.#pixels, this.#shown, this.#hidden, this.#regionOf];
    const two = 2 * pixels;
    for (let i = 0; i < pixels; i++) {
      const from = coalition[regionOf[i] as number] === 0 ? hidden : shown;
      target[offset + i] = from[i] as number;
      target[offset + pixels + i] = from[pixels + i] as number;
      target[offset + two + i] = from[two + i] as number;
    }
  }

  /** The picture as far as `weights` (0–1 a pixel) show it. */
  writeWeighted(weights: Float32Array, target: Float32Array, offset: number): void {
    for (let channel = 0, at = 0; channel < 3; channel++) {
      for (let i = 0; i < this.#pixels; i++, at++) {
        const behind = this.#hidden[at] as number;
        target[offset + at] = behind + (weights[i] as number) * ((this.#shown[at] as number) - behind);
      }
    }
  }

  /** The whole picture but for a window, in pixels of the input. */
  writeWithout(
    window: { x1: number; y1: number; x2: number; y2: number },
    width: number,
    target: Float32Array,
    offset: number,
  ): void {
    target.set(this.#shown, offset);
    for (let channel = 0; channel < 3; channel++) {
      for (let y = window.y1; y < window.y2; y++) {
        const from = channel * this.#pixels + y * width;
        target.set(this.#hidden.subarray(from + window.x1, from + window.x2), offset + from + window.x1);
      }
    }
  }
}
