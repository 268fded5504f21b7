/** The time that the analytics page is about: the last days, or from one day to another; in the address. */

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export const spans = {
  "24h": { title: "Last 24 hours", spanMs: dayMs },
  "7d": { title: "Last 7 days", spanMs: 7 * dayMs },
  "30d": { title: "Last 30 days", spanMs: 30 * dayMs },
  "90d": { title: "Last 90 days", spanMs: 90 * dayMs },
  "365d": { title: "Last 12 months", spanMs: 365 * dayMs },
} as const;
export type SpanName = keyof typeof spans;

export interface TimeFilters {
  span?: string;
  /** First and last day, such as 2026-03-01, by the reader's clock. */
  from?: string;
  to?: string;
}

export interface AnalysedTime {
  /** `null`: from one day to another. */
  readonly span: SpanName | null;
  readonly from: string;
  /** Absent: until now. */
  readonly to?: string;
  /** Of the points over time. */
  readonly bucket: "hour" | "day";
}

/** Beyond this, points over time are days. */
const hoursUpToMs = 3 * dayMs;
const minuteMs = 60_000;

/** What can't be read is as if it were not said; days in the wrong order are put right. */
export function analysedTime({ span, from, to }: TimeFilters, nowMs: number): AnalysedTime {
  const first = startOfDay(from);
  const last = startOfDay(to);
  if (first !== null && last !== null) {
    const [startMs, lastDayMs] = first <= last ? [first, last] : [last, first];
    const endMs = nextDay(lastDayMs);
    return {
      span: null,
      from: new Date(startMs).toISOString(),
      to: new Date(endMs).toISOString(),
      bucket: endMs - startMs <= hoursUpToMs ? "hour" : "day",
    };
  }
  const name: SpanName = span !== undefined && Object.hasOwn(spans, span) ? (span as SpanName) : "30d";
  const { spanMs } = spans[name];
  // On a whole minute, so that the same question is not asked anew each second.
  const startMs = Math.floor((nowMs - spanMs) / minuteMs) * minuteMs;
  return { span: name, from: new Date(startMs).toISOString(), bucket: spanMs <= hoursUpToMs ? "hour" : "day" };
}

function startOfDay(day: string | undefined): number | null {
  if (day === undefined || !/^\d{4}-\d\d-\d\d$/.test(day)) return null;
  const timeMs = new Date(`${day}T00:00:00`).getTime();
  return Number.isNaN(timeMs) ? null : timeMs;
}

/** Days are of 23 to 25 hours. */
function nextDay(startMs: number): number {
  const day = new Date(startMs);
  day.setDate(day.getDate() + 1);
  return day.getTime();
}

/** By the reader's clock, as the address and the browser's date field write it. */
export function dayOf(timeMs: number): string {
  const day = new Date(timeMs);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}
