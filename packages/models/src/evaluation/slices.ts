/** The same figures camera by camera, line by line, hour by hour: where a model is worse than elsewhere, and whether that is chance. */
import type { AnsweredPicture } from "./answered-picture.js";
import { type Statistic, wilson } from "./bootstrap.js";
import type { SliceRow, Slices } from "./evaluation-report.js";

/** More values than this are no slices but names. */
const mostValues = 60;
/** A slice that stands out has more mistakes than chance explains, 19 times of 20, however many slices there are. */
const significance = 0.05;

/**
 * @param isWrong one per picture
 * @param statistics those whose figures each slice is shown with
 */
export function slicesOf(
  pictures: readonly AnsweredPicture[],
  isWrong: readonly boolean[],
  statistics: readonly Statistic[],
): Slices[] {
  const names = [...new Set(pictures.flatMap(({ slices }) => Object.keys(slices)))];
  const tables = names.flatMap((by) => {
    const values = [...new Set(pictures.map(({ slices }) => slices[by]).filter((value) => value !== undefined))];
    if (values.length < 2 || values.length > mostValues) return [];
    const rows = values
      .sort(new Intl.Collator("en", { numeric: true }).compare)
      .map((value) => sliceRow(pictures, isWrong, statistics, by, value));
    return [{ by, rows }];
  });
  return corrected(tables);
}

function sliceRow(
  pictures: readonly AnsweredPicture[],
  isWrong: readonly boolean[],
  statistics: readonly Statistic[],
  by: string,
  value: string,
): Omit<SliceRow, "standsOut"> {
  const weights = Float64Array.from(pictures, ({ slices }) => (slices[by] === value ? 1 : 0));
  const images = weights.reduce((sum, weight) => sum + weight, 0);
  const mistakes = isWrong.filter((is, i) => is && weights[i] === 1).length;
  const allMistakes = isWrong.filter(Boolean).length;
  return {
    value,
    images,
    mistakes,
    mistakeRate: mistakes / images,
    ...wilson(mistakes, images),
    figures: Object.fromEntries(statistics.map((statistic) => [statistic.name, statistic.of(weights)])),
    chance: fisher(
      mistakes,
      images - mistakes,
      allMistakes - mistakes,
      pictures.length - images - allMistakes + mistakes,
    ),
  };
}

/** Holm's step-down correction (1979) over all slices of all tables. */
function corrected(tables: readonly { readonly by: string; readonly rows: readonly Omit<SliceRow, "standsOut">[] }[]) {
  const rows = tables.flatMap((table) => table.rows);
  const order = [...rows].sort((a, b) => a.chance - b.chance);
  const chances = new Map<object, number>();
  let highest = 0;
  for (const [place, row] of order.entries()) {
    highest = Math.max(highest, Math.min(1, row.chance * (order.length - place)));
    chances.set(row, highest);
  }
  const totalImages = new Map(
    tables.map(({ by, rows: own }) => [by, own.reduce((sum, { images }) => sum + images, 0)]),
  );
  return tables.map(({ by, rows: own }): Slices => {
    const rate = own.reduce((sum, { mistakes }) => sum + mistakes, 0) / (totalImages.get(by) as number);
    return {
      by,
      rows: own.map((row): SliceRow => {
        const chance = chances.get(row) as number;
        return { ...row, chance, standsOut: chance < significance && row.mistakeRate > rate };
      }),
    };
  });
}

/**
 * Fisher's exact test, two-sided (Fisher 1922): of all tables with the same margins, the share of those as unlikely as
 * this one or more.
 */
export function fisher(a: number, b: number, c: number, d: number): number {
  const logs = new Float64Array(a + b + c + d + 1);
  for (let i = 2; i < logs.length; i++) logs[i] = (logs[i - 1] as number) + Math.log(i);
  const [row, column, all] = [a + b, a + c, a + b + c + d];
  const log = (n: number): number => logs[n] as number;
  const probability = (x: number): number =>
    Math.exp(
      log(row) +
        log(all - row) +
        log(column) +
        log(all - column) -
        log(all) -
        (log(x) + log(row - x) + log(column - x) + log(all - row - column + x)),
    );
  const own = probability(a);
  let sum = 0;
  for (let x = Math.max(0, row + column - all); x <= Math.min(row, column); x++) {
    const p = probability(x);
    // Equal ones count, whatever rounding says.
    if (p <= own * (1 + 1e-7)) sum += p;
  }
  return Math.min(1, sum);
}
