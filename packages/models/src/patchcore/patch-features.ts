/** What patchcore sees: one vector per place of a coarse grid, from the backbone's taps, projected to few numbers. */
import type { Graph } from "@sightline/nn/graph";
import type { GraphBuilder } from "@sightline/nn/graph-builder";
import { floatTensor, indexTensor } from "@sightline/nn/tensor";
import { type Backbone, type BackboneDescription, tapOf } from "../backbone-description.js";
import { backboneOnPixels } from "../pixel-input.js";
import type { PatchSettings } from "./settings.js";

/** Chosen on training parts only: README.md has the table. */
export const patchInput = { width: 288, height: 288 } as const;

/** Pixels between two places of the grid. */
const patchStride = 16;
export const patchGrid = { width: patchInput.width / patchStride, height: patchInput.height / patchStride } as const;
export const patchCount = patchGrid.width * patchGrid.height;

/** Numbers per patch after the projection. */
export const patchDimensions = 128;

/**
 * The two parts of a patch. fine: means and deviations of the wide map of stride 8, that is what texture there is and how
 * much it varies; coarse: means of the wide map of stride 16, that is which piece of the thing it is.
 */
export const patchParts = ["fine", "coarse"] as const;
export type PatchPart = (typeof patchParts)[number];

/** For each channel of a part, how many its group has: each group weighs the same however many it has. */
export function partChannels(backbone: BackboneDescription, part: PatchPart): number[] {
  const { channels } = tapOf(backbone, { stride: part === "fine" ? 8 : 16, kind: "wide" });
  return new Array<number>(part === "fine" ? 2 * channels : channels).fill(channels);
}

/** What makes a part's channels comparable and few: fixed before the bank is chosen. */
export interface Projection {
  /** One per channel, over the good pictures' patches. */
  readonly mean: Float32Array;
  /** `[patchDimensions, channels]`, the division by each channel's deviation included. */
  readonly matrix: Float32Array;
}

export type Projections = Readonly<Record<PatchPart, Projection>>;

/** The parts' features, `[N, channels, grid height, grid width]` each, averaged with their neighbours: locally aware. */
export function addPatchFeatures(
  backbone: Backbone,
  parts: readonly PatchPart[],
): { builder: GraphBuilder; features: Record<PatchPart, string> } {
  const taps = {
    fine: tapOf(backbone, { stride: 8, kind: "wide" }),
    coarse: tapOf(backbone, { stride: 16, kind: "wide" }),
  };
  const builder = backboneOnPixels(backbone, { ...patchInput, taps: parts.map((part) => taps[part].name) });
  const pooled = (map: string, stride: number): string => {
    const factor = patchStride / stride;
    const onGrid =
      factor === 1
        ? map
        : builder.add("AveragePool", [map], { kernel_shape: [factor, factor], strides: [factor, factor] });
    return builder.add("AveragePool", [onGrid], {
      kernel_shape: [3, 3],
      pads: [1, 1, 1, 1],
      strides: [1, 1],
      count_include_pad: 0,
    });
  };
  const features = { fine: "", coarse: "" };
  for (const part of parts) {
    const { name, stride } = taps[part];
    const mean = pooled(name, stride);
    if (part === "coarse") features.coarse = mean;
    else {
      const ofSquares = pooled(builder.add("Mul", [name, name]), stride);
      const variance = builder.add("Relu", [builder.add("Sub", [ofSquares, builder.add("Mul", [mean, mean])])]);
      features.fine = builder.add("Concat", [mean, builder.add("Sqrt", [variance])], { axis: 1 });
    }
  }
  return { builder, features };
}

/** Output `[N, fine and coarse channels, grid height, grid width]`: what the projections are made from. */
export function featuresGraph(backbone: Backbone): Graph {
  const { builder, features } = addPatchFeatures(backbone, patchParts);
  builder.output(builder.add("Concat", [features.fine, features.coarse], { axis: 1 }));
  return builder.build("patch_features");
}

/** Output `[N, 2, patchCount, patchDimensions]`: each part's patches on their own, for the settings to be chosen. */
export function partsGraph(backbone: Backbone, projections: Projections): Graph {
  const { builder, features } = addPatchFeatures(backbone, patchParts);
  const flat = patchParts.map((part) => {
    const patches = asPatches(builder, addProjection(builder, features[part], projections[part]));
    return builder.add("Unsqueeze", [patches, indexTensor([1])]);
  });
  builder.output(builder.add("Concat", flat, { axis: 1 }));
  return builder.build("patch_parts");
}

/** The network up to `[N, patchCount, patchDimensions]`, row by row of the grid; a part that weighs nothing costs nothing. */
export function addPatches(
  backbone: Backbone,
  projections: Projections,
  settings: PatchSettings,
): { builder: GraphBuilder; patches: string } {
  const parts = settings.coarse > 0 ? patchParts : (["fine"] as const);
  const { builder, features } = addPatchFeatures(backbone, parts);
  let sum = addProjection(builder, features.fine, projections.fine);
  if (settings.coarse > 0) {
    const { mean, matrix } = projections.coarse;
    const weighed = { mean, matrix: matrix.map((value) => value * settings.coarse) };
    sum = builder.add("Add", [sum, addProjection(builder, features.coarse, weighed)]);
  }
  const patches = asPatches(builder, sum);
  if (settings.position === 0) return { builder, patches };
  const places = floatTensor([1, patchCount, patchDimensions], placeVectors(settings.position));
  return { builder, patches: builder.add("Add", [patches, places]) };
}

/** The same from a picture's parts, computed before. */
export function combined(parts: Float32Array, { coarse, position }: PatchSettings): Float32Array {
  const size = patchCount * patchDimensions;
  const places = position === 0 ? null : placeVectors(position);
  const patches = parts.slice(0, size);
  for (let i = 0; i < size; i++)
    patches[i] =
      (patches[i] as number) + coarse * (parts[size + i] as number) + (places === null ? 0 : (places[i] as number));
  return patches;
}

const placesByWeight = new Map<number, Float32Array>();

/**
 * `[patchCount, patchDimensions]`, to be added: two patches a whole picture's width apart become as far as `weight` times the
 * length of a typical patch. Along a diagonal of alternating signs each, so that it is at right angles to next to all that
 * patches differ in.
 */
function placeVectors(weight: number): Float32Array {
  const known = placesByWeight.get(weight);
  if (known) return known;
  const vectors = new Float32Array(patchCount * patchDimensions);
  for (let p = 0; p < patchCount; p++) {
    const x = (p % patchGrid.width) / patchGrid.width - 0.5;
    const y = Math.floor(p / patchGrid.width) / patchGrid.height - 0.5;
    for (let d = 0; d < patchDimensions; d++) {
      const [across, down] = [d % 2 === 0 ? 1 : -1, d % 4 < 2 ? 1 : -1];
      // Standardised channels make each number of a patch about 1 / √dimensions · √groups long in all.
      vectors[p * patchDimensions + d] =
        (weight * (x * across + y * down) * typicalLength) / Math.sqrt(patchDimensions);
    }
  }
  placesByWeight.set(weight, vectors);
  return vectors;
}

/** Two groups of standardised channels, each of about length 1. */
const typicalLength = Math.SQRT2;

function addProjection(builder: GraphBuilder, features: string, { mean, matrix }: Projection): string {
  const channels = mean.length;
  const bias = new Float32Array(patchDimensions);
  for (let d = 0; d < patchDimensions; d++)
    for (let c = 0; c < channels; c++)
      bias[d] = (bias[d] as number) - (matrix[d * channels + c] as number) * (mean[c] as number);
  return builder.add("Conv", [
    features,
    floatTensor([patchDimensions, channels, 1, 1], matrix),
    floatTensor([patchDimensions], bias),
  ]);
}

function asPatches(builder: GraphBuilder, projected: string): string {
  const flat = builder.add("Reshape", [projected, indexTensor([0, patchDimensions, patchCount])]);
  return builder.add("Transpose", [flat], { perm: [0, 2, 1] });
}
