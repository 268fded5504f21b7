/** Reads the values of flags and arguments; a wrong one says what was expected. */
import { InvalidArgumentError } from "commander";

/** For commander: a whole number within limits. */
export function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^[+-]?\d+$/.test(text) && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${minimum} to ${maximum}.`);
  };
}

/** For commander: a number within limits. */
export function realNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`Expected a number from ${minimum} to ${maximum}.`);
  };
}

/** For commander: words with commas between, also when the flag is given several times. */
export function words(text: string, before: readonly string[] | undefined): string[] {
  const added = text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
  return [...(before ?? []), ...added];
}

const unitsMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** For commander: `90s`, `5m`, `1.5h`, in milliseconds; at least 10 seconds. */
export function duration(text: string): number {
  const [, amount = "", unit = ""] = /^(\d+(?:\.\d+)?)(s|m|h)$/.exec(text.trim()) ?? [];
  const value = Number(amount) * (unitsMs[unit] ?? Number.NaN);
  if (amount !== "" && value >= 10_000 && value <= 7 * 24 * 3_600_000) return Math.round(value);
  throw new InvalidArgumentError("Expected a time such as 90s, 5m or 1.5h, at least 10s.");
}

/** For commander: `name=value`, given as often as needed. */
export function assignment(text: string, before: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("Expected NAME=VALUE.");
  return { ...before, [text.slice(0, at).trim()]: text.slice(at + 1).trim() };
}
