/**
 * What a training by epochs leaves behind: `<runs>/<id>/` with run.json, history.jsonl, checkpoint.bin and model.onnx.
 * Each file is replaced whole or grows by whole lines, so that a run is readable after a kill at any moment.
 */
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { TilingWish } from "./anomaly-tiles.js";
import type { CheckpointStore, EpochPoint } from "./method.js";
import type { MethodOptions } from "./method-options.js";
import type { Metrics } from "./metrics.js";
import { ModelError } from "./model-error.js";

const formatVersion = 1;

/** What a run was started with: enough to go on with it. */
export interface RunOrder {
  readonly method: string;
  readonly dataset: { readonly folder: string; readonly format: string | null };
  readonly seed: number;
  readonly threads: number;
  readonly epochs: number | null;
  /** Pictures a step; `null`: the method's own choice. */
  readonly batchSize: number | null;
  readonly budgetMs: number | null;
  readonly maxMemoryBytes: number | null;
  readonly checkpointEveryMs: number | null;
  readonly methodOptions: MethodOptions;
  readonly backboneFile: string | null;
  readonly tiling: TilingWish;
  /** Model files whose answers it learns from. */
  readonly teachers: readonly string[];
  /** Folder of pictures without labels. */
  readonly unlabelled: string | null;
  /** Where the finished model goes besides the run folder. */
  readonly out: string | null;
}

/** interrupted: it says that it runs, but its process is gone. */
export type RunStatus = "running" | "stopped" | "interrupted" | "succeeded" | "failed";

export interface Run extends RunOrder {
  readonly id: string;
  readonly folder: string;
  readonly status: RunStatus;
  /** It ended early and has a checkpoint. */
  readonly isResumable: boolean;
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** What the curves' metric is: accuracy, mAP50 …; `null` until it is known. */
  readonly metricName: string | null;
  /** What the finished model reached on pictures held out. */
  readonly metrics: Metrics | null;
  readonly parameters: number | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly history: readonly EpochPoint[];
}

interface Stored extends RunOrder {
  readonly formatVersion: typeof formatVersion;
  readonly id: string;
  readonly status: Exclude<RunStatus, "interrupted">;
  readonly pid: number;
  /** When the process with this number began, in the system's own count: numbers are given again. `null`: unknown. */
  readonly processStart: string | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly metricName: string | null;
  readonly metrics: Metrics | null;
  readonly parameters: number | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** A run that this process works on. */
export interface OpenRun {
  readonly id: string;
  readonly folder: string;
  readonly checkpoint: CheckpointStore;
  /** In the order of the epochs; after a resume an epoch that comes again counts as it came last. */
  addPoint(point: EpochPoint): Promise<void>;
  saveModel(bytes: Uint8Array): Promise<void>;
  /** Removes the folder: `auto` found that nothing by epochs was needed. */
  discard(): Promise<void>;
  end(
    how: Pick<Stored, "status"> & Partial<Pick<Stored, "metricName" | "metrics" | "parameters" | "error">>,
  ): Promise<void>;
}

const files = {
  run: "run.json",
  history: "history.jsonl",
  checkpoint: "checkpoint.bin",
  model: "model.onnx",
} as const;

/**
 * Begins a run below `root`, which is made if it is missing.
 *
 * @throws ModelError `RUN_WRITE_FAILED`; then there is no folder of it
 */
export async function createRun(root: string, order: RunOrder, now = new Date()): Promise<OpenRun> {
  await recorded(mkdir(root, { recursive: true }), root);
  const base = `${now.toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-")}-${order.method}`;
  for (let attempt = 1; ; attempt++) {
    const id = attempt === 1 ? base : `${base}-${attempt}`;
    const folder = join(root, id);
    try {
      await mkdir(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") continue;
      return recorded(Promise.reject(error), root);
    }
    const begun = openRun(folder, {
      ...order,
      ...(await thisProcess()),
      formatVersion,
      id,
      status: "running",
      startedAt: now.toISOString(),
      endedAt: null,
      metricName: null,
      metrics: null,
      parameters: null,
      error: null,
    });
    begun.catch(() => rm(folder, { recursive: true, force: true }).catch(() => {}));
    return recorded(begun, root);
  }
}

/**
 * Goes on with a run that was stopped or interrupted.
 *
 * @throws ModelError `RUN_NOT_FOUND`, `RUN_NOT_RESUMABLE`
 */
export async function resumeRun(root: string, id: string): Promise<{ run: OpenRun; order: RunOrder }> {
  const known = await readRun(root, id);
  if (!known.isResumable) {
    const why =
      known.status === "running"
        ? "it is still running"
        : known.status === "succeeded"
          ? "it is finished"
          : "it has no checkpoint";
    throw new ModelError("RUN_NOT_RESUMABLE", `The run "${id}" can't go on: ${why}. Start a new training.`);
  }
  const stored = await readStored(join(root, id), id);
  const run = openRun(known.folder, {
    ...stored,
    ...(await thisProcess()),
    status: "running",
    endedAt: null,
    error: null,
  });
  return { run: await recorded(run, known.folder), order: stored };
}

/** The runs below a folder, newest first; a folder that isn't there has none. Folders without a readable run are left out. */
export async function listRuns(root: string): Promise<Run[]> {
  const names = await readdir(root).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const runs = await Promise.all(names.map((name) => readRun(root, name).catch(() => null)));
  return runs
    .filter((run) => run !== null)
    .sort((a, b) => (a.startedAt < b.startedAt || (a.startedAt === b.startedAt && a.id < b.id) ? 1 : -1));
}

/** @throws ModelError `RUN_NOT_FOUND` */
export async function readRun(root: string, id: string): Promise<Run> {
  const folder = join(root, id);
  const { formatVersion: _, pid, processStart, ...stored } = await readStored(folder, id);
  const isSame = processStart === null || (await startOf(pid)) === processStart;
  const isGone = stored.status === "running" && !(isSame && isProcess(pid));
  const hasCheckpoint = await stat(join(folder, files.checkpoint)).then(
    () => true,
    () => false,
  );
  const status = isGone ? "interrupted" : stored.status;
  return {
    ...stored,
    folder,
    status,
    isResumable: hasCheckpoint && (status === "interrupted" || status === "stopped" || status === "failed"),
    history: await readHistory(join(folder, files.history)),
  };
}

/** The finished model's file, whether it is there yet or not. */
export function modelOf(run: Pick<Run, "folder">): string {
  return join(run.folder, files.model);
}

async function openRun(folder: string, begun: Stored): Promise<OpenRun> {
  let stored = begun;
  const write = (): Promise<void> =>
    replaceFile(join(folder, files.run), Buffer.from(`${JSON.stringify(stored, null, 2)}\n`));
  await write();
  const checkpointFile = join(folder, files.checkpoint);
  return {
    id: begun.id,
    folder,
    checkpoint: checkpointIn(checkpointFile),
    addPoint: (point) => recorded(appendPoint(join(folder, files.history), point), folder),
    saveModel: (bytes) => recorded(replaceFile(join(folder, files.model), bytes), folder),
    discard: () => rm(folder, { recursive: true, force: true }),
    async end(how) {
      stored = { ...stored, ...how, endedAt: new Date().toISOString() };
      await recorded(write(), folder);
      // What it would go on from has served: the model is there.
      if (how.status === "succeeded") await rm(checkpointFile, { force: true });
    },
  };
}

/** A file system's refusal in words that name the place and what to do. */
async function recorded<T>(work: Promise<T>, place: string): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new ModelError(
      "RUN_WRITE_FAILED",
      `The record of the run in "${place}" can't be written: ${refusal(cause)}. Free space or choose another folder of runs.`,
      { cause },
    );
  }
}

function refusal(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "ENOSPC" || code === "EDQUOT") return "the disk is full";
  if (code === "EFBIG") return "a file may not grow that large here";
  if (code === "EACCES" || code === "EPERM") return "this user may not write there";
  if (code === "EROFS") return "the disk is read-only";
  if (code === "ENOTDIR" || code === "EEXIST") return "a part of the path is a file";
  return message;
}

/** A checkpoint in one file. */
export function checkpointIn(file: string, write: typeof replaceFile = replaceFile): CheckpointStore {
  return {
    async load() {
      try {
        return new Uint8Array(await readFile(file));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
        throw error;
      }
    },
    async save(bytes) {
      try {
        await write(file, bytes);
      } catch (cause) {
        throw new ModelError(
          "CHECKPOINT_WRITE_FAILED",
          `The checkpoint "${file}" (${(bytes.length / 1e6).toFixed(1)} MB) can't be written: ${refusal(cause)}. The one before it is whole: free space and resume the training.`,
          { cause },
        );
      }
    },
  };
}

async function appendPoint(file: string, point: EpochPoint): Promise<void> {
  const handle = await open(file, "a");
  try {
    // What a kill cut off ends here: the new point has a line of its own.
    const { size } = await handle.stat();
    await handle.write(`${size > 0 ? "\n" : ""}${JSON.stringify(point)}\n`);
  } finally {
    await handle.close();
  }
}

/** Written beside, forced to disk, then renamed: a reader finds the old file or the new one. */
async function replaceFile(file: string, bytes: Uint8Array): Promise<void> {
  const unfinished = `${file}.tmp`;
  let handle: FileHandle | undefined;
  try {
    handle = await open(unfinished, "w");
    await handle.writeFile(bytes);
    await handle.sync();
    await handle.close();
    handle = undefined;
    await rename(unfinished, file);
  } catch (error) {
    await handle?.close().catch(() => {});
    await rm(unfinished, { force: true }).catch(() => {});
    throw error;
  }
}

/** What runs of earlier versions don't tell. */
const notRecordedOnce = {
  batchSize: null,
  maxMemoryBytes: null,
  checkpointEveryMs: null,
  tiling: "none",
  teachers: [],
  unlabelled: null,
} satisfies Partial<RunOrder>;

async function readStored(folder: string, id: string): Promise<Stored> {
  let text: string;
  try {
    text = await readFile(join(folder, files.run), "utf8");
  } catch (cause) {
    throw new ModelError("RUN_NOT_FOUND", `There is no run "${id}": "${folder}" holds no ${files.run}.`, { cause });
  }
  try {
    const stored = JSON.parse(text) as Stored;
    if (stored.formatVersion === formatVersion && typeof stored.method === "string")
      return { ...notRecordedOnce, ...stored, id };
  } catch {
    // told below
  }
  throw new ModelError(
    "RUN_NOT_FOUND",
    `"${join(folder, files.run)}" is not the record of a run that this Sightline reads (format version ${formatVersion}).`,
  );
}

/** A line cut off by a kill is left out; an epoch that came twice counts as it came last. */
async function readHistory(file: string): Promise<EpochPoint[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  const points = new Map<number, EpochPoint>();
  for (const line of text.split("\n")) {
    try {
      const point = JSON.parse(line) as EpochPoint;
      if (Number.isInteger(point.epoch)) points.set(point.epoch, point);
    } catch {
      // the empty end, or what a kill cut off
    }
  }
  return [...points.values()].sort((a, b) => a.epoch - b.epoch);
}

async function thisProcess(): Promise<Pick<Stored, "pid" | "processStart">> {
  return { pid: process.pid, processStart: await startOf(process.pid) };
}

function isProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process may not be signalled, but it is there.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * Field 22 of Linux' /proc/PID/stat; the second field may hold spaces, so it is counted from its closing bracket. A dead
 * process that nobody has waited for (a zombie, as in containers without an init process) has none.
 */
async function startOf(pid: number): Promise<string | null> {
  const line = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const [state, ...fields] = line.slice(line.lastIndexOf(")") + 2).split(" ");
  return state === "Z" || state === "X" ? null : (fields[18] ?? null);
}
