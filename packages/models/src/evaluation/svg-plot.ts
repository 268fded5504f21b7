/** Plots as SVG text, for files that need no program to be looked at: pure strings, coloured by the page's style sheet. */

export interface PlotAxis {
  readonly title: string;
  readonly min: number;
  readonly max: number;
  /** Left out: about five round ones. */
  readonly ticks?: readonly number[];
  readonly format?: (value: number) => string;
}

export interface PlotSeries {
  readonly title: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Which of the style sheet's colours, from 0: `.series-0` … */
  readonly colour: number;
  readonly shape?: "line" | "bars" | "dots";
  /** Bars: their width on the x axis. */
  readonly barWidth?: number;
  /** One per point: from where to where a whisker goes. */
  readonly whiskers?: readonly (readonly [low: number, high: number])[];
}

export interface PlotMark {
  readonly x: number;
  readonly y?: number;
  readonly title: string;
}

export interface PlotOptions {
  /** What is drawn, for people who can't see it. */
  readonly description: string;
  readonly x: PlotAxis;
  readonly y: PlotAxis;
  readonly series: readonly PlotSeries[];
  /** A dashed line to compare with. */
  readonly diagonal?: boolean;
  /** A dot where both numbers are given, else an upright line. */
  readonly marks?: readonly PlotMark[];
  readonly width?: number;
  readonly height?: number;
}

const margin = { left: 48, right: 14, top: 12, bottom: 40 } as const;

/** @example plotSvg({ description: "ROC", x: shareAxis("rejected"), y: shareAxis("found"), series: [], diagonal: true }) */
export function plotSvg({ description, x, y, series, diagonal = false, marks = [], ...size }: PlotOptions): string {
  const { width = 420, height = 300 } = size;
  const [right, bottom] = [width - margin.right, height - margin.bottom];
  const atX = (value: number): number => scaled(value, x, margin.left, right);
  const atY = (value: number): number => scaled(value, y, bottom, margin.top);
  const [ticksX, ticksY] = [x.ticks ?? roundTicks(x.min, x.max), y.ticks ?? roundTicks(y.min, y.max)];
  const formatX = x.format ?? plainNumber;
  const formatY = y.format ?? plainNumber;
  const middle = { x: fixed((margin.left + right) / 2), y: fixed((margin.top + bottom) / 2) };
  return [
    `<svg class="plot" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(description)}">`,
    ...ticksY.map(
      (tick) =>
        `<line class="grid" x1="${margin.left}" x2="${right}" y1="${fixed(atY(tick))}" y2="${fixed(atY(tick))}"/>` +
        `<text x="${margin.left - 7}" y="${fixed(atY(tick) + 4)}" text-anchor="end">${escaped(formatY(tick))}</text>`,
    ),
    ...ticksX.map(
      (tick) =>
        `<line class="grid" x1="${fixed(atX(tick))}" x2="${fixed(atX(tick))}" y1="${margin.top}" y2="${bottom}"/>` +
        `<text x="${fixed(atX(tick))}" y="${bottom + 17}" text-anchor="middle">${escaped(formatX(tick))}</text>`,
    ),
    `<text x="${middle.x}" y="${height - 5}" text-anchor="middle">${escaped(x.title)}</text>`,
    `<text transform="translate(12 ${middle.y}) rotate(-90)" text-anchor="middle">${escaped(y.title)}</text>`,
    diagonal
      ? `<line class="diagonal" x1="${fixed(atX(x.min))}" y1="${fixed(atY(y.min))}" x2="${fixed(atX(x.max))}" y2="${fixed(atY(y.max))}"/>`
      : "",
    ...series.map((one) => seriesSvg(one, atX, atY)),
    ...marks.map(({ x: markX, y: markY, title }) =>
      markY === undefined
        ? `<line class="mark" x1="${fixed(atX(markX))}" x2="${fixed(atX(markX))}" y1="${margin.top}" y2="${bottom}"><title>${escaped(title)}</title></line>`
        : `<circle class="mark" cx="${fixed(atX(markX))}" cy="${fixed(atY(markY))}" r="5"><title>${escaped(title)}</title></circle>`,
    ),
    "</svg>",
  ].join("");
}

/** 0 to 1, written as per cent. */
export function shareAxis(title: string, min = 0): PlotAxis {
  const ticks = min === 0 ? [0, 0.25, 0.5, 0.75, 1] : roundTicks(min, 1);
  return { title: `${title}, %`, min, max: 1, ticks, format: (value) => String(Math.round(value * 100)) };
}

function seriesSvg(
  { title, points, colour, shape = "line", barWidth = 0, whiskers = [] }: PlotSeries,
  atX: (value: number) => number,
  atY: (value: number) => number,
): string {
  const style = `series-${colour % seriesColours}`;
  const hint = `<title>${escaped(title)}</title>`;
  const whisker = whiskers
    .map(([low, high], i) => {
      const x = fixed(atX(points[i]?.[0] ?? 0));
      return `<line class="whisker" x1="${x}" x2="${x}" y1="${fixed(atY(low))}" y2="${fixed(atY(high))}"/>`;
    })
    .join("");
  if (shape === "bars") {
    const bars = points.map(([x, y]) => {
      const [left, right, top] = [atX(x - barWidth / 2), atX(x + barWidth / 2), atY(y)];
      return `<rect class="bar ${style}" x="${fixed(left)}" width="${fixed(right - left)}" y="${fixed(top)}" height="${fixed(atY(0) - top)}">${hint}</rect>`;
    });
    return bars.join("") + whisker;
  }
  if (shape === "dots")
    return (
      whisker +
      points
        .map(
          ([x, y]) => `<circle class="dot ${style}" cx="${fixed(atX(x))}" cy="${fixed(atY(y))}" r="4">${hint}</circle>`,
        )
        .join("")
    );
  const path = points
    .map(([x, y], i) => {
      return `${i === 0 ? "M" : "L"}${fixed(atX(x))} ${fixed(atY(y))}`;
    })
    .join("");
  return path === "" ? "" : `<path class="curve ${style}" d="${path}">${hint}</path>${whisker}`;
}

/** The style sheet has so many. */
export const seriesColours = 8;

function scaled(value: number, { min, max }: PlotAxis, from: number, to: number): number {
  const share = max === min ? 0.5 : (value - min) / (max - min);
  return from + Math.min(1, Math.max(0, share)) * (to - from);
}

/** Steps of 1, 2 or 5 times a power of ten. */
export function roundTicks(min: number, max: number, wanted = 5): number[] {
  if (!(max > min)) return [min];
  const rough = (max - min) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough) ?? power;
  const first = Math.ceil(min / step - 1e-9);
  const count = Math.floor(max / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

function plainNumber(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function fixed(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** For text and for attributes in double quotes. */
export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
