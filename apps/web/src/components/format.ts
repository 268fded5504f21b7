/** Numbers and times as people read them; the exact UTC value is kept for the tooltip. */

/** A share as per cent: whole numbers look whole, small shares keep one decimal place. */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined || Number.isNaN(share)) return "–";
  const value = share * 100;
  if (value !== 0 && value < 0.1) return "< 0.1 %";
  // 99.97 % is not "100 %": rounding must not claim perfection.
  if (value > 99.9 && value < 100) return "99.9 %";
  const text = value < 10 || value > 90 ? value.toFixed(1).replace(/\.0$/, "") : value.toFixed(0);
  return `${text} %`;
}

export function count(value: number): string {
  return value.toLocaleString("en-US").replaceAll(",", " ");
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let at = 0;
  let rest = value;
  while (rest >= 1000 && at < units.length - 1) {
    rest /= 1000;
    at++;
  }
  return `${at === 0 || rest >= 100 ? rest.toFixed(0) : rest.toFixed(1)} ${units[at]}`;
}

export function milliseconds(value: number | null): string {
  if (value === null) return "–";
  if (value >= 1000) return `${(value / 1000).toFixed(1)} s`;
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
}

export function duration(timeMs: number): string {
  const seconds = Math.max(0, Math.round(timeMs / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** "12 s ago" up to a day, then the date. */
export function ago(time: string, nowMs: number): string {
  const seconds = Math.round((nowMs - Date.parse(time)) / 1000);
  if (seconds < 2) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return localTime(time);
}

export function localTime(time: string): string {
  return new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

export function clockTime(time: string): string {
  return new Date(time).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}
