/** The door for labelled pictures: a person drops them into a project, a training reads them. */
import type { Part, Sample } from "@sightline/api/samples";
import type { BlobStore } from "../blobs/blob-store.js";
import type { Config } from "../config.js";
import { errors } from "../errors.js";
import type { Limiter } from "../limiter.js";
import type { Annotation } from "../store/samples.js";
import type { Store, StoreWrites } from "../store/store.js";
import { checkBoxes } from "./annotation.js";
import { checkPicture } from "./check-picture.js";

export interface NewLabelledPicture {
  readonly projectId: string;
  readonly annotation: Annotation;
  readonly part: Part;
  /** Name for people; default: made from the picture's hash. */
  readonly name?: string | undefined;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/**
 * Stores a labelled picture.
 * @throws ServerError PROJECT_NOT_FOUND, SAMPLE_EXISTS, SAMPLE_KIND_MIXED, SAMPLE_BOXES_INVALID, DISK_FULL and the refusals of `checkPicture`; nothing is kept then.
 */
export async function addLabelledPicture(
  deps: { config: Config; store: Store; blobs: BlobStore; decoding: Limiter },
  added: NewLabelledPicture,
): Promise<Sample> {
  const { config, store, blobs, decoding } = deps;
  const { projectId, annotation, part, bytes } = added;
  const checked = await checkPicture(bytes, added.contentType, config.intake, decoding);
  checkBoxes(annotation, checked);
  const freeBytes = await blobs.freeBytes();
  const minFreeBytes = config.minFreeDiskBytes;
  if (freeBytes - bytes.length < minFreeBytes) throw errors.diskFull({ freeBytes, minFreeBytes });
  const blob = await blobs.put(bytes);
  try {
    return await store.write(async (tx) => {
      if ((await tx.projects.deployment(projectId)) === undefined) throw errors.projectNotFound({ id: projectId });
      const same = await tx.samples.getByPicture(projectId, blob.sha256);
      if (same !== undefined) throw errors.sampleExists({ name: same.name, said: said(same) });
      await refuseMixed(tx, projectId, annotation);
      const name = added.name ?? `${blob.sha256.slice(0, 12)}.${checked.format === "jpeg" ? "jpg" : "png"}`;
      const id = await tx.samples.insert({
        projectId,
        name,
        annotation,
        part,
        picture: { ...checked, sha256: blob.sha256 },
      });
      const sample = await tx.samples.get(id);
      if (sample === undefined) throw errors.sampleNotFound({ id });
      return sample;
    });
  } catch (error) {
    blob.release();
    await blobs.remove(blob.sha256, () => store.read.blobs.isReferenced(blob.sha256)).catch(() => false);
    throw error;
  } finally {
    blob.release();
  }
}

/**
 * Says something else of a picture that is there.
 * @throws ServerError SAMPLE_NOT_FOUND, SAMPLE_KIND_MIXED, SAMPLE_BOXES_INVALID; nothing is changed then.
 */
export function changeAnnotation(store: Store, sampleId: string, annotation: Annotation): Promise<Sample> {
  return store.write(async (tx) => {
    const sample = await tx.samples.get(sampleId);
    if (sample === undefined) throw errors.sampleNotFound({ id: sampleId });
    checkBoxes(annotation, sample);
    await refuseMixed(tx, sample.projectId, annotation, sampleId);
    await tx.samples.setAnnotation(sampleId, annotation);
    return (await tx.samples.get(sampleId)) ?? sample;
  });
}

/** A project learns one kind of answer. @throws ServerError SAMPLE_KIND_MIXED */
export async function refuseMixed(
  tx: StoreWrites,
  projectId: string,
  annotation: Annotation,
  except?: string,
): Promise<void> {
  const kind = await tx.samples.kindOf(projectId, except);
  if (kind === undefined || kind === annotation.kind || annotation.kind === "none") return;
  const projectName = (await tx.projects.get(projectId))?.name ?? projectId;
  throw errors.sampleKindMixed({ projectName, has: inWords[kind], got: inWords[annotation.kind] });
}

const inWords = { label: "one label each", labels: "several labels each", boxes: "boxes", none: "no label" } as const;

function said({ label, labels, boxes }: Sample): string {
  if (label !== null) return `labelled "${label}"`;
  if (boxes !== null) return `with ${boxes.length} boxes`;
  return labels === null || labels.length === 0 ? "without a label" : `labelled ${labels.join(", ")}`;
}
