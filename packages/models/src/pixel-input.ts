/** Lets a backbone take pictures as they are decoded, so that a model file needs no preprocessing but a resize. */
import { GraphBuilder } from "@sightline/nn/graph-builder";
import { floatTensor, type Tensor } from "@sightline/nn/tensor";
import { type BackboneOptions, buildBackbone } from "./backbone.js";
import type { Backbone, PixelScale } from "./backbone-description.js";
import { modelValues } from "./model-values.js";

/** The backbone up to its taps behind the input `image`, 0–255, which it brings to the backbone's own scale inside. */
export function backboneOnPixels(backbone: Backbone, options: BackboneOptions): GraphBuilder {
  const graph = buildBackbone(backbone, options);
  const [input] = graph.inputs;
  const { factor, offset } = pixelConstants(backbone.pixels);
  const scaling = new GraphBuilder();
  const image = scaling.input(modelValues.image, "float32", input?.dims ?? []);
  const scaled = scaling.add("Mul", [image, factor], {}, "image/scaled");
  const centred = scaling.add("Sub", [scaled, offset], {}, "image/centred");
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

/** What pixels are multiplied by, and what is taken from the product then. */
export function pixelConstants({ mean, deviation }: PixelScale): { factor: Tensor; offset: Tensor } {
  return {
    factor: byColour(deviation.map((value) => 1 / value)),
    offset: byColour(mean.map((value, colour) => value / (deviation[colour] as number))),
  };
}

/** One number where all three are the same. */
function byColour(values: readonly number[]): Tensor {
  const isOne = values.every((value) => value === values[0]);
  return isOne ? floatTensor([], values.slice(0, 1)) : floatTensor([1, 3, 1, 1], values);
}
