/** Finds out from the good pictures themselves how they may be turned over without becoming strange. */
import type { Image } from "@sightline/vision/image";
import { resize } from "@sightline/vision/resize";

export interface Turns {
  readonly sideways: boolean;
  readonly upsideDown: boolean;
  /** By 90°. */
  readonly quarter: boolean;
}

/** What a user may set. */
export const turnsOption = {
  kind: "choice",
  choices: ["auto", "none", "sideways", "all"],
  default: "auto",
  meaning: "how good pictures may be turned over; auto: as they already lie",
} as const;

export const noTurns: Turns = { sideways: false, upsideDown: false, quarter: false };
export const allTurns: Turns = { sideways: true, upsideDown: true, quarter: true };

/** Cells along each side in which pictures are compared. */
const cells = 12;
/** A turned picture may lie this much farther from the nearest other one than it does unturned. */
const slack = 1.2;
/** More pictures say the same. */
const mostCompared = 60;

/** @param choice one of `turnsOption` */
export function turnsFor(choice: string, normals: readonly Image[]): Turns {
  if (choice === "none") return noTurns;
  if (choice === "sideways") return { ...noTurns, sideways: true };
  return choice === "all" ? allTurns : plausibleTurns(normals);
}

/**
 * A turn is allowed when turned pictures look like others of the pictures about as much as they did before: parts that lie
 * anyhow, and parts that are alike on all sides. Fewer than four pictures allow none.
 */
export function plausibleTurns(pictures: readonly Image[]): Turns {
  const step = Math.max(1, Math.floor(pictures.length / mostCompared));
  const small = pictures
    .filter((_, i) => i % step === 0)
    .slice(0, mostCompared)
    .map((picture) => resize(picture, cells, cells).data);
  if (small.length < 4) return noTurns;
  const before = median(small.map((picture, i) => nearest(picture, small, i)));
  const isAlike = (turned: (x: number, y: number) => readonly [number, number]): boolean =>
    median(small.map((picture, i) => nearest(moved(picture, turned), small, i))) <= slack * before;
  return {
    sideways: isAlike((x, y) => [cells - 1 - x, y]),
    upsideDown: isAlike((x, y) => [x, cells - 1 - y]),
    quarter: isAlike((x, y) => [y, cells - 1 - x]) && isAlike((x, y) => [cells - 1 - y, x]),
  };
}

function moved(picture: Uint8Array, from: (x: number, y: number) => readonly [number, number]): Uint8Array {
  const out = new Uint8Array(picture.length);
  for (let y = 0; y < cells; y++) {
    for (let x = 0; x < cells; x++) {
      const [u, v] = from(x, y);
      for (let c = 0; c < 3; c++) out[(y * cells + x) * 3 + c] = picture[(v * cells + u) * 3 + c] as number;
    }
  }
  return out;
}

/** Mean difference to the nearest of the others. */
function nearest(picture: Uint8Array, all: readonly Uint8Array[], self: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (const [i, other] of all.entries()) {
    if (i === self) continue;
    let sum = 0;
    for (let k = 0; k < picture.length; k++) sum += Math.abs((picture[k] as number) - (other[k] as number));
    least = Math.min(least, sum / picture.length);
  }
  return least;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
