/** Reviews: pictures with a model's answer, and what a person says of it. The queue and the pictures of trials are one table. */
import type { ModelAnswer, Review } from "@sightline/api/reviews";
import type { Annotation as WireAnnotation } from "@sightline/api/samples";
import { type Selectable, sql } from "kysely";
import { type NewId, type Now, toTime, toTimeOrNull } from "../ids.js";
import type { Queries } from "./database.js";
import { checkCursor, type Page, toPage } from "./paging.js";
import type { Annotation, StoredPicture } from "./samples.js";
import type { ReviewsTable } from "./tables.js";

export interface NewReview {
  readonly projectId: string;
  readonly trialId?: string | undefined;
  readonly inspectionId: string | null;
  readonly reason: Review["reason"];
  /** In words: the rule that asks, or who. */
  readonly note?: string | undefined;
  /** For people. */
  readonly name: string;
  readonly picture: StoredPicture;
  readonly heatMapSha256?: string | null | undefined;
  /** Left out where a trial's model has yet to answer. */
  readonly answer?: ModelAnswer | undefined;
  /** What the line said of the picture that a trial judges again. */
  readonly served?: ModelAnswer | undefined;
}

export interface ReviewFilter {
  readonly projectId?: string | undefined;
  /** Left out: all but pictures of trials that line and trial agree on. */
  readonly trialId?: string | undefined;
  readonly reason?: Review["reason"] | undefined;
  readonly status?: Review["status"] | undefined;
  readonly word?: "correct" | "wrong" | undefined;
  readonly differing?: boolean | undefined;
  readonly order?: "newest" | "oldest" | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** What a person's word made of a review. */
export interface GivenWord {
  readonly word: "correct" | "wrong";
  readonly annotation: Annotation | null;
  readonly by: string;
  readonly sampleId: string | null;
  /** What was said of the sample before; `null` where the word made it. */
  readonly sampleBefore: Annotation | null;
}

type Row = Selectable<ReviewsTable>;

const parsed = <T>(text: string | null): T | null => (text === null ? null : (JSON.parse(text) as T));

/** As it travels: without what tells the three kinds apart. */
function toWire(annotation: Annotation | null): WireAnnotation | null {
  if (annotation === null) return null;
  const { kind: _, ...said } = annotation;
  return said as WireAnnotation;
}

function toReview(row: Row): Review {
  return {
    id: row.id,
    projectId: row.project_id,
    trialId: row.trial_id,
    inspectionId: row.inspection_id,
    reason: row.reason,
    note: row.note,
    status: row.status,
    name: row.name,
    imageSha256: row.image_sha256,
    width: row.image_width,
    height: row.image_height,
    hasHeatMap: row.heat_map_sha256 !== null,
    answer: parsed<ModelAnswer>(row.answer),
    served: parsed<ModelAnswer>(row.served),
    failure: row.failure_code === null ? null : { code: row.failure_code, message: row.failure_message ?? "" },
    word: row.word,
    annotation: toWire(parsed<Annotation>(row.annotation)),
    saidAt: toTimeOrNull(row.said_at),
    saidBy: row.said_by,
    sampleId: row.sample_id,
    createdAt: toTime(row.created_at),
  };
}

export function reviewReads(queries: Queries) {
  const filtered = (filter: Omit<ReviewFilter, "cursor" | "limit" | "order">) => {
    let query = queries.selectFrom("reviews");
    if (filter.projectId !== undefined) query = query.where("project_id", "=", filter.projectId);
    if (filter.trialId !== undefined) query = query.where("trial_id", "=", filter.trialId);
    else if (filter.status === undefined) query = query.where("status", "<>", "agreed");
    if (filter.reason !== undefined) query = query.where("reason", "=", filter.reason);
    if (filter.status !== undefined) query = query.where("status", "=", filter.status);
    if (filter.word !== undefined) query = query.where("word", "=", filter.word);
    if (filter.differing !== undefined) query = query.where("is_differing", "=", filter.differing ? 1 : 0);
    return query;
  };
  const count = async (filter: Omit<ReviewFilter, "cursor" | "limit" | "order">): Promise<number> => {
    const row = await filtered(filter)
      .select((e) => e.fn.countAll<number>().as("count"))
      .executeTakeFirstOrThrow();
    return row.count;
  };
  return {
    count,
    async list(filter: ReviewFilter): Promise<Page<Review> & { total: number }> {
      const isNewestFirst = filter.order === "newest";
      let query = filtered(filter).selectAll();
      if (filter.cursor !== undefined) query = query.where("id", isNewestFirst ? "<" : ">", checkCursor(filter.cursor));
      const rows = await query
        .orderBy("id", isNewestFirst ? "desc" : "asc")
        .limit(filter.limit + 1)
        .execute();
      return { ...toPage(rows, filter.limit, toReview), total: await count(filter) };
    },
    async get(id: string): Promise<Review | undefined> {
      const row = await queries.selectFrom("reviews").selectAll().where("id", "=", id).executeTakeFirst();
      return row && toReview(row);
    },
    /** The one of an inspection in the queue, where there is one. */
    async ofInspection(inspectionId: string): Promise<Review | undefined> {
      const row = await queries
        .selectFrom("reviews")
        .selectAll()
        .where("inspection_id", "=", inspectionId)
        .where("trial_id", "is", null)
        .executeTakeFirst();
      return row && toReview(row);
    },
    /** The one picture of a trial with these bytes that came without an inspection. */
    async ofTrialPicture(trialId: string, sha256: string): Promise<Review | undefined> {
      const row = await queries
        .selectFrom("reviews")
        .selectAll()
        .where("trial_id", "=", trialId)
        .where("image_sha256", "=", sha256)
        .where("inspection_id", "is", null)
        .executeTakeFirst();
      return row && toReview(row);
    },
    /** Where its bytes are. */
    async pictures(id: string): Promise<{ image: StoredPicture; heatMapSha256: string | null } | undefined> {
      const row = await queries.selectFrom("reviews").selectAll().where("id", "=", id).executeTakeFirst();
      return (
        row && {
          image: {
            sha256: row.image_sha256,
            bytes: row.image_bytes,
            format: row.image_format,
            width: row.image_width,
            height: row.image_height,
          },
          heatMapSha256: row.heat_map_sha256,
        }
      );
    },
    /** What was said before of the sample that a word changed. */
    async sampleBefore(id: string): Promise<Annotation | null> {
      const row = await queries.selectFrom("reviews").select("sample_before").where("id", "=", id).executeTakeFirst();
      return parsed<Annotation>(row?.sample_before ?? null);
    },
    /** The oldest picture of a trial that its model has yet to answer. */
    async nextQueued(): Promise<Review | undefined> {
      const row = await queries
        .selectFrom("reviews")
        .selectAll()
        .where("status", "=", "queued")
        .orderBy("id")
        .limit(1)
        .executeTakeFirst();
      return row && toReview(row);
    },
  };
}

export function reviewWrites(queries: Queries, now: Now, newId: NewId) {
  const removed = (rows: readonly { image_sha256: string; heat_map_sha256: string | null }[]): string[] =>
    rows.flatMap((row) =>
      row.heat_map_sha256 === null ? [row.image_sha256] : [row.image_sha256, row.heat_map_sha256],
    );
  return {
    ...reviewReads(queries),
    /** @returns the id, or `undefined` when a person is asked about this picture already. */
    async insert(review: NewReview): Promise<string | undefined> {
      const id = newId();
      const isOfTrial = review.trialId !== undefined;
      const result = await queries
        .insertInto("reviews")
        .values({
          id,
          project_id: review.projectId,
          trial_id: review.trialId ?? null,
          inspection_id: review.inspectionId,
          reason: review.reason,
          note: review.note ?? "",
          status: isOfTrial && review.answer === undefined ? "queued" : "open",
          name: review.name,
          image_sha256: review.picture.sha256,
          image_bytes: review.picture.bytes,
          image_format: review.picture.format,
          image_width: review.picture.width,
          image_height: review.picture.height,
          heat_map_sha256: review.heatMapSha256 ?? null,
          answer: review.answer === undefined ? null : JSON.stringify(review.answer),
          served: review.served === undefined ? null : JSON.stringify(review.served),
          is_differing: 0,
          failure_code: null,
          failure_message: null,
          word: null,
          annotation: null,
          said_at: null,
          said_by: null,
          sample_id: null,
          sample_before: null,
          created_at: now(),
        })
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      return (result.numInsertedOrUpdatedRows ?? 0n) > 0n ? id : undefined;
    },
    /** A trial's model has answered. @returns false when the picture no longer waits for it. */
    async setAnswer(
      id: string,
      answer: ModelAnswer,
      more: { heatMapSha256: string | null; isDiffering: boolean; isAgreed: boolean },
    ): Promise<boolean> {
      const result = await queries
        .updateTable("reviews")
        .set({
          status: more.isAgreed ? "agreed" : "open",
          answer: JSON.stringify(answer),
          heat_map_sha256: more.heatMapSha256,
          is_differing: more.isDiffering ? 1 : 0,
        })
        .where("id", "=", id)
        .where("status", "=", "queued")
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    async fail(id: string, failure: { code: string; message: string }): Promise<void> {
      await queries
        .updateTable("reviews")
        .set({ status: "failed", failure_code: failure.code, failure_message: failure.message })
        .where("id", "=", id)
        .where("status", "=", "queued")
        .execute();
    },
    async say(id: string, said: GivenWord): Promise<void> {
      await queries
        .updateTable("reviews")
        .set({
          status: "said",
          word: said.word,
          annotation: said.annotation === null ? null : JSON.stringify(said.annotation),
          said_at: now(),
          said_by: said.by,
          sample_id: said.sampleId,
          sample_before: said.sampleBefore === null ? null : JSON.stringify(said.sampleBefore),
        })
        .where("id", "=", id)
        .execute();
    },
    async setAside(id: string, by: string): Promise<void> {
      await queries
        .updateTable("reviews")
        .set({ status: "dismissed", said_at: now(), said_by: by })
        .where("id", "=", id)
        .execute();
    },
    /** As if nobody had said anything. */
    async reopen(id: string): Promise<void> {
      await queries
        .updateTable("reviews")
        .set({
          status: sql<"open">`case when answer is null then 'failed' when served is not null and is_differing = 0 then 'agreed' else 'open' end`,
          word: null,
          annotation: null,
          said_at: null,
          said_by: null,
          sample_id: null,
          sample_before: null,
        })
        .where("id", "=", id)
        .execute();
    },
    /** Leaves out what a trial's model has not answered yet. @returns blobs that may no longer be needed. */
    async removeQueued(trialId: string): Promise<string[]> {
      const rows = await queries
        .deleteFrom("reviews")
        .where("trial_id", "=", trialId)
        .where("status", "=", "queued")
        .returning(["image_sha256", "heat_map_sha256"])
        .execute();
      return removed(rows);
    },
    /** @returns blobs that may no longer be needed. */
    async removeOfTrial(trialId: string): Promise<string[]> {
      const rows = await queries
        .deleteFrom("reviews")
        .where("trial_id", "=", trialId)
        .returning(["image_sha256", "heat_map_sha256"])
        .execute();
      return removed(rows);
    },
    /** The oldest that were asked for by no person go where a project has more open ones than anybody will look at. */
    async removeOpenBeyond(projectId: string, most: number): Promise<string[]> {
      const rows = await queries
        .deleteFrom("reviews")
        .where("id", "in", (e) =>
          e
            .selectFrom("reviews")
            .select("id")
            .where("project_id", "=", projectId)
            .where("status", "=", "open")
            .where("trial_id", "is", null)
            .where("reason", "in", ["lowConfidence", "rule"])
            .orderBy("id", "desc")
            .limit(1000)
            .offset(most),
        )
        .returning(["image_sha256", "heat_map_sha256"])
        .execute();
      return removed(rows);
    },
    /** Forgets what was looked at, outside of trials, before a time. @returns blobs that may no longer be needed. */
    async removeEndedBefore(timeMs: number, limit: number): Promise<string[]> {
      const rows = await queries
        .deleteFrom("reviews")
        .where("id", "in", (e) =>
          e
            .selectFrom("reviews")
            .select("id")
            .where("status", "in", ["said", "dismissed"])
            .where("trial_id", "is", null)
            .where("said_at", "<", timeMs)
            .limit(limit),
        )
        .returning(["image_sha256", "heat_map_sha256"])
        .execute();
      return removed(rows);
    },
  };
}
