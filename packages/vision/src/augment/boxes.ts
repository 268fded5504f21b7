/** Boxes under the same changes as their picture: mapped, cut at the edges, left out when too little remains. */
import type { Affine } from "./affine.js";

/** Corners in pixels; `x2` and `y2` lie outside the box. */
export interface Corners {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

export interface BoxLimits {
  /** A box is left out when less than this share of its area is still in the picture. */
  readonly minShare: number;
  /** … or when a side is shorter than this, in pixels. */
  readonly minSide: number;
}

/** A third of an object can still be told and learned; two pixels can't. */
export const defaultBoxLimits: BoxLimits = { minShare: 0.3, minSide: 2 };

/**
 * Each box becomes the smallest upright box around its four mapped corners (a little too large for a picture turned by
 * other than quarter turns: keep such turns small), cut to `0 … width`, `0 … height`.
 */
export function mapBoxes<Box extends Corners & Shown>(
  boxes: readonly Box[],
  map: Affine,
  width: number,
  height: number,
  limits: BoxLimits = defaultBoxLimits,
): Box[] {
  return clipBoxes(
    boxes.map((box) => ({ ...box, ...mapCorners(box, map) })),
    { x1: 0, y1: 0, x2: width, y2: height },
    limits,
  );
}

/** A box may carry the share of its object that is still shown, 0–1; without it the object is whole. */
export interface Shown {
  readonly visible?: number;
}

/** Boxes cut to an area; each keeps whatever else it carries (its label), and learns how much of it is left. */
export function clipBoxes<Box extends Corners & Shown>(boxes: readonly Box[], area: Corners, limits: BoxLimits): Box[] {
  return boxes.flatMap((box) => {
    const cut = {
      x1: Math.max(area.x1, box.x1),
      y1: Math.max(area.y1, box.y1),
      x2: Math.min(area.x2, box.x2),
      y2: Math.min(area.y2, box.y2),
    };
    const [width, height] = [cut.x2 - cut.x1, cut.y2 - cut.y1];
    const whole = (box.x2 - box.x1) * (box.y2 - box.y1);
    const { visible: before = 1 } = box;
    const visible = whole > 0 ? (before * Math.max(0, width) * Math.max(0, height)) / whole : before;
    const isGone = width < limits.minSide || height < limits.minSide || visible < limits.minShare;
    return isGone ? [] : [{ ...box, ...cut, ...(visible < 1 && { visible }) }];
  });
}

/** Boxes of which less than `1 − minShare` is covered by a rectangle drawn over the picture. */
export function uncoveredBoxes<Box extends Corners>(boxes: readonly Box[], cover: Corners, minShare: number): Box[] {
  return boxes.filter((box) => {
    const width = Math.max(0, Math.min(box.x2, cover.x2) - Math.max(box.x1, cover.x1));
    const height = Math.max(0, Math.min(box.y2, cover.y2) - Math.max(box.y1, cover.y1));
    return width * height <= (1 - minShare) * (box.x2 - box.x1) * (box.y2 - box.y1);
  });
}

function mapCorners({ x1, y1, x2, y2 }: Corners, { a, b, c, d, e, f }: Affine): Corners {
  const xs = [a * x1 + b * y1, a * x2 + b * y1, a * x1 + b * y2, a * x2 + b * y2];
  const ys = [d * x1 + e * y1, d * x2 + e * y1, d * x1 + e * y2, d * x2 + e * y2];
  return { x1: Math.min(...xs) + c, y1: Math.min(...ys) + f, x2: Math.max(...xs) + c, y2: Math.max(...ys) + f };
}
