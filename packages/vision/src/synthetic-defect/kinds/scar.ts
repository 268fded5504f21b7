/** A thin turned piece from elsewhere (the scars of CutPaste, Li et al. 2021): thread, fibre, burr. */
import { borrow } from "../borrowed.js";
import { between, type DefectKind, ratioBetween } from "../defect-kind.js";
import { turnedRectangle } from "../shapes.js";

export const scar: DefectKind = (order) => {
  const { random, size } = order;
  const ratio = ratioBetween(random, 4, 14);
  const short = Math.max(1.5, size / Math.sqrt(ratio));
  const shape = turnedRectangle(random, short * ratio, short, between(random, 0.5, 1.5));
  return {
    left: Math.round(order.x - shape.width / 2),
    top: Math.round(order.y - shape.height / 2),
    image: borrow(order, shape.width, shape.height, { turn: Math.PI, scale: 1.5, colour: 0.8 }),
    opacity: shape.opacity,
  };
};
