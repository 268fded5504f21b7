/** What the mistakes that people found have cost. */
import type { MistakeCosts } from "@sightline/api/projects";
import type { Counts } from "./counts.js";

export function costOf({ escapes, falseRejects }: Pick<Counts, "escapes" | "falseRejects">, costs: MistakeCosts) {
  return escapes * costs.escape + falseRejects * costs.falseReject;
}

/** With its currency; cents only where there are some. */
export function amount(value: number, { currency }: Pick<MistakeCosts, "currency">): string {
  const digits = Number.isInteger(value) ? 0 : 2;
  const text = value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${text.replaceAll(",", " ")} ${currency}`.trim();
}
