/** Tells a project's recipients, and targets if wanted, of something that is no inspection, such as an alarm. */
import type { StoreWrites } from "../store/store.js";
import type { NoticeMail } from "./mail-templates/notice.js";
import type { StoredMessage } from "./target-sender.js";

export interface Notice {
  readonly projectId: string;
  /** The same cause gives the same key: it is told once. */
  readonly key: string;
  readonly subject: string;
  readonly paragraphs?: readonly string[];
  readonly rows?: readonly (readonly [name: string, value: string])[];
  /** Where people see more of it in the pages, such as `/alarms`. */
  readonly path?: string;
  /** `recipients`: mails to all who have confirmed; a target's id: a message to it. */
  readonly to: readonly ("recipients" | { readonly targetId: string })[];
  /** What a target's message says: its type, such as `alarm`, and fields of its own. */
  readonly message: { readonly type: string; readonly fields: Readonly<Record<string, unknown>> };
}

/** @returns how many actions there are to deliver; the caller wakes the outbox once it is committed. */
export async function insertNotice(tx: StoreWrites, notice: Notice): Promise<number> {
  const { projectId, key, subject, path = null } = notice;
  let count = 0;
  for (const to of notice.to) count += to === "recipients" ? await mailAll() : await tell(to.targetId);
  return count;

  async function mailAll(): Promise<number> {
    const mail: NoticeMail = {
      subject,
      paragraphs: [...(notice.paragraphs ?? [])],
      rows: (notice.rows ?? []).map(([name, value]) => [name, value]),
      path,
    };
    let mails = 0;
    for (const { id: recipientId, address } of await tx.recipients.confirmed(projectId)) {
      const isNew = await tx.actions.insert({
        kind: "mail",
        projectId,
        inspectionId: null,
        recipientId,
        idempotencyKey: `mail-notice-${key}-${recipientId}`,
        summary: `${subject} → ${address}`,
        payload: { template: "notice", to: address, ...mail },
      });
      if (isNew) mails++;
    }
    return mails;
  }

  async function tell(targetId: string): Promise<number> {
    const target = await tx.targets.stored(targetId);
    const project = await tx.projects.alerting(projectId);
    if (target === undefined || project === undefined) return 0;
    const payload: StoredMessage = {
      type: notice.message.type,
      places: { project: project.name, camera: "-", line: "-" },
      path,
      fields: { project: { id: projectId, name: project.name }, subject, ...notice.message.fields },
    };
    const isNew = await tx.actions.insert({
      kind: target.kind,
      projectId,
      inspectionId: null,
      targetId,
      idempotencyKey: `${target.kind}-${targetId}-notice-${key}`,
      summary: subject,
      payload: { ...payload },
    });
    return isNew ? 1 : 0;
  }
}
