/** Who gets a project's mails: asking, confirming, leaving. Nobody gets an alert who has not confirmed. */
import type { MailLink, Recipient } from "@sightline/api/alerts";
import { errors } from "../errors.js";
import type { LiveFeed } from "../live-feed.js";
import type { Store, StoreWrites } from "../store/store.js";
import type { ConfirmMail } from "./mail-templates/confirm.js";
import type { RecipientLinks } from "./recipient-links.js";

export interface Recipients {
  /** @throws ServerError PROJECT_NOT_FOUND, RECIPIENT_EXISTS, RECIPIENTS_TOO_MANY. */
  add(projectId: string, address: string): Promise<Recipient>;
  /** Asks those that are new and removes those that are missing. @throws ServerError PROJECT_NOT_FOUND. */
  set(projectId: string, addresses: readonly string[]): Promise<void>;
  /** @throws ServerError RECIPIENT_NOT_FOUND. */
  askAgain(id: string): Promise<Recipient>;
  /** @throws ServerError RECIPIENT_NOT_FOUND. */
  remove(id: string): Promise<void>;
  /** What a link in a mail is for. @throws ServerError MAIL_LINK_INVALID. */
  look(code: string): Promise<MailLink>;
  /** Does what the link says; doing it twice changes nothing more. @throws ServerError MAIL_LINK_INVALID. */
  follow(code: string): Promise<MailLink>;
}

const mostPerProject = 50;

/** Puts the question into the outbox. */
async function ask(tx: StoreWrites, projectId: string, projectName: string, address: string): Promise<Recipient> {
  const recipient = await tx.recipients.ask(projectId, address);
  const payload: ConfirmMail = { projectName, askedAt: recipient.askedAt };
  await tx.actions.insert({
    kind: "mail",
    projectId,
    inspectionId: null,
    recipientId: recipient.id,
    idempotencyKey: `mail-confirm-${recipient.id}-${recipient.askedAt}`,
    summary: `Please confirm: alerts of project ${projectName} → ${recipient.address}`,
    payload: { template: "confirm", to: recipient.address, ...payload },
  });
  return recipient;
}

/**
 * Asks those that are new and removes those that are missing; the caller wakes the outbox once it is committed.
 * @throws ServerError PROJECT_NOT_FOUND.
 */
export async function setRecipients(tx: StoreWrites, projectId: string, addresses: readonly string[]): Promise<void> {
  const { name } = await projectOf(tx, projectId);
  const wanted = new Map(addresses.map((address) => [address.toLowerCase(), address]));
  for (const known of await tx.recipients.list(projectId)) {
    if (wanted.delete(known.address.toLowerCase())) {
      if (known.status === "left") await ask(tx, projectId, name, known.address);
    } else if (known.status !== "left") await tx.recipients.remove(known.id);
  }
  for (const address of wanted.values()) await ask(tx, projectId, name, address);
}

async function projectOf(tx: StoreWrites, id: string): Promise<{ name: string }> {
  const project = await tx.projects.alerting(id);
  if (project === undefined) throw errors.projectNotFound({ id });
  return project;
}

/** @param onActions told when there is a mail to send. */
export function createRecipients(deps: {
  store: Store;
  links: RecipientLinks;
  live: LiveFeed;
  onActions: () => void;
}): Recipients {
  const { store, links, live, onActions } = deps;
  const tellChanged = (projectId: string) => live.publish({ type: "project", projectId, change: "changed" });

  async function found(tx: StoreWrites, id: string): Promise<Recipient> {
    const recipient = await tx.recipients.get(id);
    if (recipient === undefined) throw errors.recipientNotFound({ id });
    return recipient;
  }

  async function check(read: Store["read"] | StoreWrites, code: string) {
    const recipient = await read.recipients.get(links.idOf(code));
    const purpose = recipient && links.purposeOf(code, recipient);
    const project = recipient && (await read.projects.alerting(recipient.projectId));
    if (recipient === undefined || purpose === undefined || project === undefined) throw errors.mailLinkInvalid({});
    return { recipient, purpose, projectName: project.name };
  }

  const toLink = ({ recipient, purpose, projectName }: Awaited<ReturnType<typeof check>>): MailLink => ({
    purpose,
    projectName,
    address: recipient.address,
    status: recipient.status,
  });

  return {
    async add(projectId, address) {
      const recipient = await store.write(async (tx) => {
        const { name } = await projectOf(tx, projectId);
        const known = await tx.recipients.getByAddress(projectId, address);
        if (known !== undefined && known.status !== "left") {
          throw errors.recipientExists({ address: known.address, status: known.status });
        }
        const active = (await tx.recipients.list(projectId)).filter(({ status }) => status !== "left");
        if (active.length >= mostPerProject) throw errors.recipientsTooMany({ most: mostPerProject });
        return ask(tx, projectId, name, address);
      });
      tellChanged(projectId);
      onActions();
      return recipient;
    },
    async set(projectId, addresses) {
      await store.write((tx) => setRecipients(tx, projectId, addresses));
      tellChanged(projectId);
      onActions();
    },
    async askAgain(id) {
      const recipient = await store.write(async (tx) => {
        const known = await found(tx, id);
        if (known.status === "confirmed") {
          throw errors.recipientExists({ address: known.address, status: known.status });
        }
        const { name } = await projectOf(tx, known.projectId);
        return ask(tx, known.projectId, name, known.address);
      });
      tellChanged(recipient.projectId);
      onActions();
      return recipient;
    },
    async remove(id) {
      const removed = await store.write(async (tx) => {
        const known = await found(tx, id);
        await tx.recipients.remove(id);
        return known;
      });
      tellChanged(removed.projectId);
    },
    look: async (code) => toLink(await check(store.read, code)),
    async follow(code) {
      const followed = await store.write(async (tx) => {
        const link = await check(tx, code);
        const { id } = link.recipient;
        const recipient = link.purpose === "confirm" ? await tx.recipients.confirm(id) : await tx.recipients.leave(id);
        return { ...link, recipient };
      });
      tellChanged(followed.recipient.projectId);
      return toLink(followed);
    },
  };
}
