/** An anomaly model for page tests that costs nothing to make: the brighter a picture, the more anomalous. */
import { GraphBuilder } from "@sightline/nn/graph-builder";
import { floatTensor, indexTensor } from "@sightline/nn/tensor";
import { handMadeModel } from "./hand-made-model.js";

/** The network's input; every picture is stretched to it. */
const side = 8;

/** A model file that an upload takes. @param heldOut scores as a training would have held them out @param method that made it, as it says */
export function brightnessJudge(
  heldOut: readonly { score: number; isAnomaly: boolean }[],
  method = "patchcore",
): Uint8Array {
  const builder = new GraphBuilder();
  const image = builder.input("image", "float32", ["N", 3, side, side]);
  const mean = builder.add("ReduceMean", [image, indexTensor([1, 2, 3])], { keepdims: 0 });
  const share = builder.add("Mul", [mean, floatTensor([], [1 / 255])]);
  builder.output(share, "raw_score");
  builder.output(builder.add("Mul", [share, floatTensor([], [1])]), "score");
  return handMadeModel(builder, {
    ...{ side, method, threshold: 0.5, scores: heldOut },
    dataset: { name: "elsewhere", hash: "0".repeat(64), images: heldOut.length, byLabel: {} },
  });
}
