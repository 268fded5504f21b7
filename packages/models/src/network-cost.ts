/** What a network costs: the numbers that training found, and the multiply-accumulates of one picture. */
import type { Graph, Node } from "@sightline/nn/graph";
import type { Value } from "@sightline/nn/operator";
import { inferShapes } from "@sightline/nn/shapes";
import { elementCount } from "@sightline/nn/tensor";

export interface NetworkCost {
  /** Weights and biases of convolutions and products; batch norms are counted as the biases they become. */
  readonly parameters: number;
  /** Of all convolutions and products, for one picture. */
  readonly multiplyAccumulates: number;
}

/** Counted from the graph as a file holds it: its constants, and the shapes of its convolutions and products. */
export function networkCost(graph: Graph): NetworkCost {
  const shapes = inferShapes(graph);
  const costs = graph.nodes.map((node) => nodeCost(node, graph, shapes));
  // A constant that two nodes read was found once.
  const read = new Set(graph.nodes.filter(isLearnt).flatMap(({ inputs }) => inputs.slice(1)));
  return {
    parameters: [...read].reduce((sum, name) => sum + (graph.initializers.get(name)?.data.length ?? 0), 0),
    multiplyAccumulates: costs.reduce((sum, cost) => sum + cost, 0),
  };
}

/** Multiply-accumulates of one node for one picture; 0 for what neither convolves nor multiplies matrices. */
export function nodeCost(node: Node, graph: Pick<Graph, "initializers">, shapes: ReadonlyMap<string, Value>): number {
  if (!isLearnt(node)) return 0;
  const [, weight = ""] = node.inputs;
  const weights = graph.initializers.get(weight)?.dims ?? sizes(shapes.get(weight));
  if (node.operator !== "Conv") return elementCount(weights);
  const [, channels = 0, ...places] = sizes(shapes.get(node.outputs[0] ?? ""));
  return channels * elementCount(places) * elementCount(weights.slice(1));
}

function isLearnt({ operator }: Node): boolean {
  return operator === "Conv" || operator === "Gemm" || operator === "MatMul";
}

function sizes(value: Value | undefined): number[] {
  return (value?.dims ?? []).map((size) => (typeof size === "number" ? size : 1));
}
