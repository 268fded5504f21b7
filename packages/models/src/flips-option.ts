/** The option of methods that turn pictures over while they learn from them. */
import type { FlipChoice } from "@sightline/vision/augment/recipe";
import type { OptionRule } from "./method-options.js";

const choices: readonly FlipChoice[] = ["auto", "none", "sideways", "all"];

/** @param auto what `auto` does, for people */
export function flipsOption(auto = "sideways unless the labels speak of sides"): OptionRule {
  return { kind: "choice", choices, default: "auto", meaning: `how pictures may be turned over; auto: ${auto}` };
}
