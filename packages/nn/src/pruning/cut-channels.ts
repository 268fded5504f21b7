/** Takes channels out of a network: their weights, their biases, and the slices of weights that read them. */

import { type Graph, type Node, pruned } from "../graph.js";
import { inferShapes } from "../shapes.js";
import { floatTensor, type Tensor } from "../tensor.js";
import type { ChannelMap, WeightedNode } from "./channels.js";

/** What each weighted node reads on average: one number for each channel that it reads, by its place among the nodes. */
export type ReadMeans = ReadonlyMap<number, ArrayLike<number>>;

/**
 * The graph without these channels. Where it is known what a channel was on average, that is put into the biases of what
 * read it: what follows then sees a mean in place of a zero.
 */
export function cutChannels(
  graph: Graph,
  map: ChannelMap,
  gone: ReadonlySet<number>,
  means: ReadMeans = new Map(),
): Graph {
  const initializers = new Map(graph.initializers);
  const done = new Set<string>();
  for (const { constant, axis, channels } of map.axes) {
    const key = `${axis} ${constant}`;
    const value = initializers.get(constant);
    if (value === undefined || done.has(key)) continue;
    done.add(key);
    initializers.set(constant, taken(value, axis, placesLeft(channels, gone)));
  }
  const nodes = [...graph.nodes];
  for (const about of map.weighted) {
    const node = nodes[about.node] as Node;
    const left = placesLeft(about.makes, gone);
    const bias = biasWith(graph, about, gone, means.get(about.node));
    // A name of its own: other nodes may share the constant, which isn't changed for them.
    const name = `cut/bias/${node.outputs[0]}`;
    if (bias !== null) initializers.set(name, taken(bias, bias.dims.length - 1, left));
    nodes[about.node] = {
      ...node,
      ...(bias !== null && { inputs: [...node.inputs.slice(0, 2), name] }),
      ...(about.isDepthwise && { attributes: { ...node.attributes, group: { type: "int", value: left.length } } }),
    };
  }
  const cut = pruned({ ...graph, nodes, initializers }, graph.outputs);
  // Says at once where a cut left shapes that don't fit.
  inferShapes(cut);
  return cut;
}

/** The bias of a node with the means of the channels that it will read no more; `null` where it stays as it is. */
function biasWith(
  { nodes, initializers }: Graph,
  { node, reads, makes, isDepthwise, weights: each }: WeightedNode,
  gone: ReadonlySet<number>,
  means: ArrayLike<number> | undefined,
): Tensor | null {
  const { operator, inputs, attributes } = nodes[node] as Node;
  const [, weightName = "", biasName = ""] = inputs;
  const [weights, bias] = [initializers.get(weightName)?.data, initializers.get(biasName)];
  if (isDepthwise || means === undefined || weights === undefined || !(bias?.data instanceof Float32Array)) return null;
  const isRowWise = operator === "Conv" || attributes.transB?.value === 1;
  const [inner, outer] = isRowWise ? [each, reads.length * each] : [makes.length, 1];
  const data = bias.data.slice();
  for (const [i, channel] of reads.entries()) {
    const mean = means[i] ?? 0;
    if (!gone.has(channel) || mean === 0) continue;
    for (let made = 0; made < makes.length; made++) {
      for (let k = 0; k < each; k++)
        data[made] = (data[made] ?? 0) + mean * Number(weights[made * outer + i * inner + k] ?? 0);
    }
  }
  return floatTensor(bias.dims, data);
}

function placesLeft(channels: readonly number[], gone: ReadonlySet<number>): number[] {
  return channels.flatMap((channel, i) => (gone.has(channel) ? [] : [i]));
}

/** Only these elements along an axis. */
function taken({ dims, data }: Tensor, axis: number, kept: readonly number[]): Tensor {
  const size = dims[axis] ?? 1;
  const inner = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const outer = dims.slice(0, axis).reduce((a, b) => a * b, 1);
  const values = data as Float32Array;
  const result = new Float32Array(outer * kept.length * inner);
  let at = 0;
  for (let block = 0; block < outer; block++) {
    for (const element of kept) {
      const from = (block * size + element) * inner;
      result.set(values.subarray(from, from + inner), at);
      at += inner;
    }
  }
  return floatTensor(
    dims.map((old, i) => (i === axis ? kept.length : old)),
    result,
  );
}
