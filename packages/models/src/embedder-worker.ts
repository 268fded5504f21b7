/** The worker thread behind an embedder: picture bytes in, features out, one picture after the other. */
import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { openSession, type Session } from "@sightline/nn/session/session";
import { floatTensor } from "@sightline/nn/tensor";
import { classifierInput } from "./classifier/pooled-features.js";
import type { EmbedderStart, FromEmbedder, ToEmbedder } from "./embedder-messages.js";
import { refuseNonFinite } from "./feature-extraction.js";
import { modelValues } from "./model-values.js";
import { decodeForInput, writePlanes } from "./pictures.js";

const port = parentPort;
if (!port) throw new Error("embedder-worker.js runs as a worker thread of an embedder only.");
// setpriority(2) of 0 is the calling thread on Linux and the whole process elsewhere. Nobody waits for an embedding.
if (process.platform === "linux") setPriority(0, 19);
const { network } = workerData as EmbedderStart;
const { width, height } = classifierInput;
const planes = new Float32Array(3 * width * height);
const send = (message: FromEmbedder): void => port.postMessage(message);

let session: Session | undefined;
const waiting: ToEmbedder[] = [];
let isRunning = false;

port.on("message", (message: ToEmbedder) => {
  // Closing goes before all that waits.
  if (message.kind === "close") waiting.splice(0, waiting.length, message);
  else waiting.push(message);
  void runAll();
});

async function runAll(): Promise<void> {
  if (isRunning) return;
  isRunning = true;
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    if (next.kind === "close") {
      await session?.dispose();
      port?.close();
      return;
    }
    await answer(next.id, next.bytes);
    // Lets messages in between two pictures: the network blocks this thread.
    await new Promise((resolve) => setImmediate(resolve));
  }
  isRunning = false;
}

async function answer(id: number, bytes: Uint8Array): Promise<void> {
  try {
    session ??= await openSession(network, { threads: 1 });
    writePlanes(await decodeForInput(bytes, width, height), planes, 0);
    const results = await session.run({ [modelValues.image]: floatTensor([1, 3, height, width], planes) });
    const embedding = results.embedding?.data as Float32Array;
    refuseNonFinite(embedding);
    send({ kind: "embedding", id, embedding });
  } catch (error) {
    send({ kind: "failure", id, problem: error instanceof Error ? error.message : String(error) });
  }
}
