/** What a detector found in one picture, as columns: boxes, scores and classes that belong together. */

/** One object, for callers who want rows. `x2` and `y2` lie outside the box. */
export interface DetectionRow {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  readonly score: number;
  readonly classIndex: number;
}

/**
 * Boxes with scores and classes. Checked once when made and never changed: every step gives a new one.
 *
 * Columns are copied in, so that a caller's later writes don't reach them. Treat the arrays as read-only.
 *
 * @example
 * const found = new Detections(xyxy, scores, classes).filter((row) => row.score >= 0.3).nonMaximumSuppression(0.6);
 */
export class Detections {
  /** Four values a box: x1, y1, x2, y2 in image pixels; `x2` and `y2` lie outside the box. */
  readonly xyxy: Float32Array;
  /** 0–1, one a box. */
  readonly scores: Float32Array;
  /** The place of each box's label in the list of labels. */
  readonly classes: Int32Array;

  /** Throws RangeError when the columns differ in length, or a box, score or class makes no sense. */
  constructor(xyxy: ArrayLike<number>, scores: ArrayLike<number>, classes: ArrayLike<number>) {
    if (xyxy.length !== scores.length * 4 || classes.length !== scores.length) {
      throw new RangeError(
        `Detections must have 4 coordinates, 1 score and 1 class a box, got ${xyxy.length} coordinates, ` +
          `${scores.length} scores and ${classes.length} classes.`,
      );
    }
    this.xyxy = Float32Array.from(xyxy);
    this.scores = Float32Array.from(scores);
    this.classes = Int32Array.from(classes);
    for (let i = 0; i < this.scores.length; i++) {
      this.#checkBox(i);
      this.#checkScoreAndClass(i, scores[i] as number, classes[i] as number);
    }
  }

  static none(): Detections {
    return new Detections([], [], []);
  }

  /** From rows: `[x1, y1, x2, y2, score, class]` each, as most tools write them. */
  static fromArrays(rows: readonly (readonly number[])[]): Detections {
    for (const [i, row] of rows.entries()) {
      if (row.length !== 6) {
        throw new RangeError(`Detection ${i} must be [x1, y1, x2, y2, score, class], got ${row.length} values.`);
      }
    }
    return new Detections(
      rows.flatMap((row) => row.slice(0, 4)),
      rows.map((row) => row[4] as number),
      rows.map((row) => row[5] as number),
    );
  }

  static merge(parts: readonly Detections[]): Detections {
    return Detections.fromArrays(parts.flatMap((part) => part.toArrays()));
  }

  get length(): number {
    return this.scores.length;
  }

  row(i: number): DetectionRow {
    const [x1, y1, x2, y2] = this.xyxy.subarray(i * 4, i * 4 + 4);
    if (x1 === undefined || y1 === undefined || x2 === undefined || y2 === undefined) {
      throw new RangeError(`There is no detection ${i}; there are ${this.length}.`);
    }
    return { x1, y1, x2, y2, score: this.scores[i] as number, classIndex: this.classes[i] as number };
  }

  rows(): DetectionRow[] {
    return Array.from({ length: this.length }, (_, i) => this.row(i));
  }

  /** The inverse of `fromArrays`. */
  toArrays(): number[][] {
    return this.rows().map(({ x1, y1, x2, y2, score, classIndex }) => [x1, y1, x2, y2, score, classIndex]);
  }

  filter(keeps: (row: DetectionRow, index: number) => boolean): Detections {
    return this.#pick(this.#indices().filter((i) => keeps(this.row(i), i)));
  }

  /** Best first; equal scores keep their order. At most `limit`. */
  best(limit = this.length): Detections {
    return this.#pick(this.#byScore().slice(0, limit));
  }

  /** Cuts boxes at the picture's edges and leaves out those that lie outside it altogether. */
  clip(width: number, height: number): Detections {
    const xyxy = Float32Array.from(this.xyxy, (value, i) => Math.min(Math.max(value, 0), i % 2 === 0 ? width : height));
    const clipped = new Detections(xyxy, this.scores, this.classes);
    return clipped.filter(({ x1, y1, x2, y2 }) => x2 > x1 && y2 > y1);
  }

  /** Every coordinate through `x' = x · scaleX + shiftX`, `y' = y · scaleY + shiftY`; the scales must be positive. */
  transform(scaleX: number, scaleY: number, shiftX: number, shiftY: number): Detections {
    const xyxy = Float32Array.from(this.xyxy, (value, i) =>
      i % 2 === 0 ? value * scaleX + shiftX : value * scaleY + shiftY,
    );
    return new Detections(xyxy, this.scores, this.classes);
  }

  /** Intersection over union of two boxes of this picture, 0–1. */
  iou(i: number, k: number): number {
    return intersectionOverUnion(this.xyxy, i * 4, this.xyxy, k * 4);
  }

  /**
   * Greedy suppression: of boxes of one class that overlap by more than `maxOverlap` only the best stays. Boxes of
   * different classes never suppress each other unless `acrossClasses`. Best first in the result, at most `limit`.
   */
  nonMaximumSuppression(
    maxOverlap: number,
    { limit = this.length, acrossClasses = false }: { limit?: number; acrossClasses?: boolean } = {},
  ): Detections {
    const kept: number[] = [];
    for (const i of this.#byScore()) {
      if (kept.length >= limit) break;
      const isCovered = kept.some(
        (k) => (acrossClasses || this.classes[k] === this.classes[i]) && this.iou(i, k) > maxOverlap,
      );
      if (!isCovered) kept.push(i);
    }
    return this.#pick(kept);
  }

  #indices(): number[] {
    return Array.from({ length: this.length }, (_, i) => i);
  }

  #byScore(): number[] {
    return this.#indices().sort((a, b) => (this.scores[b] as number) - (this.scores[a] as number) || a - b);
  }

  #pick(indices: readonly number[]): Detections {
    return new Detections(
      indices.flatMap((i) => [...this.xyxy.subarray(i * 4, i * 4 + 4)]),
      indices.map((i) => this.scores[i] as number),
      indices.map((i) => this.classes[i] as number),
    );
  }

  #checkBox(i: number): void {
    const box = this.xyxy.subarray(i * 4, i * 4 + 4);
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = box;
    if (!box.every(Number.isFinite) || x2 < x1 || y2 < y1) {
      throw new RangeError(`Box ${i} must have finite x1 ≤ x2 and y1 ≤ y2, got ${[...box].join(", ")}.`);
    }
  }

  #checkScoreAndClass(i: number, score: number, classIndex: number): void {
    if (!(score >= 0 && score <= 1)) throw new RangeError(`Score ${i} must be 0 to 1, got ${score}.`);
    if (!Number.isInteger(classIndex) || classIndex < 0) {
      throw new RangeError(`Class ${i} must be a whole number from 0, got ${classIndex}.`);
    }
  }
}

/** Intersection over union of the boxes (x1 y1 x2 y2) at `i` of `a` and `k` of `b`; 0 where both are empty. */
export function intersectionOverUnion(a: ArrayLike<number>, i: number, b: ArrayLike<number>, k: number): number {
  const ax1 = a[i] as number;
  const ay1 = a[i + 1] as number;
  const ax2 = a[i + 2] as number;
  const ay2 = a[i + 3] as number;
  const bx1 = b[k] as number;
  const by1 = b[k + 1] as number;
  const bx2 = b[k + 2] as number;
  const by2 = b[k + 3] as number;
  const across = Math.min(ax2, bx2) - Math.max(ax1, bx1);
  const down = Math.min(ay2, by2) - Math.max(ay1, by1);
  if (across <= 0 || down <= 0) return 0;
  const shared = across * down;
  return shared / ((ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - shared);
}
