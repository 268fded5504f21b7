/** Batches of good pictures, drawn defects and real ones, made ahead of the training by a worker thread. */
import { Worker } from "node:worker_threads";
import { randomStream, shuffled } from "@sightline/nn/random";
import type { BatchOrder, BatchWorkerStart, DrawnBatch, FromBatchWorker, PlannedRow } from "./batch-messages.js";
import type { RowSources } from "./training-row.js";

export interface DrawnBatchesOptions {
  readonly sources: RowSources;
  readonly seed: number;
  readonly batchSize: number;
  /** Batches in what counts as an epoch. */
  readonly batches: number;
}

/** Drawn while the step before runs, and the one after it. */
const ahead = 2;
/** Of a batch, real defects take at most this share, fewer where there are few: the same ones too often are learnt by heart. */
const realShare = 0.25;
const realDefectsForFullShare = 10;

export interface DrawnBatches {
  /** What is in a batch depends on its place alone. */
  batch(epoch: number, index: number): Promise<DrawnBatch>;
  /** Ends the worker. */
  close(): Promise<void>;
}

/** The same options give the same batches. */
export function drawnBatches(options: DrawnBatchesOptions): DrawnBatches {
  const { sources, seed, batches } = options;
  const worker = new Worker(new URL("./batch-worker.js", import.meta.url), {
    workerData: { sources, seed } satisfies BatchWorkerStart,
  });
  const waiting = new Map<number, { resolve(batch: DrawnBatch): void; reject(error: Error): void }>();
  const begun = new Map<string, Promise<DrawnBatch>>();
  let nextId = 1;
  let end: Error | undefined;
  const stop = (error: Error): void => {
    end ??= error;
    for (const { reject } of waiting.values()) reject(end);
    waiting.clear();
  };
  worker.once("error", (cause) => stop(failed(cause instanceof Error ? cause.message : String(cause))));
  worker.once("exit", () => stop(failed("it ended")));
  worker.on("message", (message: FromBatchWorker) => {
    const call = waiting.get(message.id);
    waiting.delete(message.id);
    if ("batch" in message) call?.resolve(message.batch);
    else call?.reject(failed(message.problem));
  });
  const begin = (epoch: number, index: number): Promise<DrawnBatch> => {
    const key = `${epoch}/${index}`;
    const known = begun.get(key);
    if (known) return known;
    const id = nextId++;
    const order: BatchOrder = { id, epoch, index, rows: plannedRows(options, epoch, index) };
    const promise = new Promise<DrawnBatch>((resolve, reject) => {
      if (end) return reject(end);
      waiting.set(id, { resolve, reject });
      worker.postMessage(order);
    });
    promise.catch(() => {}); // Told to whoever asks for this batch; nobody may.
    begun.set(key, promise);
    return promise;
  };
  return {
    async batch(epoch, index) {
      const wanted = begin(epoch, index);
      for (let k = 1; k <= ahead; k++) {
        const place = index + k;
        begin(epoch + Math.floor(place / batches), place % batches);
      }
      const batch = await wanted;
      begun.delete(`${epoch}/${index}`);
      return batch;
    },
    async close() {
      stop(failed("the training is over"));
      await worker.terminate();
    },
  };
}

/**
 * Half of a batch is good. The other half are the same views of the same pictures with drawn defects, so that nothing but
 * the defects tells them apart; where there are real ones some take their places. Good pictures come in a new order each time.
 */
export function plannedRows(
  { sources: { normals, defects }, seed, batchSize }: Pick<DrawnBatchesOptions, "sources" | "seed" | "batchSize">,
  epoch: number,
  index: number,
): PlannedRow[] {
  const pairs = Math.ceil(batchSize / 2);
  const random = randomStream(seed, "rows", epoch, index);
  // Drawn for each row, so that few real defects come less than once in each batch.
  const share = 2 * realShare * Math.min(1, defects.length / realDefectsForFullShare);
  return Array.from({ length: batchSize }, (_, row) => {
    const isReal = row >= pairs && random() < share;
    if (isReal) return { kind: "defect", picture: Math.floor(random() * defects.length), view: row };
    const view = row % pairs;
    const place = index * pairs + view;
    const order = shuffled(normals.length, randomStream(seed, "order", epoch, Math.floor(place / normals.length)));
    return { kind: row < pairs ? "normal" : "synthetic", picture: order[place % normals.length] ?? 0, view };
  });
}

function failed(reason: string): Error {
  return new Error(`The worker thread that draws the training pictures stopped: ${reason}.`);
}
