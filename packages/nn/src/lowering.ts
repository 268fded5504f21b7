/** Rewrites graphs of our own operators into ONNX operators, for a target: the one place that knows both. */

import type { Dimension, Graph, Node } from "./graph.js";
import { GraphBuilder } from "./graph-builder.js";
import { lowerTurbo } from "./lowering/turbo.js";
import type { LoweringRule, Operator, PlainAttribute, Value } from "./operator.js";
import { Call, Forward } from "./operator.js";
import type { OperatorName } from "./operators.js";
import { isOperatorName, operators } from "./operators.js";
import type { Emitter } from "./tape.js";
import { Tape } from "./tape.js";
import type { Tensor } from "./tensor.js";

/** Standard operators, which run anywhere; or ONNX Runtime's blocked layout with this many channels per block. */
export type Target = { readonly kind: "portable" } | { readonly kind: "turbo"; readonly block: 8 | 16 };

/** Rules of a target, which come before the rows' own `lower`. */
export type TargetRules = { readonly [Name in OperatorName]?: LoweringRule };

/**
 * The graph in operators that ONNX Runtime has. Values keep their names where they are the graph's inputs or outputs.
 *
 * @throws NnError `GRAPH_INVALID` where a shape that a rule needs isn't known.
 */
export function lower(graph: Graph, target: Target): Graph {
  return target.kind === "turbo" ? lowerTurbo(graph, target.block) : rewritten(graph, {});
}

/** Rewrites node by node; what a rule emits is rewritten in turn, until every node is kept. */
export function rewritten(graph: Graph, rules: TargetRules): Graph {
  const builder = new GraphBuilder("lowered/");
  for (const { name, type, dims } of graph.inputs) builder.input(name, type, dims);
  for (const [name, value] of graph.initializers) builder.constant(value, name);
  const rewriter = new Rewriter(builder, rules);
  for (const node of graph.nodes) rewriter.add(node);
  for (const { name } of graph.outputs) builder.output(rewriter.current(name), name);
  return builder.build(graph.name, graph.metadata);
}

class Rewriter implements Emitter {
  readonly #builder: GraphBuilder;
  readonly #rules: TargetRules;
  readonly #tape = new Tape(this);
  /** The value that took the place of one of the graph's. */
  readonly #replaced = new Map<string, string>();

  constructor(builder: GraphBuilder, rules: TargetRules) {
    this.#builder = builder;
    this.#rules = rules;
  }

  add(node: Node): void {
    const inputs = node.inputs.map((name) => this.current(name));
    const outputs = this.#apply({ ...node, inputs });
    if (outputs === null) this.#builder.append({ ...node, inputs });
    else for (const [index, name] of node.outputs.entries()) this.#replaced.set(name, outputs[index] ?? "");
  }

  current(name: string): string {
    return this.#replaced.get(name) ?? name;
  }

  emit(
    operator: string,
    inputs: readonly (string | Tensor)[],
    attributes: Readonly<Record<string, PlainAttribute>>,
    outputCount: number,
  ): readonly string[] {
    const node = this.#builder.draft(operator, inputs, attributes, outputCount);
    const outputs = this.#apply(node);
    if (outputs !== null) return outputs;
    this.#builder.append(node);
    return node.outputs;
  }

  dims(name: string): readonly Dimension[] {
    return this.#builder.dims(name);
  }

  /** The names of the outputs that a rule emitted instead, or `null` where the node is kept. */
  #apply(node: Node): readonly string[] | null {
    const inputs = node.inputs.map((name): Value | undefined => (name === "" ? undefined : this.#builder.value(name)));
    const call: Call = new Call(node, inputs);
    if (!isOperatorName(node.operator)) return call.fail("no such operator here.");
    const row: Operator = operators[node.operator];
    const rule = this.#rules[node.operator] ?? row.lower;
    return rule?.(new Forward(this.#tape, call, node.inputs, node.outputs.length)) ?? null;
  }
}
