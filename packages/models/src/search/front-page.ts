/** What a search found, as one HTML page: the front as plots, each point a model file. */
import { wilson } from "../evaluation/bootstrap.js";
import { type PlotAxis, plotSvg, roundTicks } from "../evaluation/svg-plot.js";
import { htmlPage } from "../html-page.js";
import type { SearchPoint } from "./search.js";

export interface FrontPage {
  readonly dataset: string;
  readonly points: readonly SearchPoint[];
  readonly best: readonly SearchPoint[];
  /** What the students learnt from, measured on the same pictures; `null`: labels alone. */
  readonly teacher: { readonly accuracy: number; readonly parameters: number } | null;
  readonly seconds: number;
}

/** At the right end of the axis, in powers of ten. */
const roomForLabel = 0.15;

const costs = [
  { title: "parameters", of: (point: SearchPoint) => point.parameters },
  { title: "multiply-accumulates", of: (point: SearchPoint) => point.multiplyAccumulates },
  { title: "milliseconds a picture, one thread", of: (point: SearchPoint) => point.msPerImage },
] as const;

export function frontPage({ dataset, points, best, teacher, seconds }: FrontPage): string {
  const images = points[0]?.images ?? 0;
  const taught = teacher === null ? "" : ` Their teacher reaches ${percent(teacher.accuracy)} on the same pictures.`;
  return htmlPage({
    title: `Small networks for ${dataset}`,
    note: `${points.length} networks, trained within ${Math.round(seconds / 60)} min and measured on ${images} pictures held out.${taught}`,
    sections: [
      {
        title: "Accuracy against cost",
        note: "The line joins those that no other beats at the same cost or less; whiskers are 95 % intervals. Differences smaller than these are chance.",
        drawings: costs.map(({ title, of }) => plotOf(points, best, title, of)),
      },
      {
        title: "The networks",
        note: "Each is a model file beside this page. Round: the last that it took part in; each round learns longer than the one before it.",
        table: {
          titles: ["model", "accuracy", "95 %", "parameters", "M multiply-accumulates", "ms", "round", "on the front"],
          rows: points.map((point) => rowOf(point, best.includes(point))),
        },
      },
    ],
  });
}

function plotOf(
  points: readonly SearchPoint[],
  best: readonly SearchPoint[],
  title: string,
  of: (point: SearchPoint) => number,
): string {
  const exponents = points.map((point) => exponentOf(of(point)));
  const axis: PlotAxis = {
    title,
    min: Math.floor(Math.min(...exponents) * 2) / 2,
    max: Math.ceil(Math.max(...exponents) * 2) / 2 + roomForLabel,
    format: (value) => short(10 ** value),
  };
  const low = Math.min(...points.map((point) => intervalOf(point)[0]));
  const bottom = Math.max(0, Math.floor(low * 20) / 20);
  const at = (point: SearchPoint): [number, number] => [exponentOf(of(point)), point.accuracy];
  const steps = best
    .toSorted((a, b) => of(a) - of(b))
    .filter((a) => best.every((b) => of(b) > of(a) || b.accuracy <= a.accuracy));
  return plotSvg({
    description: `Accuracy against ${title}`,
    x: { ...axis, ticks: roundTicks(axis.min, axis.max, 4) },
    y: { title: "accuracy, %", min: bottom, max: 1, format: (value) => String(Math.round(100 * value)) },
    series: [
      { title: "the front", points: steps.map(at), colour: 0 },
      ...points.map((point) => ({
        title: `${point.candidate.name}: ${percent(point.accuracy)}`,
        points: [at(point)],
        colour: best.includes(point) ? 0 : 7,
        shape: "dots" as const,
        whiskers: [intervalOf(point)],
      })),
    ],
  });
}

function rowOf(point: SearchPoint, isOnFront: boolean): string[] {
  const [low, high] = intervalOf(point);
  return [
    point.file,
    percent(point.accuracy),
    `${percent(low)} – ${percent(high)}`,
    point.parameters.toLocaleString("en"),
    (point.multiplyAccumulates / 1e6).toFixed(2),
    point.msPerImage.toFixed(2),
    String(point.round),
    isOnFront ? "yes" : "",
  ];
}

/** Costs differ by orders of magnitude: the axis is their logarithm. */
function exponentOf(cost: number): number {
  return Math.log10(Math.max(1e-3, cost));
}

function intervalOf({ accuracy, images }: SearchPoint): [number, number] {
  const { low, high } = wilson(Math.round(accuracy * images), images);
  return [low, high];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function short(value: number): string {
  const [divisor, unit] = value >= 1e6 ? [1e6, " M"] : value >= 1e3 ? [1e3, " k"] : [1, ""];
  return `${Number((value / divisor).toPrecision(2))}${unit}`;
}
