/** The times that monitoring shows, and the period of the datapoints drawn in each. */

const minute = 60_000;

interface Span {
  title: string;
  /** Start of the time that ends now, on a whole minute so that the same question is not asked anew each second. */
  from: () => string;
  periodSeconds: number;
}

const back = (spanMs: number) => () => new Date(Math.floor((Date.now() - spanMs) / minute) * minute).toISOString();

export const spans = {
  "1h": { title: "1 h", from: back(60 * minute), periodSeconds: 60 },
  "24h": { title: "24 h", from: back(24 * 60 * minute), periodSeconds: 900 },
  "7d": { title: "7 d", from: back(7 * 24 * 60 * minute), periodSeconds: 3600 },
  "30d": { title: "30 d", from: back(30 * 24 * 60 * minute), periodSeconds: 21_600 },
} satisfies Record<string, Span>;

export type SpanName = keyof typeof spans;

export function spanOf(text: string | undefined): SpanName {
  return text !== undefined && Object.hasOwn(spans, text) ? (text as SpanName) : "1h";
}
