/** The seam for stored bytes (pictures, heat maps, models): named by their SHA-256, so that equal bytes are stored once. */

/** Bytes that are on disk and stay there at least until `release`, so that a record naming them can be committed in between. */
export interface HeldBlob {
  readonly sha256: string;
  readonly bytes: number;
  /** Ends the protection from removal; calling it twice is harmless. */
  release(): void;
}

export interface BlobStore {
  /**
   * Returns when the bytes are on disk.
   * @throws ServerError DISK_FULL when they don't fit; nothing is left behind then.
   */
  put(bytes: Uint8Array): Promise<HeldBlob>;
  /**
   * Protects bytes that should be there already, as `put` does.
   * @returns `undefined` when they are not there.
   */
  hold(sha256: string): Promise<HeldBlob | undefined>;
  /** @throws ServerError PICTURE_MISSING or PICTURE_DAMAGED. */
  read(sha256: string): Promise<Buffer>;
  /**
   * Removes a blob that nobody holds and nothing needs. A `put` of the same bytes meanwhile waits and stores them anew.
   * @param isReferenced asked last, while no new record can come to name the blob unseen.
   * @returns whether it was removed.
   */
  remove(sha256: string, isReferenced: () => Promise<boolean>): Promise<boolean>;
  /** Names of all stored blobs, in no order. */
  list(): AsyncIterable<string>;
  /** Bytes that may still be written. */
  freeBytes(): Promise<number>;
}
