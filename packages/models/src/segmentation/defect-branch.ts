/** Adds to a model's network the part that says where which defect is. The verdict's part stays as it is, to the bit. */
import type { Graph } from "@sightline/nn/graph";
import { GraphBuilder } from "@sightline/nn/graph-builder";
import { floatTensor } from "@sightline/nn/tensor";
import type { Backbone } from "../backbone-description.js";
import { modelValues } from "../model-values.js";
import { backboneOnPixels } from "../pixel-input.js";
import { logit } from "../threshold.js";
import { graft } from "./graft.js";
import type { TrainedSegmentation } from "./segmentation.js";

const prefix = "defects/";

/** The network with one more output, `defect_map` `[N, types, h, w]`: 0–1 for each place, 0.5 at the type's own limit. */
export function withDefectBranch(
  network: Graph,
  backbone: Backbone,
  input: { readonly width: number; readonly height: number },
  { graph: head, scales, limits }: TrainedSegmentation,
): Graph {
  const taps = backboneOnPixels(backbone, { ...input, taps: scales.map(({ name }) => name) });
  for (const { name } of scales) taps.output(name);
  const joined = graft(network, taps.build("taps"), prefix);
  const builder = GraphBuilder.from(joined.graph, `${prefix}scaled/`);
  const standardised = new Map<string, string>();
  for (const { name, mean, deviation } of scales) {
    const dims = [1, mean.length, 1, 1];
    const centred = builder.add("Sub", [joined.nameOf(name), floatTensor(dims, mean)]);
    standardised.set(name, builder.add("Div", [centred, floatTensor(dims, deviation)]));
  }
  for (const output of network.outputs) builder.output(output.name);
  const nameOf = (name: string): string => standardised.get(name) ?? `${prefix}head/${name}`;
  for (const [name, weights] of head.initializers) builder.constant(weights, nameOf(name));
  for (const node of head.nodes) {
    builder.append({
      ...node,
      name: nameOf(node.name),
      inputs: node.inputs.map((name) => (name === "" ? "" : nameOf(name))),
      outputs: node.outputs.map(nameOf),
    });
  }
  const shift = floatTensor(
    [1, limits.length, 1, 1],
    limits.map((limit) => logit(limit)),
  );
  builder.add("Sigmoid", [builder.add("Sub", [nameOf(modelValues.logits), shift])], {}, modelValues.defectMap);
  builder.output(modelValues.defectMap);
  return builder.build(network.name, network.metadata);
}
