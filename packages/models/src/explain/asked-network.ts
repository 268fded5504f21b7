/** A network asked about many altered pictures: in batches, with progress, and a stop between any two of them. */
import type { Graph, ValueInfo } from "@sightline/nn/graph";
import { pruned } from "@sightline/nn/graph";
import { writeOnnx } from "@sightline/nn/onnx-file";
import { openSession, type Session } from "@sightline/nn/session/session";
import { inferShapes } from "@sightline/nn/shapes";
import { floatTensor } from "@sightline/nn/tensor";
import type { Manifest } from "../manifest.js";
import { nextTurn } from "../model-error.js";
import { modelValues } from "../model-values.js";
import type { Outputs } from "./question.js";

/** A model whose answers are explained, and what of it is open. */
export interface AskedModel {
  readonly graph: Graph;
  readonly manifest: Manifest;
  readonly threads: number;
  /** Networks that are open, by their outputs. */
  readonly networks: Map<string, AskedNetwork>;
  /** Told the share of the questions answered, 0–1; what it throws ends the work. */
  readonly onProgress: (share: number) => void;
}

/** The model's network cut down to some of its values: maps that nobody looks at cost time. */
export async function networkFor(values: readonly string[], model: AskedModel): Promise<AskedNetwork> {
  const names = [...new Set(values)].toSorted();
  const key = names.join(" ");
  const known = model.networks.get(key);
  if (known) return known;
  const network = await openAskedNetwork(model.graph, asOutputs(model.graph, names), model.threads);
  model.networks.set(key, network);
  return network;
}

/** Values of a graph as outputs of it, besides those it has. */
function asOutputs(graph: Graph, names: readonly string[]): ValueInfo[] {
  const known = new Map(graph.outputs.map((output) => [output.name, output]));
  const shapes = names.every((name) => known.has(name)) ? null : inferShapes(graph);
  return names.map((name) => {
    const value = shapes?.get(name);
    return known.get(name) ?? { name, type: value?.type ?? "float32", dims: value?.dims ?? [] };
  });
}

/** Pictures a run: more fall out of the processor's caches. */
const batchSize = 4;

export interface AskedNetwork {
  /** The outputs for one picture, written by `write` into planes of 3 · width · height. */
  once(write: (target: Float32Array) => void): Promise<Outputs>;
  /**
   * One number for each of `count` pictures.
   *
   * @param between called between two batches with the number of pictures done; what it throws ends the work
   */
  each(
    count: number,
    write: (picture: number, target: Float32Array, offset: number) => void,
    read: (outputs: Outputs, row: number) => number,
    between: (done: number) => void,
  ): Promise<Float64Array>;
  dispose(): Promise<void>;
}

async function openAskedNetwork(graph: Graph, outputs: readonly ValueInfo[], threads: number): Promise<AskedNetwork> {
  const session = await openSession(writeOnnx(pruned(graph, outputs)), { threads });
  const [, , height, width] = (graph.inputs[0]?.dims ?? []) as number[];
  return askedNetwork(session, width as number, height as number, graph.inputs[0]?.dims[0]);
}

function askedNetwork(session: Session, width: number, height: number, batch: unknown): AskedNetwork {
  const size = typeof batch === "number" ? batch : batchSize;
  const pixels = 3 * width * height;
  const planes = new Float32Array(size * pixels);
  const run = (rows: number): Promise<Outputs> =>
    session.run({
      [modelValues.image]: floatTensor([rows, 3, height, width], planes.subarray(0, rows * pixels)),
    });
  /** A network of a fixed batch gets it full, whatever the rest shows. */
  const rowsFor = (wanted: number): number => (typeof batch === "number" ? batch : wanted);
  return {
    once(write) {
      write(planes);
      return run(rowsFor(1));
    },
    async each(count, write, read, between) {
      const answers = new Float64Array(count);
      for (let first = 0; first < count; first += size) {
        const rows = Math.min(size, count - first);
        for (let row = 0; row < rows; row++) write(first + row, planes, row * pixels);
        const outputs = await run(rowsFor(rows));
        for (let row = 0; row < rows; row++) answers[first + row] = read(outputs, row);
        between(first + rows);
        // Lets a cancellation in.
        await nextTurn();
      }
      return answers;
    },
    dispose: () => session.dispose(),
  };
}
