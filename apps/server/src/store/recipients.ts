/** Who gets a project's mails: asked, confirmed by a link in a mail, or left. */
import type { Recipient } from "@sightline/api/alerts";
import type { Selectable } from "kysely";
import { type NewId, type Now, toTime, toTimeOrNull } from "../ids.js";
import type { Queries } from "./database.js";
import type { RecipientsTable } from "./tables.js";

function toRecipient(row: Selectable<RecipientsTable>): Recipient {
  return {
    id: row.id,
    projectId: row.project_id,
    address: row.address,
    status: row.status,
    askedAt: toTime(row.asked_at),
    confirmedAt: toTimeOrNull(row.confirmed_at),
    leftAt: toTimeOrNull(row.left_at),
  };
}

export function recipientReads(queries: Queries) {
  return {
    /** In the order of the alphabet; those who left are listed too. */
    async list(projectId: string): Promise<Recipient[]> {
      const rows = await queries
        .selectFrom("recipients")
        .selectAll()
        .where("project_id", "=", projectId)
        .orderBy("address")
        .execute();
      return rows.map(toRecipient);
    },
    /** Who gets mails. */
    async confirmed(projectId: string): Promise<Recipient[]> {
      const rows = await queries
        .selectFrom("recipients")
        .selectAll()
        .where("project_id", "=", projectId)
        .where("status", "=", "confirmed")
        .orderBy("id")
        .execute();
      return rows.map(toRecipient);
    },
    async get(id: string): Promise<Recipient | undefined> {
      const row = await queries.selectFrom("recipients").selectAll().where("id", "=", id).executeTakeFirst();
      return row && toRecipient(row);
    },
    async getByAddress(projectId: string, address: string): Promise<Recipient | undefined> {
      const row = await queries
        .selectFrom("recipients")
        .selectAll()
        .where("project_id", "=", projectId)
        .where("address", "=", address)
        .executeTakeFirst();
      return row && toRecipient(row);
    },
  };
}

export function recipientWrites(queries: Queries, now: Now, newId: NewId) {
  const reads = recipientReads(queries);
  const existing = async (id: string): Promise<Recipient> => {
    const found = await reads.get(id);
    if (found === undefined) throw new Error(`Recipient ${id} is gone.`);
    return found;
  };
  /** What is on its way to somebody who no longer wants it, or is asked anew, is not sent. */
  const dropUndelivered = (id: string) =>
    queries.deleteFrom("actions").where("recipient_id", "=", id).where("status", "<>", "delivered").execute();

  return {
    ...reads,
    /** Puts an address in the state "asked", whatever it was before; a link made from an earlier `askedAt` is void. */
    async ask(projectId: string, address: string): Promise<Recipient> {
      const known = await reads.getByAddress(projectId, address);
      if (known === undefined) {
        const id = newId();
        await queries
          .insertInto("recipients")
          .values({
            id,
            project_id: projectId,
            address,
            status: "asked",
            asked_at: now(),
            confirmed_at: null,
            left_at: null,
          })
          .execute();
        return existing(id);
      }
      await dropUndelivered(known.id);
      // Asked twice within a millisecond, the second asking is still another one.
      const asked_at = Math.max(now(), Date.parse(known.askedAt) + 1);
      await queries
        .updateTable("recipients")
        .set({ status: "asked", asked_at, confirmed_at: null, left_at: null })
        .where("id", "=", known.id)
        .execute();
      return existing(known.id);
    },
    async confirm(id: string): Promise<Recipient> {
      await queries
        .updateTable("recipients")
        .set({ status: "confirmed", confirmed_at: now() })
        .where("id", "=", id)
        .where("status", "=", "asked")
        .execute();
      return existing(id);
    },
    async leave(id: string): Promise<Recipient> {
      await dropUndelivered(id);
      await queries
        .updateTable("recipients")
        .set({ status: "left", left_at: now() })
        .where("id", "=", id)
        .where("status", "<>", "left")
        .execute();
      return existing(id);
    },
    async remove(id: string): Promise<void> {
      await dropUndelivered(id);
      await queries.deleteFrom("recipients").where("id", "=", id).execute();
    },
  };
}
