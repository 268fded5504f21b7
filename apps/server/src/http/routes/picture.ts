/** Stored bytes as an answer: they never change under their name, so a browser may keep them. */
import type { FastifyRequest } from "fastify";
import type { BlobStore } from "../../blobs/blob-store.js";
import { FileAnswer } from "../handlers.js";

/** @param contentType ours: what the bytes were found to be when they came in. */
export async function picture(
  blobs: BlobStore,
  sha256: string,
  contentType: string,
  request: FastifyRequest,
): Promise<FileAnswer> {
  // Private: a shared cache must not show a plant's pictures to whoever asks it.
  const headers = { etag: `"${sha256}"`, "cache-control": "private, max-age=86400, immutable" };
  if (request.headers["if-none-match"] === headers.etag) return new FileAnswer("", contentType, headers, 304);
  return new FileAnswer(await blobs.read(sha256), contentType, headers);
}
