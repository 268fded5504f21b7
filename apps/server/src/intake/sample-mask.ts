/** The door for masks: where in a picture that is there its anomalies are. */
import { MaskColour, type Sample } from "@sightline/api/samples";
import { DefectMaskError, decodeDefectMask } from "@sightline/dataset/defect-mask";
import { ImageError } from "@sightline/dataset/image-file";
import { labelMapPng } from "@sightline/models/label-map";
import { z } from "zod";
import type { BlobStore } from "../blobs/blob-store.js";
import type { Config } from "../config.js";
import { errors, isServerError } from "../errors.js";
import type { Limiter } from "../limiter.js";
import type { Mask } from "../store/samples.js";
import type { Store } from "../store/store.js";
import { checkPicture, type PictureLimits } from "./check-picture.js";

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

interface Deps {
  readonly store: Store;
  readonly blobs: BlobStore;
}

/** @throws ServerError SAMPLE_NOT_FOUND, SAMPLE_MASK_INVALID, DISK_FULL; nothing is changed then. */
export async function putMask(
  { store, blobs, config, decoding }: Deps & { readonly config: Config; readonly decoding: Limiter },
  sampleId: string,
  types: Mask["types"],
  bytes: Uint8Array,
): Promise<Sample> {
  const picture = await store.read.samples.picture(sampleId);
  if (picture === undefined) throw errors.sampleNotFound({ id: sampleId });
  await checkMask(bytes, { of: picture, limits: config.intake, decoding });
  const blob = await blobs.put(bytes);
  try {
    return await replaceMask({ store, blobs }, sampleId, { sha256: blob.sha256, types });
  } finally {
    blob.release();
    await sweep({ store, blobs }, blob.sha256);
  }
}

/** @throws ServerError SAMPLE_NOT_FOUND */
export function removeMask(deps: Deps, sampleId: string): Promise<Sample> {
  return replaceMask(deps, sampleId, null);
}

async function replaceMask({ store, blobs }: Deps, sampleId: string, mask: Mask | null): Promise<Sample> {
  let before: string | undefined;
  const changed = await store.write(async (tx) => {
    before = (await tx.samples.mask(sampleId))?.sha256;
    await tx.samples.setMask(sampleId, mask);
    const sample = await tx.samples.get(sampleId);
    if (sample === undefined) throw errors.sampleNotFound({ id: sampleId });
    return sample;
  });
  if (before !== undefined) await sweep({ store, blobs }, before);
  return changed;
}

async function sweep({ store, blobs }: Deps, sha256: string): Promise<void> {
  await blobs.remove(sha256, () => store.read.blobs.isReferenced(sha256)).catch(() => false);
}

/**
 * A picture's mask as pages show it, however it was painted when it came: one flat colour a kind, transparent elsewhere.
 * @throws ServerError SAMPLE_NOT_FOUND, SAMPLE_MASK_NOT_FOUND, SAMPLE_MASK_INVALID
 */
export async function readMask({ store, blobs }: Deps, sampleId: string): Promise<Uint8Array> {
  const sample = await store.read.samples.get(sampleId);
  if (sample === undefined) throw errors.sampleNotFound({ id: sampleId });
  const mask = await store.read.samples.mask(sampleId);
  if (mask === null) throw errors.sampleMaskNotFound({ id: sampleId });
  const types = mask.types.map(({ label }) => label);
  try {
    const decoded = await decodeDefectMask(await blobs.read(mask.sha256), {
      types,
      colours: mask.types,
      label: sample.label ?? "",
    });
    return await labelMapPng(decoded, mask.types, sample);
  } catch (error) {
    if (error instanceof ImageError || error instanceof DefectMaskError)
      throw errors.sampleMaskInvalid({ problem: error.message }, { cause: error });
    throw error;
  }
}

/** Sides may differ by rounding, where a tool drew on a smaller copy; the training takes no more. */
const SHAPE_TOLERANCE = 0.02;

/** A mask is a whole PNG of its picture's shape, of any size. @throws ServerError SAMPLE_MASK_INVALID, UPLOAD_TOO_LARGE */
export async function checkMask(
  bytes: Uint8Array,
  about: { of: { readonly width: number; readonly height: number }; limits: PictureLimits; decoding: Limiter },
): Promise<void> {
  const { of, limits, decoding } = about;
  try {
    const { width, height } = await checkPicture(bytes, "image/png", limits, decoding);
    const [across, along] = [width * of.height, height * of.width];
    if (Math.abs(across - along) > SHAPE_TOLERANCE * along)
      throw errors.sampleMaskInvalid({
        problem: `it has ${width} x ${height} pixels, which is not the shape of its picture of ${of.width} x ${of.height}`,
      });
  } catch (error) {
    if (!isServerError(error) || error.code === "SAMPLE_MASK_INVALID" || error.code === "UPLOAD_TOO_LARGE") throw error;
    const isOther = error.code === "CONTENT_TYPE_MISMATCH";
    const problem = isOther
      ? "it must be a PNG"
      : error.message.replace(/ Nothing was stored\.$/, "").replace(/\.$/, "");
    throw errors.sampleMaskInvalid({ problem }, { cause: error });
  }
}
