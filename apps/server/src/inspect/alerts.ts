/** Which verdict calls for which action: here, a mail for a defect. The other kinds of mail get their rows when they come. */
import type { Inspection, Project } from "@sightline/api/schemas";
import type { NewAction } from "../store/actions.js";

/** What a defect mail is made of; stored with the action, so that a later change of settings changes nothing in it. */
export interface DefectMail {
  readonly to: readonly string[];
  readonly subject: string;
  readonly inspectionId: string;
  readonly projectName: string;
  readonly cameraId: string;
  readonly assemblyLineId: string;
  readonly imageId: string;
  readonly receivedAt: string;
  readonly capturedAt: string | null;
  readonly label: string;
  readonly confidence: number;
  readonly score: number | null;
  readonly modelVersion: number | null;
}

/** The actions one recorded verdict causes. Their keys come from the inspection, so that recording twice causes nothing twice. */
export function actionsFor(inspection: Inspection, project: Project): NewAction[] {
  const { isAnomalous, confidence, label } = inspection;
  if (isAnomalous !== true || confidence === null || label === null) return [];
  // Strictly below the limit it would be a low-confidence alert, another kind of mail.
  if (confidence < project.alertConfidence || project.recipients.length === 0) return [];
  const subject = `Defect Detection Alert - AssemblyLine: ${inspection.assemblyLineId} Camera: ${inspection.cameraId}`;
  const payload: DefectMail = {
    to: project.recipients,
    subject,
    inspectionId: inspection.id,
    projectName: project.name,
    cameraId: inspection.cameraId,
    assemblyLineId: inspection.assemblyLineId,
    imageId: inspection.imageId,
    receivedAt: inspection.receivedAt,
    capturedAt: inspection.capturedAt,
    label,
    confidence,
    score: inspection.score,
    modelVersion: inspection.modelVersion,
  };
  return [
    {
      kind: "mail",
      projectId: project.id,
      inspectionId: inspection.id,
      // Inspecting a failed one again is the same inspection and the same alert.
      idempotencyKey: `mail-defect-${inspection.id}`,
      summary: `${subject} → ${project.recipients.join(", ")}`,
      payload: { ...payload },
    },
  ];
}
