/** What travels about who and what is told of inspections: recipients, targets, rules, actions. */
import { z } from "zod";
import { ruleKindNames } from "./rule-kinds.js";
import { targetKindNames } from "./target-kinds.js";
import { Id, Label, ProjectName, Time } from "./words.js";

/** The recipient's id and a proof that the server made the link. */
export const MailLinkCode = z.string().regex(/^[0-9A-HJKMNP-TV-Z]{26}[A-Za-z0-9_-]{43}$/);

export const Recipient = z.object({
  id: Id,
  projectId: Id,
  address: z.email(),
  status: z
    .enum(["asked", "confirmed", "left"])
    .describe("asked: gets alerts once the link in the mail was followed; left: by a link, or by its mail program"),
  askedAt: Time,
  confirmedAt: Time.nullable(),
  leftAt: Time.nullable(),
});
export type Recipient = z.infer<typeof Recipient>;

/** What a link in a mail is for, and for whom. */
export const MailLink = z.object({
  purpose: z.enum(["confirm", "leave"]),
  address: z.email(),
  projectName: ProjectName,
  status: Recipient.shape.status,
});
export type MailLink = z.infer<typeof MailLink>;

export const TargetKind = z.enum(targetKindNames);

export const TargetSettings = z
  .record(z.string().max(60), z.string().max(2000))
  .describe("By kind: webhook {url}; mqtt {url, topic, qos, retain, username}");
export type TargetSettings = z.infer<typeof TargetSettings>;

export const Target = z.object({
  id: Id,
  projectId: Id,
  kind: TargetKind,
  name: z.string().min(1).max(120),
  settings: TargetSettings,
  hasSecret: z.boolean(),
  isEnabled: z.boolean().describe("While it is not, its messages wait"),
  createdAt: Time,
  actions: z.object({ pending: z.int(), delivered: z.int(), parked: z.int() }),
});
export type Target = z.infer<typeof Target>;

export const RuleKind = z.enum(ruleKindNames);

export const Rule = z.object({
  id: Id,
  projectId: Id,
  kind: RuleKind,
  limit: z.number().min(0).max(1000).nullable().describe("A share from 0 to 1 or a whole number, by kind"),
  label: Label.nullable(),
  outcome: z
    .enum(["mail", "target", "review"])
    .describe("mail: to the recipients; target: a message to it; review: a person is asked to look"),
  targetId: Id.nullable(),
  isEnabled: z.boolean(),
  createdAt: Time,
  text: z.string().describe("The condition in words"),
});
export type Rule = z.infer<typeof Rule>;

export const Action = z.object({
  id: Id,
  kind: z.enum(["mail", ...targetKindNames]),
  inspectionId: Id.nullable(),
  projectId: Id,
  targetId: Id.nullable(),
  status: z.enum(["pending", "delivered", "parked"]).describe("parked: failed too often, and waits for a person"),
  attempts: z.int(),
  nextAttemptAt: Time.nullable(),
  createdAt: Time,
  deliveredAt: Time.nullable(),
  summary: z.string().describe("What is sent, and to whom"),
  lastError: z.string().nullable(),
});
export type Action = z.infer<typeof Action>;
