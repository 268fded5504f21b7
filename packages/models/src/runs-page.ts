/** Runs side by side as one HTML page: their curves, what they were begun with and what they reached. */
import { plotSvg, seriesColours } from "./evaluation/svg-plot.js";
import { htmlPage } from "./html-page.js";
import type { EpochPoint } from "./method.js";
import type { Run } from "./run-folder.js";

/** More curves than this can't be told apart. */
const mostRuns = seriesColours;

/** @param runs newest first */
export function runsPage(runs: readonly Run[]): string {
  const drawn = runs.filter(({ history }) => history.length > 0).slice(0, mostRuns);
  const left = runs.length - drawn.length;
  return htmlPage({
    title: "Runs",
    note: `${runs.length === 1 ? "One training" : `${runs.length} trainings, newest first`}${left > 0 ? `; ${left} of them without a curve` : ""}.`,
    sections: [
      {
        title: "Curves",
        note: "By epoch; of runs with the same metric the higher curve is the better one.",
        legend: drawn.map(({ id }) => id),
        drawings: [
          curve(drawn, "what held-out pictures say", ({ metric }) => metric, [0, 1]),
          curve(drawn, "loss", ({ loss }) => loss, null),
        ],
      },
      {
        title: "What was begun, what was reached",
        table: {
          titles: ["run", "method", "options", "status", "epochs", "metric", "best", "parameters", "seconds"],
          rows: runs.map(rowOf),
        },
      },
    ],
  });
}

function curve(
  runs: readonly Run[],
  title: string,
  of: (point: EpochPoint) => number | null,
  limits: readonly [number, number] | null,
): string {
  const series = runs.map((run, colour) => ({
    title: run.id,
    colour,
    points: run.history.flatMap((point): [number, number][] => {
      const value = of(point);
      return value === null ? [] : [[point.epoch, value]];
    }),
  }));
  const values = series.flatMap(({ points }) => points.map(([, y]) => y));
  const [low, high] = limits ?? [0, Math.max(1e-6, ...values)];
  return plotSvg({
    description: `${title} by epoch`,
    x: { title: "epoch", min: 0, max: Math.max(1, ...series.flatMap(({ points }) => points.map(([x]) => x))) },
    y: { title, min: low, max: high },
    series,
  });
}

function rowOf(run: Run): string[] {
  const measured = run.history.flatMap(({ metric }) => (metric === null ? [] : [metric]));
  const options = Object.entries(run.methodOptions).map(([name, value]) => `${name}=${value}`);
  return [
    run.id,
    run.method,
    options.join(" ") || "–",
    run.status,
    String(run.history.length),
    run.metricName ?? "–",
    measured.length === 0 ? "–" : Math.max(...measured).toFixed(3),
    run.parameters?.toLocaleString("en") ?? "–",
    run.history.at(-1)?.elapsedSeconds.toFixed(0) ?? "–",
  ];
}
