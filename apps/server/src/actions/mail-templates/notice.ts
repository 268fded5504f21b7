/** A mail about something that is no inspection, such as an alarm: a few sentences, facts, one link. */
import { z } from "zod";
import { type MailContent, type MailContext, template } from "./mail-template.js";

export const NoticeMail = z.object({
  subject: z.string(),
  paragraphs: z.array(z.string()).default([]),
  rows: z.array(z.tuple([z.string(), z.string()])).default([]),
  /** Where people see more of it, such as `/alarms`. */
  path: z.string().startsWith("/").nullable().default(null),
});
export type NoticeMail = z.input<typeof NoticeMail>;

export const noticeMail = template({
  payload: NoticeMail,
  async make({ subject, paragraphs, rows, path }, { publicUrl }: MailContext): Promise<MailContent> {
    return {
      subject,
      heading: subject,
      paragraphs,
      rows,
      pictures: [],
      list: [],
      button: path === null ? null : { title: "Open it", link: `${publicUrl()}${path}` },
      footnote: null,
    };
  },
});
