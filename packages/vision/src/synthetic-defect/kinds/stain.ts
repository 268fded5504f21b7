/** A cloudy change of colour through which the surface still shows: stains, smudges, discolouration, burns. */
import { beneath, between, type DefectKind, ratioBetween, toByte } from "../defect-kind.js";
import { perlinNoise } from "../perlin-noise.js";
import { blob } from "../shapes.js";

export const stain: DefectKind = (order) => {
  const { random, size, contrast } = order;
  const shape = blob(random, size, {
    elongation: ratioBetween(random, 1, 2.5),
    raggedness: between(random, 0.1, 0.8),
    feather: Math.max(1.5, size * between(random, 0.1, 0.6)),
  });
  const { width, height, opacity } = shape;
  const left = Math.round(order.x - width / 2);
  const top = Math.round(order.y - height / 2);
  const below = beneath(order.picture, left, top, width, height);
  const clouds = perlinNoise(random, width, height, Math.max(3, size * between(random, 0.3, 0.8)), 2);
  const cloudiness = between(random, 0, 0.5);
  for (let i = 0; i < opacity.length; i++)
    opacity[i] = (opacity[i] as number) * Math.min(1, 1 + cloudiness * ((clouds[i] as number) - 1));
  const shift = shiftFrom(below.data, contrast * ratioBetween(random, 1.3, 6), order.random);
  const data = below.data.map((value, i) => toByte(value + (shift[i % 3] as number)));
  return { left, top, image: { width, height, data }, opacity };
};

/**
 * What to add to red, green and blue: `strength` steps for the channel that changes most, towards where there is room.
 * Half of all are darker or lighter only, the rest tinted.
 */
export function shiftFrom(data: Uint8Array, strength: number, random: () => number): number[] {
  const means = [0, 0, 0];
  for (let i = 0; i < data.length; i++)
    means[i % 3] = (means[i % 3] as number) + (data[i] as number) / (data.length / 3);
  const isGrey = random() < 0.5;
  const common = between(random, -1, 1);
  const wanted = means.map(() => (isGrey ? common : between(random, -1, 1)));
  const largest = Math.max(...wanted.map(Math.abs), 1e-3);
  return wanted.map((value, c) => {
    const step = (value / largest) * Math.min(strength, 180);
    const mean = means[c] as number;
    const beyond = (to: number): number => Math.max(0, to - 255, -to);
    // Where a channel is full already the shift goes the other way.
    return beyond(mean + step) > beyond(mean - step) ? -step : step;
  });
}
