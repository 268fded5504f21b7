/** Another texture inside patches of Perlin noise (DRAEM, Zavrtanik et al. 2021), taken from normal pictures themselves. */
import { changeColour } from "../../augment/colour.js";
import { borrow, colourChange, shuffledTiles, turnedWhole } from "../borrowed.js";
import { between, type DefectKind } from "../defect-kind.js";
import { perlinNoise } from "../perlin-noise.js";
import { blob } from "../shapes.js";

export const strangeTexture: DefectKind = (order) => {
  const { random, size } = order;
  // Noise leaves about half of the outline open.
  const shape = blob(random, size * 1.5, { elongation: between(random, 1, 2), raggedness: 0.4 });
  const { width, height } = shape;
  const noise = perlinNoise(random, width, height, Math.max(3, size * between(random, 0.3, 1)), 3);
  const level = between(random, -0.2, 0.15);
  const opacity = shape.opacity;
  const strength = between(random, 0.35, 1);
  for (let i = 0; i < opacity.length; i++) {
    const inside = Math.min(1, Math.max(0, ((noise[i] as number) - level) * 6 + 0.5));
    opacity[i] = (opacity[i] as number) * inside * strength;
  }
  const left = Math.round(order.x - width / 2);
  const top = Math.round(order.y - height / 2);
  const choice = random();
  let image =
    choice < 0.4
      ? turnedWhole(order, width, height, left, top)
      : borrow(order, width, height, { turn: Math.PI, scale: 2, colour: 0 });
  if (choice > 0.7) image = shuffledTiles(image, random, Math.max(2, Math.round(Math.min(width, height) / 8)));
  changeColour(image, colourChange(random, 1));
  return { left, top, image, opacity };
};
