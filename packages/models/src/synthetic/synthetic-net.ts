/** The network: a residual encoder from the pixels down to a 32nd, back up to a quarter, and one logit for each place there. */

import { filled } from "@sightline/nn/initializers";
import { add, conv, convNorm, flatten, residual, upsample } from "@sightline/nn/layers";
import { binaryCrossEntropy, weightedSum } from "@sightline/nn/losses";
import type { Network, Weights } from "@sightline/nn/network";
import type { TrainingDefinition } from "@sightline/nn/training";
import { modelValues } from "../model-values.js";

/** Pixels along each side of a place in the map. */
export const mapStride = 4;

/** Inputs of a training step besides the pictures. */
export const stepInputs = {
  /** `[N, 1, h, w]`: how much of each place shows a defect, 0–1. */
  target: "target",
  /** `[N, 1, h, w]`: how much each place counts; 0 where nobody knows. */
  weight: "weight",
  /** `[N, 1]`: 1 where the picture has a defect. */
  isDefect: "is_defect",
} as const;

/** Channels at a half, a quarter, an 8th, a 16th and a 32nd of the picture. */
const widths = [16, 24, 40, 64, 96] as const;
/** Residual blocks of two 3x3 convolutions at a quarter and below: most where the map is small but still sharp. */
const depths = [1, 1, 2, 1] as const;

/** Defects are rare: what a place says before it has learnt anything. */
const startingLogit = -4;
/** How sharply the picture's logit follows the worst places; 1 adds up all of them, many take the worst alone. */
const sharpness = 2;
/** Logits beyond are sure enough; e to the twice 15 is a finite float. */
const mostLogit = 15;
/** Of the loss that the verdict on the whole picture is; the rest is the map's. */
const verdictShare = 0.2;

/** @param size side of the input in pixels, a multiple of 32 */
export function syntheticDefinition(size: number): TrainingDefinition {
  const side = size / mapStride;
  return {
    inputs: {
      [modelValues.image]: { type: "float32", dims: ["N", 3, size, size] },
      [stepInputs.target]: { type: "float32", dims: ["N", 1, side, side] },
      [stepInputs.weight]: { type: "float32", dims: ["N", 1, side, side] },
      [stepInputs.isDefect]: { type: "float32", dims: ["N", 1] },
    },
    model: (net, inputs) => {
      const map = mapOf(net, inputs[modelValues.image] ?? "");
      const verdict = verdictOf(net, map);
      if (net.mode !== "export") return { map, verdict };
      const normal = net.tape.times(verdict, 0);
      return {
        [modelValues.logits]: net.add("Concat", [normal, verdict], { axis: 1 }, "both"),
        [modelValues.anomalyMap]: net.add("Sigmoid", [map], {}, "map/probability"),
      };
    },
    loss: (net, { map = "", verdict = "" }, inputs) => {
      const places = binaryCrossEntropy(net, map, inputs[stepInputs.target] ?? "", {
        weights: inputs[stepInputs.weight] ?? "",
      });
      const pictures = binaryCrossEntropy(net, verdict, inputs[stepInputs.isDefect] ?? "");
      return {
        loss: weightedSum(net, [
          [places, 1 - verdictShare],
          [pictures, verdictShare],
        ]),
        places,
        pictures,
      };
    },
  };
}

/** One logit for each place, `[N, 1, h, w]`. */
function mapOf(net: Network, image: string): string {
  const centred = net.add("Sub", [image, net.scalar(127.5)], {}, "input/centred");
  const scaled = net.add("Mul", [centred, net.scalar(1 / 64)], {}, "input/scaled");
  let map = convNorm(net, scaled, { name: "stem", channels: widths[0], stride: 2 });
  const levels: string[] = [];
  for (const [level, depth] of depths.entries()) {
    const channels = widths[level + 1] as number;
    for (let block = 0; block < depth; block++)
      map = residual(net, map, { name: `down${level + 1}/${block + 1}`, channels, stride: block === 0 ? 2 : 1 });
    levels.push(map);
  }
  for (let level = depths.length - 2; level >= 0; level--) {
    const channels = widths[level + 1] as number;
    const name = `up${level + 1}`;
    const narrowed = convNorm(net, map, { name: `${name}/narrow`, channels, kernel: 1 });
    const enlarged = upsample(net, narrowed, { name: `${name}/enlarged` });
    const joined = add(net, enlarged, levels[level] as string, { name: `${name}/joined` });
    map = convNorm(net, joined, { name: `${name}/mixed`, channels });
  }
  return conv(net, map, {
    name: "places",
    channels: 1,
    kernel: 1,
    initialBias: filled(startingLogit),
  });
}

/** The whole picture's logit `[N, 1]`: a smooth maximum over its places, which also says how many are bad. */
function verdictOf(net: Network, map: string): string {
  const { tape } = net;
  const bounded = tape.emit("Min", [map, mostLogit]);
  const sum = tape.sum(tape.emit("Exp", [tape.times(bounded, sharpness)]), [1, 2, 3]);
  const flat = flatten(net, sum, { name: "verdict/flat" });
  return tape.over(tape.emit("Log", [tape.plus(flat, 1e-12)]), sharpness);
}

/** Numbers that training finds; norms become part of their convolutions. */
export function countWeights({ parameters }: Weights): number {
  return [...parameters.values()].reduce((sum, { data }) => sum + data.length, 0);
}
