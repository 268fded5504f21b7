/** What may be done to training pictures, as plain data with limits, and which flips a dataset's labels allow. */

/** A chance is 0 (never) to 1 (always). Every other amount is a limit: what is done lies anywhere between none and it. */
export interface Recipe {
  /** Chance of swapping left and right. */
  readonly flipSideways: number;
  readonly flipUpsideDown: number;
  /** Chance of a turn by 90°, 180° or 270°. */
  readonly quarterTurn: number;
  readonly rotationDegrees: number;
  readonly shearDegrees: number;
  /** Share of the picture's sides by which it is moved. */
  readonly shift: number;
  /** Smallest and largest zoom: 0.8 shows the picture smaller with a border around, 1.2 cuts its edges off. */
  readonly zoom: readonly [number, number];
  /** Largest stretch of one side against the other; 1 keeps the shape. */
  readonly stretch: number;
  /** Random resized crop: the smallest share of the picture's area that is cut out; 1 cuts nothing. */
  readonly cropArea: number;
  /** Factors 1 ± this. */
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  readonly hueDegrees: number;
  /** Red and blue against green, each by a factor from 1 / (1 + this) to 1 + this: another lamp, another camera. */
  readonly whiteBalance: number;
  /** Exponents from 1 / (1 + this) to 1 + this. */
  readonly gamma: number;
  /** Chance of losing all colour. */
  readonly grey: number;
  /** Chance of a blur, and the largest one in pixels (sigma). */
  readonly blur: { readonly chance: number; readonly sigma: number };
  /** Chance of noise, and its largest deviation in steps of 0–255. */
  readonly noise: { readonly chance: number; readonly deviation: number };
  /** Chance of covering a rectangle, and its smallest and largest share of the picture. */
  readonly erase: { readonly chance: number; readonly area: readonly [number, number] };
  /** Chance that a picture is mixed with another of its batch; the shares are Beta(alpha, alpha). Not for boxes. */
  readonly mixup: { readonly chance: number; readonly alpha: number };
  /** Chance that a rectangle of another picture is put in; its share is Beta(alpha, alpha). Not for boxes. */
  readonly cutmix: { readonly chance: number; readonly alpha: number };
  /** Chance that a picture is put together from four, around a random middle. */
  readonly mosaic: number;
  /** Beyond the picture: its edge goes on, or a grey (0–255). */
  readonly border: "edge" | number;
}

/** Nothing is done. */
export const plainRecipe: Recipe = {
  flipSideways: 0,
  flipUpsideDown: 0,
  quarterTurn: 0,
  rotationDegrees: 0,
  shearDegrees: 0,
  shift: 0,
  zoom: [1, 1],
  stretch: 1,
  cropArea: 1,
  brightness: 0,
  contrast: 0,
  saturation: 0,
  hueDegrees: 0,
  whiteBalance: 0,
  gamma: 0,
  grey: 0,
  blur: { chance: 0, sigma: 0 },
  noise: { chance: 0, deviation: 0 },
  erase: { chance: 0, area: [0.02, 0.2] },
  mixup: { chance: 0, alpha: 0.2 },
  cutmix: { chance: 0, alpha: 1 },
  mosaic: 0,
  border: "edge",
};

/** How a dataset's pictures may be turned over. */
export interface AllowedFlips {
  readonly sideways: boolean;
  readonly upsideDown: boolean;
  readonly quarterTurns: boolean;
}

/** What a user may say about flips; `auto` reads the labels. */
export type FlipChoice = "auto" | "none" | "sideways" | "all";

const sideWords = /(^|[^a-z])(left|right|lhs|rhs|links|rechts|gauche|droite|clockwise|cw|ccw|mirrored?)([^a-z]|$)/i;
const heightWords =
  /(^|[^a-z])(up|down|top|bottom|upper|lower|above|below|upside|oben|unten|haut|bas|upright)([^a-z]|$)/i;
const directionWords =
  /(^|[^a-z])(north|south|east|west|horizontal|vertical|arrow|turned|rotated|orientation)([^a-z]|$)/i;

/**
 * Which flips leave the labels true. `auto` allows swapping left and right (most things look alike in a mirror) unless a
 * label speaks of sides or directions, or the labels are signs such as "6" and "9"; it never turns pictures upside down,
 * for a face, a bottle or a street is always seen one way up: say `all` where parts lie as they like.
 */
export function allowedFlips(labels: readonly string[], choice: FlipChoice = "auto"): AllowedFlips {
  if (choice === "none") return { sideways: false, upsideDown: false, quarterTurns: false };
  if (choice === "sideways") return { sideways: true, upsideDown: false, quarterTurns: false };
  if (choice === "all") return { sideways: true, upsideDown: true, quarterTurns: true };
  const speaksOfSides = labels.some(
    (label) => sideWords.test(words(label)) || heightWords.test(words(label)) || directionWords.test(words(label)),
  );
  const areSigns = labels.length > 0 && labels.every((label) => label.trim().length === 1 || /^\d+$/.test(label));
  return { sideways: !speaksOfSides && !areSigns, upsideDown: false, quarterTurns: false };
}

/** `turnLeft` and `turn_left` alike as "turn left". */
function words(label: string): string {
  return label.replace(/([a-z])([A-Z])/g, "$1 $2").replace(/[_\-.]/g, " ");
}

/** The recipe with the flips taken out that the labels don't allow. */
export function withAllowedFlips(recipe: Recipe, allowed: AllowedFlips): Recipe {
  return {
    ...recipe,
    flipSideways: allowed.sideways ? recipe.flipSideways : 0,
    flipUpsideDown: allowed.upsideDown ? recipe.flipUpsideDown : 0,
    quarterTurn: allowed.quarterTurns ? recipe.quarterTurn : 0,
  };
}

/** Throws RangeError naming the first field that makes no sense, with what was expected. */
export function checkRecipe(recipe: Recipe): void {
  const check = (field: string, value: number, low: number, high: number): void => {
    if (!(value >= low && value <= high)) {
      throw new RangeError(`The recipe's ${field} must be a number from ${low} to ${high}, got ${value}.`);
    }
  };
  for (const field of ["flipSideways", "flipUpsideDown", "quarterTurn", "grey", "mosaic"] as const) {
    check(field, recipe[field], 0, 1);
  }
  for (const field of ["blur", "noise", "erase", "mixup", "cutmix"] as const) {
    check(`${field}.chance`, recipe[field].chance, 0, 1);
  }
  for (const field of ["brightness", "contrast", "saturation", "shift"] as const) check(field, recipe[field], 0, 1);
  check("rotationDegrees", recipe.rotationDegrees, 0, 180);
  check("shearDegrees", recipe.shearDegrees, 0, 45);
  check("hueDegrees", recipe.hueDegrees, 0, 180);
  check("whiteBalance", recipe.whiteBalance, 0, 1);
  check("gamma", recipe.gamma, 0, 4);
  check("stretch", recipe.stretch, 1, 4);
  check("cropArea", recipe.cropArea, 0.01, 1);
  check("zoom[0]", recipe.zoom[0], 0.1, recipe.zoom[1]);
  check("zoom[1]", recipe.zoom[1], recipe.zoom[0], 10);
  check("blur.sigma", recipe.blur.sigma, 0, 4);
  check("noise.deviation", recipe.noise.deviation, 0, 128);
  check("erase.area[0]", recipe.erase.area[0], 0, recipe.erase.area[1]);
  check("erase.area[1]", recipe.erase.area[1], recipe.erase.area[0], 0.9);
  check("mixup.alpha", recipe.mixup.alpha, 0.01, 100);
  check("cutmix.alpha", recipe.cutmix.alpha, 0.01, 100);
  if (recipe.border !== "edge") check("border", recipe.border, 0, 255);
}
