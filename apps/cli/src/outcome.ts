/** What a verb hands back: the same facts once for people and once for programs. */
import type { Problem } from "./cli-error.js";

export interface Outcome {
  /** For people; printed to stdout as it is. */
  readonly text: string;
  /** For programs (`--json`); one line on stdout. */
  readonly json: object;
  /** Set when the verb did its work but the result is a failure (exit code 1), such as uploads of which some failed. */
  readonly error?: Problem | undefined;
  /** Set by a verb that runs for long and has printed its result already. */
  readonly isSaid?: true;
}

/** Columns under their titles; numbers to the right. */
export function table(titles: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [titles, ...rows].map((row) => row.map(String));
  const widths = titles.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const isNumeric = titles.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === "number"));
  return cells
    .map((row) =>
      row
        .map((cell, column) => {
          const width = widths[column] ?? 0;
          return isNumeric[column] ? cell.padStart(width) : cell.padEnd(width);
        })
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** `3 pictures`, `1 picture`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

/** A measure from 0 to 1, or a dash where there is none. */
export function rounded(value: number | null | undefined, digits = 3): string {
  return value === null || value === undefined || !Number.isFinite(value) ? "–" : value.toFixed(digits);
}

/** `1.2 MB`. */
export function sized(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), units.length);
  return `${(bytes / 1000 ** power).toFixed(1)} ${units[power - 1]}`;
}
