/** A piece from elsewhere, pasted with hard edges (CutPaste, Li et al. 2021). */
import { borrow } from "../borrowed.js";
import { between, type DefectKind, ratioBetween } from "../defect-kind.js";
import { turnedRectangle } from "../shapes.js";

export const cutPaste: DefectKind = (order) => {
  const { random, size } = order;
  const ratio = ratioBetween(random, 1, 3.3);
  const shape = turnedRectangle(random, size * Math.sqrt(ratio), size / Math.sqrt(ratio), between(random, 0.5, 2));
  return {
    left: Math.round(order.x - shape.width / 2),
    top: Math.round(order.y - shape.height / 2),
    image: borrow(order, shape.width, shape.height, { turn: Math.PI, scale: 1.3, colour: 0.5 * random() }),
    opacity: shape.opacity,
  };
};
