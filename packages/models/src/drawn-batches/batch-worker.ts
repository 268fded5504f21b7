/** The worker thread that draws the next batches while the network learns from this one. */
import { parentPort, workerData } from "node:worker_threads";
import { randomStream } from "@sightline/nn/random";
import { writePlanes } from "../pictures.js";
import type { BatchOrder, BatchWorkerStart, DrawnBatch, FromBatchWorker } from "./batch-messages.js";
import { makeRow } from "./training-row.js";

const port = parentPort;
if (!port) throw new Error("batch-worker.js runs as a worker thread of a training only.");
const { sources, seed } = workerData as BatchWorkerStart;

port.on("message", (order: BatchOrder) => {
  const { id } = order;
  try {
    const batch = drawBatch(order);
    const { image, target, weight, isDefect } = batch;
    const moved = [image.buffer, target.buffer, weight.buffer, isDefect.buffer];
    port.postMessage({ id, batch } satisfies FromBatchWorker, moved);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    port.postMessage({ id, problem } satisfies FromBatchWorker);
  }
});

function drawBatch({ epoch, index, rows }: BatchOrder): DrawnBatch {
  const { size, stride } = sources;
  const places = (size / stride) ** 2;
  const batch: DrawnBatch = {
    image: new Float32Array(rows.length * 3 * size * size),
    target: new Float32Array(rows.length * places),
    weight: new Float32Array(rows.length * places),
    isDefect: new Float32Array(rows.length),
  };
  for (const [i, { kind, picture, view }] of rows.entries()) {
    // Streams for each row: what is in a batch depends on its place alone, so that a training can go on after a break.
    const viewing = randomStream(seed, "view", epoch, index, view);
    const row = makeRow(sources, kind, picture, viewing, randomStream(seed, "row", epoch, index, i));
    writePlanes(row.image, batch.image, i * 3 * size * size);
    batch.target.set(row.target, i * places);
    batch.weight.set(row.weight, i * places);
    batch.isDefect[i] = row.isDefect ? 1 : 0;
  }
  return batch;
}
