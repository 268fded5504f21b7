/** The methods' names alone, so that a command line knows them without loading any method. */
import { ModelError } from "./model-error.js";

/** folds: measured fold by fold in seconds, no epochs. net: trained by gradient, with epochs, checkpoints and a run folder. */
const kinds = {
  patchcore: "folds",
  classifier: "folds",
  finetune: "net",
  tiny: "net",
  distilled: "net",
  pruned: "net",
  detector: "net",
  synthetic: "net",
  student: "net",
} as const;

export type MethodName = keyof typeof kinds;

export const methodNames = Object.keys(kinds) as readonly MethodName[];

/** What a user may ask for: a method, or `auto` for the one that does best on held-out pictures. */
export type MethodChoice = MethodName | "auto";

export const methodChoices: readonly MethodChoice[] = ["auto", ...methodNames];

export function isNetMethod(name: string): boolean {
  const all: Readonly<Record<string, string>> = kinds;
  return Object.hasOwn(all, name) && all[name] === "net";
}

/** @throws ModelError `METHOD_UNKNOWN` */
export function parseMethodChoice(name: string): MethodChoice {
  const found = methodChoices.find((known) => known === name);
  if (found) return found;
  throw new ModelError("METHOD_UNKNOWN", `There is no method "${name}". Choose one of ${methodChoices.join(", ")}.`);
}
