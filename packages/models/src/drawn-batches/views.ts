/** A training picture seen a little differently: geometry for the picture and its mask alike, then light and damage. */
import {
  about,
  chained,
  flippingSideways,
  flippingUpsideDown,
  rotating,
  scaling,
  shifting,
  turning,
  warp,
} from "@sightline/vision/augment/affine";
import { changeColour } from "@sightline/vision/augment/colour";
import { addNoise, blurred, type RandomSource } from "@sightline/vision/augment/damage";
import type { Image } from "@sightline/vision/image";
import type { Turns } from "./turns.js";

/** Largest amounts: what differs between two pictures of good parts on any line. */
const limits = {
  rotationDegrees: 8,
  shift: 0.04,
  zoom: 1.08,
  light: 0.12,
  saturation: 0.15,
  hueDegrees: 4,
  gamma: 0.12,
};

export interface View {
  readonly image: Image;
  /** Three equal channels, 255 on the defect; `null` where there is none. */
  readonly mask: Image | null;
}

/** `picture` (a square somewhat larger than `size`) as a square of `size` pixels. */
export function viewOf(picture: View, size: number, turns: Turns, random: RandomSource): View {
  const side = picture.image.width;
  const even = (limit: number): number => (2 * random() - 1) * limit;
  const flips = [
    ...(turns.sideways && random() < 0.5 ? [flippingSideways(side)] : []),
    ...(turns.upsideDown && random() < 0.5 ? [flippingUpsideDown(side)] : []),
    ...(turns.quarter ? [turning(Math.floor(random() * 4), side, side)] : []),
  ];
  const zoom = (size / side) * limits.zoom ** even(1);
  const map = chained(
    ...flips,
    about(side / 2, side / 2, rotating((even(limits.rotationDegrees) * Math.PI) / 180)),
    shifting(-side / 2, -side / 2),
    scaling(zoom * limits.zoom ** even(0.5), zoom),
    shifting(size / 2 + even(limits.shift) * size, size / 2 + even(limits.shift) * size),
  );
  const image = warp(picture.image, map, size, size, { border: "edge" });
  changeColour(image, {
    brightness: 1 + even(limits.light),
    contrast: 1 + even(limits.light),
    saturation: 1 + even(limits.saturation),
    hueDegrees: even(limits.hueDegrees),
    gamma: (1 + limits.gamma) ** even(1),
  });
  return { image, mask: picture.mask && warp(picture.mask, map, size, size, { border: 0 }) };
}

/**
 * What a camera does to a picture after the defect is in it, so that neither sharp seams nor noise that stops at them give a
 * drawn defect away.
 */
export function throughCamera(image: Image, random: RandomSource): Image {
  const seen = random() < 0.2 ? blurred(image, 0.3 + 0.5 * random()) : image;
  if (random() < 0.3) addNoise(seen, 1 + 2 * random(), random);
  return seen;
}
