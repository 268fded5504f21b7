/**
 * Fine-tunes a network that exists as a graph only: chosen constants of it become parameters. Any ONNX backbone can be
 * trained on like this without being written again by hand.
 */

import { batchNorm, foldedNorm, type NormValues, usesBatchStatistics } from "./batch-norm.js";
import { NnError } from "./errors.js";
import type { Attribute, Graph, Node } from "./graph.js";
import { values } from "./initializers.js";
import { groupOf, type ModelFunction, type Network } from "./network.js";
import { writeOnnx } from "./onnx-file.js";
import type { OperatorName } from "./operators.js";
import { openSession } from "./session/session.js";
import type { Tensor } from "./tensor.js";

export interface TrainableGraphOptions {
  /** Whether a constant becomes a parameter, by its name. Default: all weights and biases of layers. */
  readonly trainable?: (name: string) => boolean;
  /** The group of a parameter, by its name. Default: the part before the first "/". */
  readonly group?: (name: string) => string;
  /** Stands before the names of all values and parameters. Default "backbone/". */
  readonly prefix?: string;
  /**
   * Puts batch norms back behind convolutions that had theirs folded away, by the name of their output. What they start
   * with leaves the network's function as it is: `measureNorms` gives it.
   */
  readonly norms?: ReadonlyMap<string, NormValues>;
}

/** Which inputs of an operator hold what a network learns. */
const learntInputs: Readonly<Record<string, readonly number[]>> = {
  Conv: [1, 2],
  ConvTranspose: [1, 2],
  Gemm: [1, 2],
  MatMul: [0, 1],
  Add: [0, 1],
  Mul: [0, 1],
  BatchNormalization: [1, 2],
};

/**
 * A model function that writes the graph. It takes the graph's inputs by name and gives its outputs by name; to put more
 * behind it, call it from a model function of your own:
 *
 * ```ts
 * const backbone = trainableGraph(backboneGraph({ width: 224, height: 224, taps: ["last"] }));
 * const model: ModelFunction = (net, { image }) => {
 *   const { last } = backbone(net, { image });
 *   return { logits: linear(net, globalAveragePool(net, last, { name: "pool" }), { name: "head", outputs: 3 }) };
 * };
 * ```
 *
 * @throws NnError `WRONG_INPUT` when a constant that would become a parameter holds a number that isn't finite.
 */
export function trainableGraph(graph: Graph, options: TrainableGraphOptions = {}): ModelFunction {
  const { prefix = "backbone/", group = groupOf } = options;
  const parameters = learntConstants(graph, options.trainable ?? (() => true));
  for (const name of parameters) refuseNonFinite(name, graph.initializers.get(name));

  return (net, inputs) => {
    const current = new Map<string, string>([["", ""]]);
    for (const { name } of graph.inputs) {
      const given = inputs[name];
      if (given === undefined) throw new NnError("WRONG_INPUT", `The graph "${graph.name}" takes an input "${name}".`);
      current.set(name, given);
    }
    const read = (name: string): string => {
      const known = current.get(name);
      if (known !== undefined) return known;
      const value = graph.initializers.get(name);
      if (!value) throw new NnError("GRAPH_INVALID", `"${name}" is made nowhere in "${graph.name}".`);
      const made = parameters.has(name)
        ? net.parameter(`${prefix}${name}`, value.dims, { initial: values(value), group: group(name) })
        : net.builder.constant(value);
      current.set(name, made);
      return made;
    };
    for (const node of graph.nodes) {
      const norm = options.norms?.get(node.outputs[0] ?? "");
      if (norm) {
        current.set(node.outputs[0] ?? "", normedConv(net, node, norm, graph, read, { prefix, group }));
        continue;
      }
      const outputs = net.addAll(
        node.operator as OperatorName,
        node.inputs.map(read),
        plain(node.attributes),
        node.outputs.map((name) => `${prefix}${name}`),
      );
      for (const [index, name] of node.outputs.entries()) current.set(name, outputs[index] ?? "");
    }
    return Object.fromEntries(graph.outputs.map(({ name }) => [name, read(name)]));
  };
}

/** A convolution whose bias has become a batch norm. */
function normedConv(
  net: Network,
  node: Node,
  initial: NormValues,
  graph: Graph,
  read: (name: string) => string,
  { prefix, group }: { prefix: string; group: (name: string) => string },
): string {
  const [x = "", weights = ""] = node.inputs;
  const name = `${prefix}${node.outputs[0]}`;
  const options = { name: `${name}/norm`, group: group(weights), initial };
  const dims = graph.initializers.get(weights)?.dims ?? [];
  if (usesBatchStatistics(net, options, options.group)) {
    return batchNorm(net, net.add("Conv", [read(x), read(weights)], plain(node.attributes), name), options);
  }
  const folded = foldedNorm(net, read(weights), dims, options);
  return net.add("Conv", [read(x), folded.weight, folded.bias], plain(node.attributes), name);
}

/**
 * What batch norms must start with so that nothing changes: mean and variance of each convolution's output over the given
 * pictures. Only convolutions with constant weights and bias are measured, those that `choose` names by their output.
 *
 * @param batches Feeds of the graph; a few hundred pictures are enough.
 */
export async function measureNorms(
  graph: Graph,
  batches: Iterable<Readonly<Record<string, Tensor>>>,
  { threads, choose = () => true }: { readonly threads: number; readonly choose?: (output: string) => boolean },
): Promise<Map<string, NormValues>> {
  const convolutions = graph.nodes.filter(
    ({ operator, inputs, outputs }) =>
      operator === "Conv" &&
      inputs.length === 3 &&
      inputs.slice(1).every((name) => graph.initializers.has(name)) &&
      choose(outputs[0] ?? ""),
  );
  const sums = new Map(convolutions.map(({ outputs: [name = ""] }) => [name, new ChannelSums()]));
  const outputs = [...sums.keys()].map((name) => ({ name, type: "float32", dims: ["?", "?", "?", "?"] }) as const);
  const session = await openSession(writeOnnx({ ...graph, outputs }), { threads });
  try {
    for (const feeds of batches) {
      for (const [name, value] of Object.entries(await session.run(feeds))) sums.get(name)?.add(value);
    }
  } finally {
    await session.dispose();
  }
  return new Map(
    convolutions.map(({ inputs: [, , bias = ""], outputs: [name = ""] }) => {
      const { mean, variance } = sums.get(name)?.result() ?? { mean: [], variance: [] };
      const before = graph.initializers.get(bias)?.data as Float32Array;
      // The norm sees the convolution without its bias; scale and bias undo what it subtracts and divides by.
      return [
        name,
        {
          mean: Float32Array.from(mean, (value, channel) => value - (before[channel] ?? 0)),
          variance: Float32Array.from(variance),
          scale: Float32Array.from(variance, (value) => Math.sqrt(value + 1e-5)),
          bias: Float32Array.from(mean),
        },
      ];
    }),
  );
}

/** Mean and variance of each channel over feature maps [N, C, H, W]. */
class ChannelSums {
  readonly #sums: number[] = [];
  readonly #squares: number[] = [];
  #count = 0;

  add({ dims: [pictures = 0, channels = 0, height = 0, width = 0], data }: Tensor): void {
    const [area, elements] = [height * width, data as Float32Array];
    for (let plane = 0; plane < pictures * channels; plane++) {
      let [sum, square] = [0, 0];
      for (let at = plane * area; at < (plane + 1) * area; at++) {
        const value = elements[at] ?? 0;
        sum += value;
        square += value * value;
      }
      const channel = plane % channels;
      this.#sums[channel] = (this.#sums[channel] ?? 0) + sum;
      this.#squares[channel] = (this.#squares[channel] ?? 0) + square;
    }
    this.#count += pictures * area;
  }

  result(): { mean: number[]; variance: number[] } {
    const mean = this.#sums.map((sum) => sum / this.#count);
    return {
      mean,
      variance: this.#squares.map((square, channel) => Math.max(0, square / this.#count - (mean[channel] ?? 0) ** 2)),
    };
  }
}

/** Float constants with at least one dimension that layers read as weights, scales and biases. */
function learntConstants(graph: Graph, isTrainable: (name: string) => boolean): Set<string> {
  const found = new Set<string>();
  for (const { operator, inputs } of graph.nodes) {
    for (const index of learntInputs[operator] ?? []) {
      const name = inputs[index] ?? "";
      const value = graph.initializers.get(name);
      if (value?.type === "float32" && value.dims.length > 0 && isTrainable(name)) found.add(name);
    }
  }
  return found;
}

function refuseNonFinite(name: string, value: Tensor | undefined): void {
  const data = value?.data as Float32Array;
  const at = data.findIndex((element) => !Number.isFinite(element));
  if (at >= 0) {
    throw new NnError(
      "WRONG_INPUT",
      `Weights "${name}" hold ${data[at]} at element ${at} of ${data.length}; every element must be a finite number.`,
    );
  }
}

function plain(attributes: Readonly<Record<string, Attribute>>): Record<string, never> {
  // The graph was checked against the operator table; the compiler can't follow a name known only at run time.
  return Object.fromEntries(Object.entries(attributes).map(([name, { value }]) => [name, value])) as Record<
    string,
    never
  >;
}
