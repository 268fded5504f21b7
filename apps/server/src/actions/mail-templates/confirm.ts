/** The mail that asks somebody whether to get a project's alerts. Without an answer nothing more is sent. */
import { z } from "zod";
import type { RecipientLinks } from "../recipient-links.js";
import { type MailContent, type MailContext, type MailTemplate, template } from "./mail-template.js";

export const ConfirmMail = z.object({ projectName: z.string(), askedAt: z.string() });
export type ConfirmMail = z.infer<typeof ConfirmMail>;

export function confirmMail(links: Pick<RecipientLinks, "confirm">): MailTemplate {
  return template({
    payload: ConfirmMail,
    async make({ projectName, askedAt }, { store, action, publicUrl }: MailContext): Promise<MailContent | undefined> {
      const recipient = await store.read.recipients.get(action.recipientId ?? "");
      // Answered, removed or asked anew meanwhile: this mail has become void.
      if (recipient?.status !== "asked" || recipient.askedAt !== askedAt) return undefined;
      return {
        subject: `Please confirm: alerts of project ${projectName}`,
        heading: `Alerts of project ${projectName}`,
        paragraphs: [
          `Sightline at ${publicUrl()} was asked to mail ${recipient.address} when it finds a defect in project ${projectName}.`,
          "You get these mails only once you have confirmed.",
        ],
        rows: [],
        pictures: [],
        list: [],
        button: { title: "Get these mails", link: links.confirm(recipient) },
        footnote: "Was it not meant for you? Then do nothing: no further mail is sent.",
      };
    },
  });
}
