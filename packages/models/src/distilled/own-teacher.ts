/** Where no teacher is named, one is made first: the pretrained network fine-tuned on the same pictures. */
import type { Graph } from "@sightline/nn/graph";
import { readOnnx, writeOnnx } from "@sightline/nn/onnx-file";
import { finetune } from "../finetune/finetune.js";
import type { ModelInput } from "../manifest.js";
import type { CheckpointStore, NetContext } from "../method.js";
import { readOptions } from "../method-options.js";
import { throwIfCancelled } from "../model-error.js";

export interface OwnTeacher {
  /** It has learnt from the training pictures alone: by its answers the pictures held out stay unseen. */
  readonly measured: Graph;
  /** It has learnt from all pictures. */
  readonly all: Graph;
  readonly input: ModelInput;
}

/** Share of time and progress that the teacher takes. */
export const teacherShare = 0.45;

/**
 * The teacher, and where the student's own training keeps its checkpoints: one file holds both, so that a training that was
 * broken off goes on from either part.
 */
export async function ownTeacher(
  context: NetContext,
): Promise<{ readonly teacher: OwnTeacher; readonly checkpoint: CheckpointStore | undefined }> {
  const { checkpoint } = context;
  const kept = stagesOf((await checkpoint?.load()) ?? null);
  const teacher = kept.teacher ?? (await trainTeacher(context, checkpoint && store(checkpoint, null)));
  if (kept.teacher === null) {
    throwIfCancelled(context.signal);
    await checkpoint?.save(joined(teacher, new Uint8Array()));
  }
  return { teacher, checkpoint: checkpoint && store(checkpoint, teacher) };
}

async function trainTeacher(context: NetContext, checkpoint: CheckpointStore | undefined): Promise<OwnTeacher> {
  const part = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms * teacherShare);
  const startLeft = context.leftMs();
  const { graph, measuredGraph, input } = await finetune.train({
    ...context,
    options: readOptions("finetune", finetune.options, { flips: context.options.flips ?? "auto" }),
    checkpoint,
    epochs: undefined,
    plannedMs: part(context.plannedMs),
    leftMs: () => {
      const left = context.leftMs();
      // What the student needs stays out of reach.
      return left === undefined || startLeft === undefined
        ? undefined
        : Math.max(0, left - startLeft * (1 - teacherShare));
    },
    // The curve shows the student's epochs.
    onEpoch: () => {},
    onProgress: (share, step, live) => context.onProgress(teacherShare * share, `Teacher: ${step}`, live),
  });
  return { measured: measuredGraph ?? graph, all: graph, input };
}

/** Before the checkpoint's own bytes: this word, the lengths of the teacher's two networks (uint32, little endian). */
const mark = Buffer.from("SLTEACH1", "latin1");
const headBytes = mark.length + 8;

function store(outer: CheckpointStore, teacher: OwnTeacher | null): CheckpointStore {
  return {
    async load() {
      const kept = stagesOf(await outer.load());
      return (kept.teacher === null) === (teacher === null) ? kept.inner : null;
    },
    save: (bytes) => outer.save(joined(teacher, bytes)),
  };
}

function joined(teacher: OwnTeacher | null, inner: Uint8Array): Uint8Array {
  const measured = teacher ? writeOnnx(teacher.measured) : new Uint8Array();
  const all = teacher && teacher.all !== teacher.measured ? writeOnnx(teacher.all) : new Uint8Array();
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(measured.length, 0);
  lengths.writeUInt32LE(all.length, 4);
  return new Uint8Array(Buffer.concat([mark, lengths, measured, all, inner]));
}

function stagesOf(bytes: Uint8Array | null): { teacher: OwnTeacher | null; inner: Uint8Array | null } {
  if (bytes === null || !mark.equals(bytes.subarray(0, mark.length))) return { teacher: null, inner: bytes };
  const lengths = Buffer.from(bytes.buffer, bytes.byteOffset + mark.length, 8);
  const [measuredBytes, allBytes] = [lengths.readUInt32LE(0), lengths.readUInt32LE(4)];
  const from = headBytes + measuredBytes;
  const rest = bytes.slice(from + allBytes);
  const inner = rest.length > 0 ? rest : null;
  if (measuredBytes === 0) return { teacher: null, inner };
  const measured = readOnnx(bytes.slice(headBytes, from));
  const all = allBytes > 0 ? readOnnx(bytes.slice(from, from + allBytes)) : measured;
  const [, , height = 0, width = 0] = (measured.inputs[0]?.dims ?? []).map(Number);
  return { teacher: { measured, all, input: { width, height } }, inner };
}
