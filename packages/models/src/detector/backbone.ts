/** The pretrained backbone as layers that can be trained: its convolutions become parameters, early ones a group to freeze. */
import type { Graph, Node } from "@sightline/nn/graph";
import { values } from "@sightline/nn/initializers";
import type { Network } from "@sightline/nn/network";
import type { PlainAttribute } from "@sightline/nn/operator";
import { buildBackbone } from "../backbone.js";
import { ModelError } from "../model-error.js";

/** Groups of parameters, for learning rates of their own. */
export const backboneGroups = {
  /** Edges and colours, the same in every picture of the world: kept as they are. */
  early: "backbone early",
  late: "backbone",
} as const;

/** Where features for each stride are taken: the widest map of that stride, behind its activation. */
const taps: Readonly<Record<number, string>> = {
  4: "block3Expand",
  8: "block6Expand",
  16: "block13Expand",
  32: "block16",
};

/** Layers whose maps are finer than this stay as they are. */
const trainedFromStride = 8;

/** Writes the backbone up to the maps of these strides, on a picture in −1…1. */
export function trainableBackbone(
  net: Network,
  image: string,
  backbone: Graph,
  { width, height }: { readonly width: number; readonly height: number },
  strides: readonly number[],
): string[] {
  const names = strides.map((stride) => {
    const tap = taps[stride];
    if (tap === undefined) throw new ModelError("BACKBONE_UNSUITABLE", `The backbone has no map of stride ${stride}.`);
    return tap;
  });
  const graph = buildBackbone(backbone, { width, height, taps: names });
  const written = new Map<string, string>([[graph.inputs[0]?.name ?? "image", image]]);
  for (const node of graph.nodes) {
    const [first = ""] = node.inputs;
    const rows = Number(net.dims(written.get(first) ?? image)[2]);
    const isEarly = height / (rows / strideOf(node)) < trainedFromStride;
    const group = isEarly ? backboneGroups.early : backboneGroups.late;
    const inputs = node.inputs.map((input) => {
      const known = written.get(input);
      if (known !== undefined || input === "") return known ?? "";
      const given = graph.initializers.get(input);
      if (!given) throw new ModelError("BACKBONE_UNSUITABLE", `The backbone's value "${input}" comes from nowhere.`);
      if (node.operator !== "Conv") return given;
      return net.parameter(`backbone/${input}`, given.dims, { initial: values(given), group });
    });
    const outputs = net.tape.emitAll(node.operator, inputs, plainAttributes(node), node.outputs.length);
    node.outputs.forEach((output, i) => {
      written.set(output, outputs[i] as string);
    });
  }
  return names.map((name) => written.get(name) as string);
}

function strideOf({ attributes }: Node): number {
  const strides = attributes.strides;
  return strides?.type === "ints" ? Number(strides.value[0]) : 1;
}

function plainAttributes({ attributes }: Node): Record<string, PlainAttribute> {
  return Object.fromEntries(Object.entries(attributes).map(([name, { value }]) => [name, value as PlainAttribute]));
}
