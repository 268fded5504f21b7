/** A project's labelled pictures: all that are there, and one more sent so that a lost answer counts nothing twice. */
import type { Annotation, Part, Sample } from "@sightline/api/samples";
import { ApiCallError } from "./api-call-error.js";
import type { Client } from "./client.js";
import { contentTypeOf } from "./picture-type.js";
import { type RetryOptions, retried } from "./retry.js";

export interface LabelledPicture {
  /** A JPEG or PNG file, as it is. */
  readonly bytes: Uint8Array;
  /** Exactly one of label, labels, boxes. */
  readonly annotation: Annotation;
  readonly part: Part;
  /** For people, at most 200 characters. */
  readonly name?: string | undefined;
  readonly mask?: Mask | undefined;
}

/** Where in a picture its anomalies are. */
export interface Mask {
  /** A PNG file. */
  readonly bytes: Uint8Array;
  readonly types: readonly { readonly label: string; readonly colour: string }[];
}

/** An address longer than this is refused on its way by many a proxy; a longer list of boxes follows as a change. */
const maxQueryCharacters = 6000;

/** Every labelled picture of a project, newest first. @throws ApiCallError */
export async function* eachSample(
  client: Client,
  projectId: string,
  options: RetryOptions = {},
): AsyncGenerator<Sample, void> {
  let cursor: string | undefined;
  do {
    const query = { limit: 200, cursor };
    const page = await retried(
      () => client.call("listSamples", { params: { projectId }, query, signal: options.signal }),
      options,
    );
    yield* page.items;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}

/**
 * Sends one labelled picture. When an answer is lost and the picture turns out to be there, that is success.
 * @throws ApiCallError of the last try: SAMPLE_EXISTS where the project had the picture before.
 */
export async function sendLabelledPicture(
  client: Client,
  projectId: string,
  picture: LabelledPicture,
  options: RetryOptions = {},
): Promise<void> {
  const { bytes, part, name, annotation, mask } = picture;
  const { label, labels, boxes } = annotation;
  const boxesText = JSON.stringify(boxes);
  const isLong = boxesText !== undefined && encodeURIComponent(boxesText).length > maxQueryCharacters;
  // Until its other boxes follow, it is seen to be unfinished: those that are there belong to it.
  const firstBoxes = isLong ? JSON.stringify(boxes?.slice(0, 10)) : boxesText;
  const query = { label, labels: labels && JSON.stringify(labels), boxes: firstBoxes, part, name };
  let mayBeThere = false;
  const send = async (): Promise<Sample | null> => {
    try {
      const { signal } = options;
      const contentType = contentTypeOf(bytes);
      return await client.call("addSample", { params: { projectId }, query, bytes, contentType, signal });
    } catch (error) {
      if (!(error instanceof ApiCallError)) throw error;
      if (error.code === "SAMPLE_EXISTS" && mayBeThere) return null;
      mayBeThere ||= error.isTemporary;
      throw error;
    }
  };
  const added = await retried(send, options);
  if (!isLong && mask === undefined) return;
  const sampleId = added?.id ?? (await idOf(client, projectId, bytes, options));
  if (sampleId === null) return;
  if (isLong) await changeAnnotation(client, sampleId, annotation, options);
  if (mask !== undefined) await putMask(client, sampleId, mask, options);
}

/** Gives a picture that is there its mask. @throws ApiCallError of the last try. */
export async function putMask(client: Client, sampleId: string, mask: Mask, options: RetryOptions = {}): Promise<void> {
  const { signal } = options;
  const query = { types: JSON.stringify(mask.types) };
  const call = { params: { sampleId }, query, bytes: mask.bytes, contentType: "image/png", signal } as const;
  await retried(() => client.call("putSampleMask", call), options);
}

/** Says something else of a picture that is there. @throws ApiCallError of the last try. */
export async function changeAnnotation(
  client: Client,
  sampleId: string,
  annotation: Annotation,
  options: RetryOptions = {},
): Promise<void> {
  const { signal } = options;
  await retried(() => client.call("changeSample", { params: { sampleId }, body: annotation, signal }), options);
}

/** Of the picture with these bytes; `null` when there is none. */
async function idOf(client: Client, projectId: string, bytes: Uint8Array, options: RetryOptions) {
  const hash = await crypto.subtle.digest("SHA-256", bytes.slice());
  const hex = [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  for await (const sample of eachSample(client, projectId, options)) if (sample.imageSha256 === hex) return sample.id;
  return null;
}
