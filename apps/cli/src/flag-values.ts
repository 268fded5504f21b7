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

/** For commander: three numbers with commas between, one for each colour. */
export function triple(text: string): readonly [number, number, number] {
  const [red = Number.NaN, green = Number.NaN, blue = Number.NaN, ...more] = text.split(",").map(Number);
  if (more.length === 0 && [red, green, blue].every(Number.isFinite)) return [red, green, blue];
  throw new InvalidArgumentError("Expected three numbers such as 127.5,127.5,127.5.");
}

const unitsMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** For commander: `90s`, `5m`, `1.5h`, in milliseconds. */
export function duration(leastSeconds: number): (text: string) => number {
  return (text) => {
    const [, amount = "", unit = ""] = /^(\d+(?:\.\d+)?)(s|m|h)$/.exec(text.trim()) ?? [];
    const value = Number(amount) * (unitsMs[unit] ?? Number.NaN);
    if (amount !== "" && value >= leastSeconds * 1000 && value <= 7 * 24 * 3_600_000) return Math.round(value);
    throw new InvalidArgumentError(`Expected a time such as 90s, 5m or 1.5h, at least ${leastSeconds}s.`);
  };
}

const unitsBytes: Readonly<Record<string, number>> = { M: 2 ** 20, G: 2 ** 30 };

/** For commander: `300M`, `1.5G`, in bytes. */
export function memorySize(text: string): number {
  const [, amount = "", unit = ""] = /^(\d+(?:\.\d+)?)([MG])B?$/i.exec(text.trim()) ?? [];
  const value = Number(amount) * (unitsBytes[unit.toUpperCase()] ?? Number.NaN);
  if (amount !== "" && value >= 2 ** 20 && value <= 2 ** 42) return Math.round(value);
  throw new InvalidArgumentError("Expected an amount of memory such as 300M or 2G.");
}

/** For commander: `name=value`, given as often as needed. */
export function assignment(text: string, before: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("Expected NAME=VALUE.");
  return { ...before, [text.slice(0, at).trim()]: text.slice(at + 1).trim() };
}
