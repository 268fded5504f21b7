/** What a recorded verdict asks of people: a look at an unsure one, and a picture for the trial beside the line. */

import type { Inspection } from "@sightline/api/inspections";
import { ruleHolds } from "@sightline/api/rule-kinds";
import type { StoreWrites } from "../store/store.js";
import { shadowInspection } from "./trials.js";
import { askAbout } from "./words.js";

export interface AfterVerdict {
  /** The review queue has a new picture. */
  readonly isAsked: boolean;
  /** A trial has a picture to judge. */
  readonly isTried: boolean;
}

/** Part of the unit of work that records the verdict: both are there, or neither. */
export async function reviewsAfter(tx: StoreWrites, inspection: Inspection): Promise<AfterVerdict> {
  const reason = await reasonToAsk(tx, inspection);
  const asked = reason === undefined ? undefined : await askAbout(tx, inspection, ...reason);
  return { isAsked: asked !== undefined, isTried: await shadowInspection(tx, inspection) };
}

/** A rule says more than the limit that every project has, so it goes first. */
async function reasonToAsk(
  tx: StoreWrites,
  inspection: Inspection,
): Promise<["rule" | "lowConfidence", string] | undefined> {
  const asking = (await tx.rules.list(inspection.projectId)).filter(
    (rule) => rule.isEnabled && rule.outcome === "review" && ruleHolds(rule.kind, rule, inspection),
  );
  if (asking.length > 0) return ["rule", asking.map(({ text }) => text).join("; ")];
  const project = await tx.projects.alerting(inspection.projectId);
  const isUnsure =
    project !== undefined && inspection.confidence !== null && inspection.confidence < project.alertConfidence;
  return isUnsure ? ["lowConfidence", ""] : undefined;
}
