/** A person's word on a model's answer: kept with the review, and the picture joins the project's pictures. */
import type { Inspection } from "@sightline/api/inspections";
import type { Review } from "@sightline/api/reviews";
import type { Annotation as WireAnnotation } from "@sightline/api/samples";
import { errors } from "../errors.js";
import { annotationOf, checkBoxes } from "../intake/annotation.js";
import { refuseMixed } from "../intake/labelled-picture.js";
import type { LiveFeed } from "../live-feed.js";
import type { Annotation } from "../store/samples.js";
import type { Store, StoreWrites } from "../store/store.js";
import { annotationOfWord, answerOfInspection, isRight } from "./answers.js";

/** As a person says it: right, wrong, or what the picture shows. */
export interface SaidWord extends WireAnnotation {
  readonly word?: "correct" | "wrong" | undefined;
  /** Whether the picture joins the project's pictures. */
  readonly keep: boolean;
}

export interface Words {
  /** @throws ServerError REVIEW_NOT_FOUND, REVIEW_UNANSWERED, WORD_AMBIGUOUS, SAMPLE_KIND_MIXED, SAMPLE_BOXES_INVALID; nothing is changed then. */
  say(reviewId: string, said: SaidWord, by: string): Promise<Review>;
  /** @throws ServerError REVIEW_NOT_FOUND, REVIEW_NOT_SAID. */
  takeBack(reviewId: string): Promise<Review>;
  /** @throws ServerError REVIEW_NOT_FOUND, REVIEW_UNANSWERED. */
  dismiss(reviewId: string, by: string): Promise<Review>;
  /** Puts an inspection into the queue. @throws ServerError INSPECTION_NOT_FOUND. */
  ask(inspectionId: string, by: string): Promise<Review>;
}

export function createWords({ store, live }: { store: Store; live: LiveFeed }): Words {
  const tell = (review: Review, isDatasetChanged: boolean): Review => {
    const { projectId, trialId } = review;
    live.publish({ type: "reviews", projectId, trialId });
    if (isDatasetChanged) live.publish({ type: "project", projectId, change: "changed" });
    return review;
  };

  return {
    async say(reviewId, said, by) {
      const review = await store.write(async (tx) => {
        let found = await existing(tx, reviewId);
        if (found.status === "queued") throw errors.reviewUnanswered({ id: reviewId, status: found.status });
        // A second word replaces the first with all that came of it.
        if (found.status === "said") {
          await undo(tx, found);
          found = await existing(tx, reviewId);
        }
        const { word, annotation } = await meant(tx, found, said);
        const sample = annotation !== null && said.keep ? await keepPicture(tx, found, annotation) : nothingKept;
        await tx.reviews.say(reviewId, { word, annotation, by, ...sample });
        return existing(tx, reviewId);
      });
      return tell(review, review.sampleId !== null);
    },

    async takeBack(reviewId) {
      const review = await store.write(async (tx) => {
        const found = await existing(tx, reviewId);
        if (found.status !== "said" && found.status !== "dismissed")
          throw errors.reviewNotSaid({ id: reviewId, status: found.status });
        await undo(tx, found);
        return existing(tx, reviewId);
      });
      return tell(review, true);
    },

    async dismiss(reviewId, by) {
      const review = await store.write(async (tx) => {
        const found = await existing(tx, reviewId);
        if (found.status === "queued") throw errors.reviewUnanswered({ id: reviewId, status: found.status });
        if (found.status === "said") await undo(tx, found);
        await tx.reviews.setAside(reviewId, by);
        return existing(tx, reviewId);
      });
      return tell(review, false);
    },

    async ask(inspectionId, by) {
      const review = await store.write(async (tx) => {
        const inspection = await tx.inspections.get(inspectionId);
        if (inspection === undefined) throw errors.inspectionNotFound({ id: inspectionId });
        const id = await askAbout(tx, inspection, "person", `asked for by ${by}`);
        const asked = id === undefined ? await tx.reviews.ofInspection(inspectionId) : await tx.reviews.get(id);
        if (asked === undefined) throw errors.inspectionNotFound({ id: inspectionId });
        // Looked at before: it is wanted again.
        if (asked.status !== "dismissed") return asked;
        await tx.reviews.reopen(asked.id);
        return existing(tx, asked.id);
      });
      return tell(review, false);
    },
  };
}

/**
 * Puts an inspection into the review queue.
 * @param note in words: the rule that asks, or who.
 * @returns the review's id, or `undefined` when it is there already.
 */
export async function askAbout(
  tx: StoreWrites,
  inspection: Inspection,
  reason: "lowConfidence" | "rule" | "person",
  note = "",
): Promise<string | undefined> {
  const pictures = await tx.inspections.pictures(inspection.id);
  if (pictures === undefined) return undefined;
  return tx.reviews.insert({
    projectId: inspection.projectId,
    inspectionId: inspection.id,
    reason,
    note,
    name: inspection.imageId,
    picture: pictures.image,
    heatMapSha256: pictures.heatMapSha256,
    answer: answerOfInspection(inspection),
  });
}

async function existing(tx: StoreWrites, id: string): Promise<Review> {
  const review = await tx.reviews.get(id);
  if (review === undefined) throw errors.reviewNotFound({ id });
  return review;
}

/** The word, and what the picture shows as far as that is known. */
async function meant(
  tx: StoreWrites,
  review: Review,
  { word, label, labels, boxes }: SaidWord,
): Promise<{ word: "correct" | "wrong"; annotation: Annotation | null }> {
  const given = Object.entries({ label, labels, boxes }).flatMap(([name, it]) => (it === undefined ? [] : name));
  if (given.length > 1 || (given.length === 0 && word === undefined)) throw errors.wordAmbiguous({ given });
  const { answer, projectId } = review;
  if (given.length === 1) {
    const annotation = annotationOf({ label, labels, boxes });
    checkBoxes(annotation, review);
    // Where the model said nothing, there is nothing it could have been right in.
    const followed = answer !== null && isRight(answer, annotation) ? "correct" : "wrong";
    return { word: word ?? followed, annotation };
  }
  if (word === undefined || answer === null) throw errors.reviewUnanswered({ id: review.id, status: review.status });
  const kind = (await tx.samples.kindOf(projectId)) ?? (await kindOfModel(tx, answer.modelId));
  const known = Object.keys((await tx.projects.get(projectId))?.samples.byLabel ?? {});
  return { word, annotation: annotationOfWord(answer, word, kind, known) };
}

const kinds = { anomaly: "label", classification: "label", multilabel: "labels", detection: "boxes" } as const;

async function kindOfModel(tx: StoreWrites, modelId: string | null): Promise<Annotation["kind"]> {
  const model = modelId === null ? undefined : await tx.models.get(modelId);
  return model === undefined ? "label" : kinds[model.task];
}

const nothingKept = { sampleId: null, sampleBefore: null } as const;

/** The picture becomes a labelled one; one that is there already gets the new word. */
async function keepPicture(tx: StoreWrites, review: Review, annotation: Annotation) {
  const { projectId, id, name, imageSha256 } = review;
  const same = await tx.samples.getByPicture(projectId, imageSha256);
  await refuseMixed(tx, projectId, annotation, same?.id);
  if (same !== undefined) {
    const sampleBefore = (await tx.samples.annotation(same.id)) ?? null;
    await tx.samples.setAnnotation(same.id, annotation);
    return { sampleId: same.id, sampleBefore };
  }
  const pictures = await tx.reviews.pictures(id);
  if (pictures === undefined) throw errors.reviewNotFound({ id });
  const sampleId = await tx.samples.insert({
    projectId,
    name,
    annotation,
    part: "auto",
    picture: pictures.image,
    origin: review.trialId === null ? "review" : "trial",
  });
  return { sampleId, sampleBefore: null };
}

/** Takes back what a word did to the project's pictures, then the word. The review still names the picture's file. */
async function undo(tx: StoreWrites, review: Review): Promise<void> {
  const { id, sampleId } = review;
  if (sampleId !== null) {
    const before = await tx.reviews.sampleBefore(id);
    if (before === null) await tx.samples.remove(sampleId);
    else await tx.samples.setAnnotation(sampleId, before);
  }
  await tx.reviews.reopen(id);
}
