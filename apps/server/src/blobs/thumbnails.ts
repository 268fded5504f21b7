/** Small pictures for lists, made when somebody looks and kept in memory for a while: most inspections are never looked at. */
import { encodeThumbnail, ImageError } from "@sightline/dataset/image-file";
import { errors } from "../errors.js";
import type { Limiter } from "../limiter.js";
import type { BlobStore } from "./blob-store.js";

export interface Thumbnails {
  /**
   * A JPEG of the picture, at most 160 pixels on its longer side.
   * @throws ServerError PICTURE_MISSING, PICTURE_DAMAGED.
   */
  of(sha256: string): Promise<Uint8Array>;
}

export interface ThumbnailsDeps {
  readonly blobs: Pick<BlobStore, "read">;
  readonly decoding: Limiter;
  /** Of the thumbnails kept; those not asked for longest go first. */
  readonly maxBytes: number;
}

const thumbnailPixels = 160;

export function createThumbnails({ blobs, decoding, maxBytes }: ThumbnailsDeps): Thumbnails {
  /** In the order in which they were last asked for. */
  const kept = new Map<string, Uint8Array>();
  const underWay = new Map<string, Promise<Uint8Array>>();
  let keptBytes = 0;

  function keep(sha256: string, bytes: Uint8Array): void {
    kept.set(sha256, bytes);
    keptBytes += bytes.length;
    for (const [oldest, { length }] of kept) {
      if (keptBytes <= maxBytes) return;
      kept.delete(oldest);
      keptBytes -= length;
    }
  }

  async function make(sha256: string): Promise<Uint8Array> {
    const picture = await blobs.read(sha256);
    const bytes = await decoding
      .run(() => encodeThumbnail(picture, thumbnailPixels))
      .catch((cause: unknown) => {
        throw cause instanceof ImageError ? errors.pictureDamaged({ sha256 }, { cause }) : cause;
      });
    keep(sha256, bytes);
    return bytes;
  }

  return {
    async of(sha256) {
      const bytes = kept.get(sha256);
      if (bytes !== undefined) {
        kept.delete(sha256);
        kept.set(sha256, bytes);
        return bytes;
      }
      const started = underWay.get(sha256) ?? make(sha256).finally(() => underWay.delete(sha256));
      underWay.set(sha256, started);
      return started;
    },
  };
}
