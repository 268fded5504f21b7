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
