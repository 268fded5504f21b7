/** What patchcore sees: one vector per place of a coarse grid, from two backbone taps, projected to few numbers. */
import type { GraphBuilder } from "@sightline/nn/graph-builder";
import { floatTensor, indexTensor } from "@sightline/nn/tensor";
import { type Backbone, type BackboneDescription, tapOf } from "../backbone-description.js";
import type { BackboneTap } from "../backbone-taps.js";
import { backboneOnPixels } from "../pixel-input.js";

/** Chosen on training parts only: README.md has the table. */
export const patchInput = { width: 224, height: 224 } as const;

/** Pixels between two places of the grid. */
export const patchStride = 16;
export const patchGrid = { width: patchInput.width / patchStride, height: patchInput.height / patchStride } as const;
export const patchCount = patchGrid.width * patchGrid.height;

/** Numbers per patch after the projection. */
export const patchDimensions = 128;

/** The wide maps of strides 8 and 16. */
export function patchTaps(backbone: BackboneDescription): BackboneTap[] {
  return ([8, 16] as const).map((stride) => tapOf(backbone, { stride, kind: "wide" }));
}

/** For each channel of a patch, how many the tap that it belongs to has: each tap weighs the same however many it has. */
export function patchChannels(backbone: BackboneDescription): number[] {
  return patchTaps(backbone).flatMap(({ channels }) => new Array<number>(channels).fill(channels));
}

/** What makes channels comparable and few: both are fixed before the bank is chosen. */
export interface Projection {
  /** One per channel, over the good pictures' patches. */
  readonly mean: Float32Array;
  /** `[patchDimensions, channels]`, the division by each channel's deviation included. */
  readonly matrix: Float32Array;
}

/**
 * `[N, channels, grid height, grid width]`: the finer tap brought to the grid by 2x2 means, the two concatenated, and
 * each place averaged with its neighbours, so that a patch knows its surroundings (locally aware features).
 */
export function addPatchFeatures(backbone: Backbone): { builder: GraphBuilder; features: string } {
  const taps = patchTaps(backbone);
  const builder = backboneOnPixels(backbone, { ...patchInput, taps: taps.map(({ name }) => name) });
  const onGrid = taps.map(({ name, stride }) => {
    const factor = patchStride / stride;
    if (factor === 1) return name;
    return builder.add("AveragePool", [name], { kernel_shape: [factor, factor], strides: [factor, factor] });
  });
  const concatenated = builder.add("Concat", onGrid, { axis: 1 });
  const features = builder.add("AveragePool", [concatenated], {
    kernel_shape: [3, 3],
    pads: [1, 1, 1, 1],
    strides: [1, 1],
    count_include_pad: 0,
  });
  return { builder, features };
}

/** `[N, patchCount, patchDimensions]`: the projected patches, row by row of the grid. */
export function addProjection(builder: GraphBuilder, features: string, { mean, matrix }: Projection): string {
  const channels = mean.length;
  const bias = new Float32Array(patchDimensions);
  for (let d = 0; d < patchDimensions; d++)
    for (let c = 0; c < channels; c++)
      bias[d] = (bias[d] as number) - (matrix[d * channels + c] as number) * (mean[c] as number);
  const projected = builder.add("Conv", [
    features,
    floatTensor([patchDimensions, channels, 1, 1], matrix),
    floatTensor([patchDimensions], bias),
  ]);
  const flat = builder.add("Reshape", [projected, indexTensor([0, patchDimensions, patchCount])]);
  return builder.add("Transpose", [flat], { perm: [0, 2, 1] });
}
