/** What comes of an inspection that ended: mails by the alert limit, and what the project's rules ask for. Written in the same transaction as the verdict. */

import type { Rule } from "@sightline/api/alerts";
import type { Inspection } from "@sightline/api/inspections";
import { ruleHolds } from "@sightline/api/rule-kinds";
import type { AlertMail } from "../actions/mail-templates/alert.js";
import type { DigestMail } from "../actions/mail-templates/digest.js";
import { insertTargetMessage } from "../actions/target-message.js";
import type { Alerting } from "../store/projects.js";
import type { StoreWrites } from "../store/store.js";

/** The three verdicts that are mailed without any rule; the fourth, a sure normal, is not. Strictly below the limit is unsure. */
export function alertTitle(
  { isAnomalous, confidence }: Pick<Inspection, "isAnomalous" | "confidence">,
  alertConfidence: number,
): string | undefined {
  if (isAnomalous === null || confidence === null) return undefined;
  const isUnsure = confidence < alertConfidence;
  if (isAnomalous) return isUnsure ? "LOW Confidence - Defect Detection Alert" : "Defect Detection Alert";
  return isUnsure ? "Low Confidence Alert for Non-anomalous image" : undefined;
}

/** A digest waits this much longer than its span: a verdict that is being recorded at its end still gets in. */
const graceMs = 2000;

/**
 * Stores the actions that one ended inspection causes. Their keys come from the inspection, so that recording twice causes nothing twice.
 * @returns how many actions there are to deliver.
 */
export async function recordOutcomes(tx: StoreWrites, inspection: Inspection, nowMs: number): Promise<number> {
  const project = await tx.projects.alerting(inspection.projectId);
  if (project === undefined) return 0;
  const rules = (await tx.rules.list(inspection.projectId)).filter(
    (rule) => rule.isEnabled && ruleHolds(rule.kind, rule, inspection),
  );
  const mailing = rules.filter(({ outcome }) => outcome === "mail");
  const title = alertTitle(inspection, project.alertConfidence) ?? (mailing.length > 0 ? "Rule Alert" : undefined);
  const mails = title === undefined ? 0 : await mail(tx, inspection, project, title, mailing, nowMs);
  const messages = await tellTargets(tx, inspection, project, rules);
  return mails + messages;
}

async function mail(
  tx: StoreWrites,
  inspection: Inspection,
  project: Alerting,
  title: string,
  rules: readonly Rule[],
  nowMs: number,
): Promise<number> {
  const recipients = await tx.recipients.confirmed(inspection.projectId);
  if (recipients.length === 0) return 0;
  const { id: inspectionId, projectId, cameraId, assemblyLineId } = inspection;
  const digestMs = project.digestSeconds * 1000;
  const lastAtMs = await tx.alerts.openedAtMs(projectId, cameraId);
  // A clock that was set back opens a new span, too.
  const isHeld = lastAtMs !== undefined && lastAtMs <= nowMs && nowMs < lastAtMs + digestMs;
  const openedAtMs = isHeld ? lastAtMs : nowMs;
  const reasons = rules.map(({ text }) => text);
  const alert = { projectId, cameraId, openedAtMs, inspectionId, title, reasons, isMailed: !isHeld };
  if (!(await tx.alerts.insert(alert))) return 0;

  const place = `AssemblyLine: ${assemblyLineId} Camera: ${cameraId}`;
  const subject = isHeld ? `Digest - ${place}` : `${title} - ${place}`;
  const closesAtMs = openedAtMs + digestMs;
  const payload: AlertMail | DigestMail = isHeld
    ? { projectId, projectName: project.name, cameraId, assemblyLineId, openedAtMs, closesAtMs }
    : alertMailOf(inspection, project.name, subject, reasons);
  let count = 0;
  for (const { id: recipientId, address } of recipients) {
    const isNew = await tx.actions.insert({
      kind: "mail",
      projectId,
      inspectionId: isHeld ? null : inspectionId,
      recipientId,
      idempotencyKey: isHeld
        ? `mail-digest-${projectId}-${cameraId}-${openedAtMs}-${recipientId}`
        : `mail-alert-${inspectionId}-${recipientId}`,
      summary: `${subject} → ${address}`,
      payload: { template: isHeld ? "digest" : "alert", to: address, ...payload },
      ...(isHeld ? { notBeforeMs: closesAtMs + graceMs } : {}),
    });
    if (isNew) count++;
  }
  return count;
}

function alertMailOf(
  inspection: Inspection,
  projectName: string,
  subject: string,
  reasons: readonly string[],
): AlertMail {
  const { id: inspectionId, cameraId, assemblyLineId, imageId, receivedAt, capturedAt } = inspection;
  const { label, confidence, score, modelVersion } = inspection;
  return {
    subject,
    reasons: [...reasons],
    inspectionId,
    projectName,
    cameraId,
    assemblyLineId,
    imageId,
    receivedAt,
    capturedAt,
    label,
    confidence,
    score,
    modelVersion,
    failure: inspection.failure?.message ?? null,
  };
}

/** One message a target, whatever number of rules ask for it. */
async function tellTargets(
  tx: StoreWrites,
  inspection: Inspection,
  project: Alerting,
  rules: readonly Rule[],
): Promise<number> {
  const byTarget = new Map<string, Rule[]>();
  for (const rule of rules) {
    if (rule.targetId !== null) byTarget.set(rule.targetId, [...(byTarget.get(rule.targetId) ?? []), rule]);
  }
  const { id: inspectionId, projectId, status, cameraId, assemblyLineId, imageId } = inspection;
  let count = 0;
  for (const [targetId, asking] of byTarget) {
    const isNew = await insertTargetMessage(tx, {
      ...{ projectId, targetId, inspectionId },
      key: `${inspectionId}-${status}`,
      summary: `${asking.map(({ text }) => text).join("; ")}: ${imageId} of ${cameraId}`,
      message: {
        type: `inspection.${status}`,
        places: { project: project.name, camera: cameraId, line: assemblyLineId },
        path: `/inspections/${inspectionId}`,
        fields: {
          project: { id: projectId, name: project.name },
          rules: asking.map(({ id, text }) => ({ id, text })),
          inspection,
        },
      },
    });
    if (isNew) count++;
  }
  return count;
}
