/** What `sightline evaluate` says beyond the plain figures: the evaluation report, as text and as files. */
import { basename, extname, resolve } from "node:path";
import type { EvaluationReport, Figure } from "@sightline/models/evaluation-report";
import { type MistakePicture, reportPage } from "@sightline/models/report-page";
import { CliError } from "./cli-error.js";
import { counted, rounded, table } from "./outcome.js";
import { type ReservedFile, reserveFile } from "./whole-file.js";

const endings = [".html", ".json"] as const;

export interface ReportFiles {
  readonly hasPage: boolean;
  /** @returns the paths written */
  write(report: EvaluationReport, pictures: ReadonlyMap<number, MistakePicture>): Promise<string[]>;
  release(): Promise<void>;
}

/** Makes sure, before the work, that the files can be written after it. @throws CliError `USAGE`, `FILE_EXISTS`, `FILE_NOT_WRITABLE` */
export async function reserveReports(
  files: readonly string[],
  { overwrite }: { readonly overwrite: boolean },
): Promise<ReportFiles> {
  const odd = files.find((file) => !endings.some((ending) => ending === extname(file).toLowerCase()));
  if (odd !== undefined)
    throw new CliError(
      "USAGE",
      `--report "${odd}" must end in ${endings.join(" or ")}: the ending says what is written.`,
    );
  const twice = files.find((file, i) => files.findIndex((other) => resolve(other) === resolve(file)) !== i);
  if (twice !== undefined) throw new CliError("USAGE", `--report "${twice}" is given twice. Give each file once.`);
  const reserved: ReservedFile[] = [];
  const release = async (): Promise<void> => {
    for (const file of reserved) await file.release();
  };
  try {
    for (const file of files) reserved.push(await reserveFile(file, { overwrite }));
  } catch (error) {
    await release();
    throw error;
  }
  const isPage = (path: string): boolean => extname(path).toLowerCase() === ".html";
  return {
    hasPage: reserved.some(({ path }) => isPage(path)),
    async write(report, pictures) {
      for (const file of reserved) {
        const text = isPage(file.path) ? reportPage(report, { pictures }) : `${JSON.stringify(report, null, 2)}\n`;
        await file.commit(new TextEncoder().encode(text));
      }
      return reserved.map(({ path }) => path);
    },
    release,
  };
}

/** For people, below the plain figures. */
export function reportText(report: EvaluationReport, written: readonly string[]): string {
  const { figures, slices, threshold, mistakes, mistakeCount, repeats } = report;
  return [
    table(["figure", "value", "95 % interval"], figures.map(figureRow)),
    ...(threshold?.cheapest ? ["", ...costLines(threshold.inForce, threshold.cheapest)] : []),
    ...slices.flatMap(({ by, rows }) => [
      "",
      table(
        [`by ${by}`, "pictures", "mistakes", "rate", ""],
        rows.map(({ value, images, mistakes: count, mistakeRate, standsOut }) => [
          value,
          images,
          count,
          rounded(mistakeRate),
          standsOut ? "worse than the rest" : "",
        ]),
      ),
    ]),
    ...(repeats === null
      ? []
      : [
          "",
          `trained ${counted(repeats.runs.length, "time")}: ${counted(repeats.folds, "fold")}, ${counted(repeats.seeds.length, "seed")}`,
          table(
            ["figure", "mean", "deviation"],
            repeats.figures.map(({ title, mean, deviation }) => [title, rounded(mean), rounded(deviation)]),
          ),
        ]),
    ...(mistakes.length === 0
      ? []
      : [
          "",
          `${counted(mistakeCount, "mistake")}, the worst first:`,
          table(
            ["picture", "is", "answered", "weight"],
            mistakes.slice(0, 5).map(({ name, truth, answer, weight }) => [name, truth, answer, rounded(weight)]),
          ),
        ]),
    ...written.map((path) => `\nwrote ${path}`),
  ].join("\n");
}

function figureRow({ title, value, low, high }: Figure): string[] {
  return [title, rounded(value), low === null || high === null ? "" : `${rounded(low)} to ${rounded(high)}`];
}

function costLines(
  inForce: { readonly threshold: number },
  {
    threshold,
    low,
    high,
    costPer1000,
    costPer1000Now,
    costPer1000Expected,
  }: NonNullable<NonNullable<EvaluationReport["threshold"]>["cheapest"]>,
): string[] {
  const money = (value: number): string => value.toFixed(value < 100 ? 2 : 0);
  return [
    table(
      ["threshold", "at", "cost of 1,000 parts"],
      [
        ["in force", rounded(inForce.threshold), money(costPer1000Now)],
        ["cheapest", rounded(threshold), money(costPer1000)],
      ],
    ),
    `the cheapest lies between ${rounded(low)} and ${rounded(high)} with other pictures of the same kind${
      costPer1000Expected === null ? "" : `; expect ${money(costPer1000Expected)} on pictures that did not choose it`
    }`,
  ];
}

/** How a model is called where only its file is known. */
export function modelNameOf(file: string): string {
  return basename(file, extname(file));
}
