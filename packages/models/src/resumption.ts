/**
 * What a training keeps of itself behind each checkpoint: how long it has taken, over all the processes that it went on
 * in, and from which pictures it learns. So one that goes on has what is left of its budget, whoever runs it.
 */
import type { CheckpointStore } from "./method.js";
import { ModelError } from "./model-error.js";

/** Behind the checkpoint's own bytes: a note (JSON), its length (uint32, little endian), this word. */
const mark = Buffer.from("SLNOTE1\n", "latin1");
const endBytes = mark.length + 4;

interface Note {
  readonly spentMs: number;
  /** SHA-256 over the training pictures' names, labels and bytes. */
  readonly pictures: string;
  /** Milliseconds that the network had when it was begun; `null`: no limit. */
  readonly plannedMs: number | null;
}

export class Resumption {
  /** It goes on from a checkpoint. */
  readonly isResumed: boolean;
  readonly #store: CheckpointStore | undefined;
  readonly #before: Note | null;
  readonly #now: () => number;
  readonly #startedMs: number;

  private constructor(store: CheckpointStore | undefined, kept: Kept, now: () => number) {
    this.isResumed = kept.checkpoint !== null;
    this.#store = store;
    this.#before = kept.note;
    this.#now = now;
    this.#startedMs = now();
  }

  /** Starts the clock where the checkpoint left it, or at 0. @param now milliseconds of a clock that doesn't jump */
  static async open(store: CheckpointStore | undefined, now = () => performance.now()): Promise<Resumption> {
    return new Resumption(store, split((await store?.load()) ?? null), now);
  }

  /** Milliseconds so far. What a killed process did after its last checkpoint is lost, and not counted. */
  get spentMs(): number {
    return (this.#before?.spentMs ?? 0) + this.#now() - this.#startedMs;
  }

  /** What was planned when the training was begun, or what is planned now. */
  planned(leftMs: number | undefined): number | undefined {
    return this.#before ? (this.#before.plannedMs ?? undefined) : leftMs;
  }

  /** @throws ModelError `CHECKPOINT_INVALID` when it was begun with other pictures */
  checkPictures(pictures: string): void {
    if (this.#before !== null && this.#before.pictures !== pictures)
      throw new ModelError(
        "CHECKPOINT_INVALID",
        "The pictures or their labels have changed since this training was begun, so that it can't go on. Put them back as they were, or start a new training.",
      );
  }

  /** Takes and gives checkpoints without the note; `undefined` where the training keeps none. */
  storeFor(pictures: string, plannedMs: number | undefined): CheckpointStore | undefined {
    const store = this.#store;
    if (!store) return undefined;
    return {
      load: async () => split(await store.load()).checkpoint,
      save: (bytes) => store.save(joined(bytes, { spentMs: this.spentMs, pictures, plannedMs: plannedMs ?? null })),
    };
  }
}

function joined(checkpoint: Uint8Array, note: Note): Uint8Array {
  const text = Buffer.from(JSON.stringify(note));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return new Uint8Array(Buffer.concat([checkpoint, text, length, mark]));
}

interface Kept {
  readonly checkpoint: Uint8Array | null;
  readonly note: Note | null;
}

/** A checkpoint without a note, as earlier versions made them, is one without time spent. */
function split(bytes: Uint8Array | null): Kept {
  const bare = { checkpoint: bytes, note: null };
  if (bytes === null || bytes.length < endBytes) return bare;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const noteEnd = buffer.length - endBytes;
  if (!buffer.subarray(noteEnd + 4).equals(mark)) return bare;
  const noteStart = noteEnd - buffer.readUInt32LE(noteEnd);
  if (noteStart < 0) return bare;
  return {
    checkpoint: bytes.subarray(0, noteStart),
    note: JSON.parse(buffer.toString("utf8", noteStart, noteEnd)) as Note,
  };
}
