/**
 * Runs graphs by plain loops in double precision: slow, readable, and written from the ONNX specification alone. The
 * operator tests run on it and on ONNX Runtime, so that each checks the other.
 */

import { NnError } from "../errors.js";
import type { Graph, ValueInfo } from "../graph.js";
import { checkGraph } from "../graph.js";
import { blockedLoops } from "../lowering/blocked-loops.js";
import type { Elements, Operator, Value } from "../operator.js";
import { Call } from "../operator.js";
import { inferNode, isOperatorName, operators } from "../operators.js";
import type { ElementType, Tensor, TensorData } from "../tensor.js";
import { elementTypes, tensor } from "../tensor.js";
import { checkFeeds } from "./feeds.js";
import type { Session } from "./session.js";

/** `block`: channels in a block, for graphs that are lowered onto the blocked layout. */
export function openReferenceSession(graph: Graph, { block }: { readonly block?: number } = {}): Session {
  checkGraph(graph);
  return new ReferenceSession(graph, block ?? null);
}

class ReferenceSession implements Session {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  #graph: Graph | null;
  readonly #name: string;
  readonly #block: number | null;

  constructor(graph: Graph, block: number | null) {
    this.#block = block;
    this.inputs = graph.inputs;
    this.outputs = graph.outputs;
    this.#graph = graph;
    this.#name = graph.name;
  }

  async run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    const graph = this.#graph;
    if (!graph) throw new NnError("SESSION_DISPOSED", `The session of model "${this.#name}" is disposed of.`);
    checkFeeds(graph.inputs, feeds);
    const values = new Map<string, Tensor>(graph.initializers);
    for (const { name } of graph.inputs) values.set(name, feeds[name] as Tensor);
    for (const node of graph.nodes) {
      // While running, every value's elements are known: the shape rules then give the exact output shapes.
      const inputs = node.inputs.map((name): Value | undefined => {
        const value = values.get(name);
        return value && { type: value.type, dims: value.dims, constant: value };
      });
      const shapes = inferNode(node, inputs);
      const results = this.#results(new Call(node, inputs), shapes);
      for (const [index, name] of node.outputs.entries()) {
        const [shape, data] = [shapes[index], results[index]];
        if (shape && data) values.set(name, tensor(shape.type, shape.dims.map(Number), rounded(shape.type, data)));
      }
    }
    return Object.fromEntries(graph.outputs.map(({ name }) => [name, copy(values.get(name) as Tensor)]));
  }

  #results(call: Call, shapes: readonly Value[]): readonly Elements[] {
    const { operator } = call.node;
    if (isOperatorName(operator)) {
      const { run }: Operator = operators[operator];
      return run(call, shapes);
    }
    const loop = blockedLoops[operator] ?? call.fail("no such operator here.");
    return loop(call, shapes, this.#block ?? call.fail("the reference must be told how many channels a block has."));
  }

  async dispose(): Promise<void> {
    this.#graph = null;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

/** Rules compute in double precision; the value's type says what is kept of it. */
function rounded(type: ElementType, elements: Elements): TensorData {
  const { array } = elementTypes[type];
  return elements instanceof array ? elements : (array as Float32ArrayConstructor).from(elements as ArrayLike<number>);
}

/**
 * The same graph in double precision throughout: float32 inputs, constants and casts become float64, and nothing is
 * rounded between operators. Only the reference session runs all of it.
 */
export function inDoublePrecision(graph: Graph): Graph {
  const wide = <Info extends { readonly type: ElementType }>(info: Info): Info =>
    info.type === "float32" ? { ...info, type: "float64" } : info;
  const nodes = graph.nodes.map((node) => {
    const { to } = node.attributes;
    if (node.operator !== "Cast" || to?.value !== elementTypes.float32.onnx) return node;
    return { ...node, attributes: { to: { type: "int" as const, value: elementTypes.float64.onnx } } };
  });
  const initializers = new Map([...graph.initializers].map(([name, value]) => [name, doubleTensor(value)]));
  return { ...graph, nodes, initializers, inputs: graph.inputs.map(wide), outputs: graph.outputs.map(wide) };
}

/** A float32 tensor in double precision; any other as it is. */
export function doubleTensor(value: Tensor): Tensor {
  return value.type === "float32"
    ? tensor("float64", value.dims, Float64Array.from(value.data as Float32Array))
    : value;
}

/** What a run returns is the caller's own, even where it is an input or a constant passed through. */
function copy({ type, dims, data }: Tensor): Tensor {
  return { type, dims, data: data.slice() };
}
