/** Something that belongs there is gone: bitten off down to the background, or smoothed over. */
import { shifting, warp } from "../../augment/affine.js";
import { addNoise } from "../../augment/damage.js";
import { beneath, between, type DefectKind, ratioBetween, toByte } from "../defect-kind.js";
import { placeIn } from "../foreground.js";
import { membrane } from "../membrane.js";
import { blob } from "../shapes.js";

export const missingPart: DefectKind = (order) => {
  const { random, picture, foreground } = order;
  const size = Math.max(order.size, Math.min(picture.width, picture.height) * 0.03);
  const shape = blob(random, size, {
    elongation: ratioBetween(random, 1, 2.5),
    raggedness: between(random, 0.2, 0.9),
    feather: between(random, 0.7, 2),
    margin: Math.max(2, size * 0.15),
  });
  const { width, height, opacity } = shape;
  const isBitten = foreground !== null && foreground.outside.length > 0 && random() < 0.5;
  // A bite begins at the edge of the part.
  const place = isBitten ? placeIn(foreground, "edge", picture, random) : order;
  const left = Math.round(place.x - width / 2);
  const top = Math.round(place.y - height / 2);
  if (isBitten) {
    const from = placeIn(foreground, "outside", picture, random);
    const image = warp(picture, shifting(width / 2 - from.x, height / 2 - from.y), width, height, { border: "edge" });
    return { left, top, image, opacity };
  }
  const below = beneath(picture, left, top, width, height);
  const smooth = membrane(below.data, opacity, width, height);
  const image = { width, height, data: new Uint8Array(smooth.length) };
  for (let i = 0; i < smooth.length; i++) image.data[i] = toByte(smooth[i] as number);
  addNoise(image, between(random, 0, 4), random);
  return { left, top, image, opacity };
};
