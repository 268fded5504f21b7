/** Sends mails through an SMTP server: each to one recipient, with a link to leave, so that each is delivered, retried and left by itself. */
import { createHash } from "node:crypto";
import nodemailer from "nodemailer";
import { z } from "zod";
import type { BlobStore } from "../blobs/blob-store.js";
import type { Config } from "../config.js";
import type { DueAction } from "../store/actions.js";
import type { Store } from "../store/store.js";
import type { ActionKind } from "./action-kind.js";
import type { Authorities } from "./authorities.js";
import { alarmMail } from "./mail-templates/alarm.js";
import { alertMail } from "./mail-templates/alert.js";
import { confirmMail } from "./mail-templates/confirm.js";
import { digestMail } from "./mail-templates/digest.js";
import { cidOf, htmlOf, textOf } from "./mail-templates/frame.js";
import type { MailTemplate } from "./mail-templates/mail-template.js";
import { noticeMail } from "./mail-templates/notice.js";
import type { RecipientLinks } from "./recipient-links.js";

/** The same action always has the same Message-ID, so that a mail delivered twice is seen as one. */
export function messageIdOf(idempotencyKey: string): string {
  return `<${createHash("sha256").update(idempotencyKey).digest("hex").slice(0, 40)}@sightline>`;
}

/** What all mails have stored. Those of the first database formats name no template and may be for several. */
const Envelope = z.object({
  template: z.enum(["alert", "digest", "confirm", "alarm", "notice"]).default("alert"),
  to: z.union([z.string().transform((address) => [address]), z.array(z.string()).min(1)]),
});

export interface MailDeps {
  readonly settings: Config["smtp"];
  readonly authorities: Authorities;
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly links: RecipientLinks;
  /** Asked at each mail: the address is known only when the server listens. */
  readonly publicUrl: () => string;
}

export function mailAction({ settings, authorities, store, blobs, links, publicUrl }: MailDeps): ActionKind {
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
          ...(authorities === undefined ? {} : { tls: { ca: authorities } }),
        });
  const templates: Readonly<Record<z.infer<typeof Envelope>["template"], MailTemplate>> = {
    alert: alertMail,
    digest: digestMail,
    confirm: confirmMail(links),
    alarm: alarmMail,
    notice: noticeMail,
  };

  /** Where the reader says that no more are wanted. The question itself needs no such link: silence is enough. */
  async function leaveLinkOf(action: DueAction, template: string): Promise<string | null> {
    if (action.recipientId === null || template === "confirm") return null;
    const recipient = await store.read.recipients.get(action.recipientId);
    return recipient === undefined ? null : links.leave(recipient);
  }

  return {
    title: "Mail",
    isConfigured: transport !== undefined,
    // The mail library's own limits are per step of the conversation.
    timeoutMs: timeoutMs * 3,
    async deliver(action) {
      if (transport === undefined) throw new Error("No mail server is set. Set smtp.url.");
      const { template, to } = Envelope.parse(action.payload);
      const { payload, make } = templates[template];
      const content = await make(payload.parse(action.payload), { store, blobs, publicUrl, action });
      if (content === undefined) return;
      const leaveLink = await leaveLinkOf(action, template);
      const sent = await transport.sendMail({
        from: settings.from,
        to,
        subject: content.subject,
        text: textOf(content, leaveLink),
        html: htmlOf(content, leaveLink),
        attachments: content.pictures.map(({ fileName, bytes }) => ({
          filename: fileName,
          cid: cidOf(fileName),
          content: Buffer.from(bytes),
          contentType: "image/jpeg",
          contentDisposition: "inline" as const,
        })),
        messageId: messageIdOf(action.idempotencyKey),
        date: new Date(action.createdAt),
        headers: {
          "Auto-Submitted": "auto-generated",
          "X-Sightline-Action": action.id,
          // RFC 8058: mail programs offer to leave with one click.
          ...(leaveLink === null
            ? {}
            : { "List-Unsubscribe": `<${leaveLink}>`, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" }),
        },
      });
      // Some of several refused is not a failure of the mail: the others have it, and a second try would send it to them again.
      if (sent.accepted.length === 0) throw new Error(`The mail server accepted none of: ${to.join(", ")}`);
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
