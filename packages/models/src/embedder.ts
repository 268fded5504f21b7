/** What a picture shows, as numbers: the backbone's features of it, computed on a worker thread that steps back for all others. */
import { Worker } from "node:worker_threads";
import { writeOnnx } from "@sightline/nn/onnx-file";
import { type BackboneLocation, readBackbone, sha256 } from "./backbone.js";
import { addPooledFeatures } from "./classifier/pooled-features.js";
import type { EmbedderStart, FromEmbedder, ToEmbedder } from "./embedder-messages.js";
import { ModelError } from "./model-error.js";

export interface Embedder {
  /** Digest of the network: embeddings of different ones have nothing to do with each other. */
  readonly id: string;
  /**
   * The embedding of one JPEG or PNG, the features that the classifier learns from. Pictures are answered in turn.
   *
   * @throws ModelError `PREDICTOR_FAILED` for bytes that are no usable picture, `PREDICTOR_CLOSED`
   */
  embed(bytes: Uint8Array): Promise<Float32Array>;
  /** Ends the worker thread after the picture under way; calls after it fail. */
  close(): Promise<void>;
}

interface Call {
  resolve(embedding: Float32Array): void;
  reject(error: Error): void;
}

/** @throws ModelError `BACKBONE_MISSING`, `BACKBONE_UNSUITABLE` where a foreign backbone has other taps */
export async function openEmbedder(location: BackboneLocation = {}): Promise<Embedder> {
  const { builder, features } = addPooledFeatures(readBackbone(location));
  builder.output(features, "embedding");
  const network = writeOnnx(builder.build("embedding"));
  const worker = new Worker(new URL("./embedder-worker.js", import.meta.url), {
    workerData: { network } satisfies EmbedderStart,
  });
  const calls = new Map<number, Call>();
  let nextId = 1;
  let end: ModelError | undefined;
  const stop = (error: ModelError): void => {
    end ??= error;
    for (const { reject } of calls.values()) reject(end);
    calls.clear();
  };
  const gone = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  worker.once("error", (cause) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    stop(new ModelError("PREDICTOR_FAILED", `The backbone's worker thread failed: ${reason}`, { cause }));
  });
  worker.once("exit", () => stop(closed()));
  worker.on("message", (message: FromEmbedder) => {
    const call = calls.get(message.id);
    calls.delete(message.id);
    if (message.kind === "embedding") call?.resolve(message.embedding);
    else call?.reject(new ModelError("PREDICTOR_FAILED", `The picture has no embedding: ${message.problem}`));
  });
  const send = (message: ToEmbedder): void => worker.postMessage(message);

  return {
    id: sha256(network),
    embed(bytes) {
      if (end !== undefined) return Promise.reject(end);
      const id = nextId++;
      return new Promise((resolve, reject) => {
        calls.set(id, { resolve, reject });
        send({ kind: "picture", id, bytes });
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

const closed = () => new ModelError("PREDICTOR_CLOSED", "The embedder is closed. Open it again.");
