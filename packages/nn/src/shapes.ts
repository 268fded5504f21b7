/** Shapes of all values of a graph, from the operator table's shape rules. */

import { NnError } from "./errors.js";
import type { Graph, Node } from "./graph.js";
import type { Value } from "./operator.js";
import { inferNode } from "./operators.js";

/** Every value of the graph by name. Throws `GRAPH_INVALID` where operators, attributes and shapes don't fit. */
export function inferShapes(graph: Graph): Map<string, Value> {
  const values = knownValues(graph);
  for (const node of graph.nodes) recordOutputs(values, node);
  return values;
}

/** The values that exist before any node: inputs and constants. */
export function knownValues(graph: Graph): Map<string, Value> {
  const values = new Map<string, Value>();
  for (const { name, type, dims } of graph.inputs) values.set(name, { type, dims });
  for (const [name, constant] of graph.initializers) {
    values.set(name, { type: constant.type, dims: constant.dims, constant });
  }
  return values;
}

/** Adds a node's outputs to the values known so far. */
export function recordOutputs(values: Map<string, Value>, node: Node): void {
  const outputs = inferNode(node, nodeInputs(values, node));
  for (const [index, name] of node.outputs.entries()) {
    const output = outputs[index];
    if (!output) throw new NnError("GRAPH_INVALID", `Node "${node.name}" (${node.operator}) has no output ${index}.`);
    values.set(name, output);
  }
}

/** What is known about a node's inputs; `undefined` for those left out. */
export function nodeInputs(values: ReadonlyMap<string, Value>, node: Node): (Value | undefined)[] {
  return node.inputs.map((name) => {
    if (name === "") return undefined;
    const value = values.get(name);
    if (!value) throw new NnError("GRAPH_INVALID", `Node "${node.name}" reads "${name}", which is made nowhere.`);
    return value;
  });
}
