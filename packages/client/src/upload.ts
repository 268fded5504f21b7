/** A picture's way in: ask for a signed address, then PUT the bytes, with retries that can't count a picture twice. */
import { ApiCallError } from "./api-call-error.js";
import type { Client } from "./client.js";
import { contentTypeOf } from "./picture-type.js";
import { type RetryOptions, retried } from "./retry.js";

export interface Upload {
  readonly cameraId: string;
  readonly lineId: string;
  readonly imageId: string;
  /** A JPEG or PNG file, as it is. */
  readonly bytes: Uint8Array;
  /** When the picture was taken, if the device knows. */
  readonly capturedAt?: Date | undefined;
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
export async function uploadImage(client: Client, upload: Upload, options: RetryOptions = {}): Promise<Uploaded> {
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
