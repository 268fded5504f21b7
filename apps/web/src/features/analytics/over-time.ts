/** From counted hours or days to the points of the control chart, with a gap where nothing was inspected. */
import type { SharePoint } from "../../components/control-chart.js";
import type { Counts, Keyed } from "./counts.js";
import { controlChart, type Proportion } from "./proportions.js";

export type Bucket = "hour" | "day";

export interface ChartOverTime {
  readonly points: readonly SharePoint[];
  /** The counts of each point; `null` for a gap. */
  readonly rows: readonly (Keyed | null)[];
  readonly center: number | null;
  /** Points with a share, and the pictures in them. */
  readonly counted: number;
  readonly whole: number;
}

const bucketSeconds = { hour: 3600, day: 86_400 };

/** An hour is told by its start, a local date stands at noon UTC. */
const secondsOf = (key: string, bucket: Bucket): number =>
  Date.parse(bucket === "day" ? `${key}T12:00:00.000Z` : key) / 1000;

export function overTime(
  groups: readonly Keyed[],
  bucket: Bucket,
  proportion: (counts: Counts) => Proportion,
  ownSpread: boolean,
): ChartOverTime {
  const rows = groups.toSorted((a, b) => secondsOf(a.key, bucket) - secondsOf(b.key, bucket));
  const proportions = rows.map(proportion);
  const { center, points } = controlChart(proportions, ownSpread);
  const drawn: SharePoint[] = [];
  const drawnRows: (Keyed | null)[] = [];
  let lastTime: number | undefined;
  for (const [index, row] of rows.entries()) {
    const point = points[index];
    if (point === undefined) continue;
    const time = secondsOf(row.key, bucket);
    // The line must not claim what happened while nothing was inspected.
    if (lastTime !== undefined && time - lastTime > 1.5 * bucketSeconds[bucket]) {
      drawn.push({ time: lastTime + bucketSeconds[bucket], share: null, lower: null, upper: null, isBeyond: false });
      drawnRows.push(null);
    }
    drawn.push({ time, ...point });
    drawnRows.push(row);
    lastTime = time;
  }
  const counted = points.filter(({ share }) => share !== null).length;
  return {
    points: drawn,
    rows: drawnRows,
    center,
    counted,
    whole: proportions.reduce((all, one) => all + one.whole, 0),
  };
}

export function pointName(key: string, bucket: Bucket, timeZone: string): string {
  const style: Intl.DateTimeFormatOptions =
    bucket === "day"
      ? { day: "numeric", month: "short", timeZone: "UTC" }
      : { weekday: "short", hour: "2-digit", minute: "2-digit", timeZone };
  return new Date(secondsOf(key, bucket) * 1000).toLocaleString(undefined, style);
}
