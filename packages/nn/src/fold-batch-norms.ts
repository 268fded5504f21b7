/** Puts batch norms into the convolutions before them, as they compute once a network has learnt: fewer nodes, the same answers. */

import type { Graph, Node } from "./graph.js";
import { pruned } from "./graph.js";
import { floatTensor, type Tensor } from "./tensor.js";

/** The graph without batch norms that stand right behind a convolution with constant weights; others stay. */
export function foldBatchNorms(graph: Graph): Graph {
  const uses = new Map<string, number>();
  for (const name of [...graph.nodes.flatMap(({ inputs }) => inputs), ...graph.outputs.map(({ name }) => name)])
    uses.set(name, (uses.get(name) ?? 0) + 1);
  const convolutions = new Map<string, number>();
  const nodes: Node[] = [];
  const initializers = new Map(graph.initializers);
  for (const node of graph.nodes) {
    const at = node.operator === "BatchNormalization" ? convolutions.get(node.inputs[0] ?? "") : undefined;
    const conv = at === undefined ? undefined : nodes[at];
    const folded = conv && uses.get(node.inputs[0] ?? "") === 1 ? foldedWeights(graph, conv, node) : null;
    if (conv === undefined || at === undefined || folded === null) {
      if (node.operator === "Conv") convolutions.set(node.outputs[0] ?? "", nodes.length);
      nodes.push(node);
      continue;
    }
    const output = node.outputs[0] ?? "";
    const [weights, bias] = [`${output}/folded/weights`, `${output}/folded/bias`];
    initializers.set(weights, folded.weights).set(bias, folded.bias);
    nodes[at] = { ...conv, inputs: [conv.inputs[0] ?? "", weights, bias], outputs: [output] };
  }
  return pruned({ ...graph, nodes, initializers }, graph.outputs);
}

/** ONNX's own default. */
const usualEpsilon = 1e-5;

/** @returns `null` where not all of it is constant */
function foldedWeights(graph: Graph, conv: Node, norm: Node): { weights: Tensor; bias: Tensor } | null {
  const of = (name: string | undefined): Float32Array | null => {
    const data = name === undefined ? undefined : graph.initializers.get(name)?.data;
    return data instanceof Float32Array ? data : null;
  };
  const weights = graph.initializers.get(conv.inputs[1] ?? "");
  const before = of(conv.inputs[2] || undefined);
  const [scale, shift, mean, variance] = norm.inputs.slice(1, 5).map(of);
  if (weights === undefined || !(weights.data instanceof Float32Array) || (conv.inputs[2] && before === null))
    return null;
  if (!scale || !shift || !mean || !variance || scale.length !== weights.dims[0]) return null;
  const given = norm.attributes.epsilon;
  const epsilon = given?.type === "float" ? given.value : usualEpsilon;
  const factor = Float64Array.from(scale, (value, c) => value / Math.sqrt((variance[c] as number) + epsilon));
  const size = weights.data.length / scale.length;
  return {
    weights: floatTensor(
      weights.dims,
      Float32Array.from(weights.data, (value, i) => value * (factor[Math.floor(i / size)] as number)),
    ),
    bias: floatTensor(
      [scale.length],
      Float32Array.from(
        shift,
        (value, c) => value + ((before?.[c] ?? 0) - (mean[c] as number)) * (factor[c] as number),
      ),
    ),
  };
}
