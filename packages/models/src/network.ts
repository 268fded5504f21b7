/** Puts a network together node by node: a backbone's graph continued with a method's own operators. */
import type { Attribute, Graph, Node, ValueInfo } from "@sightline/nn/graph";
import { floatTensor, indexTensor, type Tensor } from "@sightline/nn/tensor";

type PlainAttribute = number | string | readonly number[];

/** Attributes that ONNX wants as floats even when their value is whole. */
const floatAttributes = new Set(["alpha", "beta", "epsilon"]);

export class Network {
  readonly #from: Graph;
  readonly #nodes: Node[];
  readonly #initializers: Map<string, Tensor>;
  #inputs: readonly ValueInfo[];
  #count = 0;

  /** Continues a graph; its inputs stay, its outputs become ordinary values. */
  constructor(from: Graph) {
    this.#from = from;
    this.#nodes = [...from.nodes];
    this.#initializers = new Map(from.initializers);
    this.#inputs = from.inputs;
  }

  /** Adds a node with one output and returns that output's name. */
  add(
    operator: string,
    inputs: readonly string[],
    attributes: Record<string, PlainAttribute> = {},
    output?: string,
  ): string {
    const name = output ?? this.#newName(operator);
    this.#nodes.push({ name, operator, inputs, outputs: [name], attributes: mapValues(attributes, toAttribute) });
    return name;
  }

  /** The `count` largest values along the last axis; returns their name. */
  addTopK(input: string, count: number): string {
    const values = this.#newName("TopK");
    const inputs = [input, this.index([count])];
    const attributes = mapValues({ axis: -1, largest: 1, sorted: 1 }, toAttribute);
    this.#nodes.push({ name: values, operator: "TopK", inputs, outputs: [values, `${values}/places`], attributes });
    return values;
  }

  /** A float constant. */
  constant(dims: readonly number[], values: Float32Array | readonly number[]): string {
    return this.#put(floatTensor(dims, values));
  }

  /** A list of whole numbers: axes, shapes, sizes. */
  index(values: readonly number[]): string {
    return this.#put(indexTensor(values));
  }

  /**
   * Lets the graph take pictures as they are decoded, 0–255, and brings them to the backbone's −1…1 inside.
   * Must come before anything else is added.
   */
  takePixels(image: string): void {
    const input = this.#inputs[0];
    if (!input) throw new RangeError("The graph has no input to scale.");
    const centred = `${image}/centred`;
    const scaled = `${image}/scaled`;
    const rename = (name: string): string => (name === input.name ? centred : name);
    const nodes = this.#nodes.map((node) => ({ ...node, inputs: node.inputs.map(rename) }));
    this.#nodes.length = 0;
    this.#inputs = [{ ...input, name: image }];
    this.add("Mul", [image, this.constant([], [1 / 127.5])], {}, scaled);
    this.add("Sub", [scaled, this.constant([], [1])], {}, centred);
    this.#nodes.push(...nodes);
  }

  /** The finished graph. */
  graph(name: string, outputs: readonly ValueInfo[]): Graph {
    return {
      ...this.#from,
      name,
      inputs: this.#inputs,
      outputs,
      nodes: this.#nodes,
      initializers: this.#initializers,
    };
  }

  #put(tensor: Tensor): string {
    const name = this.#newName("constant");
    this.#initializers.set(name, tensor);
    return name;
  }

  #newName(kind: string): string {
    this.#count++;
    return `head/${kind}${this.#count}`;
  }
}

function toAttribute(value: PlainAttribute, name: string): Attribute {
  if (typeof value === "string") return { type: "string", value };
  if (typeof value !== "number") return { type: "ints", value };
  return { type: floatAttributes.has(name) ? "float" : "int", value };
}

function mapValues<A, B>(record: Record<string, A>, change: (value: A, key: string) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value, key)]));
}
