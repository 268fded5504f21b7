/** The pretrained backbone as layers that can be trained: its convolutions become parameters, early ones a group to freeze. */
import type { Graph } from "@sightline/nn/graph";
import type { Network } from "@sightline/nn/network";
import { inferShapes } from "@sightline/nn/shapes";
import { trainableGraph } from "@sightline/nn/trainable-graph";
import { buildBackbone } from "../backbone.js";
import { type Backbone, tapOf } from "../backbone-description.js";
import type { TapRole } from "../backbone-taps.js";
import { ModelError } from "../model-error.js";

/** Groups of parameters, for learning rates of their own. */
export const backboneGroups = {
  /** Edges and colours, the same in every picture of the world: kept as they are. */
  early: "backbone early",
  late: "backbone",
} as const;

/**
 * Where features for each stride are taken: the widest map of that stride, behind its activation. The finest grid has most
 * places by far: it takes the narrow map before. The coarsest has few objects: the first map of it must do.
 */
const kinds: readonly TapRole[] = [
  { stride: 4, kind: "narrow" },
  { stride: 8, kind: "wide" },
  { stride: 16, kind: "wide" },
  { stride: 32, kind: "first" },
];

/** Layers whose maps are finer than this stay as they are. */
const trainedFromStride = 8;

/** Writes the backbone up to the maps of these strides, on a picture in the backbone's own scale. */
export function trainableBackbone(
  net: Network,
  image: string,
  backbone: Backbone,
  { width, height }: { readonly width: number; readonly height: number },
  strides: readonly number[],
): string[] {
  const names = strides.map((stride) => {
    const role = kinds.find((candidate) => candidate.stride === stride);
    if (role === undefined) throw new ModelError("BACKBONE_UNSUITABLE", `No backbone is asked for stride ${stride}.`);
    return tapOf(backbone, role).name;
  });
  const graph = buildBackbone(backbone, { width, height, taps: names });
  const early = earlyParameters(graph, height);
  const write = trainableGraph(graph, {
    group: (name) => (early.has(name) ? backboneGroups.early : backboneGroups.late),
  });
  const maps = write(net, { [graph.inputs[0]?.name ?? "image"]: image });
  return names.map((name) => maps[name] as string);
}

/** Weights and biases of the layers whose maps are fine. */
function earlyParameters(graph: Graph, height: number): ReadonlySet<string> {
  const shapes = inferShapes(graph);
  const isFine = (output: string): boolean => {
    const rows = shapes.get(output)?.dims[2];
    return typeof rows === "number" && height / rows < trainedFromStride;
  };
  const fine = graph.nodes.filter(({ outputs: [output = ""] }) => isFine(output));
  return new Set(fine.flatMap(({ inputs }) => inputs.filter((name) => graph.initializers.has(name))));
}
