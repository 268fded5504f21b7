/** Stored bytes as an answer: they never change under their name, so a browser may keep them. */
import type { FastifyRequest } from "fastify";
import type { BlobStore } from "../../blobs/blob-store.js";
import { FileAnswer } from "../handlers.js";

/** @param contentType ours: what the bytes were found to be when they came in. */
export function picture(
  blobs: BlobStore,
  sha256: string,
  contentType: string,
  request: FastifyRequest,
): Promise<FileAnswer> {
  return unchanging(sha256, contentType, request, () => blobs.read(sha256));
}

/** What always has the same bytes under this name; they are only read when the browser has them no more. */
export async function unchanging(
  name: string,
  contentType: string,
  request: FastifyRequest,
  read: () => Promise<Uint8Array>,
): Promise<FileAnswer> {
  // Private: a shared cache must not show a plant's pictures to whoever asks it.
  const headers = { etag: `"${name}"`, "cache-control": "private, max-age=86400, immutable" };
  if (request.headers["if-none-match"] === headers.etag) return new FileAnswer("", contentType, headers, 304);
  const bytes = await read();
  return new FileAnswer(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), contentType, headers);
}
