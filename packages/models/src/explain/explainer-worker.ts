/** The worker thread behind an explainer: one explanation after the other, each of which can be stopped between two batches. */
import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { readOnnx } from "@sightline/nn/onnx-file";
import { ModelError } from "../model-error.js";
import { plainError } from "../revived-error.js";
import type { AskedNetwork } from "./asked-network.js";
import { explainPicture } from "./explain-picture.js";
import type { ExplainerStart, ExplainQuestion, FromExplainer, ToExplainer } from "./explainer-messages.js";

const port = parentPort;
if (!port) throw new Error("explainer-worker.js runs as a worker thread of an explainer only.");
const { model, manifest, threads, niceness } = workerData as ExplainerStart;
// setpriority(2) of 0 is the calling thread on Linux and the whole process elsewhere; threads started from here inherit it.
if (niceness > 0 && process.platform === "linux") setPriority(0, niceness);
const graph = readOnnx(model);
const networks = new Map<string, AskedNetwork>();
const send = (message: FromExplainer): void => port.postMessage(message);

const waiting: ExplainQuestion[] = [];
const cancelled = new Set<number>();
let isRunning = false;
let isClosing = false;

port.on("message", (message: ToExplainer) => {
  if (message.kind === "question") waiting.push(message);
  else if (message.kind === "cancel") cancelled.add(message.id);
  else isClosing = true;
  void runAll();
});

async function runAll(): Promise<void> {
  if (isRunning) return;
  isRunning = true;
  for (let next = waiting.shift(); next !== undefined && !isClosing; next = waiting.shift()) await answer(next);
  isRunning = false;
  if (!isClosing) return;
  for (const network of networks.values()) await network.dispose();
  port?.close();
}

async function answer({ id, bytes, options }: ExplainQuestion): Promise<void> {
  let toldMs = 0;
  const goOn = (share: number): void => {
    if (isClosing || cancelled.has(id)) throw new ModelError("EXPLANATION_CANCELLED", "The explanation was cancelled.");
    if (performance.now() - toldMs < tellEveryMs) return;
    toldMs = performance.now();
    send({ kind: "progress", id, share });
  };
  try {
    goOn(0);
    const explanation = await explainPicture(bytes, options, { graph, manifest, threads, networks, onProgress: goOn });
    send({ kind: "answer", id, explanation });
  } catch (error) {
    send({ kind: "failure", id, error: plainError(error) });
  }
  cancelled.delete(id);
}

/** Often enough for a bar that moves smoothly. */
const tellEveryMs = 100;
