/** The bounds of what may be asked of an explanation. */
import { type ExplainOptions, explainMethods } from "./explanation.js";

/** Lowest and highest values; the command line and the server refuse what is outside with the same numbers. */
export const explainBounds = {
  regions: { least: 4, most: 400, usual: 64 },
  evaluations: { least: 50, most: 20_000, usual: 500 },
} as const;

/** @throws RangeError that names the option */
export function checkExplainOptions(options: ExplainOptions): void {
  for (const name of ["regions", "evaluations"] as const) {
    const { least, most } = explainBounds[name];
    const value = options[name];
    if (value !== undefined && !(Number.isInteger(value) && value >= least && value <= most))
      throw new RangeError(`"${name}" must be a whole number from ${least} to ${most}, got ${value}.`);
  }
  for (const name of ["threshold", "scoreThreshold"] as const) {
    const value = options[name];
    if (value !== undefined && !(value >= 0 && value <= 1))
      throw new RangeError(`"${name}" must be 0 to 1, got ${value}.`);
  }
  const { method, detection } = options;
  if (method !== undefined && !explainMethods.includes(method))
    throw new RangeError(`"method" must be one of ${explainMethods.join(", ")}, got ${method}.`);
  if (detection !== undefined && !(Number.isInteger(detection) && detection >= 0))
    throw new RangeError(`"detection" must be a whole number from 0, got ${detection}.`);
}
