/** Runs a model file: picture bytes in, verdict out, on worker threads of its own. */
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { setTimeout } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { Manifest } from "./manifest.js";
import { ModelError } from "./model-error.js";
import { readManifest } from "./model-file.js";
import type { Prediction, PredictOptions } from "./prediction.js";
import type { FromWorker, ToWorker, WorkerStart } from "./predictor-messages.js";
import { revived } from "./revived-error.js";

export type { AnomalyArea, Detection, Prediction, PredictOptions, StageTimes } from "./prediction.js";

export interface PredictorOptions {
  /** Threads of the network, all workers together. Default: all cores but one, which decodes and serves. */
  readonly threads?: number;
  /** Pictures computed at once. Default: one a thread, at most four. */
  readonly workers?: number;
  /**
   * How far its threads step back for the other threads of this process, 0 to 19 as in nice(1). Default 0. Only on Linux,
   * where a thread has a priority of its own.
   */
  readonly niceness?: number;
}

/**
 * Several pictures on one thread each give more than one picture on several threads: the networks are small, and threads
 * that meet after every layer wait more than they compute. Each worker holds the model once, so their number is bounded.
 */
const maxWorkers = 4;

/** No picture takes longer, but for a network that hangs. */
const longestPictureMs = 30_000;

export interface Predictor {
  readonly manifest: Manifest;
  /**
   * The verdict about one JPEG or PNG. Many calls may be under way: each worker answers its pictures in turn and decodes
   * the next ones while one is computed.
   *
   * @throws ImageError for bytes that are no usable picture, ModelError `PREDICTOR_CLOSED`, `PREDICTOR_FAILED`
   */
  predict(bytes: Uint8Array, options?: PredictOptions): Promise<Prediction>;
  /** Ends the worker threads; calls under way fail with `PREDICTOR_CLOSED`. */
  close(): Promise<void>;
}

/**
 * Checks a model file and starts the worker threads that run it; ready and warm when the promise resolves.
 *
 * @throws what `readManifest` throws; NnError `NATIVE_LIBRARY_MISSING`, `SESSION_FAILED`
 *
 * @example
 * const predictor = await openPredictor("model.onnx");
 * const { label, score } = await predictor.predict(await readFile("part.jpg"));
 * await predictor.close();
 */
export async function openPredictor(file: string | Uint8Array, options: PredictorOptions = {}): Promise<Predictor> {
  const model = typeof file === "string" ? new Uint8Array(await readFile(file)) : file;
  const manifest = readManifest(model);
  const threads = options.threads ?? Math.max(1, availableParallelism() - 1);
  const count = Math.min(maxWorkers, threads, options.workers ?? maxWorkers);
  const workers = Array.from({ length: count }, (_, i) => {
    // What doesn't divide evenly goes to the first ones.
    const share = Math.floor((threads + count - 1 - i) / count);
    const start: WorkerStart = { model, manifest, threads: share, niceness: options.niceness ?? 0 };
    return new PredictorWorker(new Worker(new URL("./predictor-worker.js", import.meta.url), { workerData: start }));
  });
  const close = async (): Promise<void> => {
    await Promise.all(workers.map((worker) => worker.close()));
  };
  try {
    await Promise.all(workers.map((worker) => worker.ready));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    manifest,
    predict(bytes, predictOptions = {}) {
      const { threshold } = predictOptions;
      if (threshold !== undefined && !(threshold >= 0 && threshold <= 1))
        return Promise.reject(new RangeError(`"threshold" must be 0 to 1, got ${threshold}.`));
      return leastBusy(workers).predict(bytes, predictOptions);
    },
    close,
  };
}

/** A failed one too: its callers learn of it, and whoever owns the predictor opens it anew. */
function leastBusy(workers: readonly PredictorWorker[]): PredictorWorker {
  return workers.reduce((least, worker) => (worker.underWay < least.underWay ? worker : least));
}

interface Call {
  resolve(prediction: Prediction): void;
  reject(error: Error): void;
}

/** One worker thread and the calls it has yet to answer. */
class PredictorWorker {
  readonly ready: Promise<void>;
  readonly #gone: Promise<unknown>;
  readonly #worker: Worker;
  readonly #calls = new Map<number, Call>();
  #nextId = 1;
  /** Why no more calls are taken. */
  #end: ModelError | null = null;

  constructor(worker: Worker) {
    this.#worker = worker;
    this.#gone = new Promise((resolve) => worker.once("exit", resolve));
    this.ready = new Promise((resolve, reject) => {
      worker.on("message", (message: FromWorker) => {
        if (message.kind === "ready") resolve();
        else if (message.kind === "unusable") {
          reject(revived(message.error));
          void this.close();
        } else this.#answer(message);
      });
      worker.once("error", (cause) => {
        const reason = cause instanceof Error ? cause.message : String(cause);
        const error = new ModelError("PREDICTOR_FAILED", `The model's worker thread failed: ${reason}`, { cause });
        reject(error);
        this.#stop(error);
      });
      worker.once("exit", () => {
        const error = new ModelError("PREDICTOR_CLOSED", "The predictor is closed. Open the model again.");
        reject(error);
        this.#stop(error);
      });
    });
  }

  get underWay(): number {
    return this.#calls.size;
  }

  predict(bytes: Uint8Array, options: PredictOptions): Promise<Prediction> {
    if (this.#end) return Promise.reject(this.#end);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.#worker.postMessage({ kind: "question", id, bytes, options } satisfies ToWorker);
    });
  }

  /** A thread that is ended while the network runs on it takes the whole process with it: it ends by itself. */
  async close(): Promise<void> {
    this.#stop(new ModelError("PREDICTOR_CLOSED", "The predictor is closed. Open the model again."));
    const patience = new AbortController();
    this.#worker.postMessage({ kind: "close" } satisfies ToWorker);
    await Promise.race([this.#gone, setTimeout(longestPictureMs, null, { signal: patience.signal }).catch(() => {})]);
    patience.abort();
    await this.#worker.terminate();
  }

  #answer(message: Extract<FromWorker, { id: number }>): void {
    const call = this.#calls.get(message.id);
    this.#calls.delete(message.id);
    if (message.kind === "answer") call?.resolve(message.prediction);
    else call?.reject(revived(message.error));
  }

  #stop(error: ModelError): void {
    this.#end ??= error;
    for (const { reject } of this.#calls.values()) reject(this.#end);
    this.#calls.clear();
  }
}
