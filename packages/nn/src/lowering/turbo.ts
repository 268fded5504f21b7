/**
 * Lowers a graph onto ONNX Runtime's blocked layout. ONNX Runtime chooses that layout itself for constant weights only; in
 * training weights are inputs, and without it depthwise convolution loses most of its speed. So the layout is written by
 * hand, in operators that ONNX Runtime calls internal: target.ts tests at start that they still do what they did.
 */

import type { Graph, Node } from "../graph.js";
import type { Value } from "../operator.js";
import { Call } from "../operator.js";
import { inferShapes } from "../shapes.js";
import type { Activation } from "./blocked-maps.js";
import { BlockedMaps } from "./blocked-maps.js";
import { convolutionRules } from "./turbo-convolution.js";
import { elementwiseRules, poolingRules } from "./turbo-elementwise.js";
import { TurboEmitter } from "./turbo-emitter.js";
import { normalizationRules } from "./turbo-normalization.js";
import type { TurboRule } from "./turbo-rule.js";

const rules: Readonly<Record<string, TurboRule>> = {
  ...elementwiseRules,
  ...poolingRules,
  ...convolutionRules,
  ...normalizationRules,
};

/** Those whose blocked form can end with an activation. */
const endsWithActivation: ReadonlySet<string> = new Set(["Conv", "BatchNormTraining", "PointwiseBatchNorm"]);

/** @throws NnError `GRAPH_INVALID` where a shape that a rule needs isn't known. */
export function lowerTurbo(graph: Graph, block: number): Graph {
  const values = inferShapes(graph);
  const emitter = new TurboEmitter(graph);
  const sizes = (name: string) => (values.get(name)?.dims ?? []).map(Number);
  const maps = new BlockedMaps(emitter, block, sizes);
  const readers = readersOf(graph);
  const kept = new Set(graph.outputs.map(({ name }) => name));
  const fused = new Set<Node>();
  for (const node of graph.nodes) {
    if (fused.has(node)) continue;
    const call = new Call(
      node,
      node.inputs.map((name): Value | undefined => (name === "" ? undefined : values.get(name))),
    );
    const follower = followerOf(node, readers, kept, values);
    const activation = follower?.activation ?? {};
    const lowered = hasKnownShapes(call)
      ? rules[node.operator]?.({ maps, call, inputs: node.inputs, activation })
      : null;
    if (!lowered) {
      const inputs = node.inputs.map((name) => (name === "" ? "" : maps.plain(name)));
      for (const [index, value] of emitter.add({ ...node, inputs }, node.outputs.length).entries()) {
        maps.setPlain(node.outputs[index] ?? "", value);
      }
      continue;
    }
    if (follower) fused.add(follower.node);
    const names = follower ? [follower.node.outputs[0] ?? "", ...node.outputs.slice(1)] : node.outputs;
    for (const [index, output] of lowered.entries()) {
      const name = names[index] ?? "";
      if ("blocked" in output) maps.setBlocked(name, output.blocked);
      else maps.setPlain(name, output.plain);
    }
  }
  return emitter.build(graph, (name) => maps.plain(name));
}

function hasKnownShapes(call: Call): boolean {
  return call.inputs.every((value) => value === undefined || value.dims.every((size) => typeof size === "number"));
}

function readersOf(graph: Graph): Map<string, Node[]> {
  const readers = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    for (const name of node.inputs) readers.set(name, [...(readers.get(name) ?? []), node]);
  }
  return readers;
}

/** The activation that alone reads a node's output, as attributes of the convolution that will do both. */
function followerOf(
  node: Node,
  readers: ReadonlyMap<string, readonly Node[]>,
  kept: ReadonlySet<string>,
  values: ReadonlyMap<string, Value>,
): { node: Node; activation: Activation } | null {
  const [output = ""] = node.outputs;
  const [reader, second] = readers.get(output) ?? [];
  if (!endsWithActivation.has(node.operator) || !reader || second || kept.has(output)) return null;
  if (reader.operator === "Relu") return { node: reader, activation: { activation: "Relu" } };
  const bounds = reader.inputs.slice(1).map((name) => values.get(name)?.constant?.data[0]);
  const isClip = reader.operator === "Clip" && bounds.length === 2 && bounds.every((bound) => bound !== undefined);
  // Zeros that fill the last block must stay zeros.
  if (!isClip || Number(bounds[0]) > 0 || Number(bounds[1]) < 0) return null;
  return { node: reader, activation: { activation: "Clip", activation_params: bounds.map(Number) } };
}
