/**
 * Where a place of a picture lies in an altered view of it. Small boxes spread over the picture go through the same
 * changes as its pixels; the affine map that they agree on tells it for every other place.
 */
import type { LoaderBox } from "@sightline/dataset/loader";

/** `x' = a·x + b·y + c`, `y' = d·x + e·y + f`, all in shares of the sides. */
export type ViewMap = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

export const unchangedView: ViewMap = [1, 0, 0, 0, 1, 0];

const perSide = 6;
/** Share of the picture's sides that a box takes: large enough not to be dropped as too small to see. */
const boxSide = 0.06;

/** Boxes for a picture of this size; each one's `label` is its number. */
export function markerBoxes(width: number, height: number): LoaderBox[] {
  return Array.from({ length: perSide ** 2 }, (_, label) => {
    const { x, y } = markerMiddle(label);
    return {
      label,
      x1: (x - boxSide / 2) * width,
      y1: (y - boxSide / 2) * height,
      x2: (x + boxSide / 2) * width,
      y2: (y + boxSide / 2) * height,
    };
  });
}

/** Each row's map from a batch's boxes (row, label, x1, y1, x2, y2); `null` where too few markers are in sight. */
export function viewMaps(boxes: Float32Array, rows: number, width: number, height: number): (ViewMap | null)[] {
  const sums = Array.from({ length: rows }, () => new AffineFit());
  for (let at = 0; at < boxes.length; at += 6) {
    const [row = 0, label = 0, x1 = 0, y1 = 0, x2 = 0, y2 = 0] = boxes.subarray(at, at + 6);
    // A box cut at the edge has its middle elsewhere.
    if (x1 <= 0 || y1 <= 0 || x2 >= width || y2 >= height) continue;
    const { x, y } = markerMiddle(label);
    sums[row]?.add(x, y, (x1 + x2) / 2 / width, (y1 + y2) / 2 / height);
  }
  return sums.map((fit) => fit.solve());
}

export function placeInView(
  [a, b, c, d, e, f]: ViewMap,
  x: number,
  y: number,
): { readonly x: number; readonly y: number } {
  return { x: a * x + b * y + c, y: d * x + e * y + f };
}

function markerMiddle(label: number): { readonly x: number; readonly y: number } {
  return { x: ((label % perSide) + 0.5) / perSide, y: (Math.floor(label / perSide) + 0.5) / perSide };
}

/** Least squares. */
class AffineFit {
  #count = 0;
  readonly #sums = { x: 0, y: 0, u: 0, v: 0, xx: 0, xy: 0, yy: 0, xu: 0, yu: 0, xv: 0, yv: 0 };

  add(x: number, y: number, u: number, v: number): void {
    const s = this.#sums;
    this.#count++;
    Object.assign(s, { x: s.x + x, y: s.y + y, u: s.u + u, v: s.v + v });
    Object.assign(s, { xx: s.xx + x * x, xy: s.xy + x * y, yy: s.yy + y * y });
    Object.assign(s, { xu: s.xu + x * u, yu: s.yu + y * u, xv: s.xv + x * v, yv: s.yv + y * v });
  }

  solve(): ViewMap | null {
    const [n, s] = [this.#count, this.#sums];
    if (n < 3) return null;
    const [xx, xy, yy] = [s.xx - (s.x * s.x) / n, s.xy - (s.x * s.y) / n, s.yy - (s.y * s.y) / n];
    const determinant = xx * yy - xy * xy;
    // Markers in one line say nothing of what lies beside it.
    if (determinant < 1e-8) return null;
    const along = (xu: number, yu: number, u: number): [number, number, number] => {
      const [p, q] = [xu - (s.x * u) / n, yu - (s.y * u) / n];
      const [first, second] = [(yy * p - xy * q) / determinant, (xx * q - xy * p) / determinant];
      return [first, second, (u - first * s.x - second * s.y) / n];
    };
    return [...along(s.xu, s.yu, s.u), ...along(s.xv, s.yv, s.v)];
  }
}
