/** A trained network as a plain ONNX graph: constants, folded batch norms, standard operators, any batch. */

import type { Graph } from "./graph.js";
import { lower } from "./lowering.js";
import { type ModelFunction, Network, type Weights } from "./network.js";
import { declareInputs, type InputSpec } from "./training/definition.js";

/**
 * The graph that a model function writes with these weights, for batches of any size. Its outputs are the function's, by
 * their names; inputs that no output needs (targets) are left out.
 *
 * @throws NnError `GRAPH_INVALID` when weights are missing or have another shape.
 */
export function exportGraph(
  model: ModelFunction,
  weights: Weights,
  inputs: Readonly<Record<string, InputSpec>>,
  name = "network",
): Graph {
  const net = new Network({ mode: "export", batch: "N", weights });
  const outputs = model(net, declareInputs(net, inputs));
  for (const [output, value] of Object.entries(outputs)) net.builder.output(value, output);
  const graph = lower(net.builder.build(name), { kind: "portable" });
  const read = new Set([...graph.nodes.flatMap((node) => node.inputs), ...graph.outputs.map((output) => output.name)]);
  return { ...graph, inputs: graph.inputs.filter((input) => read.has(input.name)) };
}
