/** From a budget to a student: how much of the pretrained network's beginning it keeps, and the blocks of its own behind it. */
import type { Graph } from "@sightline/nn/graph";
import { inferShapes } from "@sightline/nn/shapes";
import { buildBackbone } from "../backbone.js";
import type { Backbone } from "../backbone-description.js";
import { passagesOf } from "../backbone-taps.js";
import { ModelError } from "../model-error.js";
import { type NetworkCost, networkCost } from "../network-cost.js";
import type { TinyBlock } from "../tiny/tiny-plan.js";

export interface StudentPlan {
  /** Side of the input in pixels. */
  readonly size: number;
  /** The pretrained network's value behind which the student's own blocks begin. */
  readonly tap: string;
  readonly blocks: readonly TinyBlock[];
  /** Channels of the last map, which is averaged. */
  readonly head: number;
}

/** A value through which all that comes after it must pass. */
export interface Cut {
  readonly name: string;
  readonly channels: number;
  /** Side of its map. */
  readonly side: number;
  /** Of what leads to it. */
  readonly cost: NetworkCost;
}

/** The beginning gets at most this share of the parameters: a network that only looks and never concludes tells nothing. */
const beginningShare = 2 / 3;
/** A map this wide or wider is halved first: on a finer one too much is spent, on a coarser one small things are lost. */
const finestSide = 12;
const expansion = 3;
const step = 4;
const mostChannels = 256;

/**
 * The longest beginning within its share of the budget, at the value with the fewest channels, then one block for each
 * halving and one more at the last size, as wide as fits.
 *
 * @param backbone for pictures of any size
 * @throws ModelError `METHOD_OPTION_INVALID` when nothing fits
 */
export function planStudent(
  backbone: Backbone,
  { parameters, size, labels }: { readonly parameters: number; readonly size: number; readonly labels: number },
): StudentPlan {
  const cuts = cutsOf(backbone, size).filter(isNarrow);
  for (const cut of cuts.toReversed()) {
    if (cut.cost.parameters > parameters * beginningShare) continue;
    const widest = widestWithin(cut, parameters - cut.cost.parameters, labels);
    if (widest) return { size, tap: cut.name, ...widest };
  }
  throw new ModelError(
    "METHOD_OPTION_INVALID",
    `${parameters} parameters are too few for the beginning of the pretrained network: its first blocks have ${cuts[0]?.cost.parameters ?? 0}, and may take two thirds. Allow more, or begin from nothing with start=nothing.`,
  );
}

/** Of values at the same depth a block's end has the fewest channels: what comes between only widens it. */
function isNarrow(cut: Cut, index: number, cuts: readonly Cut[]): boolean {
  return cuts.every((other, i) => Math.abs(i - index) > 2 || other.side !== cut.side || other.channels >= cut.channels);
}

/** The maps that everything after them passes through, in order. */
export function cutsOf(backbone: Backbone, size: number): Cut[] {
  const deepest = backbone.stages.at(-1)?.wide.name ?? "";
  const graph = buildBackbone(backbone, { width: size, height: size, taps: [deepest] });
  const passages = passagesOf(graph);
  const shapes = inferShapes(graph);
  return graph.nodes.flatMap(({ outputs: [name = ""] }, i): Cut[] => {
    const [, channels, height, width] = shapes.get(name)?.dims ?? [];
    if (!passages.has(name) || typeof channels !== "number" || typeof height !== "number" || height !== width)
      return [];
    return [{ name, channels, side: height, cost: networkCost(upTo(graph, i, name)) }];
  });
}

function upTo(graph: Graph, index: number, output: string): Graph {
  return { ...graph, nodes: graph.nodes.slice(0, index + 1), outputs: [{ name: output, type: "float32", dims: [] }] };
}

function widestWithin(
  cut: Cut,
  budget: number,
  labels: number,
): { readonly blocks: readonly TinyBlock[]; readonly head: number } | null {
  for (const more of [1, 0]) {
    for (let width = mostChannels; width >= Math.max(step, more === 1 ? cut.channels : 0); width -= step) {
      const blocks = blocksOf(cut, width, more);
      const head = 2 * width;
      if (ownParameters(cut.channels, blocks, head, labels) <= budget) return { blocks, head };
    }
  }
  return null;
}

function blocksOf({ channels, side }: Cut, width: number, more: number): TinyBlock[] {
  const halvings = Math.max(0, Math.ceil(Math.log2(side / finestSide)));
  const strides = [...new Array<2>(halvings).fill(2), ...new Array<1>(more).fill(1)];
  return strides.map((stride, i) => ({
    channels: width,
    inner: expansion * (i === 0 ? channels : width),
    stride,
  }));
}

/** Convolutions with the biases that batch norms become. */
function ownParameters(channels: number, blocks: readonly TinyBlock[], head: number, labels: number): number {
  let [inputs, sum] = [channels, 0];
  for (const block of blocks) {
    sum += (inputs + 1) * block.inner + 10 * block.inner + (block.inner + 1) * block.channels;
    inputs = block.channels;
  }
  return sum + (inputs + 1) * head + (head + 1) * labels;
}
