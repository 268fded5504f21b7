/** Decodes and changes training pictures in worker threads, ahead of the step that will use them. */
import { Worker } from "node:worker_threads";
import { checkRecipe } from "@sightline/vision/augment/recipe";
import { DatasetError, type DatasetErrorCode } from "../dataset-error.js";
import { BatchMaker, type BatchOrder } from "./batch-maker.js";
import { BatchPlan } from "./batch-plan.js";
import type { Batch, LoaderOptions } from "./loader-options.js";
import type { FromLoaderWorker, LoaderWorkerData, ToLoaderWorker } from "./loader-worker.js";
import { type SharedPictures, sharePictures } from "./picture-store.js";

export type { Batch, LoaderBox, LoaderOptions, LoaderSample } from "./loader-options.js";

export interface Loader {
  readonly samples: number;
  /** In each epoch. */
  readonly batches: number;
  /** Time that callers of `batch` have waited in all. */
  readonly waitedMs: number;
  /**
   * Depends on (samples, recipe, seed, epoch, index) alone, whatever was asked before and however many threads there are.
   * The batches that follow are begun at once.
   * Throws DatasetError `DATASET_PICTURE_BROKEN`, naming the picture.
   */
  batch(epoch: number, index: number): Promise<Batch>;
  /** Ends the threads; batches still waited for are refused. */
  close(): Promise<void>;
}

/**
 * @throws RangeError for sizes or a recipe that make no sense
 *
 * @example
 * const loader = openLoader({ samples, width: 96, height: 96, batchSize: 32, seed: 1, recipe: plainRecipe });
 * const { pictures, targets } = await loader.batch(0, 0);
 */
export function openLoader(options: LoaderOptions): Loader {
  return new ThreadedLoader(options);
}

/** What a network's step takes: the pictures as `image` `[N, 3, height, width]` and the targets `[N, labels]`. */
export function batchFeeds({ pictures, targets, rows, width, height }: Batch) {
  return {
    image: { type: "float32" as const, dims: [rows, 3, height, width], data: pictures },
    targets: { type: "float32" as const, dims: [rows, targets.length / rows], data: targets },
  };
}

/** A loader whose batches are what a training's step takes. */
export function batchSource<Feeds>(loader: Loader, feedsOf: (batch: Batch) => Feeds) {
  return {
    samples: loader.samples,
    batches: loader.batches,
    batch: async (epoch: number, index: number): Promise<Feeds> => feedsOf(await loader.batch(epoch, index)),
    close: (): Promise<void> => loader.close(),
  };
}

/** All pictures once, as they are and in their order; the rows of each batch from `count` on are filling. */
export async function* validationBatches(loader: Loader): AsyncGenerator<Batch> {
  for (let index = 0; index < loader.batches; index++) yield loader.batch(0, index);
}

interface Job {
  readonly epoch: number;
  readonly index: number;
  readonly promise: Promise<Batch>;
  readonly resolve: (batch: Batch) => void;
  readonly reject: (error: Error) => void;
  /** Somebody asked for it; else it was begun ahead. */
  isAwaited: boolean;
}

interface Thread {
  readonly worker: Worker;
  job: Job | null;
}

const defaultCacheBytes = 400e6;
const defaultAheadBytes = 200e6;

class ThreadedLoader implements Loader {
  readonly samples: number;
  readonly batches: number;
  readonly #order: BatchOrder;
  readonly #shared: SharedPictures;
  readonly #ahead: number;
  readonly #threadCount: number;
  readonly #threads: Thread[] = [];
  /** Asked for or begun ahead, by place; those at the front of the map were asked for first. */
  readonly #jobs = new Map<string, Job>();
  readonly #queue: Job[] = [];
  #maker: BatchMaker | null = null;
  #waitedMs = 0;
  #isClosed = false;

  constructor(options: LoaderOptions) {
    const { samples, width, height, batchSize, seed, recipe, threads = 1, detail = 1 } = options;
    for (const [name, value, least] of [
      ["width", width, 1],
      ["height", height, 1],
      ["batchSize", batchSize, 1],
      ["threads", threads, 0],
      ["number of samples", samples.length, 1],
    ] as const) {
      if (!Number.isInteger(value) || value < least) {
        throw new RangeError(`A loader's ${name} must be a whole number from ${least}, got ${value}.`);
      }
    }
    const uneven = samples.find(({ target }) => target.length !== samples[0]?.target.length);
    if (uneven) {
      throw new RangeError(
        `All samples need ${samples[0]?.target.length} target values; "${uneven.name}" has ${uneven.target.length}.`,
      );
    }
    if (recipe) checkRecipe(recipe);
    // Without changes the pixels must be those that a predictor feeds: one resize, straight to the input.
    const factor = recipe === null ? 1 : detail;
    const fit = options.fit ?? "stretch";
    const stored = {
      ...{ width: Math.round(width * factor), height: Math.round(height * factor), fit },
      ...{ leastWidth: width, leastHeight: height },
    };
    this.#order = { samples, width, height, fit, batchSize, seed, recipe, stored };
    this.#shared = sharePictures(samples.length, stored, options.cacheBytes ?? defaultCacheBytes);
    this.samples = samples.length;
    this.batches = new BatchPlan(samples.length, batchSize, seed, recipe !== null).batches;
    this.#threadCount = threads;
    const batchBytes = batchSize * 3 * width * height * 4;
    const affordable = Math.floor((options.aheadBytes ?? defaultAheadBytes) / batchBytes);
    this.#ahead = Math.max(1, Math.min(affordable, 2 * threads + 1));
  }

  get waitedMs(): number {
    return this.#waitedMs;
  }

  async batch(epoch: number, index: number): Promise<Batch> {
    if (this.#isClosed) throw new Error("The loader is closed.");
    if (!Number.isInteger(index) || index < 0 || index >= this.batches) {
      throw new RangeError(`An epoch has batches 0 to ${this.batches - 1}, got ${index}.`);
    }
    const begun = performance.now();
    try {
      if (this.#threadCount === 0) {
        this.#maker ??= new BatchMaker(this.#order, this.#shared);
        return await this.#maker.make(epoch, index);
      }
      const wanted = this.#places(epoch, index);
      this.#forget(new Set(wanted.map(({ key }) => key)));
      const [first] = wanted.map((place) => this.#begin(place.key, place.epoch, place.index));
      const job = first as Job;
      job.isAwaited = true;
      try {
        return await job.promise;
      } finally {
        this.#jobs.delete(keyOf(epoch, index));
      }
    } finally {
      this.#waitedMs += performance.now() - begun;
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const waiting = [...this.#jobs.values()];
    this.#jobs.clear();
    this.#queue.length = 0;
    for (const job of waiting) job.reject(new Error("The loader was closed."));
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  /** The batch asked for and those that follow it, over the end of the epoch too. */
  #places(epoch: number, index: number): { key: string; epoch: number; index: number }[] {
    return Array.from({ length: this.#ahead + 1 }, (_, step) => {
      const place = index + step;
      const at = { epoch: epoch + Math.floor(place / this.batches), index: place % this.batches };
      return { key: keyOf(at.epoch, at.index), ...at };
    }).filter((place) => this.#order.recipe !== null || place.epoch === epoch);
  }

  #begin(key: string, epoch: number, index: number): Job {
    const known = this.#jobs.get(key);
    if (known) return known;
    const { promise, resolve, reject } = withResolvers<Batch>();
    promise.catch(() => {}); // seen when its turn comes; one that is never asked for must not end the process
    const job: Job = { epoch, index, promise, resolve, reject, isAwaited: false };
    this.#jobs.set(key, job);
    this.#queue.push(job);
    this.#dispatch();
    return job;
  }

  /** Batches begun for a course that was left (a training that began elsewhere) only take room. */
  #forget(wanted: ReadonlySet<string>): void {
    for (const [key, job] of this.#jobs) {
      if (wanted.has(key) || job.isAwaited) continue;
      this.#jobs.delete(key);
      const queued = this.#queue.indexOf(job);
      if (queued >= 0) this.#queue.splice(queued, 1);
    }
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const thread = this.#threads.find(({ job }) => job === null) ?? this.#start();
      if (!thread) return;
      const job = this.#queue.shift() as Job;
      thread.job = job;
      thread.worker.ref();
      thread.worker.postMessage({ epoch: job.epoch, index: job.index } satisfies ToLoaderWorker);
    }
  }

  #start(): Thread | null {
    if (this.#threads.length >= this.#threadCount) return null;
    const workerData: LoaderWorkerData = { order: this.#order, shared: this.#shared };
    const worker = new Worker(new URL("./loader-worker.js", import.meta.url), { workerData });
    const thread: Thread = { worker, job: null };
    worker.on("message", (answer: FromLoaderWorker) => this.#finish(thread, answer));
    worker.on("error", (error: Error) => this.#fail(thread, error));
    worker.on("exit", (code) => this.#fail(thread, new Error(`it exited with code ${code}`)));
    this.#threads.push(thread);
    return thread;
  }

  #finish(thread: Thread, answer: FromLoaderWorker): void {
    const { job } = thread;
    thread.job = null;
    // A batch that was under way as the loader closed: the thread must keep the process alive until it has ended.
    if (this.#isClosed) return;
    // An idle thread keeps no process alive.
    thread.worker.unref();
    if ("batch" in answer) job?.resolve(answer.batch);
    else job?.reject(asError(answer.problem));
    this.#dispatch();
  }

  /** A thread that ended (out of memory, say) takes its batch with it; the next batch starts a new one. */
  #fail(thread: Thread, cause: Error): void {
    const place = this.#threads.indexOf(thread);
    // An error is followed by an exit.
    if (place < 0 || this.#isClosed) return;
    this.#threads.splice(place, 1);
    thread.job?.reject(new Error(`A thread that prepares pictures ended: ${cause.message}`, { cause }));
    this.#dispatch();
  }
}

function asError({ code, message }: { readonly code: string | null; readonly message: string }): Error {
  return code === null ? new Error(message) : new DatasetError(code as DatasetErrorCode, message);
}

function keyOf(epoch: number, index: number): string {
  return `${epoch}/${index}`;
}

/** Promise.withResolvers came with Node 22. */
function withResolvers<Value>() {
  let resolve!: (value: Value) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<Value>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
