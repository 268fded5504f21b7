import assert from "node:assert/strict";
import { test } from "node:test";
import { withGradients } from "./gradients.js";
import * as losses from "./losses.js";
import { lower } from "./lowering.js";
import { Network } from "./network.js";
import { assertClose, float, pytorch } from "./pytorch-fixture.js";
import { openReferenceSession } from "./session/reference.js";
import { openGraphSession } from "./session/session.js";
import { indexTensor } from "./tensor.js";

const classWeights = [1, 2, 0.5];

/** How each of PyTorch's cases is written with our losses. */
const builders: Readonly<Record<string, (net: Network, outputs: string, targets: string) => string>> = {
  "crossEntropy, labels": (net, y, t) => losses.crossEntropy(net, y, t),
  "crossEntropy, soft labels": (net, y, t) => losses.crossEntropy(net, y, t),
  "crossEntropy, smoothed": (net, y, t) => losses.crossEntropy(net, y, t, { labelSmoothing: 0.1 }),
  "crossEntropy, class weights": (net, y, t) => losses.crossEntropy(net, y, t, { classWeights }),
  "crossEntropy, class weights, smoothed": (net, y, t) =>
    losses.crossEntropy(net, y, t, { classWeights, labelSmoothing: 0.1 }),
  binaryCrossEntropy: (net, y, t) => losses.binaryCrossEntropy(net, y, t),
  "binaryCrossEntropy, logits of 80": (net, y, t) => losses.binaryCrossEntropy(net, y, t),
  "binaryCrossEntropy, positive weights": (net, y, t) =>
    losses.binaryCrossEntropy(net, y, t, { positiveWeights: classWeights }),
  focal: (net, y, t) => losses.focal(net, y, t),
  "focal, gamma 1.5": (net, y, t) => losses.focal(net, y, t, { gamma: 1.5 }),
  mse: (net, y, t) => losses.mse(net, y, t),
  l1: (net, y, t) => losses.l1(net, y, t),
  "smoothL1, beta 0.5": (net, y, t) => losses.smoothL1(net, y, t, { beta: 0.5 }),
  cosine: (net, y, t) => losses.cosine(net, y, t),
  distillation: (net, y, t) => losses.distillation(net, y, t, { temperature: 3 }),
  "mse, weights": (net, y, t) => losses.mse(net, y, t, { weights: net.builder.input("weights", "float32", [4, 1]) }),
  giou: (net, y, t) => losses.giou(net, y, t),
  ciou: (net, y, t) => losses.ciou(net, y, t),
};

for (const given of pytorch.losses) {
  test(`${given.title}: loss and gradient are PyTorch's, by plain loops and by ONNX Runtime`, async () => {
    const net = new Network({ mode: "train", batch: given.outputs.dims[0] ?? 1 });
    const outputs = net.builder.input("outputs", "float32", given.outputs.dims);
    const targets = net.builder.input("targets", "float32", given.targets.dims);
    const build = builders[given.title];
    assert.ok(build, `no loss is written for PyTorch's case "${given.title}"`);
    const loss = build(net, outputs, targets);
    net.builder.output(loss);
    const { graph, gradients } = withGradients(net.builder.build("loss"), loss, ["outputs"]);
    const feeds = {
      outputs: float(given.outputs),
      targets: float(given.targets),
      ...(given.weights && { weights: float(given.weights) }),
    };
    for (const session of [
      openReferenceSession(graph),
      await openGraphSession(lower(graph, { kind: "portable" }), { threads: 1 }),
    ]) {
      const results = await session.run(feeds);
      assertClose(results[loss], { dims: [], data: [given.loss] }, "the loss");
      assertClose(results[gradients.get("outputs") ?? ""], given.gradient, "the gradient", 1e-4);
      await session.dispose();
    }
  });
}

test("labels become one-hot rows", async () => {
  const net = new Network({ mode: "train", batch: 3 });
  const rows = losses.oneHot(net, net.builder.input("labels", "int64", [3]), 4);
  net.builder.output(rows);
  const { [rows]: result } = await openReferenceSession(net.builder.build("rows")).run({
    labels: indexTensor([2, 0, 3]),
  });
  assert.deepEqual(Array.from(result?.data as Float32Array), [0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1]);
});

test("a weighted sum counts each loss by its weight", async () => {
  const net = new Network({ mode: "train", batch: 1 });
  const [a, b] = [net.builder.input("a", "float32", []), net.builder.input("b", "float32", [])];
  const sum = losses.weightedSum(net, [
    [a, 2],
    [b, 0.5],
  ]);
  net.builder.output(sum);
  const scalar = (value: number) => float({ dims: [], data: [value] });
  const { [sum]: result } = await openReferenceSession(net.builder.build("sum")).run({ a: scalar(3), b: scalar(4) });
  assert.equal(result?.data[0], 8);
});
