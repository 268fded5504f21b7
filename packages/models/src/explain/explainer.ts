/** Explains a model file's answers: picture bytes in, regions with values out, on a worker thread of its own. */
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Manifest } from "../manifest.js";
import { ModelError } from "../model-error.js";
import { readManifest } from "../model-file.js";
import { revived } from "../revived-error.js";
import { checkExplainOptions } from "./explain-options.js";
import type { ExplainerStart, FromExplainer, ToExplainer } from "./explainer-messages.js";
import type { ExplainOptions, Explanation } from "./explanation.js";

export type {
  Area,
  ExplainedRegion,
  ExplainMethod,
  ExplainOptions,
  Explanation,
  ExplanationFacts,
} from "./explanation.js";
export { explainMethods } from "./explanation.js";

export interface ExplainerOptions {
  /** Threads of the network. Default: all cores but one. */
  readonly threads?: number;
  /** How far its threads step back for the other threads of this process, 0 to 19 as in nice(1); only on Linux. Default 0. */
  readonly niceness?: number;
}

export interface ExplainCall {
  /** Aborted: the call fails with `EXPLANATION_CANCELLED` after the batch under way. */
  readonly signal?: AbortSignal | undefined;
  /** Share of the questions answered, 0–1. */
  readonly onProgress?: ((share: number) => void) | undefined;
}

export interface Explainer {
  readonly manifest: Manifest;
  /**
   * Why the model answers as it does about one JPEG or PNG. Calls are answered in turn.
   *
   * @throws RangeError for options outside their bounds; ImageError for bytes that are no usable picture; ModelError
   * `EXPLANATION_LABEL_UNKNOWN`, `EXPLANATION_NO_OBJECT`, `EXPLANATION_NO_MAP`, `EXPLANATION_CANCELLED`,
   * `PREDICTOR_FAILED`, `PREDICTOR_CLOSED`
   */
  explain(bytes: Uint8Array, options?: ExplainOptions, call?: ExplainCall): Promise<Explanation>;
  /** Ends the worker thread after the batch under way; calls under way fail with `PREDICTOR_CLOSED`. */
  close(): Promise<void>;
}

interface Waiting {
  resolve(explanation: Explanation): void;
  reject(error: Error): void;
  onProgress: ((share: number) => void) | undefined;
  end(): void;
}

/**
 * Checks a model file and starts the thread that asks it. Its network is made ready at the first call.
 *
 * @throws what `readManifest` throws
 *
 * @example
 * const explainer = await openExplainer("model.onnx");
 * const { prediction, base, regions } = await explainer.explain(await readFile("part.jpg"));
 * await explainer.close();
 */
export async function openExplainer(file: string | Uint8Array, options: ExplainerOptions = {}): Promise<Explainer> {
  const model = typeof file === "string" ? new Uint8Array(await readFile(file)) : file;
  const manifest = readManifest(model);
  const threads = options.threads ?? Math.max(1, availableParallelism() - 1);
  const worker = new Worker(new URL("./explainer-worker.js", import.meta.url), {
    workerData: { model, manifest, threads, niceness: options.niceness ?? 0 } satisfies ExplainerStart,
  });
  const calls = new Map<number, Waiting>();
  let nextId = 1;
  let end: ModelError | undefined;
  const stop = (error: ModelError): void => {
    end ??= error;
    for (const call of calls.values()) {
      call.end();
      call.reject(end);
    }
    calls.clear();
  };
  const gone = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  worker.once("error", (cause) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    stop(new ModelError("PREDICTOR_FAILED", `The explainer's worker thread failed: ${reason}`, { cause }));
  });
  worker.once("exit", () => stop(closed()));
  worker.on("message", (message: FromExplainer) => {
    const call = calls.get(message.id);
    if (call === undefined) return;
    if (message.kind === "progress") return call.onProgress?.(message.share);
    calls.delete(message.id);
    call.end();
    if (message.kind === "answer") call.resolve(message.explanation);
    else call.reject(revived(message.error));
  });
  const send = (message: ToExplainer): void => worker.postMessage(message);

  return {
    manifest,
    explain(bytes, asked = {}, { signal, onProgress } = {}) {
      try {
        checkExplainOptions(asked);
      } catch (error) {
        return Promise.reject(error);
      }
      if (end !== undefined) return Promise.reject(end);
      if (signal?.aborted) return Promise.reject(cancelled());
      const id = nextId++;
      return new Promise((resolve, reject) => {
        const cancel = (): void => send({ kind: "cancel", id });
        signal?.addEventListener("abort", cancel, { once: true });
        calls.set(id, { resolve, reject, onProgress, end: () => signal?.removeEventListener("abort", cancel) });
        send({ kind: "question", id, bytes, options: asked });
      });
    },
    /** A thread that is ended while the network runs on it takes the whole process with it: it ends by itself. */
    async close() {
      stop(closed());
      send({ kind: "close" });
      await gone;
    },
  };
}

const closed = () => new ModelError("PREDICTOR_CLOSED", "The explainer is closed. Open the model again.");
const cancelled = () => new ModelError("EXPLANATION_CANCELLED", "The explanation was cancelled.");
