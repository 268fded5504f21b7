/** The mail that stands for a camera's further alerts within a span of time: how many of which kind, and the first of them. */
import { encodeThumbnail } from "@sightline/dataset/image-file";
import { z } from "zod";
import type { BlobStore } from "../../blobs/blob-store.js";
import { toTime } from "../../ids.js";
import type { AlertRow } from "../../store/alerts.js";
import { type MailContent, type MailContext, type MailPicture, percent, template, timeText } from "./mail-template.js";

export const DigestMail = z.object({
  projectId: z.string(),
  projectName: z.string(),
  cameraId: z.string(),
  assemblyLineId: z.string(),
  openedAtMs: z.number(),
  closesAtMs: z.number(),
});
export type DigestMail = z.infer<typeof DigestMail>;

const listed = 20;
const shownPictures = 6;
/** On the longer side. */
const thumbnailPixels = 160;

export const digestMail = template({ payload: DigestMail, make: makeDigestMail });

async function makeDigestMail(mail: DigestMail, context: MailContext): Promise<MailContent | undefined> {
  const { total, byTitle, first } = await context.store.read.alerts.held(mail, listed);
  const [only] = first;
  if (only === undefined) return undefined;
  const alerts = total === 1 ? "1 alert" : `${total} alerts`;
  const place = `AssemblyLine: ${mail.assemblyLineId} Camera: ${mail.cameraId}`;
  const [from, to] = [toTime(mail.openedAtMs), toTime(mail.closesAtMs)];
  const url = context.publicUrl();
  const search = new URLSearchParams({ project: mail.projectId, camera: mail.cameraId });
  return {
    subject: `Digest: ${alerts} - ${place}`,
    heading: `${alerts} more from camera ${mail.cameraId}`,
    paragraphs: [
      `From ${timeText(from)} to ${timeText(to)}, after the alert that was mailed by itself.`,
      ...(total > first.length ? [`The first ${first.length} are listed here.`] : []),
    ],
    rows: [
      ["Project", mail.projectName],
      ["Assembly line", mail.assemblyLineId],
      ["Camera", mail.cameraId],
      ...byTitle.map(({ title, count }) => [title, String(count)] as const),
    ],
    pictures: await thumbnails(first.slice(0, shownPictures), context),
    list: first.map((alert) => ({ text: lineOf(alert), link: `${url}/inspections/${alert.inspectionId}` })),
    button: { title: "See all of this camera", link: `${url}/inspections?${search}` },
    footnote: null,
  };
}

function lineOf({ receivedAt, imageId, label, confidence, reasons }: AlertRow): string {
  const verdict = label === null ? "failed" : confidence === null ? label : `${label}, ${percent(confidence)} sure`;
  return `${receivedAt.slice(11, 19)} ${imageId}: ${[verdict, ...reasons].join("; ")}`;
}

async function thumbnails(alerts: readonly AlertRow[], { store, blobs }: MailContext): Promise<MailPicture[]> {
  const pictures: MailPicture[] = [];
  for (const [index, { inspectionId, imageId }] of alerts.entries()) {
    const stored = await store.read.inspections.pictures(inspectionId);
    // One that can't be read leaves a gap, not a mail unsent.
    const bytes = stored && (await thumbnail(stored.image.sha256, blobs).catch(() => undefined));
    if (bytes !== undefined) pictures.push({ title: imageId, fileName: `picture-${index + 1}.jpg`, bytes });
  }
  return pictures;
}

async function thumbnail(sha256: string, blobs: BlobStore): Promise<Uint8Array> {
  return encodeThumbnail(await blobs.read(sha256), thumbnailPixels);
}
