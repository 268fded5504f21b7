/** Model files made by hand, for tests: what they answer, and why, is known to the pixel. */
import type { Task } from "@sightline/dataset/dataset";
import { GraphBuilder } from "@sightline/nn/graph-builder";
import { floatTensor, indexTensor } from "@sightline/nn/tensor";
import { type Manifest, writeModel } from "../model-file.js";
import { modelValues } from "../model-values.js";

/** Every model here takes pictures of this side. */
export const handMadeSide = 64;
const cell = 8;
const cells = handMadeSide / cell;

function manifestOf(task: Task, labels: readonly string[], more: Partial<Manifest> = {}): Manifest {
  return {
    formatVersion: 1,
    method: "by hand",
    task,
    labels,
    normalLabel: task === "anomaly" ? "normal" : null,
    input: { width: handMadeSide, height: handMadeSide },
    threshold: 0,
    temperature: 1,
    metrics: null,
    scores: [],
    roc: [],
    candidates: [],
    dataset: { name: "elsewhere", hash: "0".repeat(64), images: 40, byLabel: {} },
    seed: 1,
    createdAt: "2026-01-02T03:04:05.678Z",
    sightlineVersion: "0.1.0",
    ...more,
  };
}

/** How much redder than green and how much bluer than green each cell of 8 x 8 pixels is, `[N, 2, 8, 8]`, at least 0. */
function hues(builder: GraphBuilder): string {
  const image = builder.input(modelValues.image, "float32", ["N", 3, handMadeSide, handMadeSide]);
  const kernel = floatTensor([2, 3, 1, 1], [1 / 255, -1 / 255, 0, 0, -1 / 255, 1 / 255]);
  const differences = builder.add("Conv", [image, kernel]);
  const means = builder.add("AveragePool", [differences], { kernel_shape: [cell, cell], strides: [cell, cell] });
  return builder.add("Relu", [means]);
}

/** Says `red` or `blue` by which of the two covers more: a linear head on the means of the hues. */
export function hueClassifier(): Uint8Array {
  const builder = new GraphBuilder();
  const pooled = builder.add("Flatten", [builder.add("GlobalAveragePool", [hues(builder)])]);
  const weights = floatTensor([2, 2], [40, 0, 0, 40]);
  const logits = builder.add("Gemm", [pooled, weights, floatTensor([2], [0, 0])], { transB: 1 });
  builder.add("Softmax", [builder.add("Div", [logits, floatTensor([], [2])])], { axis: 1 }, modelValues.probabilities);
  builder.output(modelValues.probabilities);
  return writeModel(builder.build("hues"), manifestOf("classification", ["red", "blue"])).bytes;
}

/** Says how anomalous the reddest cell is, without a map, and by a head that is not linear. */
export function rednessJudge(): Uint8Array {
  const builder = new GraphBuilder();
  const wide = builder.add("Conv", [
    hues(builder),
    floatTensor(
      [16, 2, 1, 1],
      Array.from({ length: 32 }, (_, i) => (i % 2 === 0 ? 1 / (1 + i) : 0)),
    ),
  ]);
  const seen = builder.add("Relu", [wide]);
  const peak = builder.add("ReduceMax", [seen, indexTensor([1, 2, 3])], { keepdims: 0 });
  const raw = builder.add(
    "Mul",
    [builder.add("Sub", [peak, floatTensor([], [0.4])]), floatTensor([], [10])],
    {},
    modelValues.rawScore,
  );
  builder.add("Sigmoid", [raw], {}, modelValues.score);
  builder.output(modelValues.rawScore);
  builder.output(modelValues.score);
  return writeModel(builder.build("redness"), manifestOf("anomaly", ["normal", "anomaly"])).bytes;
}

/** Finds each red and each blue cell as an object of its own. */
export function hueDetector(): Uint8Array {
  const builder = new GraphBuilder();
  const map = hues(builder);
  const listed = builder.add("Reshape", [map, indexTensor([0, 2, cells * cells])]);
  const raw = builder.add("Transpose", [listed], { perm: [0, 2, 1] });
  const shifted = builder.add("Mul", [builder.add("Sub", [raw, floatTensor([], [0.4])]), floatTensor([], [10])]);
  builder.add("Sigmoid", [shifted], {}, modelValues.scores);
  const corners = Array.from({ length: cells * cells }, (_, i) => {
    const [x, y] = [(i % cells) * cell, Math.floor(i / cells) * cell];
    return [x, y, x + cell, y + cell];
  });
  const nothing = builder.add("Mul", [builder.add("ReduceMean", [raw, indexTensor([2])]), floatTensor([], [0])]);
  builder.add("Add", [nothing, floatTensor([1, cells * cells, 4], corners.flat())], {}, modelValues.boxes);
  builder.output(modelValues.boxes);
  builder.output(modelValues.scores);
  const detection = { scoreThreshold: 0.5, iouThreshold: 0.6, maxDetections: 10 };
  return writeModel(builder.build("hues"), manifestOf("detection", ["red", "blue"], { detection })).bytes;
}
