/**
 * Makes patches comparable and short: channels divided by their deviation over good patches, then projected by chance and turned so
 * that good patches differ most in their first numbers.
 */
import type { SeededRandom } from "@sightline/dataset/seeded-random";
import type { Image } from "@sightline/vision/image";
import { extract } from "../feature-extraction.js";
import type { TrainingContext } from "../method.js";
import {
  featuresGraph,
  type Projection,
  type Projections,
  partChannels,
  patchCount,
  patchDimensions,
  patchInput,
} from "./patch-features.js";
import { principalAxes } from "./principal-axes.js";

/** Of each picture looked at, one patch of so many tells which way good patches differ. */
const axesEvery = 7;

/** @param looked good pictures that the channels' means and deviations are taken from */
export async function makeProjections(
  context: TrainingContext,
  looked: readonly (() => Image | Promise<Image>)[],
  random: SeededRandom,
  onProgress: (share: number) => void,
): Promise<Projections> {
  const [fine, coarse] = [partChannels(context.backbone, "fine"), partChannels(context.backbone, "coarse")];
  const channels = fine.length + coarse.length;
  const sum = new Float64Array(channels);
  const squares = new Float64Array(channels);
  const examples: Float32Array[] = [];
  await extract({
    ...context,
    ...patchInput,
    images: looked,
    graph: featuresGraph(context.backbone),
    onProgress,
    onOutput: (_image, _flip, values) => {
      for (let at = 0, c = 0; c < channels; c++)
        for (let p = 0; p < patchCount; p++, at++) {
          const value = values[at] as number;
          sum[c] = (sum[c] as number) + value;
          squares[c] = (squares[c] as number) + value * value;
        }
      for (let p = examples.length % axesEvery; p < patchCount; p += axesEvery)
        examples.push(Float32Array.from({ length: fine.length }, (_, c) => values[c * patchCount + p] as number));
    },
  });
  const count = looked.length * patchCount;
  const mean = Float32Array.from(sum, (value) => value / count);
  const deviation = Float32Array.from(squares, (value, c) =>
    Math.sqrt(Math.max(0, value / count - ((sum[c] as number) / count) ** 2)),
  );
  const part = (from: number, groups: readonly number[]): Projection =>
    randomProjection(
      mean.slice(from, from + groups.length),
      deviation.slice(from, from + groups.length),
      groups,
      random,
    );
  const projections = { fine: part(0, fine), coarse: part(fine.length, coarse) };
  const axes = principalAxes(projected(examples, projections.fine), patchDimensions);
  return { fine: turned(projections.fine, axes), coarse: turned(projections.coarse, axes) };
}

/** `[rows, patchDimensions]` */
function projected(rows: readonly Float32Array[], { mean, matrix }: Projection): Float32Array {
  const channels = mean.length;
  const result = new Float32Array(rows.length * patchDimensions);
  rows.forEach((row, r) => {
    for (let d = 0; d < patchDimensions; d++) {
      let sum = 0;
      for (let c = 0; c < channels; c++)
        sum += (matrix[d * channels + c] as number) * ((row[c] as number) - (mean[c] as number));
      result[r * patchDimensions + d] = sum;
    }
  });
  return result;
}

/**
 * The projection along other axes, the columns of `axes`: all distances stay, and most patches are told to be far by their first few
 * numbers when the bank is chosen.
 */
function turned({ mean, matrix }: Projection, axes: Float32Array): Projection {
  const channels = mean.length;
  const result = new Float32Array(matrix.length);
  for (let to = 0; to < patchDimensions; to++)
    for (let from = 0; from < patchDimensions; from++) {
      const share = axes[from * patchDimensions + to] as number;
      for (let c = 0; c < channels; c++)
        result[to * channels + c] =
          (result[to * channels + c] as number) + share * (matrix[from * channels + c] as number);
    }
  return { mean, matrix: result };
}

/**
 * Gaussian projection (Johnson–Lindenstrauss): keeps distances about as they are in far fewer numbers.
 *
 * @param groupChannels for each channel, how many its group has
 */
function randomProjection(
  mean: Float32Array,
  deviation: Float32Array,
  groupChannels: readonly number[],
  random: SeededRandom,
): Projection {
  const channels = mean.length;
  // Groups follow one another; means and deviations are of different sizes.
  const typical = new Float32Array(channels);
  for (let from = 0; from < channels; from += groupChannels[from] as number) {
    const group = deviation.subarray(from, from + (groupChannels[from] as number));
    typical.fill(group.reduce((sum, value) => sum + value, 0) / group.length, from, from + group.length);
  }
  const matrix = new Float32Array(patchDimensions * channels);
  for (let d = 0; d < patchDimensions; d++)
    for (let c = 0; c < channels; c++) {
      // A channel that hardly ever varies must not be blown up: a twentieth of the typical deviation is added.
      const divisor = (deviation[c] as number) + 0.05 * (typical[c] as number) + 1e-6;
      matrix[d * channels + c] = random.normal() / divisor / Math.sqrt(patchDimensions * (groupChannels[c] as number));
    }
  return { mean, matrix };
}
