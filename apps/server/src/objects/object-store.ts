/** The seam for what `s3://bucket/key` names: manifests and pictures that come in, evaluation files and packages that go out. */

export interface ObjectName {
  readonly bucket: string;
  readonly key: string;
}

export interface ObjectStore {
  /** How a person makes a bucket that is missing; part of messages. */
  readonly howToMake: (bucket: string) => string;
  hasBucket(bucket: string): Promise<boolean>;
  /** In bytes; `undefined` when there is no such object. @throws ServerError OBJECT_NAME_INVALID, OBJECT_STORE_FAILED */
  size(name: ObjectName): Promise<number | undefined>;
  /** @throws ServerError OBJECT_NOT_FOUND, OBJECT_TOO_LARGE, OBJECT_NAME_INVALID, OBJECT_STORE_FAILED */
  read(name: ObjectName, maxBytes: number): Promise<Buffer>;
  /** Returns when the bytes are kept for good; replaces what was there. @throws ServerError BUCKET_NOT_FOUND, OBJECT_NAME_INVALID, OBJECT_STORE_FAILED, DISK_FULL */
  write(name: ObjectName, bytes: Uint8Array): Promise<void>;
  close(): void;
}

/** What an `s3://bucket/key` names; `undefined` for anything else. */
export function parseObjectUrl(url: string): ObjectName | undefined {
  const match = /^s3:\/\/([^/]+)\/(.+)$/s.exec(url);
  return match?.[1] === undefined || match[2] === undefined ? undefined : { bucket: match[1], key: match[2] };
}

export const objectUrl = ({ bucket, key }: ObjectName): string => `s3://${bucket}/${key}`;

/** Why a name is none that S3 allows, or `null`. */
export function nameProblem({ bucket, key }: ObjectName): string | null {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket) || bucket.includes(".."))
    return "a bucket has 3 to 63 of a–z 0–9 . -";
  if (key === "" || Buffer.byteLength(key) > 1024) return "a key has 1 to 1024 bytes";
  return null;
}
