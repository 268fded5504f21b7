/** How much of a picture is shown at each pixel where regions are taken away with soft edges. */

/**
 * Shown regions blurred by two boxes, which is a triangle: a seam then has no edge of its own. In whole numbers, so that
 * what is shown everywhere is shown wholly.
 */
export class SoftEdges {
  readonly #width: number;
  readonly #height: number;
  readonly #radius: number;
  readonly #counts: Int32Array;
  readonly #between: Int32Array;

  constructor(width: number, height: number, radius: number) {
    this.#width = width;
    this.#height = height;
    this.#radius = radius;
    this.#counts = new Int32Array(width * height);
    this.#between = new Int32Array(width * height);
  }

  /**
   * @param isShown of each pixel
   * @returns shares of 0 to 1, valid until the next call
   */
  shares(isShown: (pixel: number) => boolean): { at(pixel: number): number } {
    const counts = this.#counts;
    for (let i = 0; i < counts.length; i++) counts[i] = isShown(i) ? 1 : 0;
    this.#box();
    this.#box();
    const all = (2 * this.#radius + 1) ** 4;
    return { at: (pixel) => (counts[pixel] as number) / all };
  }

  /** Sums over a window around each pixel, which its border pixels go on beyond. */
  #box(): void {
    const [width, height] = [this.#width, this.#height];
    for (let y = 0; y < height; y++) this.#line(this.#counts, this.#between, y * width, 1, width);
    for (let x = 0; x < width; x++) this.#line(this.#between, this.#counts, x, width, height);
  }

  #line(from: Int32Array, to: Int32Array, start: number, step: number, count: number): void {
    const radius = this.#radius;
    const last = count - 1;
    let sum = 0;
    for (let i = -radius; i <= radius; i++) sum += from[start + Math.min(Math.max(i, 0), last) * step] as number;
    for (let i = 0; i < count; i++) {
      to[start + i * step] = sum;
      sum += from[start + Math.min(i + radius + 1, last) * step] as number;
      sum -= from[start + Math.max(i - radius, 0) * step] as number;
    }
  }
}
