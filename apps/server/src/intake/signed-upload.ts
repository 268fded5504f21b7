/** The signed upload: a camera asks for an address, then puts one picture there. One address is one inspection. */
import type { InspectionStatus } from "@sightline/api/inspections";
import type { BlobStore } from "../blobs/blob-store.js";
import { isDiskFull } from "../blobs/file-blobs.js";
import type { Config } from "../config.js";
import { errors } from "../errors.js";
import { fromTime, type NewId, type Now } from "../ids.js";
import type { Limiter } from "../limiter.js";
import type { LiveFeed } from "../live-feed.js";
import type { NewInspection } from "../store/inspections.js";
import type { Store } from "../store/store.js";
import type { AddressSigner, SignedAddress } from "./address-signer.js";
import type { Backlog } from "./backlog.js";
import { type CheckedPicture, checkPicture } from "./check-picture.js";

export interface UploadRequest {
  readonly cameraId: string;
  readonly assemblyLineId: string;
  readonly imageId: string;
  /** When the device says the picture was taken. */
  readonly capturedAt?: string | undefined;
}

export interface UploadTicket {
  /** Path and query of the address to PUT the bytes to. */
  readonly pathAndQuery: string;
  readonly photoFilename: string;
}

export interface AcceptedUpload {
  readonly inspectionId: string;
  readonly status: InspectionStatus;
}

export interface SignedUploads {
  /**
   * Gives out an address for one picture.
   * @throws ServerError CAMERA_NOT_FOUND.
   */
  createUpload(request: UploadRequest): Promise<UploadTicket>;
  /**
   * Takes the picture. When this resolves, its bytes and its record are on disk and it will be inspected.
   * The same bytes again give the same inspection.
   * @throws ServerError SIGNATURE_INVALID, SIGNATURE_EXPIRED, UPLOAD_USED, UPLOAD_DELETED, QUEUE_FULL, DISK_FULL, CAMERA_NOT_FOUND
   * and the refusals of `checkPicture`; nothing is kept then.
   */
  acceptUpload(address: SignedAddress, contentType: string, bytes: Uint8Array): Promise<AcceptedUpload>;
}

export interface SignedUploadDeps {
  readonly config: Config;
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly signer: AddressSigner;
  readonly backlog: Backlog;
  readonly live: LiveFeed;
  readonly decoding: Limiter;
  readonly now: Now;
  readonly newId: NewId;
  /** Told of each project that has a new picture in its queue. */
  readonly onQueued: (projectId: string) => void;
  /** Told of each picture refused for what it is, at a valid address of this camera. */
  readonly onInvalid: (cameraId: string, error: unknown) => void;
}

/** How long a sender should wait when the queue is full. */
const retryAfterSeconds = 5;

export function createSignedUploads(deps: SignedUploadDeps): SignedUploads {
  const { config, store, blobs, signer, backlog, live, decoding, now, newId } = deps;

  /** What an address was used for before; `undefined` when it was not. */
  async function earlier(
    read: Pick<Store["read"], "inspections">,
    uploadId: string,
    sha256: string,
  ): Promise<AcceptedUpload | undefined> {
    const used = await read.inspections.upload(uploadId);
    if (used === undefined) return undefined;
    const { inspectionId } = used;
    if (used.imageSha256 !== sha256) throw errors.uploadUsed({ inspectionId });
    const inspection = await read.inspections.get(inspectionId);
    if (inspection === undefined) throw errors.uploadDeleted({ inspectionId });
    return { inspectionId, status: inspection.status };
  }

  /** Puts the record in the database; of two senders of one address, the second gets what the first made. */
  async function record(
    address: SignedAddress,
    picture: CheckedPicture,
    sha256: string,
  ): Promise<AcceptedUpload & { projectId: string; isNew: boolean }> {
    return store.write(async (tx) => {
      const camera = await tx.cameras.get(address.camera);
      if (camera === undefined) throw errors.cameraNotFound({ id: address.camera });
      const { projectId } = camera;
      const before = await earlier(tx, address.uploadId, sha256);
      if (before !== undefined) return { ...before, projectId, isNew: false };
      const deployment = await tx.projects.deployment(projectId);
      const inspection: NewInspection = {
        id: newId(),
        uploadId: address.uploadId,
        uploadExpiresAtMs: address.expires * 1000,
        projectId,
        cameraId: address.camera,
        assemblyLineId: address.line,
        imageId: address.image,
        capturedAtMs: address.captured === undefined ? null : fromTime(address.captured),
        receivedAtMs: now(),
        status: deployment?.modelId == null ? "waiting" : "queued",
        picture: { ...picture, sha256 },
      };
      await tx.inspections.insert(inspection);
      return { inspectionId: inspection.id, status: inspection.status, projectId, isNew: true };
    });
  }

  async function checkRoom(bytes: number): Promise<void> {
    const queued = await backlog.count();
    const { maxQueued } = config.intake;
    if (queued >= maxQueued) throw errors.queueFull({ queued, maxQueued }, { retryAfterSeconds });
    const freeBytes = await blobs.freeBytes();
    const minFreeBytes = config.minFreeDiskBytes;
    if (freeBytes - bytes < minFreeBytes) throw errors.diskFull({ freeBytes, minFreeBytes });
  }

  return {
    async createUpload(request) {
      const { cameraId: camera, assemblyLineId: line, imageId: image, capturedAt: captured } = request;
      if ((await store.read.cameras.get(camera)) === undefined) throw errors.cameraNotFound({ id: camera });
      const expires = Math.floor(now() / 1000) + config.intake.urlSeconds;
      const signed = signer.sign({ uploadId: newId(), camera, line, image, captured, expires });
      const query = new URLSearchParams({ camera, line, image, expires: String(expires), key: signed.key });
      if (captured !== undefined) query.set("captured", captured);
      query.set("signature", signed.signature);
      return { pathAndQuery: `/upload/${signed.uploadId}?${query}`, photoFilename: `${image}.jpg` };
    },

    async acceptUpload(address, contentType, bytes) {
      signer.verify(address);
      const picture = await checkPicture(bytes, contentType, config.intake, decoding).catch((error: unknown) => {
        deps.onInvalid(address.camera, error);
        throw error;
      });
      await checkRoomUnlessRepeated();
      const blob = await blobs.put(bytes);
      try {
        const accepted = await record(address, picture, blob.sha256);
        if (accepted.isNew) {
          backlog.added();
          if (accepted.status === "queued") deps.onQueued(accepted.projectId);
          const inspection = await store.read.inspections.get(accepted.inspectionId);
          if (inspection !== undefined) live.publish({ type: "inspection", inspection });
        }
        return { inspectionId: accepted.inspectionId, status: accepted.status };
      } catch (error) {
        blob.release();
        await blobs.remove(blob.sha256, () => store.read.blobs.isReferenced(blob.sha256)).catch(() => false);
        if (!isDiskFull(error)) throw error;
        throw errors.diskFull(
          { freeBytes: await blobs.freeBytes(), minFreeBytes: config.minFreeDiskBytes },
          { cause: error },
        );
      } finally {
        blob.release();
      }

      /** A sender who did not hear our first answer must get it again, however full we are by now. */
      async function checkRoomUnlessRepeated(): Promise<void> {
        if ((await store.read.inspections.upload(address.uploadId)) === undefined) await checkRoom(bytes.length);
      }
    },
  };
}
