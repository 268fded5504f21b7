/** What escapes and false rejects cost, and how an amount is written. */
import type { MistakeCosts } from "@sightline/api/projects";

/** In no currency: what counts is how they compare. */
export type Costs = Pick<MistakeCosts, "escape" | "falseReject">;

export function costOf({ escapes, falseRejects }: { escapes: number; falseRejects: number }, costs: Costs): number {
  return escapes * costs.escape + falseRejects * costs.falseReject;
}

/** With its currency; cents only where there are some. */
export function amount(value: number, { currency }: Pick<MistakeCosts, "currency">): string {
  const digits = Number.isInteger(value) ? 0 : 2;
  const text = value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${text.replaceAll(",", " ")} ${currency}`.trim();
}
