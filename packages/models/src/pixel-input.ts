/** Lets a backbone take pictures as they are decoded, so that a model file needs no preprocessing but a resize. */
import type { Graph } from "@sightline/nn/graph";
import { GraphBuilder } from "@sightline/nn/graph-builder";
import { floatTensor } from "@sightline/nn/tensor";
import { type BackboneOptions, buildBackbone } from "./backbone.js";
import { modelValues } from "./model-values.js";

/** The backbone up to its taps behind the input `image`, 0–255, which it brings to the backbone's −1…1 inside. */
export function backboneOnPixels(backbone: Graph, options: BackboneOptions): GraphBuilder {
  const graph = buildBackbone(backbone, options);
  const [input] = graph.inputs;
  const scaling = new GraphBuilder();
  const image = scaling.input(modelValues.image, "float32", input?.dims ?? []);
  const scaled = scaling.add("Mul", [image, floatTensor([], [1 / 127.5])], {}, "image/scaled");
  const centred = scaling.add("Sub", [scaled, floatTensor([], [1])], {}, "image/centred");
  scaling.output(centred);
  const { inputs, nodes, initializers } = scaling.build("pixels");
  const rename = (name: string): string => (name === input?.name ? centred : name);
  return GraphBuilder.from({
    ...graph,
    inputs,
    initializers: new Map([...initializers, ...graph.initializers]),
    nodes: [...nodes, ...graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map(rename) }))],
  });
}
