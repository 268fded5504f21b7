/** Differentiates a graph: its gradients are more nodes of the same kind, written by the operator table's rules. */

import { NnError } from "./errors.js";
import type { Graph, Node } from "./graph.js";
import { GraphBuilder } from "./graph-builder.js";
import type { Operator, Value } from "./operator.js";
import { Backward, Call } from "./operator.js";
import { isOperatorName, operators } from "./operators.js";
import { Tape } from "./tape.js";
import { floatTensor } from "./tensor.js";

export interface Differentiated {
  /** The graph's own outputs, then the gradients. Semantic: lowering.ts makes it ONNX. */
  readonly graph: Graph;
  /** The gradient's value name for each value differentiated by; it has that value's shape. */
  readonly gradients: ReadonlyMap<string, string>;
}

/**
 * Adds the gradients of a scalar value by others, all of known shapes. The nodes are walked from the loss to the front;
 * where a value is read several times its gradients are added.
 *
 * ```ts
 * const { graph, gradients } = withGradients(builder.build("step"), "loss", ["weights", "bias"]);
 * ```
 *
 * @throws NnError `GRAPH_INVALID` when the loss isn't one number, a value doesn't exist, or a gradient can't be had.
 */
export function withGradients(graph: Graph, loss: string, wrt: readonly string[]): Differentiated {
  const builder = GraphBuilder.from(graph, "gradient/");
  const tape = new Tape(builder);
  const lossDims = builder.dims(loss);
  if (lossDims.some((size) => size !== 1)) {
    throw new NnError("GRAPH_INVALID", `The loss "${loss}" must be one number, got (${lossDims.join(", ")}).`);
  }
  const moving = dependents(graph, wrt);
  const found = new Map<string, string>([[loss, builder.constant(floatTensor(lossDims.map(Number), [1]))]]);
  for (const node of graph.nodes.toReversed()) {
    if (!node.inputs.some((name) => moving.has(name))) continue;
    const dys = node.outputs.map((name) => found.get(name) ?? null);
    if (dys.every((dy) => dy === null)) continue;
    for (const [index, contribution] of contributions(node, builder, tape, dys).entries()) {
      const name = node.inputs[index];
      if (name === undefined || contribution === null || !moving.has(name)) continue;
      const fitted = tape.fit(contribution, tape.sizes(name));
      const before = found.get(name);
      found.set(name, before === undefined ? fitted : tape.plus(before, fitted));
    }
  }
  const gradients = new Map(wrt.map((name) => [name, found.get(name) ?? tape.zeros(tape.sizes(name))]));
  for (const output of graph.outputs) builder.output(output.name);
  for (const name of new Set(gradients.values())) builder.output(name);
  return { graph: builder.build(graph.name, graph.metadata), gradients };
}

function contributions(
  node: Node,
  builder: GraphBuilder,
  tape: Tape,
  dys: readonly (string | null)[],
): readonly (string | null)[] {
  const inputs = node.inputs.map((name): Value | undefined => (name === "" ? undefined : builder.value(name)));
  const call: Call = new Call(node, inputs);
  if (!isOperatorName(node.operator)) return call.fail("no such operator here.");
  const { gradient }: Operator = operators[node.operator];
  if (typeof gradient === "function") return gradient(new Backward(tape, call, node, dys));
  return "stops" in gradient ? [] : call.fail(`it has no gradient here: ${gradient.none}.`);
}

/** The values that move when these do. */
function dependents(graph: Graph, names: readonly string[]): Set<string> {
  const moving = new Set(names);
  for (const node of graph.nodes) {
    if (node.inputs.some((name) => moving.has(name))) for (const name of node.outputs) moving.add(name);
  }
  return moving;
}
