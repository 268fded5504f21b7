/** Settles `auto_pad`, which depends on the picture's size, into plain `pads` once that size is known. */

import type { Attribute, Dimension, Graph, Node } from "./graph.js";
import type { Value } from "./operator.js";
import { Call } from "./operator.js";
import { knownValues, nodeInputs, recordOutputs } from "./shapes.js";
import { planWindow } from "./window.js";

/**
 * The same graph for an input of these dimensions, with every padding explicit: each runtime and each code generator
 * reads it the same way. Only the batch may stay symbolic.
 */
export function withInputSize(graph: Graph, dims: readonly Dimension[]): Graph {
  const inputs = graph.inputs.map((input, index) => (index === 0 ? { ...input, dims } : input));
  const values = knownValues({ ...graph, inputs });
  const nodes = graph.nodes.map((node) => {
    const settled = "auto_pad" in node.attributes ? explicitPadding(node, nodeInputs(values, node)) : node;
    recordOutputs(values, settled);
    return settled;
  });
  const outputs = graph.outputs.map((output) => ({ ...output, dims: values.get(output.name)?.dims ?? output.dims }));
  return { ...graph, inputs, nodes, outputs };
}

function explicitPadding(node: Node, inputs: (Value | undefined)[]): Node {
  const call: Call = new Call(node, inputs);
  const [height, width] = call.ranked(0, 4).dims.slice(2);
  const kernel = (call.ints("kernel_shape") ?? call.input(1).dims.slice(2)).map(Number);
  if (typeof height !== "number" || typeof width !== "number") {
    call.fail("its padding depends on the picture's size, which isn't known.");
  }
  const plan = planWindow(call, [height, width], [kernel[0] ?? 0, kernel[1] ?? 0]);
  const { auto_pad: _, ...attributes } = node.attributes;
  const pads: Attribute = { type: "ints", value: plan.pads };
  return { ...node, attributes: { ...attributes, pads } };
}
