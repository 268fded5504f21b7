/** Routes: who and what is told of inspections: recipients, targets, rules, and what is on its way to them. */
import { z } from "zod";
import {
  Action,
  MailLink,
  MailLinkCode,
  Recipient,
  Rule,
  RuleKind,
  Target,
  TargetKind,
  TargetSettings,
} from "../alerts.js";
import { Id } from "../words.js";
import { list, operator, page, paging, projectId, route, viewer } from "./route.js";

const targetId = z.strictObject({ targetId: Id });
const recipientId = z.strictObject({ recipientId: Id });

export const alertRoutes = {
  listRecipients: route("GET", "/api/projects/:projectId/recipients", {
    summary: "Who gets mails, who was asked, who left",
    access: viewer,
    params: projectId,
    reply: list(Recipient),
  }),
  addRecipient: route("POST", "/api/projects/:projectId/recipients", {
    summary: "Ask somebody by mail whether to get this project's alerts",
    access: operator,
    params: projectId,
    body: z.strictObject({ address: z.email().max(254) }),
    status: 201,
    reply: Recipient,
  }),
  askRecipient: route("POST", "/api/recipients/:recipientId/ask", {
    summary: "Ask again; the link of the mail before is void",
    access: operator,
    params: recipientId,
    reply: Recipient,
  }),
  removeRecipient: route("DELETE", "/api/recipients/:recipientId", {
    summary: "Remove a recipient; mails on their way there are not sent",
    access: operator,
    params: recipientId,
  }),
  getMailLink: route("GET", "/api/mail-links/:code", {
    summary: "What a link in a mail is for; nothing is changed",
    access: "signed",
    params: z.strictObject({ code: MailLinkCode }),
    reply: MailLink,
  }),
  followMailLink: route("POST", "/mail-links/:code", {
    summary: "Confirm or leave: what the link says. Mail programs leave by it with one click (RFC 8058)",
    access: "signed",
    params: z.strictObject({ code: MailLinkCode }),
    consumes: ["application/x-www-form-urlencoded", "multipart/form-data"],
    reply: MailLink,
  }),
  listTargets: route("GET", "/api/projects/:projectId/targets", {
    summary: "Webhooks and brokers of a project, without their secrets",
    access: viewer,
    params: projectId,
    reply: list(Target),
  }),
  addTarget: route("POST", "/api/projects/:projectId/targets", {
    summary: "Add a webhook or a broker; the signing secret of a webhook is shown only now",
    access: operator,
    params: projectId,
    body: z.strictObject({
      kind: TargetKind,
      name: Target.shape.name,
      settings: TargetSettings,
      secret: z.string().min(1).max(1000).optional().describe("mqtt: the password"),
    }),
    status: 201,
    reply: Target.extend({ secret: z.string().nullable().describe("webhook: what its messages are signed with") }),
  }),
  changeTarget: route("PATCH", "/api/targets/:targetId", {
    summary: "Change a target, or switch it off and on",
    access: operator,
    params: targetId,
    body: z.strictObject({
      name: Target.shape.name.optional(),
      settings: TargetSettings.optional(),
      secret: z.string().min(1).max(1000).nullable().optional().describe("mqtt: another password; null: none"),
      isEnabled: z.boolean().optional(),
    }),
    reply: Target,
  }),
  renewTargetSecret: route("POST", "/api/targets/:targetId/secret", {
    summary: "Make a new signing secret for a webhook; the one before signs no more",
    access: operator,
    params: targetId,
    reply: z.object({ secret: z.string() }),
  }),
  tryTarget: route("POST", "/api/targets/:targetId/try", {
    summary: "Send a test message now, once",
    access: operator,
    params: targetId,
    reply: z.object({ isDelivered: z.boolean(), problem: z.string().nullable(), tookMs: z.number() }),
  }),
  removeTarget: route("DELETE", "/api/targets/:targetId", {
    summary: "Remove a target with its rules and undelivered messages",
    access: operator,
    params: targetId,
  }),
  listRules: route("GET", "/api/projects/:projectId/rules", {
    summary: "The rules of a project",
    access: viewer,
    params: projectId,
    reply: list(Rule),
  }),
  addRule: route("POST", "/api/projects/:projectId/rules", {
    summary: "Add a rule: a condition on an inspection, and what comes of it",
    access: operator,
    params: projectId,
    body: z.strictObject({
      kind: RuleKind,
      limit: Rule.shape.limit.default(null),
      label: Rule.shape.label.default(null),
      outcome: Rule.shape.outcome,
      targetId: Id.nullable().default(null),
    }),
    status: 201,
    reply: Rule,
  }),
  changeRule: route("PATCH", "/api/rules/:ruleId", {
    summary: "Change a rule's limit or label, or switch it off and on",
    access: operator,
    params: z.strictObject({ ruleId: Id }),
    body: z.strictObject({
      limit: Rule.shape.limit.optional(),
      label: Rule.shape.label.optional(),
      isEnabled: z.boolean().optional(),
    }),
    reply: Rule,
  }),
  removeRule: route("DELETE", "/api/rules/:ruleId", {
    summary: "Remove a rule; what it caused stays",
    access: operator,
    params: z.strictObject({ ruleId: Id }),
  }),
  listActions: route("GET", "/api/actions", {
    summary: "Outgoing mails and messages and their state, newest first",
    access: viewer,
    query: z.strictObject({
      ...paging,
      status: Action.shape.status.optional(),
      kind: Action.shape.kind.optional(),
      project: Id.optional(),
      target: Id.optional(),
    }),
    reply: page(Action),
  }),
  retryAction: route("POST", "/api/actions/:actionId/retry", {
    summary: "Send a parked one again",
    access: operator,
    params: z.strictObject({ actionId: Id }),
    reply: Action,
  }),
  retryActions: route("POST", "/api/actions/retry", {
    summary: "Send all parked ones again, of a project, a target, or all",
    access: operator,
    body: z.strictObject({ project: Id.optional(), target: Id.optional() }),
    reply: z.object({ count: z.int() }),
  }),
  discardAction: route("DELETE", "/api/actions/:actionId", {
    summary: "Give up a parked one",
    access: operator,
    params: z.strictObject({ actionId: Id }),
  }),
};
