/** One picture with parts of it taken away, many times over: the same planes mixed with a baseline, straight into a network's input. */
import type { Baseline, Planes } from "./baselines.js";
import type { Coalition } from "./coalitions.js";
import { SoftEdges } from "./soft-edges.js";

/** Pixels of no region, such as a letterbox's margins, are always shown. */
export const noRegion = 0xffff;

export class MaskedPictures {
  readonly #pixels: number;
  readonly #shown: Planes;
  readonly #hidden: Planes;
  /** Each pixel's region; `noRegion` for none. */
  readonly #regionOf: Uint16Array;
  /** `null`: what is taken away has sharp edges. */
  readonly #edges: SoftEdges | null;

  /** @param regionOf each pixel's region @param width of the picture */
  constructor(shown: Planes, { planes, softness }: Baseline, regionOf: Uint16Array, width: number) {
    this.#pixels = regionOf.length;
    this.#shown = shown;
    this.#hidden = planes;
    this.#regionOf = regionOf;
    this.#edges = softness > 0 ? new SoftEdges(width, regionOf.length / width, softness) : null;
  }

  /** The picture with the coalition's regions alone. */
  writeCoalition(coalition: Coalition, target: Float32Array, offset: number): void {
    const [pixels, shown, hidden, regionOf] = [this.#pixels, this.#shown, this.#hidden, this.#regionOf];
    if (this.#edges !== null) {
      const shares = this.#edges.shares((i) => coalition[regionOf[i] as number] !== 0);
      this.#mix((i) => (regionOf[i] === noRegion ? 1 : shares.at(i)), target, offset);
      return;
    }
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
    this.#mix((i) => weights[i] as number, target, offset);
  }

  #mix(shareOf: (pixel: number) => number, target: Float32Array, offset: number): void {
    const [pixels, shown, hidden] = [this.#pixels, this.#shown, this.#hidden];
    for (let i = 0; i < pixels; i++) {
      const share = shareOf(i);
      for (let at = i; at < 3 * pixels; at += pixels) {
        const behind = hidden[at] as number;
        target[offset + at] = behind + share * ((shown[at] as number) - behind);
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
