/** The worker thread of a loader: the place of a batch comes in, the batch goes out. */
import { parentPort, workerData } from "node:worker_threads";
import { DatasetError } from "../dataset-error.js";
import { BatchMaker, type BatchOrder } from "./batch-maker.js";
import type { Batch } from "./loader-options.js";
import type { SharedPictures } from "./picture-store.js";

export interface LoaderWorkerData {
  readonly order: BatchOrder;
  readonly shared: SharedPictures;
}

export interface ToLoaderWorker {
  readonly epoch: number;
  readonly index: number;
}

export type FromLoaderWorker =
  | { readonly batch: Batch }
  | { readonly problem: { readonly code: string | null; readonly message: string } };

const { order, shared } = workerData as LoaderWorkerData;
const maker = new BatchMaker(order, shared);

parentPort?.on("message", async ({ epoch, index }: ToLoaderWorker) => {
  try {
    const batch = await maker.make(epoch, index);
    parentPort?.postMessage({ batch } satisfies FromLoaderWorker, [
      batch.pictures.buffer as ArrayBuffer,
      batch.targets.buffer as ArrayBuffer,
      batch.boxes.buffer as ArrayBuffer,
    ]);
  } catch (error) {
    const { message } = error as Error;
    const code = error instanceof DatasetError ? error.code : null;
    parentPort?.postMessage({ problem: { code, message } } satisfies FromLoaderWorker);
  }
});
