/** What the detector makes small: wrong scores (quality focal loss) and boxes beside their objects (generalised IoU). */
import { giouElements } from "@sightline/nn/losses";
import type { Network } from "@sightline/nn/network";
import { modelValues } from "../model-values.js";
import { detectorValues } from "./network.js";
import type { Places } from "./places.js";

/** Inputs of the loss beside the picture. */
export const targetValues = {
  /** `[N, M, 4]`, pixels of the input. */
  boxes: "target_boxes",
  /** `[N, M, labels]`, 1 where the place answers for an object of the label. */
  labels: "target_labels",
  /** `[N, M]`: 0 where the place learns no score, else 1. */
  weights: "target_weights",
  /** `[N, 1]`: 1 / the number of places of the whole batch that answer for an object. */
  share: "target_share",
} as const;

/** Boxes are worth this much more than scores (Li et al. 2020). */
const boxWeight = 2;

/**
 * The score to reach is the overlap that the place's own box has with its object (Li et al. 2020): so scores rank boxes by
 * how well they fit, and of two boxes of an object the better one survives.
 */
export function detectorLoss(
  net: Network,
  outputs: Readonly<Record<string, string>>,
  inputs: Readonly<Record<string, string>>,
  { width, height }: Pick<Places, "width" | "height">,
): Record<string, string> {
  const { tape } = net;
  const target = inputs[targetValues.labels] as string;
  const share = inputs[targetValues.share] as string;
  const [batch = 1, count = 1, labelCount = 1] = tape.sizes(target);
  // In shares of the input, areas stay near 1: no tiny addend of a loss weighs in.
  const unit = 1 / Math.sqrt(width * height);
  const boxes = tape.times(outputs[modelValues.boxes] as string, unit);
  const targets = tape.times(inputs[targetValues.boxes] as string, unit);
  const misses = giouElements(net, boxes, targets);
  const isObject = tape.reshape(tape.sum(target, [2]), [batch, count]);

  const overlap = overlapOf(net, boxes, targets, batch, count);
  const quality = tape.times(target, tape.reshape(tape.emit("StopGradient", [overlap]), [batch, count, 1]));
  const logits = outputs[detectorValues.logits] as string;
  const scores = outputs[modelValues.scores] as string;
  const wrongness = tape.square(tape.minus(scores, quality));
  // Cross entropy from the logit: softplus(x) − target·x, with the softplus that overflows nowhere.
  const power = tape.emit("Exp", [tape.negative(tape.emit("Abs", [logits]))]);
  const softplus = tape.plus(tape.emit("Relu", [logits]), tape.emit("Log", [tape.plus(power, 1)]));
  const entropy = tape.minus(softplus, tape.times(quality, logits));

  const counted = tape.reshape(inputs[targetValues.weights] as string, [batch, count, 1]);

  const perPicture = (value: string, size: number): string =>
    tape.sum(tape.times(tape.sum(tape.reshape(value, [batch, size]), [1]), share), [0, 1]);
  const scoreLoss = tape.reshape(
    perPicture(tape.times(tape.times(wrongness, entropy), counted), count * labelCount),
    [],
  );
  const boxLoss = tape.reshape(perPicture(tape.times(misses, isObject), count), []);
  return { loss: tape.plus(scoreLoss, tape.times(boxLoss, boxWeight)), scores: scoreLoss, boxes: boxLoss };
}

/** Plain intersection over union, `[batch, count]`. */
function overlapOf(net: Network, a: string, b: string, batch: number, count: number): string {
  const { tape } = net;
  const column = (value: string, i: number): string =>
    tape.reshape(tape.slice(value, [i], [i + 1], [2]), [batch, count]);
  const side = (low: number, high: number): string =>
    tape.emit("Relu", [
      tape.minus(
        tape.emit("Min", [column(a, high), column(b, high)]),
        tape.emit("Max", [column(a, low), column(b, low)]),
      ),
    ]);
  const area = (value: string): string =>
    tape.times(tape.minus(column(value, 2), column(value, 0)), tape.minus(column(value, 3), column(value, 1)));
  const shared = tape.times(side(0, 2), side(1, 3));
  const union = tape.minus(tape.plus(area(a), area(b)), shared);
  return tape.over(shared, tape.plus(union, 1e-9));
}
