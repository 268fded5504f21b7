/**
 * Which channels of a network belong together: what one convolution makes, a sum joins with what others make, and what reads
 * them holds a slice of weights for each. A channel can go only with all that it is tied to (DepGraph, Fang et al. 2023).
 */

import type { Graph, Node } from "../graph.js";
import type { Value } from "../operator.js";
import { elementwise } from "../operators/elementwise.js";
import { inferShapes } from "../shapes.js";
import { elementValues } from "../tensor.js";
import { Ties } from "./ties.js";

/** An axis of a constant along which each element belongs to a channel; the channels in the order of the elements. */
export interface ChannelAxis {
  readonly constant: string;
  readonly axis: number;
  readonly channels: readonly number[];
}

/** A convolution or product with constant weights. */
export interface WeightedNode {
  /** Place among the graph's nodes. */
  readonly node: number;
  /** The channels that it reads and those that it makes; a depthwise one reads what it makes. */
  readonly reads: readonly number[];
  readonly makes: readonly number[];
  readonly isDepthwise: boolean;
  /** Weights for each pair of a channel read and one made; a depthwise one has as many for each channel. */
  readonly weights: number;
  /** Places of the map that it makes: each weight is multiplied so often for one picture. */
  readonly places: number;
}

export interface ChannelMap {
  /** Channels that can go together with each other are in one group; a channel in none of them must stay. */
  readonly groups: readonly (readonly number[])[];
  readonly axes: readonly ChannelAxis[];
  readonly weighted: readonly WeightedNode[];
}

/** What computes each element of a map by itself, so that channels stay what they are. */
const perElement = new Set(
  Object.keys(elementwise).filter((name) => !["Cast", "Equal", "Greater", "Less", "Where"].includes(name)),
);
/** What changes a map's size alone. */
const perChannel = new Set(["AveragePool", "GlobalAveragePool", "GlobalMaxPool", "MaxPool", "Resize"]);

/**
 * Follows the channels, axis 1 of maps `[N, C, H, W]` and rows `[N, C]`, through the graph. Where it meets an operator that it
 * can't follow, the channels there must stay: what it says is true of any graph.
 */
export function mapChannels(graph: Graph): ChannelMap {
  return new ChannelWalk(graph).walk();
}

class ChannelWalk {
  readonly #graph: Graph;
  readonly #shapes: ReadonlyMap<string, Value>;
  readonly #ties = new Ties();
  readonly #channels = new Map<string, readonly number[]>();
  readonly #axes: ChannelAxis[] = [];
  readonly #weighted: WeightedNode[] = [];

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#shapes = inferShapes(graph);
  }

  walk(): ChannelMap {
    for (const { name } of this.#graph.inputs) this.#ties.keep(this.#fresh(name));
    for (const [index, node] of this.#graph.nodes.entries()) if (!this.#follow(node, index)) this.#stop(node);
    for (const { name } of this.#graph.outputs) this.#ties.keep(this.#channels.get(name) ?? []);
    this.#keepAmbiguous();
    const named = (channels: readonly number[]): number[] => channels.map((channel) => this.#ties.find(channel));
    return {
      groups: this.#ties.groups(),
      axes: this.#axes.map((axis) => ({ ...axis, channels: named(axis.channels) })),
      weighted: this.#weighted.map((node) => ({ ...node, reads: named(node.reads), makes: named(node.makes) })),
    };
  }

  /** @returns whether it knows what becomes of the channels */
  #follow(node: Node, index: number): boolean {
    const { operator, inputs, outputs } = node;
    const [x = "", second = ""] = inputs;
    const [y = ""] = outputs;
    // What is computed from constants alone has no channels; a layer reads it as it is.
    if (inputs.every((name) => !this.#channels.has(name))) return true;
    if (operator === "Conv") return this.#convolution(node, index);
    if (operator === "Gemm") return this.#product(node, index, node.attributes.transB?.value === 1 ? 1 : 0);
    if (operator === "MatMul") return this.#shapes.get(x)?.dims.length === 2 && this.#product(node, index, 0);
    if (operator === "Concat") return this.#join(node);
    if (operator === "Flatten") return this.#flatten(node);
    if (operator === "BatchNormalization")
      return inputs.slice(1).every((name) => this.#cut(name, 0, x)) && this.#pass(x, y);
    if (perChannel.has(operator)) return this.#pass(x, y);
    if (operator === "ReduceMean" || operator === "ReduceSum" || operator === "ReduceMax")
      return this.#isOfPlaces(second, x) && this.#pass(x, y);
    return perElement.has(operator) && outputs.length === 1 && this.#combine(inputs, y);
  }

  #convolution(
    { inputs: [x = "", weights = "", bias = ""], outputs: [y = ""], attributes }: Node,
    node: number,
  ): boolean {
    const [made = 0, each = 0, ...kernel] = this.#constantDims(weights) ?? [];
    const reads = this.#channels.get(x);
    if (made === 0 || reads === undefined) return false;
    const groups = Number(attributes.group?.value ?? 1);
    const isDepthwise = groups === reads.length && made === groups && each === 1;
    if (groups !== 1 && !isDepthwise) return false;
    const makes = isDepthwise ? reads : this.#fresh(y);
    this.#channels.set(y, makes);
    this.#axes.push({ constant: weights, axis: 0, channels: makes });
    if (!isDepthwise) this.#axes.push({ constant: weights, axis: 1, channels: reads });
    if (bias !== "" && !this.#cut(bias, 0, y)) return false;
    this.#weigh(node, { reads, makes, isDepthwise, weights: kernel.reduce((a, b) => a * b, 1) }, y);
    return true;
  }

  /** @param readAxis of the weights, along which the channels read lie */
  #product(
    { inputs: [x = "", weights = "", bias = ""], outputs: [y = ""], attributes }: Node,
    node: number,
    readAxis: 0 | 1,
  ): boolean {
    const reads = this.#channels.get(x);
    if (reads === undefined || this.#constantDims(weights)?.length !== 2 || attributes.transA?.value === 1)
      return false;
    const makes = this.#fresh(y);
    this.#axes.push({ constant: weights, axis: readAxis, channels: reads });
    this.#axes.push({ constant: weights, axis: 1 - readAxis, channels: makes });
    if (bias !== "" && !this.#cut(bias, (this.#constantDims(bias)?.length ?? 1) - 1, y)) return false;
    this.#weigh(node, { reads, makes, isDepthwise: false, weights: 1 }, y);
    return true;
  }

  #weigh(node: number, about: Omit<WeightedNode, "node" | "places">, y: string): void {
    const [, , ...sides] = this.#shapes.get(y)?.dims ?? [];
    this.#weighted.push({ ...about, node, places: sides.reduce((product: number, side) => product * Number(side), 1) });
  }

  /** Sums, products and activations: channels at the same place are tied, those of constants are cut alike. */
  #combine(inputs: readonly string[], y: string): boolean {
    const dims = this.#shapes.get(y)?.dims ?? [];
    const wide = inputs.find((name) => this.#channels.get(name)?.length === dims[1]);
    if (wide === undefined || !this.#pass(wide, y)) return false;
    return inputs.every((name) => {
      if (name === wide || name === "") return true;
      const from = this.#shapes.get(name)?.dims ?? [];
      const axis = from.length - (dims.length - 1);
      const size = axis < 0 ? 1 : (from[axis] ?? 1);
      if (size === 1) return true;
      const others = this.#channels.get(name);
      if (others === undefined || axis !== 1) return this.#cut(name, axis, y);
      return this.#tie(others, y);
    });
  }

  #join({ inputs, outputs: [y = ""], attributes }: Node): boolean {
    const parts = inputs.map((name) => this.#channels.get(name));
    if (attributes.axis?.value !== 1 || parts.some((part) => part === undefined)) return false;
    this.#channels.set(
      y,
      parts.flatMap((part) => part ?? []),
    );
    return true;
  }

  /** Each channel becomes as many elements as its map has places. */
  #flatten({ inputs: [x = ""], outputs: [y = ""], attributes }: Node): boolean {
    const [, , ...sides] = this.#shapes.get(x)?.dims ?? [];
    const places = sides.reduce((product: number, side) => product * Number(side), 1);
    if (Number(attributes.axis?.value ?? 1) !== 1 || !Number.isInteger(places)) return false;
    this.#channels.set(
      y,
      (this.#channels.get(x) ?? []).flatMap((channel) => new Array<number>(places).fill(channel)),
    );
    return true;
  }

  #isOfPlaces(axes: string, x: string): boolean {
    const values = this.#graph.initializers.get(axes)?.data;
    const rank = this.#shapes.get(x)?.dims.length ?? 0;
    return values !== undefined && elementValues(values).every((axis) => (Number(axis) + rank) % rank >= 2);
  }

  #pass(x: string, y: string): boolean {
    const channels = this.#channels.get(x);
    if (channels === undefined || this.#shapes.get(y)?.dims[1] !== channels.length) return false;
    this.#channels.set(y, channels);
    return true;
  }

  #tie(others: readonly number[], y: string): boolean {
    const own = this.#channels.get(y) ?? [];
    if (own.length !== others.length) return false;
    for (const [i, channel] of others.entries()) this.#ties.tie(channel, own[i] as number);
    return true;
  }

  /** A constant has an element for each channel of a value. */
  #cut(constant: string, axis: number, value: string): boolean {
    const channels = this.#channels.get(value) ?? [];
    if (this.#constantDims(constant)?.[axis] !== channels.length) return false;
    this.#axes.push({ constant, axis, channels });
    return true;
  }

  #fresh(value: string): readonly number[] {
    const channels = this.#ties.add(Number(this.#shapes.get(value)?.dims[1] ?? 0) || 0);
    this.#channels.set(value, channels);
    return channels;
  }

  /** Nobody knows what this node does with its channels: they stay, and so does what it makes. */
  #stop({ inputs, outputs }: Node): void {
    for (const name of inputs) this.#ties.keep(this.#channels.get(name) ?? []);
    for (const name of outputs) this.#ties.keep(this.#fresh(name));
  }

  /** A constant that is read in two ways can't be cut in both. */
  #keepAmbiguous(): void {
    const seen = new Map<string, readonly number[]>();
    for (const { constant, axis, channels } of this.#axes) {
      const key = `${axis} ${constant}`;
      const own = channels.map((channel) => this.#ties.find(channel));
      const before = seen.get(key) ?? own;
      if (before.some((channel, i) => channel !== own[i])) this.#ties.keep([...before, ...own]);
      seen.set(key, before);
    }
  }

  #constantDims(name: string): readonly number[] | undefined {
    return this.#graph.initializers.get(name)?.dims;
  }
}
