/** Sends the pictures of a dataset to a project of a server; what is there already stays, so that it can be run again at any time. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Annotation, Sample } from "@sightline/api/samples";
import { ApiCallError } from "@sightline/client/api-call-error";
import type { Client } from "@sightline/client/client";
import {
  changeAnnotation,
  eachSample,
  type Mask,
  putMask,
  sendLabelledPicture,
} from "@sightline/client/labelled-pictures";
import { type Problem, problemOf } from "./cli-error.js";
import type { PlannedPicture } from "./import-plan.js";

export interface ImportOptions {
  readonly client: Client;
  readonly projectId: string;
  readonly pictures: readonly PlannedPicture[];
  /** Pictures of which the project says something else get what the dataset says. */
  readonly replace: boolean;
  readonly signal: AbortSignal;
  readonly onPicture: (done: number) => void;
}

/** Names of pictures by what became of them, in the dataset's order. */
export interface Imported {
  readonly added: readonly PlannedPicture[];
  /** In the project before, with the same labels or boxes. */
  readonly present: readonly string[];
  /** In the project before, with others. */
  readonly differing: readonly string[];
  /** … and changed to what the dataset says. */
  readonly changed: readonly string[];
  /** In the project before, in the other part: what was trained on can't become a test. */
  readonly otherPart: readonly string[];
  /** The same file under another name of this dataset. */
  readonly duplicates: readonly { readonly name: string; readonly same: string }[];
  readonly failures: readonly ({ readonly name: string } & Problem)[];
}

/** Requests under way at once: the server checks one picture while the next one travels. */
const width = 4;
const maxNameCharacters = 200;
/** The server's no to this one picture; another no would be said to every picture. */
const pictureStatuses: readonly number[] = [400, 413, 415, 422];

/** An import that ended before its last picture. */
export class ImportStopped extends Error {
  constructor(
    /** Pictures that are in the project now. */
    readonly settled: number,
    override readonly cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** @throws ImportStopped when the server or the signal says that no picture can follow */
export async function importPictures(options: ImportOptions): Promise<Imported> {
  const { client, projectId, pictures, replace, signal, onPicture } = options;
  const stop = new AbortController();
  const halted = AbortSignal.any([signal, stop.signal]);
  const retry = { signal: halted };
  const outcomes: Partial<Record<keyof Imported, unknown>>[] = [];
  const nameOfHash = new Map<string, string>();
  let settled = 0;

  // One after the other, though several travel at once: of two equal files the first counts, so that a picture of both
  // parts never becomes a test.
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(work);
    turn = done.catch(() => {});
    return done;
  };
  const read = async ({ name, file }: PlannedPicture) => {
    const bytes = await readFile(file);
    const hash = createHash("sha256").update(bytes).digest("hex");
    const same = nameOfHash.get(hash);
    if (same === undefined) nameOfHash.set(hash, name);
    return { bytes, hash, same };
  };
  const settle = async (picture: PlannedPicture, known: ReadonlyMap<string, Sample>) => {
    const { name, annotation, part } = picture;
    const { bytes, hash, same } = await inTurn(() => read(picture));
    if (same !== undefined) return { duplicates: { name, same } };
    const before = known.get(hash);
    if (before === undefined) {
      await sendLabelledPicture(
        client,
        projectId,
        { bytes, annotation, part, name: name.slice(-maxNameCharacters), mask: await maskOf(picture) },
        retry,
      );
      return { added: picture };
    }
    // An import that ended between a picture and its mask is made whole.
    const mask = before.hasMask ? undefined : await maskOf(picture);
    if (mask !== undefined) await putMask(client, before.id, mask, retry);
    const otherPart = part !== "auto" && before.part !== part ? { otherPart: name } : {};
    if (isSame(before, annotation)) return { present: name, ...otherPart };
    if (!replace) return { differing: name, ...otherPart };
    await changeAnnotation(client, before.id, annotation, retry);
    return { changed: name, ...otherPart };
  };

  try {
    const known = new Map<string, Sample>();
    for await (const sample of eachSample(client, projectId, retry)) known.set(sample.imageSha256, sample);
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < pictures.length) {
        halted.throwIfAborted();
        const at = next++;
        const picture = pictures[at] as PlannedPicture;
        outcomes[at] = await settle(picture, known).catch((error: unknown) => {
          if (!isOfThisPicture(error)) throw error;
          const { code, message } = problemOf(error, picture.file);
          return { failures: { name: picture.name, code, message } };
        });
        onPicture(++settled);
      }
    };
    await Promise.all(Array.from({ length: width }, worker));
  } catch (error) {
    stop.abort(error);
    throw new ImportStopped(settled, signal.aborted ? signal.reason : error);
  }
  const pick = <T>(kind: keyof Imported): T[] => outcomes.flatMap((one) => (kind in one ? [one[kind] as T] : []));
  return {
    added: pick("added"),
    present: pick("present"),
    differing: pick("differing"),
    changed: pick("changed"),
    otherPart: pick("otherPart"),
    duplicates: pick("duplicates"),
    failures: pick("failures"),
  };
}

async function maskOf({ mask }: PlannedPicture): Promise<Mask | undefined> {
  return mask && { bytes: await readFile(mask.file), types: mask.types };
}

function isOfThisPicture(error: unknown): boolean {
  if (error instanceof ApiCallError) return pictureStatuses.includes(error.status) && error.code !== "TOO_FEW_SAMPLES";
  // A file that vanished or can't be read.
  return error instanceof Error && "code" in error && /^E[A-Z]+$/.test(String(error.code));
}

/** Boxes are the same in another order, too. */
function isSame({ label, labels, boxes }: Sample, said: Annotation): boolean {
  const plain = (all: Annotation["boxes"] | null) =>
    all?.map(({ label, x1, y1, x2, y2 }) => JSON.stringify([label, x1, y1, x2, y2])).sort();
  const one = [label ?? undefined, labels ?? undefined, plain(boxes)];
  return JSON.stringify(one) === JSON.stringify([said.label, said.labels, plain(said.boxes)]);
}
