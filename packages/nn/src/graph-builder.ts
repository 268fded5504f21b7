/** Writes graphs step by step, checking each step's operator, attributes and shapes as it is added. */

import { NnError } from "./errors.js";
import type { Attribute, AttributeType, Dimension, Graph, Node, ValueInfo } from "./graph.js";
import { checkGraph, pruned, standardOpset } from "./graph.js";
import type { Operator, PlainAttribute as PlainValue, Value } from "./operator.js";
import type { OperatorName } from "./operators.js";
import { isOperatorName, operators } from "./operators.js";
import { inferShapes, recordOutputs } from "./shapes.js";
import type { ElementType, Tensor } from "./tensor.js";
import { elementValues } from "./tensor.js";

/** What an operator's attributes look like in a call of `add`: plain values. */
export type AttributeValues<Name extends OperatorName> = {
  readonly [Key in keyof (typeof operators)[Name]["attributes"]]?: PlainAttribute<
    (typeof operators)[Name]["attributes"][Key]
  >;
};
type PlainAttribute<Type> = Type extends AttributeType ? Extract<Attribute, { type: Type }>["value"] : never;

/**
 * ```ts
 * const builder = GraphBuilder.from(backboneGraph({ width: 224, height: 224, taps: ["last"] }));
 * const pooled = builder.add("GlobalAveragePool", ["last"]);
 * const features = builder.add("Flatten", [pooled], { axis: 1 });
 * builder.output(builder.add("Gemm", [features, weights, bias], { transB: 1 }), "logits");
 * const graph = builder.build("classifier");
 * ```
 */
export class GraphBuilder {
  readonly #inputs: ValueInfo[] = [];
  readonly #outputs: ValueInfo[] = [];
  readonly #initializers = new Map<string, Tensor>();
  readonly #nodes: Node[] = [];
  readonly #values = new Map<string, Value>();
  /** Small constants by their contents, so that each is there once. */
  readonly #shared = new Map<string, string>();
  readonly #prefix: string;
  #count = 0;

  /** `prefix` stands before the names that the builder makes up: what the values are there for. */
  constructor(prefix = "") {
    this.#prefix = prefix;
  }

  /** Continues a graph: its values can be read by their names; its outputs are no longer outputs. */
  static from(graph: Graph, prefix = ""): GraphBuilder {
    if (graph.opset !== standardOpset) {
      throw new NnError(
        "GRAPH_INVALID",
        `"${graph.name}" is in operator set ${graph.opset}, expected ${standardOpset}.`,
      );
    }
    const builder = new GraphBuilder(prefix);
    builder.#inputs.push(...graph.inputs);
    builder.#nodes.push(...graph.nodes);
    for (const [name, value] of graph.initializers) builder.#initializers.set(name, value);
    for (const [name, value] of inferShapes(graph)) builder.#values.set(name, value);
    return builder;
  }

  input(name: string, type: ElementType, dims: readonly Dimension[]): string {
    this.#inputs.push({ name, type, dims });
    this.#values.set(this.#free(name), { type, dims });
    return name;
  }

  constant(value: Tensor, name?: string): string {
    return name === undefined ? this.#sharedConstant(value) : this.#addConstant(value, name);
  }

  #sharedConstant(value: Tensor): string {
    if (value.data.length > 8) return this.#addConstant(value, this.#newName("constant"));
    const key = `${value.type} ${value.dims.join()}: ${elementValues(value.data)
      .map((x) => (Object.is(x, -0) ? "-0" : x))
      .join()}`;
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const name = this.#addConstant(value, this.#newName("constant"));
    this.#shared.set(key, name);
    return name;
  }

  #addConstant(value: Tensor, name: string): string {
    this.#initializers.set(this.#free(name), value);
    this.#values.set(name, { type: value.type, dims: value.dims, constant: value });
    return name;
  }

  /** Adds a node and gives the name of its (first) output. Tensors among the inputs become constants. */
  add<Name extends OperatorName>(
    operator: Name,
    inputs: readonly (string | Tensor)[],
    attributes?: AttributeValues<Name>,
    name?: string,
  ): string {
    return this.addAll(operator, inputs, attributes, [name ?? this.#newName(operator.toLowerCase())])[0] ?? "";
  }

  /** Adds a node with several outputs (`TopK`), which get the names given. */
  addAll<Name extends OperatorName>(
    operator: Name,
    inputs: readonly (string | Tensor)[],
    attributes: AttributeValues<Name> | undefined,
    outputs: readonly string[],
  ): readonly string[] {
    const node: Node = {
      name: outputs[0] ?? "",
      operator,
      inputs: inputs.map((input) => (typeof input === "string" ? input : this.constant(input))),
      outputs,
      attributes: tagged(operator, attributes ?? {}),
    };
    this.append(node);
    return outputs;
  }

  /**
   * Adds a node of an operator known by name only, as gradient rules do. Its outputs get names of their own.
   *
   * @throws NnError `GRAPH_INVALID` as `add` does, for an unknown operator too.
   */
  emit(
    operator: string,
    inputs: readonly (string | Tensor)[],
    attributes: Readonly<Record<string, PlainValue>>,
    outputCount: number,
  ): readonly string[] {
    const node = this.draft(operator, inputs, attributes, outputCount);
    this.append(node);
    return node.outputs;
  }

  /** A node that isn't part of the graph yet; tensors among its inputs are constants already. */
  draft(
    operator: string,
    inputs: readonly (string | Tensor)[],
    attributes: Readonly<Record<string, PlainValue>>,
    outputCount: number,
  ): Node {
    if (!isOperatorName(operator)) throw new NnError("GRAPH_INVALID", `There is no operator "${operator}".`);
    const outputs = Array.from({ length: outputCount }, () => this.#newName(operator.toLowerCase()));
    return {
      name: outputs[0] ?? "",
      operator,
      inputs: inputs.map((input) => (typeof input === "string" ? input : this.constant(input))),
      outputs,
      attributes: tagged(operator, attributes),
    };
  }

  append(node: Node): void {
    for (const output of node.outputs) this.#free(output);
    recordOutputs(this.#values, node);
    this.#nodes.push(node);
  }

  /** What is known of any value made so far. */
  value(name: string): Value {
    const value = this.#values.get(name);
    if (!value) throw new NnError("GRAPH_INVALID", `There is no value "${name}".`);
    return value;
  }

  /** Dimensions of any value made so far. */
  dims(name: string): readonly Dimension[] {
    return this.value(name).dims;
  }

  /** Makes a value an output of the graph, under a name of its own if one is given. */
  output(name: string, as = name): void {
    const result = as === name ? name : this.add("Identity", [name], {}, as);
    const { type, dims } = this.value(name);
    this.#outputs.push({ name: result, type, dims });
  }

  /** The graph so far. Nodes and constants that no output needs are left out: runtimes warn of them or carry them. */
  build(name: string, metadata: ReadonlyMap<string, string> = new Map()): Graph {
    const graph = {
      name,
      inputs: [...this.#inputs],
      outputs: [...this.#outputs],
      initializers: new Map(this.#initializers),
      nodes: [...this.#nodes],
      metadata,
      opset: standardOpset,
    };
    checkGraph(graph);
    return pruned(graph, graph.outputs);
  }

  #newName(base: string): string {
    let name: string;
    do name = `${this.#prefix}${base}_${++this.#count}`;
    while (this.#values.has(name));
    return name;
  }

  #free(name: string): string {
    if (this.#values.has(name)) throw new NnError("GRAPH_INVALID", `The graph has a value "${name}" already.`);
    return name;
  }
}

/** Plain values with the types that the operator table says. */
function tagged(operator: OperatorName, values: Readonly<Record<string, unknown>>): Record<string, Attribute> {
  const row: Operator = operators[operator];
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const type = row.attributes[name];
      if (!type) throw new NnError("GRAPH_INVALID", `${operator} has no attribute "${name}".`);
      return [name, { type, value } as Attribute];
    }),
  );
}
