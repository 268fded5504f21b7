/**
 * Finds in any convolutional network the feature maps that methods take, by their role: which stride, and whether the wide
 * map of that stride or a narrow one. No method knows a network's own names.
 */
import type { Dimension, Graph } from "@sightline/nn/graph";
import { pruned } from "@sightline/nn/graph";
import type { Value } from "@sightline/nn/operator";
import { knownValues, recordOutputs } from "@sightline/nn/shapes";

/** A feature map `[N, channels, height / stride, width / stride]`. */
export interface BackboneTap {
  /** Of the value in the network's graph. */
  readonly name: string;
  readonly channels: number;
  /** Pixels of the picture between two of its places. */
  readonly stride: number;
}

/** Strides that methods ask for. */
export type TapStride = 4 | 8 | 16 | 32;

/**
 * `wide`: of the maps with most channels, the latest; what the next stride is computed from. `narrow`: the latest map with
 * fewer channels that all later ones come from. `first` and `middle`: of the maps with the fewest channels that all later
 * ones come from, the first and the latest. Networks without bottlenecks have one map for several of them.
 */
export const tapKinds = ["first", "middle", "narrow", "wide"] as const;
export type TapKind = (typeof tapKinds)[number];

export interface TapRole {
  readonly stride: TapStride;
  readonly kind: TapKind;
}

/** The maps of one stride. */
export interface BackboneStage extends Readonly<Record<TapKind, BackboneTap>> {
  readonly stride: number;
}

/** A multiple of all strides, so that no padding blurs them. */
const probeSize = 256;
const leastStride = 4;
const greatestStride = 32;

/** Behind these alone a value isn't finished yet. */
const finishing = new Set([
  "BatchNormalization",
  "Clip",
  "Dropout",
  "Elu",
  "HardSigmoid",
  "HardSwish",
  "Identity",
  "LeakyRelu",
  "PRelu",
  "Relu",
  "Sigmoid",
  "Tanh",
]);

/** Every feature map of a network of pictures `[N, 3, height, width]`, in the order of their making. */
export function featureMaps(graph: Graph): BackboneTap[] {
  const values = valuesAt(graph, ["N", 3, probeSize, probeSize]);
  return graph.nodes.flatMap(({ outputs }) =>
    outputs.flatMap((name): BackboneTap[] => {
      const { type, dims = [] } = values.get(name) ?? {};
      const [, channels, height, width] = dims;
      if (type !== "float32" || dims.length !== 4 || typeof channels !== "number") return [];
      if (typeof height !== "number" || height !== width || height < 2) return [];
      return [{ name, channels, stride: 2 ** Math.round(Math.log2(probeSize / height)) }];
    }),
  );
}

/** The stages of strides 4 to 32 that a network has; none where it takes no pictures. */
export function findStages(graph: Graph): BackboneStage[] {
  const all = featureMaps(graph).filter(({ stride }) => stride <= greatestStride);
  const deepest = Math.max(0, ...all.map(({ stride }) => stride));
  const end = all.findLast(({ stride }) => stride === deepest);
  if (end === undefined) return [];
  // What joins finer maps again, as in networks that draw masks or boxes, isn't on the way to the coarsest one.
  const way = pruned(graph, [{ name: end.name, type: "float32", dims: [] }]);
  const passages = passagesOf(way);
  const made = new Set(way.nodes.flatMap(({ outputs }) => outputs));
  const maps = all.filter(({ name }) => made.has(name) && !isUnfinished(way, name));
  return [...new Set(maps.map(({ stride }) => stride))]
    .filter((stride) => stride >= leastStride)
    .sort((a, b) => a - b)
    .map((stride) => stageOf(stride, maps, passages));
}

function stageOf(stride: number, maps: readonly BackboneTap[], passages: ReadonlySet<string>): BackboneStage {
  const own = maps.filter((map) => map.stride === stride);
  const most = Math.max(...own.map(({ channels }) => channels));
  const wide = own.findLast(({ channels }) => channels === most) as BackboneTap;
  const narrower = own.filter(({ name, channels }) => channels < most && passages.has(name));
  const least = Math.min(...narrower.map(({ channels }) => channels));
  const narrowest = narrower.filter(({ channels }) => channels === least);
  return {
    stride,
    first: narrowest[0] ?? wide,
    middle: narrowest.at(-1) ?? wide,
    narrow: narrower.at(-1) ?? wide,
    wide,
  };
}

/** Values that every way from the picture to the network's output goes through. */
export function passagesOf({ nodes, initializers, outputs }: Graph): Set<string> {
  const lastUse = new Map<string, number>(outputs.map(({ name }) => [name, nodes.length]));
  nodes.forEach(({ inputs }, at) => {
    for (const name of inputs) if (!lastUse.has(name) || (lastUse.get(name) as number) < at) lastUse.set(name, at);
  });
  // What is computed from constants alone comes from no picture.
  const fixed = new Set(initializers.keys());
  const found = new Set<string>();
  const alive = new Set<string>();
  nodes.forEach((node, at) => {
    for (const name of alive) if ((lastUse.get(name) as number) <= at) alive.delete(name);
    const isFixed = node.inputs.every((name) => name === "" || fixed.has(name));
    for (const name of node.outputs) {
      if (isFixed) fixed.add(name);
      else if (lastUse.has(name)) alive.add(name);
    }
    const [only] = alive;
    if (only !== undefined && alive.size === 1) found.add(only);
  });
  return found;
}

function isUnfinished({ nodes }: Graph, value: string): boolean {
  const users = nodes.filter(({ inputs }) => inputs.includes(value));
  return users.length > 0 && users.every(({ operator }) => finishing.has(operator));
}

/** What can be told of the values of a network; a part with operators that we don't know is passed over. */
function valuesAt(graph: Graph, dims: readonly Dimension[]): ReadonlyMap<string, Value> {
  const inputs = graph.inputs.map((input, index) => (index === 0 ? { ...input, dims } : input));
  const values = knownValues({ ...graph, inputs });
  for (const node of graph.nodes) {
    if (node.inputs.some((name) => name !== "" && !values.has(name))) continue;
    try {
      recordOutputs(values, node);
    } catch {
      // The head of a foreign network may hold what no method needs.
    }
  }
  return values;
}
