/** Buckets of an S3-compatible object store. */
import {
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import type { Config } from "../config.js";
import { errors } from "../errors.js";
import { nameProblem, type ObjectName, type ObjectStore } from "./object-store.js";

/** A store that does not answer must not hold up a worker for ever. */
const CONNECT_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 120_000;

const asIs = (error: unknown): unknown => error;

export function openS3Objects(settings: Config["objectStore"] & { readonly endpoint: string }): ObjectStore {
  const { endpoint, region, accessKeyId, secretAccessKey, pathStyle } = settings;
  const client = new S3Client({
    endpoint,
    region,
    forcePathStyle: pathStyle,
    // Older stores do not know the checksums that newer clients add of their own accord.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
    ...(accessKeyId === null || secretAccessKey === null ? {} : { credentials: { accessKeyId, secretAccessKey } }),
  });
  const howToMake = (bucket: string) => `make the bucket ${bucket} in the store at ${endpoint}`;

  function check(name: ObjectName): void {
    const problem = nameProblem(name);
    if (problem !== null) throw errors.objectNameInvalid({ ...name, problem });
  }

  /**
   * @param inWords asks the same with GET: the answer to a HEAD has no body, so that a refusal of it says no reason.
   * @throws ServerError OBJECT_STORE_FAILED for everything that is not simply absent.
   */
  async function asked<T>(
    bucket: string,
    work: () => Promise<T>,
    inWords?: () => Promise<unknown>,
  ): Promise<T | undefined> {
    try {
      return await work();
    } catch (refusal) {
      if (refusal instanceof S3ServiceException && refusal.$metadata.httpStatusCode === 404) return undefined;
      const error: unknown = inWords === undefined ? refusal : await inWords().then(() => refusal, asIs);
      const problem = error instanceof Error ? `${error.name}: ${error.message.replace(/\.$/, "")}` : String(error);
      throw errors.objectStoreFailed({ bucket, problem }, { cause: error });
    }
  }

  return {
    howToMake,

    async hasBucket(bucket) {
      if (nameProblem({ bucket, key: "any" }) !== null) return false;
      const head = await asked(
        bucket,
        () => client.send(new HeadBucketCommand({ Bucket: bucket })),
        () => client.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 })),
      );
      return head !== undefined;
    },

    async size(name) {
      check(name);
      const { bucket, key } = name;
      const head = await asked(
        bucket,
        () => client.send(new HeadObjectCommand({ Bucket: bucket, Key: key })),
        () => client.send(new GetObjectCommand({ Bucket: bucket, Key: key, Range: "bytes=0-0" })),
      );
      return head === undefined ? undefined : (head.ContentLength ?? 0);
    },

    async read(name, maxBytes) {
      check(name);
      const { bucket, key } = name;
      const bytes = await asked(bucket, async () => {
        const { Body, ContentLength = 0 } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        if (ContentLength > maxBytes) {
          // Nobody reads on: the connection is let go.
          if (Body !== undefined && "destroy" in Body) Body.destroy();
          return "too large";
        }
        return Buffer.from((await Body?.transformToByteArray()) ?? []);
      });
      if (bytes === undefined) throw errors.objectNotFound({ ...name });
      if (bytes === "too large") throw errors.objectTooLarge({ ...name, maxBytes });
      return bytes;
    },

    async write(name, bytes) {
      check(name);
      const { bucket, key } = name;
      const put = new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes });
      if ((await asked(bucket, () => client.send(put))) === undefined)
        throw errors.bucketNotFound({ bucket, place: howToMake(bucket) });
    },

    close: () => client.destroy(),
  };
}
