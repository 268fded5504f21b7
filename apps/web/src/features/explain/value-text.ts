/** Values as people read them. */
import type { ExplanationResult } from "@sightline/api/explanations";
import { percent, plural } from "../../components/format.js";

/** "+1.24", "−0.31". */
export function valueText(value: number): string {
  if (Math.abs(value) < 0.005) return "0.00";
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
}

/** What the values add up to, in one line. */
export function sumText({ regions, unit, evidence, baseEvidence }: ExplanationResult): string {
  const all = plural(regions.length, "region");
  if (evidence === null || baseEvidence === null) return unit === "activation" ? all : `${all}, in ${unit}`;
  const inUnit = unit === "log-odds" ? " log-odds" : "";
  return `${all} add up to ${valueText(evidence - baseEvidence)}${inUnit}`;
}

/** What was explained. */
export function answerText({ label, prediction, base, detection }: ExplanationResult): string {
  const object = detection === null ? label : `${label} ${detection.index + 1}`;
  const nothing = base === null ? "" : `; with nothing shown ${percent(base)}`;
  return `${object}: ${percent(prediction)}${nothing}`;
}
