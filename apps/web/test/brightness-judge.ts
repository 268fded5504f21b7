/** An anomaly model for page tests that costs nothing to make: the brighter a picture, the more anomalous. */
import { writeModel } from "@sightline/models/model-file";
import { GraphBuilder } from "@sightline/nn/graph-builder";
import { floatTensor, indexTensor } from "@sightline/nn/tensor";

/** The network's input; every picture is stretched to it. */
const side = 8;

/** A model file that an upload takes. @param heldOut scores as a training would have held them out */
export function brightnessJudge(heldOut: readonly { score: number; isAnomaly: boolean }[]): Uint8Array {
  const builder = new GraphBuilder();
  const image = builder.input("image", "float32", ["N", 3, side, side]);
  const mean = builder.add("ReduceMean", [image, indexTensor([1, 2, 3])], { keepdims: 0 });
  const share = builder.add("Mul", [mean, floatTensor([], [1 / 255])]);
  builder.output(share, "raw_score");
  builder.output(builder.add("Mul", [share, floatTensor([], [1])]), "score");
  return writeModel(builder.build("brightness"), {
    formatVersion: 1,
    method: "patchcore",
    task: "anomaly",
    labels: ["normal", "anomaly"],
    normalLabel: "good",
    input: { width: side, height: side },
    threshold: 0.5,
    temperature: 1,
    metrics: null,
    scores: heldOut,
    roc: [],
    candidates: [],
    dataset: { name: "elsewhere", hash: "0".repeat(64), images: heldOut.length, byLabel: {} },
    seed: 1,
    createdAt: "2026-01-02T03:04:05.678Z",
    sightlineVersion: "0.1.0",
  }).bytes;
}
