/** The mail of one alert: the verdict, where it came from, its picture and its heat map. */
import { z } from "zod";
import { type MailContent, type MailContext, percent, template, timeText } from "./mail-template.js";
import { picturesOf } from "./pictures.js";

/** What `inspect/outcomes.ts` stores with the action, so that a later change of settings changes nothing in it. */
export const AlertMail = z.object({
  subject: z.string(),
  /** Rules that held, in words. */
  reasons: z.array(z.string()).default([]),
  inspectionId: z.string(),
  projectName: z.string(),
  cameraId: z.string(),
  assemblyLineId: z.string(),
  imageId: z.string(),
  receivedAt: z.string(),
  capturedAt: z.string().nullable(),
  label: z.string().nullable(),
  confidence: z.number().nullable(),
  score: z.number().nullable(),
  modelVersion: z.number().nullable(),
  failure: z.string().nullable().default(null),
});
export type AlertMail = z.infer<typeof AlertMail>;

export const alertMail = template({ payload: AlertMail, make: makeAlertMail });

async function makeAlertMail(mail: AlertMail, context: MailContext): Promise<MailContent> {
  const pictures = await picturesOf(mail.inspectionId, context);
  const isGone = pictures.length === 0;
  return {
    subject: mail.subject,
    heading: mail.subject,
    paragraphs: mail.reasons.map((reason) => `Rule: ${reason}.`),
    rows: rowsOf(mail),
    pictures,
    list: [],
    button: isGone
      ? null
      : { title: "Open the inspection", link: `${context.publicUrl()}/inspections/${mail.inspectionId}` },
    footnote: isGone ? "The inspection and its picture have been deleted since." : null,
  };
}

function rowsOf(mail: AlertMail): (readonly [string, string])[] {
  const rows: [string, string | null][] = [
    ["Project", mail.projectName],
    ["Assembly line", mail.assemblyLineId],
    ["Camera", mail.cameraId],
    ["Image", mail.imageId],
    ["Verdict", mail.label],
    ["Failed", mail.failure],
    ["Confidence", mail.confidence === null ? null : percent(mail.confidence)],
    ["Anomaly score", mail.score === null ? null : mail.score.toFixed(3)],
    ["Model version", mail.modelVersion === null ? null : String(mail.modelVersion)],
    ["Captured (device's clock)", mail.capturedAt === null ? null : timeText(mail.capturedAt)],
    ["Received", timeText(mail.receivedAt)],
  ];
  return rows.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
}
