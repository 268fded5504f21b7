/** A durable queue of measurements, such as comparisons and evaluations: one at a time, each in a process of its own at low priority. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { isServerError, type ServerError } from "../errors.js";
import type { Log } from "../log.js";
import { startChildJob } from "./child-job.js";

export interface Measurement {
  readonly id: string;
  readonly projectId: string;
  readonly status: "queued" | "running" | "succeeded" | "failed" | "cancelled";
}

/** How it ends but well. */
export type MeasurementFailure =
  | { readonly status: "failed"; readonly error: { readonly code: string; readonly message: string } }
  | { readonly status: "cancelled" };

/** What the measuring process says. Plain data: it crosses a process boundary. */
export type MeasureReport<Result> =
  | { readonly kind: "progress"; readonly progress: number; readonly step: string }
  | { readonly kind: "done"; readonly result: Result }
  | { readonly kind: "failed"; readonly message: string; readonly isBug: boolean };

/** One kind of measurement: its records, its errors, its work. */
export interface MeasurementKind<Item extends Measurement> {
  /** In the log. */
  readonly noun: string;
  /** A folder of its own for files under way; emptied at `resume`. */
  readonly folder: string;
  readonly log: Log;
  /** @throws ServerError when it is not there. */
  get(id: string): Promise<Item>;
  /** Oldest first. */
  unended(): Promise<Item[]>;
  /** Does the work and keeps the result. @param folder its own, gone afterwards */
  perform(item: Item, folder: string, signal: AbortSignal): Promise<void>;
  /** @returns false when it had ended before */
  fail(id: string, failure: MeasurementFailure): Promise<boolean>;
  tell(item: Item): void;
  ended(item: Item): ServerError;
  failed(problem: string, options?: ErrorOptions): ServerError;
}

export interface MeasuringQueue<Item extends Measurement> {
  /** Something was queued. */
  wake(): void;
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

export const unexpected = "an unexpected error; the server's log has the details.";

export function createMeasuringQueue<Item extends Measurement>(kind: MeasurementKind<Item>): MeasuringQueue<Item> {
  const { log, noun } = kind;
  let current: { readonly id: string; readonly stop: AbortController; readonly ended: Promise<void> } | undefined;
  let isClosed = false;

  function wake(): void {
    void startNext().catch((error: unknown) => log.error({ err: error }, `The next ${noun} could not be started`));
  }

  async function startNext(): Promise<void> {
    if (isClosed || current !== undefined) return;
    const [item] = await kind.unended();
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
    const folder = join(kind.folder, item.id);
    try {
      await mkdir(folder, { recursive: true });
      await kind.perform(item, folder, signal);
    } catch (error) {
      if (signal.reason === STOPPING) return;
      const failed = isServerError(error) ? error : kind.failed(unexpected);
      const isCancelled = signal.reason === CANCELLED;
      if (!isCancelled && failed.status >= 500) log.error({ err: error, id: item.id }, `A ${noun} failed`);
      const { code, message } = failed;
      await kind.fail(item.id, isCancelled ? { status: "cancelled" } : { status: "failed", error: { code, message } });
    } finally {
      await rm(folder, { recursive: true, force: true });
      kind.tell(item);
    }
  }

  async function cancel(id: string): Promise<Item> {
    const item = await kind.get(id);
    if (current?.id === id) {
      current.stop.abort(CANCELLED);
      await current.ended;
      const ended = await kind.get(id);
      // It was faster.
      if (ended.status !== "cancelled") throw kind.ended(ended);
      return ended;
    }
    if (!(await kind.fail(id, { status: "cancelled" }))) throw kind.ended(item);
    kind.tell(item);
    return kind.get(id);
  }

  return {
    wake,
    cancel,
    async cancelOf(projectId) {
      const unended = await kind.unended();
      for (const { id } of unended.filter((one) => one.projectId === projectId)) await cancel(id).catch(ignoreEnded);
    },
    async resume() {
      await rm(kind.folder, { recursive: true, force: true });
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

export interface MeasuringProcess {
  readonly program: string;
  readonly signal: AbortSignal;
  readonly failed: (problem: string, options?: ErrorOptions) => ServerError;
  readonly lessMemory: string;
  /** Told now and then. */
  readonly onProgress: (progress: number, step: string) => void;
}

const MAX_HEAP_MEGABYTES = 1024;
const TELL_EVERY_MS = 500;

/** Gives an order to a measuring process and waits for its result. */
export function measureInProcess<Order extends object, Result>(
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
