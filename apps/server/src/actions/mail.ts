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

/** What `monitor/alarm-actions.ts` stored. */
const AlarmMail = z.object({
  case: z.literal("alarm"),
  to: z.array(z.string()).min(1),
  subject: z.string(),
  alarmId: z.string(),
  alarmName: z.string(),
  projectName: z.string(),
  cameraId: z.string().nullable(),
  from: z.string(),
  state: z.string(),
  condition: z.string(),
  reason: z.string(),
  changedAt: z.string(),
});
type AlarmMail = z.infer<typeof AlarmMail>;

/** What a mail shows, whatever it is about. */
interface MailContent {
  readonly to: readonly string[];
  readonly subject: string;
  readonly rows: readonly (readonly [name: string, value: string])[];
  readonly link: { readonly text: string; readonly url: string };
}

function contentOf(payload: Readonly<Record<string, unknown>>, url: string): MailContent {
  if (payload.case === "alarm") {
    const mail = AlarmMail.parse(payload);
    const link = { text: "See the alarm, its readings and its history", url: `${url}/monitoring/${mail.alarmId}` };
    return { to: mail.to, subject: mail.subject, rows: alarmRows(mail), link };
  }
  const mail = DefectMail.parse(payload);
  const link = { text: "See the picture and its heat map", url: `${url}/inspections/${mail.inspectionId}` };
  return { to: mail.to, subject: mail.subject, rows: rowsOf(mail), link };
}

function alarmRows(mail: AlarmMail): [string, string][] {
  return [
    ["Project", mail.projectName],
    ["Alarm", mail.alarmName],
    ["Camera", mail.cameraId ?? "all"],
    ["State", `${mail.from} → ${mail.state}`],
    ["Condition", mail.condition],
    ["Why", mail.reason],
    ["Changed", mail.changedAt],
  ];
}

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

function textOf({ rows, link }: MailContent): string {
  return [...rows.map(([name, value]) => `${name}: ${value}`), "", `${link.text}: ${link.url}`, ""].join("\n");
}

function htmlOf({ rows, link }: MailContent): string {
  const safe = (text: string) =>
    text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
  const lines = rows.map(([name, value]) => `<tr><th align="left">${safe(name)}</th><td>${safe(value)}</td></tr>`);
  return `<table>${lines.join("")}</table><p><a href="${safe(link.url)}">${safe(link.text)}</a></p>`;
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
      const mail = contentOf(action.payload, publicUrl());
      const sent = await transport.sendMail({
        from: settings.from,
        to: [...mail.to],
        subject: mail.subject,
        text: textOf(mail),
        html: htmlOf(mail),
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
