/** What a neural network is here: an ONNX graph as plain data that never changes once made. */

import { NnError } from "./errors.js";
import type { ElementType, Tensor } from "./tensor.js";

/** A dimension: a size, or the name of one that is known only at run time (the batch, `"N"`). */
export type Dimension = number | string;

/** Stands for a dimension of which nothing is known, not even a name. */
export const unknownDimension = "?";

export interface ValueInfo {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly Dimension[];
}

export type Attribute =
  | { readonly type: "int"; readonly value: number }
  | { readonly type: "ints"; readonly value: readonly number[] }
  | { readonly type: "float"; readonly value: number }
  | { readonly type: "floats"; readonly value: readonly number[] }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "strings"; readonly value: readonly string[] }
  | { readonly type: "tensor"; readonly value: Tensor };

export type AttributeType = Attribute["type"];

export interface Node {
  readonly name: string;
  /** Operator of the standard ONNX domain, by its ONNX name. */
  readonly operator: string;
  /** Value names; `""` is an optional input left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A network. Nodes stand in an order in which each one's inputs exist before it. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** Constant tensors by value name. */
  readonly initializers: ReadonlyMap<string, Tensor>;
  readonly nodes: readonly Node[];
  /** Free text by key, kept in the file (`metadata_props`). */
  readonly metadata: ReadonlyMap<string, string>;
  /** Version of the standard operator set the nodes are written in. */
  readonly opset: number;
}

/** The operator set that our own graphs use: read by ONNX Runtime 1.14 (2023) and newer. */
export const standardOpset = 18;

/** The graph with only these outputs, and without the nodes and constants that none of them needs. */
export function pruned(graph: Graph, outputs: readonly ValueInfo[]): Graph {
  const needed = new Set(outputs.map((output) => output.name));
  const nodes: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    nodes.push(node);
    for (const name of node.inputs) needed.add(name);
  }
  return {
    ...graph,
    outputs,
    nodes: nodes.reverse(),
    initializers: new Map([...graph.initializers].filter(([name]) => needed.has(name))),
  };
}

/** Throws `GRAPH_INVALID` when a value is used before it exists, made twice, or promised and never made. */
export function checkGraph(graph: Graph): void {
  const known = new Set(graph.initializers.keys());
  const make = (name: string, by: string) => {
    if (known.has(name)) throw new NnError("GRAPH_INVALID", `${by} makes "${name}", which exists already.`);
    known.add(name);
  };
  for (const input of graph.inputs) make(input.name, "The input list");
  for (const node of graph.nodes) {
    const where = `Node "${node.name}" (${node.operator})`;
    for (const name of node.inputs) {
      if (name !== "" && !known.has(name))
        throw new NnError("GRAPH_INVALID", `${where} reads "${name}", made nowhere.`);
    }
    for (const name of node.outputs) if (name !== "") make(name, where);
  }
  if (graph.outputs.length === 0) throw new NnError("GRAPH_INVALID", "The graph has no output.");
  for (const { name } of graph.outputs) {
    if (!known.has(name)) throw new NnError("GRAPH_INVALID", `The graph's output "${name}" is made nowhere.`);
  }
}
