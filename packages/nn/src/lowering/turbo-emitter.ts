/** Collects the nodes of a lowered graph, blocked ones among them, and writes no node twice for the same inputs. */

import type { Attribute, Dimension, Graph, Node, ValueInfo } from "../graph.js";
import { checkGraph, pruned } from "../graph.js";
import type { Operator, PlainAttribute, Value } from "../operator.js";
import { Call, Forward } from "../operator.js";
import { inferNode, isOperatorName, operators } from "../operators.js";
import type { Emitter } from "../tape.js";
import { Tape } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { elementValues } from "../tensor.js";
import { blockedOperators } from "./blocked-operators.js";

export class TurboEmitter implements Emitter {
  readonly tape: Tape = new Tape(this);
  readonly #values = new Map<string, Value>();
  readonly #nodes: Node[] = [];
  readonly #initializers = new Map<string, Tensor>();
  /** Outputs by operator, inputs and attributes: common subexpressions are computed once. */
  readonly #emitted = new Map<string, readonly string[]>();
  readonly #constants = new Map<string, string>();
  #count = 0;

  constructor(graph: Graph) {
    for (const { name, type, dims } of graph.inputs) this.#values.set(name, { type, dims });
    for (const [name, constant] of graph.initializers) {
      this.#values.set(name, { type: constant.type, dims: constant.dims, constant });
      this.#initializers.set(name, constant);
    }
  }

  emit(
    operator: string,
    inputs: readonly (string | Tensor)[],
    attributes: Readonly<Record<string, PlainAttribute>>,
    outputCount: number,
  ): readonly string[] {
    const names = inputs.map((input) => (typeof input === "string" ? input : this.#constant(input)));
    const node = { name: "", operator, inputs: names, outputs: [], attributes: tagged(operator, attributes) };
    return this.add(node, outputCount);
  }

  /** Adds a node, whose own output names are ignored, or what its row's lowering makes of it. */
  add(node: Node, outputCount: number): readonly string[] {
    const key = JSON.stringify([node.operator, node.inputs, node.attributes, outputCount]);
    const known = this.#emitted.get(key);
    if (known) return known;
    const inputs = node.inputs.map((name) => (name === "" ? undefined : this.value(name)));
    const outputs = this.#lowered(new Call(node, inputs), node, outputCount) ?? this.#append(node, inputs, outputCount);
    this.#emitted.set(key, outputs);
    return outputs;
  }

  value(name: string): Value {
    const value = this.#values.get(name);
    if (!value) throw new Error(`no value "${name}"`);
    return value;
  }

  dims(name: string): readonly Dimension[] {
    return this.value(name).dims;
  }

  /** The graph of everything its outputs need; `current` says which value an output is now. */
  build(graph: Graph, current: (output: string) => string): Graph {
    const outputs: ValueInfo[] = [];
    for (const { name } of graph.outputs) {
      const value = current(name);
      const { type, dims } = this.value(value);
      outputs.push({ name, type, dims });
      if (value === name) continue;
      this.#nodes.push({ name, operator: "Identity", inputs: [value], outputs: [name], attributes: {} });
    }
    const built = { ...graph, outputs, initializers: this.#initializers, nodes: this.#nodes };
    checkGraph(built);
    return pruned(built, outputs);
  }

  #lowered(call: Call, node: Node, outputCount: number): readonly string[] | null {
    if (!isOperatorName(node.operator)) return null;
    const row: Operator = operators[node.operator];
    return row.lower?.(new Forward(this.tape, call, node.inputs, outputCount)) ?? null;
  }

  #append(node: Node, inputs: readonly (Value | undefined)[], outputCount: number): readonly string[] {
    this.#count += 1;
    const outputs = Array.from({ length: outputCount }, (_, index) => `turbo/${this.#count}.${index}`);
    const named = { ...node, name: `${node.operator} ${this.#count}`, outputs };
    const values = inferNode(named, inputs);
    for (const [index, name] of outputs.entries()) {
      const value = values[index];
      if (value) this.#values.set(name, value);
    }
    this.#nodes.push(named);
    return outputs;
  }

  #constant(value: Tensor): string {
    const key =
      value.data.length > 4096 ? null : `${value.type} ${value.dims.join()}: ${elementValues(value.data).join()}`;
    const known = key === null ? undefined : this.#constants.get(key);
    if (known !== undefined) return known;
    const name = `turbo/constant ${this.#initializers.size}`;
    this.#initializers.set(name, value);
    this.#values.set(name, { type: value.type, dims: value.dims, constant: value });
    if (key !== null) this.#constants.set(key, name);
    return name;
  }
}

function tagged(operator: string, values: Readonly<Record<string, PlainAttribute>>): Record<string, Attribute> {
  const row = blockedOperators[operator] ?? (isOperatorName(operator) ? operators[operator] : undefined);
  const types: Readonly<Record<string, string>> = row?.attributes ?? {};
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, { type: types[name], value } as Attribute]),
  );
}
