/** Mixes pictures of one batch with each other, in place: mixup and cutmix. */
import type { RandomSource } from "./damage.js";
import type { Recipe } from "./recipe.js";

/** How a row of the batch was mixed. */
export interface Mix {
  /** The row that was mixed in; the row itself when nothing was. */
  readonly partner: number;
  /** Share of the row's own picture, 0–1. */
  readonly weight: number;
}

/**
 * Mixes rows of `planes` (`rows` pictures of 3 planes of `width` x `height`) as the recipe allows: mixup (Zhang et al. 2018)
 * adds two pictures, cutmix (Yun et al. 2019) puts a rectangle of one into the other. Partners are taken as they were
 * before mixing. Gives each row's partner and weight, for the targets.
 */
export function mixRows(
  planes: Float32Array,
  rows: number,
  width: number,
  height: number,
  recipe: Pick<Recipe, "mixup" | "cutmix">,
  random: RandomSource,
): Mix[] {
  const plans = Array.from({ length: rows }, (_, row) => planMix(row, rows, width, height, recipe, random));
  if (plans.every(({ partner }, row) => partner === row))
    return plans.map(({ partner, weight }) => ({ partner, weight }));
  const before = planes.slice();
  const size = 3 * width * height;
  for (const [row, { partner, weight, rectangle }] of plans.entries()) {
    if (partner === row) continue;
    const [to, from] = [row * size, partner * size];
    if (rectangle === null) {
      for (let i = 0; i < size; i++) {
        planes[to + i] = weight * (before[to + i] as number) + (1 - weight) * (before[from + i] as number);
      }
      continue;
    }
    for (let plane = 0; plane < 3; plane++) {
      for (let y = rectangle.top; y < rectangle.bottom; y++) {
        const line = (plane * height + y) * width;
        planes.set(
          before.subarray(from + line + rectangle.left, from + line + rectangle.right),
          to + line + rectangle.left,
        );
      }
    }
  }
  return plans.map(({ partner, weight }) => ({ partner, weight }));
}

interface Plan extends Mix {
  /** cutmix: what comes from the partner. */
  readonly rectangle: {
    readonly left: number;
    readonly top: number;
    readonly right: number;
    readonly bottom: number;
  } | null;
}

function planMix(
  row: number,
  rows: number,
  width: number,
  height: number,
  { mixup, cutmix }: Pick<Recipe, "mixup" | "cutmix">,
  random: RandomSource,
): Plan {
  const none: Plan = { partner: row, weight: 1, rectangle: null };
  if (rows < 2 || mixup.chance + cutmix.chance === 0) return none;
  const draw = random();
  if (draw >= Math.min(1, mixup.chance + cutmix.chance)) return none;
  const partner = (row + 1 + Math.floor(random() * (rows - 1))) % rows;
  if (draw < mixup.chance) return { partner, weight: beta(mixup.alpha, random), rectangle: null };
  const side = Math.sqrt(1 - beta(cutmix.alpha, random));
  const [w, h] = [Math.round(width * side), Math.round(height * side)];
  const left = Math.floor(random() * (width - w + 1));
  const top = Math.floor(random() * (height - h + 1));
  return {
    partner,
    weight: 1 - (w * h) / (width * height),
    rectangle: { left, top, right: left + w, bottom: top + h },
  };
}

/** Beta(alpha, alpha) as a quotient of Gamma variables. */
function beta(alpha: number, random: RandomSource): number {
  const [x, y] = [gamma(alpha, random), gamma(alpha, random)];
  return x + y > 0 ? x / (x + y) : 0.5;
}

/** Marsaglia and Tsang (2000); below 1 their shape + 1 with the power correction. */
function gamma(shape: number, random: RandomSource): number {
  if (shape < 1) return gamma(shape + 1, random) * (1 - random()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}
