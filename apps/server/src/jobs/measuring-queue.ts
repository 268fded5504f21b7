/** A durable queue of measurements, such as comparisons and evaluations: one at a time, each in a process of its own at low priority. */
import { mkdir, rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { BlobStore } from "../blobs/blob-store.js";
import { isServerError, type ServerError } from "../errors.js";
import type { LiveFeed } from "../live-feed.js";
import type { Log } from "../log.js";
import type { MeasurementFailure } from "../store/measurements.js";
import type { Store, StoreWrites } from "../store/store.js";
import { startChildJob } from "./child-job.js";

export interface Measurement {
  readonly id: string;
  readonly projectId: string;
  readonly status: "queued" | "running" | "succeeded" | "failed" | "cancelled";
}

/** What every kind of measurement is made from. */
export interface MeasuringDeps {
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly feed: LiveFeed;
  /** A folder of its own for files under way; emptied at `resume`. */
  readonly folder: string;
  readonly threads: number | null;
  readonly log: Log;
  /** Another program in place of the measuring process, for tests. */
  readonly program?: string;
}

/** What the measuring process says. Plain data: it crosses a process boundary. */
export type MeasureReport<Result> =
  | { readonly kind: "progress"; readonly progress: number; readonly step: string }
  | { readonly kind: "done"; readonly result: Result }
  | { readonly kind: "failed"; readonly message: string; readonly isBug: boolean };

/** Where a kind of measurement keeps its records. */
interface Records<Item> {
  get(id: string): Promise<Item | undefined>;
  /** Oldest first. */
  unended(): Promise<Item[]>;
}

interface RecordWrites {
  setProgress(id: string, progress: number, step: string): Promise<void>;
  /** @returns false when it had ended before */
  end(id: string, failure: MeasurementFailure): Promise<boolean>;
}

/** One kind of measurement: its records, its errors, its work. */
export interface MeasurementKind<Item extends Measurement> {
  /** In the log. */
  readonly noun: string;
  /** The measuring process. */
  readonly program: string;
  /** What people can do when it had too little memory. */
  readonly lessMemory: string;
  readonly records: Records<Item>;
  recordsIn(writes: StoreWrites): RecordWrites;
  /** Does the work and keeps the result. */
  perform(item: Item, work: MeasuringWork): Promise<void>;
  tell(item: Item): void;
  notFound(id: string): ServerError;
  ended(item: Item): ServerError;
  failed(problem: string, options?: ErrorOptions): ServerError;
}

/** What the work on one measurement has at hand. */
export interface MeasuringWork {
  /** Its own, gone afterwards. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly threads: number;
  /** Gives the order to the measuring process and waits for its result; progress is stored and told meanwhile. */
  measure<Order extends object, Result>(order: Order): Promise<Result>;
}

export interface MeasuringQueue<Item extends Measurement> {
  /** Queues what `insert` records. @throws what `insert` throws; nothing is queued then */
  add(insert: (writes: StoreWrites) => Promise<string>): Promise<Item>;
  cancel(id: string): Promise<Item>;
  /** Before a project is deleted: what it has under way ends. */
  cancelOf(projectId: string): Promise<void>;
  /** Takes up what was queued or running when the service stopped. */
  resume(): Promise<void>;
  /** Stops the running one; it starts again with the next service. */
  close(): Promise<void>;
}

const CANCELLED = Symbol("cancelled");
const STOPPING = Symbol("service stops");

const unexpected = "an unexpected error; the server's log has the details.";

export function createMeasuringQueue<Item extends Measurement>(
  { store, folder: workFolder, threads, log, program }: MeasuringDeps,
  kind: MeasurementKind<Item>,
): MeasuringQueue<Item> {
  const { noun } = kind;
  let current: { readonly id: string; readonly stop: AbortController; readonly ended: Promise<void> } | undefined;
  let isClosed = false;

  async function get(id: string): Promise<Item> {
    const item = await kind.records.get(id);
    if (item === undefined) throw kind.notFound(id);
    return item;
  }

  const fail = (id: string, failure: MeasurementFailure): Promise<boolean> =>
    store.write((tx) => kind.recordsIn(tx).end(id, failure));

  function wake(): void {
    void startNext().catch((error: unknown) => log.error({ err: error }, `The next ${noun} could not be started`));
  }

  async function startNext(): Promise<void> {
    if (isClosed || current !== undefined) return;
    const [item] = await kind.records.unended();
    // Asked again, because another caller may have come first while the records were read.
    if (item === undefined || isClosed || current !== undefined) return;
    const stop = new AbortController();
    const ended = execute(item, stop.signal)
      .catch((error: unknown) => log.error({ err: error, id: item.id }, `A ${noun} did not end well`))
      .finally(() => {
        current = undefined;
        wake();
      });
    current = { id: item.id, stop, ended };
  }

  async function execute(item: Item, signal: AbortSignal): Promise<void> {
    const folder = join(workFolder, item.id);
    try {
      await mkdir(folder, { recursive: true });
      await kind.perform(item, {
        ...{ folder, signal, threads: threads ?? Math.max(1, availableParallelism() - 1) },
        measure: (order) => measureInProcess(order, processOf(item, signal)),
      });
    } catch (error) {
      if (signal.reason === STOPPING) return;
      const failed = isServerError(error) ? error : kind.failed(unexpected);
      const isCancelled = signal.reason === CANCELLED;
      if (!isCancelled && failed.status >= 500) log.error({ err: error, id: item.id }, `A ${noun} failed`);
      const { code, message } = failed;
      await fail(item.id, isCancelled ? { status: "cancelled" } : { status: "failed", error: { code, message } });
    } finally {
      await rm(folder, { recursive: true, force: true });
      kind.tell(item);
    }
  }

  function processOf(item: Item, signal: AbortSignal): MeasuringProcess {
    return {
      ...{ program: program ?? kind.program, signal, failed: kind.failed, lessMemory: kind.lessMemory },
      onProgress: (progress, step) =>
        void store
          .write((tx) => kind.recordsIn(tx).setProgress(item.id, progress, step))
          .then(
            () => kind.tell(item),
            (error: unknown) => log.warn({ err: error, id: item.id }, `Progress of a ${noun} could not be stored`),
          ),
    };
  }

  async function cancel(id: string): Promise<Item> {
    const item = await get(id);
    if (current?.id === id) {
      current.stop.abort(CANCELLED);
      await current.ended;
      const ended = await get(id);
      // It was faster.
      if (ended.status !== "cancelled") throw kind.ended(ended);
      return ended;
    }
    if (!(await fail(id, { status: "cancelled" }))) throw kind.ended(item);
    kind.tell(item);
    return get(id);
  }

  return {
    async add(insert) {
      const item = await get(await store.write(insert));
      kind.tell(item);
      wake();
      return item;
    },
    cancel,
    async cancelOf(projectId) {
      const unended = await kind.records.unended();
      for (const { id } of unended.filter((one) => one.projectId === projectId)) await cancel(id).catch(ignoreEnded);
    },
    async resume() {
      await rm(workFolder, { recursive: true, force: true });
      wake();
    },
    async close() {
      isClosed = true;
      current?.stop.abort(STOPPING);
      await current?.ended;
    },
  };
}

/** It ended by itself while it was to be cancelled. */
function ignoreEnded(error: unknown): void {
  if (!isServerError(error)) throw error;
}

interface MeasuringProcess {
  readonly program: string;
  readonly signal: AbortSignal;
  readonly failed: (problem: string, options?: ErrorOptions) => ServerError;
  readonly lessMemory: string;
  /** Told now and then. */
  readonly onProgress: (progress: number, step: string) => void;
}

/** As for a training: an evaluation may train as well. */
const MAX_HEAP_MEGABYTES = 2048;
const TELL_EVERY_MS = 500;

/** Gives an order to a measuring process and waits for its result. */
function measureInProcess<Order extends object, Result>(
  order: Order,
  { program, signal, failed, lessMemory, onProgress }: MeasuringProcess,
): Promise<Result> {
  let toldAtMs = 0;
  return startChildJob<Order, MeasureReport<Result>, Result>(program, order, {
    signal,
    maxHeapMegabytes: MAX_HEAP_MEGABYTES,
    failed: (problem, cause) => failed(problem, { cause }),
    lessMemory,
    onReport(report) {
      if (report.kind === "done") return report.result;
      if (report.kind === "failed") throw failed(report.isBug ? unexpected : report.message);
      if (performance.now() - toldAtMs >= TELL_EVERY_MS) {
        toldAtMs = performance.now();
        onProgress(report.progress, report.step);
      }
      return undefined;
    },
  }).done;
}
