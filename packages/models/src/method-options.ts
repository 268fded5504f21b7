/** What a user may set about a method: named values with limits, read from text. */
import { ModelError } from "./model-error.js";

export type OptionRule = { readonly meaning: string } & (
  | { readonly kind: "whole" | "number"; readonly minimum: number; readonly maximum: number; readonly default: number }
  | { readonly kind: "choice"; readonly choices: readonly string[]; readonly default: string }
  | { readonly kind: "yesOrNo"; readonly default: boolean }
);
export type OptionRules = Readonly<Record<string, OptionRule>>;
export type OptionValue = number | string | boolean;
export type MethodOptions = Readonly<Record<string, OptionValue>>;

/**
 * The options of a method with those given, which may be text as from a command line.
 *
 * @throws ModelError `METHOD_OPTION_INVALID` for a name the method doesn't have or a value outside its limits
 *
 * @example
 * readOptions("tiny", { parameters: wholeRule }, { parameters: "150000" }) // { parameters: 150000 }
 */
export function readOptions(method: string, rules: OptionRules, given: MethodOptions): MethodOptions {
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(rules, name));
  if (unknown.length > 0) {
    const known = Object.keys(rules);
    throw new ModelError(
      "METHOD_OPTION_INVALID",
      `${method} has no option "${unknown[0]}". ${known.length === 0 ? "It has none." : `It has: ${known.join(", ")}.`}`,
    );
  }
  return Object.fromEntries(
    Object.entries(rules).map(([name, rule]) => [
      name,
      Object.hasOwn(given, name) ? readValue(method, name, rule, given[name] as OptionValue) : rule.default,
    ]),
  );
}

/** What values an option takes, for people. */
export function limitsOf(rule: OptionRule): string {
  if (rule.kind === "choice") return `one of ${rule.choices.join(", ")}`;
  if (rule.kind === "yesOrNo") return "yes or no";
  return `a ${rule.kind === "whole" ? "whole number" : "number"} from ${rule.minimum} to ${rule.maximum}`;
}

function readValue(method: string, name: string, rule: OptionRule, given: OptionValue): OptionValue {
  const text = String(given).trim();
  if (rule.kind === "choice" && rule.choices.includes(text)) return text;
  if (rule.kind === "yesOrNo") {
    if (text === "yes" || text === "true") return true;
    if (text === "no" || text === "false") return false;
  }
  if (rule.kind === "whole" || rule.kind === "number") {
    const value = Number(text);
    const isKind = text !== "" && (rule.kind === "number" || Number.isInteger(value));
    if (isKind && value >= rule.minimum && value <= rule.maximum) return value;
  }
  throw new ModelError("METHOD_OPTION_INVALID", `${method}'s ${name} must be ${limitsOf(rule)}, got "${text}".`);
}
