/** A picture's way in: ask for a signed address, then PUT the bytes, with retries that can't count a picture twice. */
import { ApiCallError } from "./api-call-error.js";
import type { Client } from "./client.js";

export interface Upload {
  readonly cameraId: string;
  readonly lineId: string;
  readonly imageId: string;
  /** A JPEG or PNG file, as it is. */
  readonly bytes: Uint8Array;
  /** When the picture was taken, if the device knows. */
  readonly capturedAt?: Date | undefined;
}

export interface UploadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Tries of each of the two steps; default 5. */
  readonly attempts?: number | undefined;
  /** Wait before the second try; doubles each time up to 30 s; default 500 ms. */
  readonly firstWaitMs?: number | undefined;
}

export interface Uploaded {
  readonly inspectionId: string;
  readonly status: "queued" | "waiting" | "inspected" | "failed";
}

/**
 * Sends one picture. Every retry goes to the same signed address, and one address is one inspection: an answer lost on
 * its way back is answered again with the same inspection. A new address is asked for only when the old one expired
 * before any try of it can have been taken.
 * @throws ApiCallError of the last try.
 */
export async function uploadImage(client: Client, upload: Upload, options: UploadOptions = {}): Promise<Uploaded> {
  const contentType = contentTypeOf(upload.bytes);
  const sign = () =>
    client.call("getSignedUrl", {
      query: {
        cameraid: upload.cameraId,
        assemblylineid: upload.lineId,
        imageid: upload.imageId,
        capturedat: upload.capturedAt?.toISOString(),
      },
      signal: options.signal,
    });
  let mayBeTaken = false;
  const send = async (url: string) => {
    try {
      return await client.putSigned(url, upload.bytes, { contentType, signal: options.signal });
    } catch (error) {
      if (error instanceof ApiCallError && error.isTemporary && error.code !== "QUEUE_FULL") mayBeTaken = true;
      throw error;
    }
  };

  const { uploadURL } = await retried(sign, options);
  try {
    return await retried(() => send(uploadURL), options);
  } catch (error) {
    if (!(error instanceof ApiCallError && error.code === "SIGNATURE_EXPIRED") || mayBeTaken) throw error;
    const renewed = await retried(sign, options);
    return await retried(() => send(renewed.uploadURL), options);
  }
}

/** Told by the first bytes, not by a file's name. What is neither is sent as JPEG and refused by the server with its reason. */
function contentTypeOf(bytes: Uint8Array): "image/jpeg" | "image/png" {
  return bytes[0] === 0x89 && bytes[1] === 0x50 && bytes[2] === 0x4e && bytes[3] === 0x47 ? "image/png" : "image/jpeg";
}

async function retried<T>(attempt: () => Promise<T>, options: UploadOptions): Promise<T> {
  const attempts = options.attempts ?? 5;
  let waitMs = options.firstWaitMs ?? 500;
  for (let tried = 1; ; tried++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ApiCallError) || !error.isTemporary || tried >= attempts) throw error;
      await pause(Math.min(30_000, error.retryAfterMs ?? waitMs), options.signal);
      waitMs *= 2;
    }
  }
}

/** @throws the signal's reason as soon as it aborts. */
function pause(timeMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, timeMs);
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted) stop();
  });
}
