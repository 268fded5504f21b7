/** Decides whether bytes are a whole JPEG or PNG we can inspect, before anything of them is kept. */
import { decodeImage, ImageError, readHeader } from "@sightline/dataset/image-file";
import { errors, type ServerError } from "../errors.js";
import type { Limiter } from "../limiter.js";
import type { StoredPicture } from "../store/samples.js";

/** What the bytes turned out to be; the hash is the blob's business. */
export type CheckedPicture = Omit<StoredPicture, "sha256">;

export interface PictureLimits {
  readonly maxBytes: number;
  readonly maxPixels: number;
}

/** A picture's refusal in the server's own words and status. */
export function refusalOf(error: ImageError): ServerError {
  const parameters = { problem: error.message };
  switch (error.code) {
    case "IMAGE_EMPTY":
      return errors.imageEmpty(parameters, { cause: error });
    case "NOT_AN_IMAGE":
      return errors.notAnImage(parameters, { cause: error });
    case "IMAGE_TOO_LARGE":
      return errors.imageTooLarge(parameters, { cause: error });
    case "IMAGE_TRUNCATED":
      return errors.imageTruncated(parameters, { cause: error });
  }
}

/**
 * Reads the header, then decodes the picture once, so that a cut-off or damaged one is refused while its sender still listens.
 * The decoding runs on libuv's threads, at 1/8 of the size where the format allows it.
 * @param contentType as sent, such as `image/jpeg`; must be what the bytes are.
 * @throws ServerError UPLOAD_TOO_LARGE, IMAGE_EMPTY, NOT_AN_IMAGE, IMAGE_TOO_LARGE, IMAGE_TRUNCATED, CONTENT_TYPE_MISMATCH.
 */
export async function checkPicture(
  bytes: Uint8Array,
  contentType: string,
  limits: PictureLimits,
  decoding: Limiter,
): Promise<CheckedPicture> {
  if (bytes.length > limits.maxBytes) throw errors.uploadTooLarge({ maxBytes: limits.maxBytes });
  try {
    const header = readHeader(bytes);
    const actual = `image/${header.format}`;
    const declared = (contentType.split(";")[0] ?? "").trim().toLowerCase();
    if (declared !== actual) throw errors.contentTypeMismatch({ declared, actual });
    await decoding.run(() => decodeImage(bytes, { minWidth: 1, minHeight: 1, maxPixels: limits.maxPixels }));
    return { bytes: bytes.length, format: header.format, width: header.width, height: header.height };
  } catch (error) {
    throw error instanceof ImageError ? refusalOf(error) : error;
  }
}
