/** The methods of learning, one row each; a new method is a folder and a row here. */
import { classifier } from "./classifier/classifier.js";
import type { Method } from "./method.js";
import { ModelError } from "./model-error.js";
import { patchcore } from "./patchcore/patchcore.js";

export const methods = { patchcore, classifier } satisfies Record<string, Method>;

export type MethodName = keyof typeof methods;

export const methodNames = Object.keys(methods) as MethodName[];

/** What a user may ask for: a method, or `auto` for the one that does best on held-out pictures. */
export type MethodChoice = MethodName | "auto";

/** @throws ModelError `METHOD_UNKNOWN` */
export function parseMethodChoice(name: string): MethodChoice {
  const found = (["auto", ...methodNames] as const).find((known) => known === name);
  if (found) return found;
  throw new ModelError(
    "METHOD_UNKNOWN",
    `There is no method "${name}". Choose one of auto, ${methodNames.join(", ")}.`,
  );
}
