/** Who gets a project's mails, and the links in those mails. */
import { errors } from "../../errors.js";
import type { Handlers } from "../handlers.js";
import type { RouteDeps } from "./deps.js";
import { existing } from "./existing.js";

export function recipientRoutes({ services: { store, recipients } }: RouteDeps) {
  return {
    listRecipients: async ({ params: { projectId } }) => {
      existing(await store.read.projects.alerting(projectId), errors.projectNotFound, projectId);
      return { items: await store.read.recipients.list(projectId) };
    },
    addRecipient: ({ params, body }) => recipients.add(params.projectId, body.address),
    askRecipient: ({ params }) => recipients.askAgain(params.recipientId),
    removeRecipient: ({ params }) => recipients.remove(params.recipientId),
    getMailLink: ({ params }) => recipients.look(params.code),
    followMailLink: ({ params }) => recipients.follow(params.code),
  } satisfies Partial<Handlers>;
}
