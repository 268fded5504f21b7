/** The door for masks: where in a picture that is there its anomalies are. */
import { MaskColour, type Sample } from "@sightline/api/samples";
import { ImageError, readHeader } from "@sightline/dataset/image-file";
import { z } from "zod";
import type { BlobStore } from "../blobs/blob-store.js";
import { errors } from "../errors.js";
import type { Mask } from "../store/samples.js";
import type { Store } from "../store/store.js";

const Types = z.array(MaskColour).min(1).max(64);

/** @throws ServerError SAMPLE_MASK_INVALID */
export function parseMaskTypes(text: string): Mask["types"] {
  const refuse = (problem: string) => errors.sampleMaskInvalid({ problem });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse(`"types" must be JSON such as [{"label":"crack","colour":"#ff0000"}]`);
  }
  const result = Types.safeParse(value);
  if (!result.success)
    throw refuse(`"types": ${result.error.issues[0]?.message} at ${result.error.issues[0]?.path.join(".")}`);
  const names = result.data.flatMap(({ label, colour }) => [label, colour]);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw refuse(`"types" names ${twice} twice`);
  return result.data;
}

/** @throws ServerError SAMPLE_NOT_FOUND, SAMPLE_MASK_INVALID, DISK_FULL; nothing is changed then. */
export async function putMask(
  { store, blobs }: { store: Store; blobs: BlobStore },
  sampleId: string,
  types: Mask["types"],
  bytes: Uint8Array,
): Promise<Sample> {
  checkPng(bytes);
  const blob = await blobs.put(bytes);
  let before: string | undefined;
  try {
    return await store.write(async (tx) => {
      const sample = await tx.samples.get(sampleId);
      if (sample === undefined) throw errors.sampleNotFound({ id: sampleId });
      before = (await tx.samples.mask(sampleId))?.sha256;
      await tx.samples.setMask(sampleId, { sha256: blob.sha256, types });
      return { ...sample, hasMask: true };
    });
  } finally {
    blob.release();
    for (const sha256 of [blob.sha256, before ?? blob.sha256])
      await blobs.remove(sha256, () => store.read.blobs.isReferenced(sha256)).catch(() => false);
  }
}

function checkPng(bytes: Uint8Array): void {
  try {
    if (readHeader(bytes).format !== "png") throw errors.sampleMaskInvalid({ problem: "it must be a PNG" });
  } catch (error) {
    throw error instanceof ImageError ? errors.sampleMaskInvalid({ problem: error.message }, { cause: error }) : error;
  }
}
