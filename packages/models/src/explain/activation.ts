/**
 * Where a feature map speaks for a label. Three ways, the first that the network allows: an anomaly model's own map; exact
 * class activation of a linear head; else Score-CAM (Wang et al. 2020), which weighs each channel by what the network
 * answers to the part of the picture where it is active.
 */
import type { Task } from "@sightline/dataset/dataset";
import { type Graph, pruned } from "@sightline/nn/graph";
import { inferShapes } from "@sightline/nn/shapes";
import type { Tensor } from "@sightline/nn/tensor";
import { resizeMap, type ScoreMap } from "@sightline/vision/heat-map";
import type { Manifest } from "../manifest.js";
import { modelValues } from "../model-values.js";
import { type HeadPart, linearHead } from "./linear-head.js";
import type { Outputs, Question } from "./question.js";

/** What the network is asked for besides the answer. */
export type ActivationPlan =
  | { readonly kind: "own"; readonly outputs: readonly string[] }
  | { readonly kind: "linear"; readonly parts: readonly HeadPart[]; readonly outputs: readonly string[] }
  | { readonly kind: "scored"; readonly map: string; readonly outputs: readonly string[] };

/** @returns `null` for a network without any map that an answer depends on */
export function planActivation(
  graph: Graph,
  { task, labels }: Pick<Manifest, "task" | "labels">,
  { labelIndex, outputs }: Question,
): ActivationPlan | null {
  if (task === "anomaly" && graph.outputs.some(({ name }) => name === modelValues.anomalyMap))
    return { kind: "own", outputs: [modelValues.anomalyMap] };
  const parts = headOf(graph, task, labels.length, labelIndex);
  if (parts !== null) {
    const values = parts.flatMap(({ map, divisor }) => (divisor === null ? [map] : [map, divisor]));
    return { kind: "linear", parts, outputs: [...new Set(values)] };
  }
  const map = lastMap(graph, outputs);
  return map === null ? null : { kind: "scored", map, outputs: [map] };
}

function headOf(graph: Graph, task: Task, labels: number, label: number): HeadPart[] | null {
  if (task === "detection") return null;
  const others = Array.from({ length: labels }, (_, k) => k).filter((k) => k !== label);
  if (task === "classification") return linearHead(graph, modelValues.probabilities, label, others);
  if (task === "multilabel") return linearHead(graph, modelValues.probabilities, label);
  const hasLogits = graph.nodes.some((node) => node.outputs.includes(modelValues.logits));
  if (hasLogits) return linearHead(graph, modelValues.logits, label, others);
  const parts = linearHead(graph, modelValues.rawScore, 0);
  // A raw score speaks for the anomaly.
  return label === 1 || parts === null
    ? parts
    : parts.map((part) => ({ ...part, weights: part.weights.map((weight) => -weight) }));
}

/** Fewest places across a map that tells more than "somewhere". */
const fewestPlaces = 4;

/** The last map of several channels and places before the outputs, after its activation where it has one. */
function lastMap(graph: Graph, outputs: readonly string[]): string | null {
  const needed = pruned(
    graph,
    graph.outputs.filter(({ name }) => outputs.includes(name)),
  );
  const shapes = inferShapes(needed);
  const node = needed.nodes.findLast(({ operator, outputs: [name = ""] }) => {
    const [, channels, height, width, ...more] = shapes.get(name)?.dims ?? [];
    return (
      mapMakers.has(operator) &&
      typeof channels === "number" &&
      typeof height === "number" &&
      typeof width === "number" &&
      more.length === 0 &&
      channels >= fewestChannels &&
      Math.min(height, width) >= fewestPlaces
    );
  });
  return node?.outputs[0] ?? null;
}

/** What ends a layer. */
const mapMakers: ReadonlySet<string> = new Set(["Relu", "Clip", "HardSwish", "Mul", "Add", "Conv", "Concat"]);
/** Fewer channels are answers already, not features. */
const fewestChannels = 16;

/** What each place adds to the label's logit, on the finest map's grid; its mean is the logit without the bias. */
export function linearActivation(parts: readonly HeadPart[], outputs: Outputs): ScoreMap {
  const maps = parts.map((part) => partMap(part, outputs));
  const [finest] = maps.toSorted((a, b) => b.width * b.height - a.width * a.height) as [ScoreMap, ...ScoreMap[]];
  const data = new Float32Array(finest.width * finest.height);
  for (const map of maps) {
    const sized = resizeMap(map, finest.width, finest.height).data;
    for (let i = 0; i < data.length; i++) data[i] = (data[i] as number) + (sized[i] as number);
  }
  return { width: finest.width, height: finest.height, data };
}

function partMap({ map, weights, divisor }: HeadPart, outputs: Outputs): ScoreMap {
  const { dims, data } = outputs[map] as Tensor;
  const [, channels = 0, height = 0, width = 0] = dims;
  const by = divisor === null ? null : (outputs[divisor]?.data as Float32Array);
  const out = new Float32Array(width * height);
  for (let c = 0; c < channels; c++) {
    const weight = (weights[c] as number) / (by === null ? 1 : (by[c] as number));
    for (let i = 0; i < out.length; i++)
      out[i] = (out[i] as number) + weight * ((data as Float32Array)[c * out.length + i] as number);
  }
  return { width, height, data: out };
}

/** Channels that Score-CAM asks about: those that differ most over the picture. */
const scoredChannels = 64;

/** The strongest channels of a map, each brought to 0–1. */
export function channelMaps(map: Tensor): ScoreMap[] {
  const [, channels = 0, height = 0, width = 0] = map.dims;
  const places = width * height;
  const all = Array.from({ length: channels }, (_, c) => {
    const data = (map.data as Float32Array).slice(c * places, (c + 1) * places);
    const least = data.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    const range = data.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY) - least;
    return { range, map: { width, height, data: data.map((value) => (range > 0 ? (value - least) / range : 0)) } };
  });
  return all
    .filter(({ range }) => range > 1e-6)
    .toSorted((a, b) => b.range - a.range)
    .slice(0, scoredChannels)
    .map((one) => one.map);
}

/**
 * The channels' maps weighed by how much more than nothing the network answers where they are shown.
 *
 * @param gains answer with the channel's part of the picture − answer with nothing
 */
export function scoredActivation(maps: readonly ScoreMap[], gains: ArrayLike<number>): ScoreMap {
  const [first] = maps;
  const { width, height } = first ?? { width: 1, height: 1 };
  const data = new Float32Array(width * height);
  maps.forEach((map, c) => {
    const gain = (gains[c] as number) / maps.length;
    // Channels that speak against the label say where it is not, which is all the rest: only what speaks for it is shown.
    if (!(gain > 0)) return;
    const mean = map.data.reduce((sum, value) => sum + value, 0) / data.length;
    for (let i = 0; i < data.length; i++) data[i] = (data[i] as number) + gain * ((map.data[i] as number) - mean);
  });
  return { width, height, data };
}
