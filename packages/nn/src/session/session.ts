/**
 * Runs ONNX models on ONNX Runtime.
 *
 * `run` computes on the calling thread and blocks its event loop until the result is there, although it returns a promise:
 * whoever serves requests keeps its session in a worker thread.
 */

import type * as OnnxRuntime from "onnxruntime-node";
import { NnError } from "../errors.js";
import type { Graph, ValueInfo } from "../graph.js";
import type { OnnxLimits } from "../onnx-file.js";
import { readOnnx, writeOnnx } from "../onnx-file.js";
import type { ElementType, Tensor, TensorData } from "../tensor.js";
import { elementCount } from "../tensor.js";
import { checkFeeds } from "./feeds.js";

export interface Session {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /**
   * Computes all outputs. The tensors given are only read; those returned are the caller's own.
   *
   * @throws NnError `WRONG_INPUT` (says what was expected and what came), `SESSION_FAILED`, `SESSION_DISPOSED`.
   */
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
  /** Frees the memory. May be called more than once; a run after it fails. */
  dispose(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface SessionOptions extends OnnxLimits {
  /** Threads that share one run, the calling one among them. */
  readonly threads: number;
  /**
   * Whether idle threads wait by spinning: 15 % faster on an otherwise idle machine, but beside any other work two
   * spinning threads are slower than one. Default false.
   */
  readonly spinning?: boolean;
}

/**
 * Checks a model file and makes it ready to run.
 *
 * @throws NnError what `readOnnx` throws; `SESSION_FAILED` when ONNX Runtime refuses the model; `NATIVE_LIBRARY_MISSING`.
 */
export async function openSession(bytes: Uint8Array, options: SessionOptions): Promise<Session> {
  const { name, inputs, outputs } = readOnnx(bytes, options);
  const runtime = await loadRuntime();
  try {
    const native = await runtime.InferenceSession.create(bytes, sessionOptions(options));
    return new OnnxSession(runtime, native, name, inputs, outputs);
  } catch (cause) {
    throw failure(`ONNX Runtime refuses the model "${name}"`, cause);
  }
}

/** A session of one of our own graphs, which can write its results into arrays that are there already. */
export interface GraphSession extends Session {
  /**
   * Computes the outputs named, into the given tensors' own data, and nothing else: training keeps two sets of state and
   * exchanges them, so that nothing is copied.
   *
   * @throws NnError as `run` does; `WRONG_INPUT` for an output that doesn't exist, doesn't fit, or shares memory with an
   * input of the same run.
   */
  runInto(feeds: Readonly<Record<string, Tensor>>, outputs: Readonly<Record<string, Tensor>>): Promise<void>;
}

/**
 * Makes a graph that we built ourselves ready to run; unlike a file it is trusted, and may hold operators of ONNX
 * Runtime's blocked layout. Memory is taken as it is needed and not planned ahead, which for a training graph costs no
 * time and saves a third of it.
 *
 * @throws NnError `GRAPH_INVALID`, `SESSION_FAILED`, `NATIVE_LIBRARY_MISSING`.
 */
export async function openGraphSession(graph: Graph, options: Omit<SessionOptions, "maxBytes">): Promise<GraphSession> {
  const bytes = writeOnnx(graph);
  const runtime = await loadRuntime();
  try {
    const native = await runtime.InferenceSession.create(bytes, {
      ...sessionOptions(options),
      enableMemPattern: false,
    });
    return new OnnxSession(runtime, native, graph.name, graph.inputs, graph.outputs);
  } catch (cause) {
    throw failure(`ONNX Runtime refuses the graph "${graph.name}"`, cause);
  }
}

function sessionOptions({ threads, spinning = false }: SessionOptions): OnnxRuntime.InferenceSession.SessionOptions {
  if (!Number.isInteger(threads) || threads < 1) {
    throw new NnError("WRONG_INPUT", `"threads" must be a whole number of at least 1, got ${threads}.`);
  }
  return {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    // Its messages also come as exceptions, which carry the text; on stderr they would only appear twice.
    logSeverityLevel: 4,
    extra: { session: { intra_op: { allow_spinning: spinning ? "1" : "0" } } },
  };
}

class OnnxSession implements GraphSession {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly #runtime: typeof OnnxRuntime;
  readonly #name: string;
  #native: OnnxRuntime.InferenceSession | null;

  constructor(
    runtime: typeof OnnxRuntime,
    native: OnnxRuntime.InferenceSession,
    name: string,
    inputs: readonly ValueInfo[],
    outputs: readonly ValueInfo[],
  ) {
    this.#runtime = runtime;
    this.#native = native;
    this.#name = name;
    this.inputs = inputs;
    this.outputs = outputs;
  }

  async run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    const results = await this.#run(feeds);
    return Object.fromEntries(Object.entries(results).map(([name, result]) => [name, fromNative(result)]));
  }

  async runInto(feeds: Readonly<Record<string, Tensor>>, outputs: Readonly<Record<string, Tensor>>): Promise<void> {
    const fetches: Record<string, OnnxRuntime.Tensor> = {};
    for (const [name, { type, dims, data }] of Object.entries(outputs)) {
      const info = this.outputs.find((output) => output.name === name);
      const fits =
        info?.type === type &&
        info.dims.length === dims.length &&
        info.dims.every((size, axis) => typeof size === "string" || size === dims[axis]) &&
        data.length === elementCount(dims);
      if (!fits) {
        const expected = info ? `must be ${info.type} (${info.dims.join(", ")})` : "doesn't exist";
        throw new NnError("WRONG_INPUT", `Output "${name}" ${expected}, got ${type} (${dims.join(", ")}).`);
      }
      const shared = Object.entries(feeds).find(([, feed]) => overlaps(feed.data, data));
      if (shared) {
        throw new NnError(
          "WRONG_INPUT",
          `Output "${name}" would be written over input "${shared[0]}" of the same run.`,
        );
      }
      fetches[name] = new this.#runtime.Tensor(type, data, dims);
    }
    await this.#run(feeds, fetches);
  }

  async #run(
    feeds: Readonly<Record<string, Tensor>>,
    fetches?: Readonly<Record<string, OnnxRuntime.Tensor>>,
  ): Promise<Readonly<Record<string, OnnxRuntime.Tensor>>> {
    if (!this.#native) throw new NnError("SESSION_DISPOSED", `The session of model "${this.#name}" is disposed of.`);
    checkFeeds(this.inputs, feeds);
    const nativeFeeds: Record<string, OnnxRuntime.Tensor> = {};
    for (const { name } of this.inputs) {
      const feed = feeds[name];
      if (feed) nativeFeeds[name] = new this.#runtime.Tensor(feed.type, feed.data, feed.dims);
    }
    try {
      return await (fetches ? this.#native.run(nativeFeeds, fetches) : this.#native.run(nativeFeeds));
    } catch (cause) {
      throw failure(`Model "${this.#name}" failed to run`, cause);
    }
  }

  async dispose(): Promise<void> {
    const native = this.#native;
    this.#native = null;
    await native?.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

function overlaps(a: TensorData, b: TensorData): boolean {
  if (a.buffer !== b.buffer) return false;
  return a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength;
}

function fromNative(result: OnnxRuntime.Tensor): Tensor {
  return { type: result.type as ElementType, dims: result.dims, data: result.data as TensorData };
}

/** The library is loaded with the first session, so that programs which never run a model work without it. */
async function loadRuntime(): Promise<typeof OnnxRuntime> {
  try {
    return await import("onnxruntime-node");
  } catch (cause) {
    const machine = `${process.platform}-${process.arch}, Node ${process.version}`;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new NnError(
      "NATIVE_LIBRARY_MISSING",
      `ONNX Runtime's native library can't be loaded on this machine (${machine}): ${reason} ` +
        "Run `npm ci` again on this machine; Linux, macOS and Windows on x64 and arm64 are supported.",
      { cause },
    );
  }
}

function failure(what: string, cause: unknown): NnError {
  if (cause instanceof NnError) return cause;
  return new NnError("SESSION_FAILED", `${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}
