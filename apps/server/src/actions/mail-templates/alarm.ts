/** The mail about an alarm that changed its state. */
import { z } from "zod";
import { type MailContent, type MailContext, template, timeText } from "./mail-template.js";

/** What `monitor/alarm-actions.ts` stores with the action, so that a later change of settings changes nothing in it. */
export const AlarmMail = z.object({
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
export type AlarmMail = z.infer<typeof AlarmMail>;

export const alarmMail = template({
  payload: AlarmMail,
  async make(mail: AlarmMail, { publicUrl }: MailContext): Promise<MailContent> {
    return {
      subject: mail.subject,
      heading: mail.subject,
      paragraphs: [],
      rows: [
        ["Project", mail.projectName],
        ["Alarm", mail.alarmName],
        ["Camera", mail.cameraId ?? "all"],
        ["State", `${mail.from} → ${mail.state}`],
        ["Condition", mail.condition],
        ["Why", mail.reason],
        ["Changed", timeText(mail.changedAt)],
      ],
      pictures: [],
      list: [],
      button: {
        title: "See the alarm, its readings and its history",
        link: `${publicUrl()}/monitoring/${mail.alarmId}`,
      },
      footnote: null,
    };
  },
});
