/** What both kinds of fine-tuning do to training pictures, and how the loader gets them. */
import {
  type AllowedFlips,
  allowedFlips,
  type FlipChoice,
  plainRecipe,
  type Recipe,
  withAllowedFlips,
} from "@sightline/vision/augment/recipe";
import type { NetContext } from "../method.js";

/** One label a picture: things lie a little elsewhere, nearer, turned, in other light; a part is covered now and then. */
const wholePictures: Recipe = {
  ...plainRecipe,
  flipSideways: 0.5,
  flipUpsideDown: 0.5,
  quarterTurn: 0.5,
  rotationDegrees: 10,
  shift: 0.05,
  zoom: [0.95, 1.2],
  stretch: 1.1,
  brightness: 0.2,
  contrast: 0.2,
  saturation: 0.2,
  hueDegrees: 5,
  whiteBalance: 0.1,
  gamma: 0.2,
  noise: { chance: 0.2, deviation: 6 },
  blur: { chance: 0.1, sigma: 0.8 },
  erase: { chance: 0.25, area: [0.02, 0.12] },
};

/** Several labels a picture: nothing may be cut off or covered, for what makes a label hold may be small. */
const smallThings: Recipe = {
  ...plainRecipe,
  flipSideways: 0.5,
  flipUpsideDown: 0.5,
  rotationDegrees: 10,
  shearDegrees: 8,
  shift: 0.15,
  zoom: [0.7, 1.4],
  stretch: 1.25,
  brightness: 0.3,
  contrast: 0.3,
  saturation: 0.4,
  hueDegrees: 8,
  whiteBalance: 0.35,
  gamma: 0.6,
  noise: { chance: 0.3, deviation: 10 },
  blur: { chance: 0.3, sigma: 1.2 },
};

/** Whether pictures are also mixed with each other. */
export type MixChoice = "none" | "mixup" | "cutmix";

/** What pictures of one label are altered by, with the flips that help. */
export function oneLabelRecipe(flips: AllowedFlips, mix: MixChoice): Recipe {
  return withAllowedFlips(
    {
      ...wholePictures,
      mixup: { chance: mix === "mixup" ? 0.5 : 0, alpha: 0.2 },
      cutmix: { chance: mix === "cutmix" ? 0.5 : 0, alpha: 1 },
    },
    flips,
  );
}

/** What pictures of several labels are altered by: where things are told apart by place, only what a person allows. */
export function severalLabelsRecipe({ labels, options }: NetContext): Recipe {
  const isAuto = options.flips === "auto";
  return withAllowedFlips(
    smallThings,
    isAuto ? allowedFlips(labels, "none") : allowedFlips(labels, options.flips as FlipChoice),
  );
}

/** The ways of turning pictures over among which held-out pictures decide, the harmless first. */
export function flipChoices({ labels, options }: NetContext): readonly AllowedFlips[] {
  if (options.flips !== "auto") return [allowedFlips(labels, options.flips as FlipChoice)];
  const none = allowedFlips(labels, "none");
  // Labels that speak of sides or of up and down are not to be put to the test: they would only be blurred.
  if (!allowedFlips(labels, "auto").sideways) return [none];
  return [none, allowedFlips(labels, "sideways"), allowedFlips(labels, "all")];
}
