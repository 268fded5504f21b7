/** Sends a mail about a defect through an SMTP server. */
import { createHash } from "node:crypto";
import nodemailer from "nodemailer";
import { z } from "zod";
import type { Config } from "../config.js";
import type { ActionKind } from "./action-kind.js";

/** What `inspect/alerts.ts` stored; read back from the database, so checked. */
const DefectMail = z.object({
  to: z.array(z.string()).min(1),
  subject: z.string(),
  inspectionId: z.string(),
  projectName: z.string(),
  cameraId: z.string(),
  assemblyLineId: z.string(),
  imageId: z.string(),
  receivedAt: z.string(),
  capturedAt: z.string().nullable(),
  label: z.string(),
  confidence: z.number(),
  score: z.number().nullable(),
  modelVersion: z.number().nullable(),
});
type DefectMail = z.infer<typeof DefectMail>;

function rowsOf(mail: DefectMail): [string, string][] {
  const percent = (part: number) => `${(part * 100).toFixed(1)} %`;
  return [
    ["Project", mail.projectName],
    ["Assembly line", mail.assemblyLineId],
    ["Camera", mail.cameraId],
    ["Image", mail.imageId],
    ["Verdict", mail.label],
    ["Confidence", percent(mail.confidence)],
    ...(mail.score === null ? [] : ([["Anomaly score", mail.score.toFixed(3)]] as [string, string][])),
    ...(mail.modelVersion === null ? [] : ([["Model version", String(mail.modelVersion)]] as [string, string][])),
    ...(mail.capturedAt === null ? [] : ([["Captured (device's clock)", mail.capturedAt]] as [string, string][])),
    ["Received", mail.receivedAt],
  ];
}

function textOf(mail: DefectMail, link: string): string {
  const rows = rowsOf(mail).map(([name, value]) => `${name}: ${value}`);
  return [...rows, "", `The picture and its heat map: ${link}`, ""].join("\n");
}

function htmlOf(mail: DefectMail, link: string): string {
  const safe = (text: string) =>
    text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
  const rows = rowsOf(mail).map(
    ([name, value]) => `<tr><th align="left">${safe(name)}</th><td>${safe(value)}</td></tr>`,
  );
  return `<table>${rows.join("")}</table><p><a href="${safe(link)}">See the picture and its heat map</a></p>`;
}

/** The same action always has the same Message-ID, so that a mail delivered twice is seen as one. */
export function messageIdOf(idempotencyKey: string): string {
  return `<${createHash("sha256").update(idempotencyKey).digest("hex").slice(0, 40)}@sightline>`;
}

/** @param publicUrl asked at each mail: the address is known only when the server listens. */
export function mailAction(settings: Config["smtp"], publicUrl: () => string): ActionKind {
  const timeoutMs = settings.timeoutSeconds * 1000;
  const transport =
    settings.url === null
      ? undefined
      : nodemailer.createTransport({
          ...smtpOptions(settings.url),
          connectionTimeout: timeoutMs,
          greetingTimeout: timeoutMs,
          socketTimeout: timeoutMs,
          dnsTimeout: timeoutMs,
        });
  return {
    title: "Mail",
    isConfigured: transport !== undefined,
    async deliver(action) {
      if (transport === undefined) throw new Error("No mail server is set. Set smtp.url.");
      const mail = DefectMail.parse(action.payload);
      const link = `${publicUrl()}/inspections/${mail.inspectionId}`;
      const sent = await transport.sendMail({
        from: settings.from,
        to: [...mail.to],
        subject: mail.subject,
        text: textOf(mail, link),
        html: htmlOf(mail, link),
        messageId: messageIdOf(action.idempotencyKey),
        date: new Date(action.createdAt),
        headers: { "Auto-Submitted": "auto-generated", "X-Sightline-Action": action.id },
      });
      // Some receivers refused is not a failure of the mail: the others have it, and a second try would send it to them again.
      if (sent.accepted.length === 0) throw new Error(`The mail server accepted none of: ${mail.to.join(", ")}`);
    },
    async close() {
      transport?.close();
    },
  };
}

function smtpOptions(url: string): {
  host: string;
  port: number;
  secure: boolean;
  auth?: { user: string; pass: string };
} {
  const parsed = new URL(url);
  const secure = parsed.protocol === "smtps:";
  const auth =
    parsed.username === ""
      ? {}
      : { auth: { user: decodeURIComponent(parsed.username), pass: decodeURIComponent(parsed.password) } };
  return {
    host: parsed.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: parsed.port === "" ? (secure ? 465 : 587) : Number(parsed.port),
    secure,
    ...auth,
  };
}
