/** Where in the picture the evidence for an anomaly lies, for heads that are linear in pooled features. */
import type { GraphBuilder } from "@sightline/nn/graph-builder";
import { floatTensor, indexTensor, type Tensor } from "@sightline/nn/tensor";
import { modelValues } from "../model-values.js";
import type { TapValues } from "./pooled-features.js";

/** What of an evidence map is told later, once the network is finished: see usual-evidence.ts. */
export const evidenceValues = {
  /** What the places say, each a little smoothed, `[N, 1, h, w]`. */
  sum: "evidence/sum",
  /** What they say of good pictures, `[1, 1, h, w]`. */
  usual: "evidence/usual",
  /** How much more is still no evidence. */
  quiet: "evidence/quiet",
} as const;

/** Pixels between two places of the evidence map: those of the finest tap. */
const evidenceStride = 8;

/**
 * Where the evidence lies. The log-odds are a sum over places, exactly: a mean is the mean of the places' values, and a
 * deviation is the mean of (squared distance ÷ deviation). So each place's share can be drawn, as far as it is more than a
 * good picture has there; the map's peak is the picture's score, so that a good picture stays clear.
 */
export function addEvidenceMap(
  builder: GraphBuilder,
  taps: readonly TapValues[],
  weights: Float32Array,
  score: string,
): void {
  let offset = 0;
  const grids: string[] = [];
  const take = (channels: number): Tensor => {
    const slice = weights.slice(offset, offset + channels);
    offset += channels;
    return floatTensor([1, channels, 1, 1], slice);
  };
  for (const { channels, stride, map, squares, deviation } of taps) {
    const channelAxis = indexTensor([1]);
    const byMean = builder.add("Conv", [map, take(channels)]);
    let evidence = byMean;
    if (squares !== null && deviation !== null) {
      const share = builder.add("Div", [take(channels), deviation]);
      evidence = builder.add("Add", [
        byMean,
        builder.add("ReduceSum", [builder.add("Mul", [squares, share]), channelAxis]),
      ]);
    }
    if (stride > evidenceStride) {
      const scales = floatTensor([4], [1, 1, stride / evidenceStride, stride / evidenceStride]);
      evidence = builder.add("Resize", [evidence, "", scales], {
        mode: "linear",
        coordinate_transformation_mode: "half_pixel",
      });
    }
    grids.push(evidence);
  }
  const sum = grids.reduce((total, evidence) => builder.add("Add", [total, evidence]));
  const smooth = builder.add(
    "AveragePool",
    [sum],
    { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [1, 1], count_include_pad: 0 },
    evidenceValues.sum,
  );
  const [, , height, width] = builder.dims(smooth) as number[];
  const places = [height as number, width as number] as const;
  const nothing = floatTensor([1, 1, ...places], new Float32Array(places[0] * places[1]));
  const usual = builder.constant(nothing, evidenceValues.usual);
  const quiet = builder.constant(floatTensor([], [0]), evidenceValues.quiet);
  const excess = builder.add("Relu", [builder.add("Sub", [builder.add("Sub", [smooth, usual]), quiet])]);
  const peak = builder.add("Add", [builder.add("ReduceMax", [excess, indexTensor([2, 3])]), floatTensor([], [1e-9])]);
  const scores = builder.add("Reshape", [score, indexTensor([-1, 1, 1, 1])]);
  builder.add("Mul", [builder.add("Div", [excess, peak]), scores], {}, modelValues.anomalyMap);
}
