/** The time windows of the dashboard and how finely each is drawn. */
export interface TimeWindow {
  title: string;
  spanMs: number;
  buckets: number;
}

const minute = 60_000;
export const windows = {
  "15m": { title: "15 min", spanMs: 15 * minute, buckets: 30 },
  "1h": { title: "1 h", spanMs: 60 * minute, buckets: 60 },
  "24h": { title: "24 h", spanMs: 24 * 60 * minute, buckets: 96 },
  "7d": { title: "7 d", spanMs: 7 * 24 * 60 * minute, buckets: 84 },
} satisfies Record<string, TimeWindow>;

export type WindowName = keyof typeof windows;
export const defaultWindow: WindowName = "15m";

export function windowOf(text: string | undefined): WindowName {
  return text !== undefined && Object.hasOwn(windows, text) ? (text as WindowName) : defaultWindow;
}
