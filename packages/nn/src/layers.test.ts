import assert from "node:assert/strict";
import { test } from "node:test";
import { exportGraph } from "./export.js";
import { withGradients } from "./gradients.js";
import * as layers from "./layers.js";
import { lower } from "./lowering.js";
import { type ModelFunction, Network, type Weights } from "./network.js";
import { assertClose, float, type LayerCase, pytorch } from "./pytorch-fixture.js";
import { openReferenceSession } from "./session/reference.js";
import { openGraphSession } from "./session/session.js";
import type { Tensor } from "./tensor.js";
import { written } from "./training/definition.js";

/** How each of PyTorch's cases is written with our layers. */
const builders: Readonly<Record<string, (net: Network, x: string) => string>> = {
  conv: (net, x) => layers.conv(net, x, { name: "a", channels: 4 }),
  "conv, stride 2, 5x5, two groups": (net, x) =>
    layers.conv(net, x, { name: "a", channels: 6, kernel: 5, stride: 2, groups: 2 }),
  "conv, dilation 2, silu": (net, x) =>
    layers.conv(net, x, { name: "a", channels: 3, dilation: 2, activation: "silu" }),
  "conv, unequal padding, hardSwish": (net, x) =>
    layers.conv(net, x, { name: "a", channels: 3, stride: 2, padding: [0, 0, 1, 1], activation: "hardSwish" }),
  convNorm: (net, x) => layers.convNorm(net, x, { name: "a", channels: 4, stride: 2 }),
  "pointwise, expanding": (net, x) => layers.pointwise(net, x, { name: "a", channels: 8, activation: "relu6" }),
  "convNorm, frozen": (net, x) => layers.convNorm(net, x, { name: "a", channels: 4, norm: "frozen" }),
  depthwise: (net, x) => layers.depthwise(net, x, { name: "a", stride: 2 }),
  "batchNorm of vectors": (net, x) => layers.batchNorm(net, x, { name: "a" }),
  transposedConv: (net, x) => layers.transposedConv(net, x, { name: "a", channels: 2 }),
  linear: (net, x) => layers.linear(net, x, { name: "a", outputs: 3 }),
  globalAveragePool: (net, x) => layers.globalAveragePool(net, x, { name: "a" }),
  maxPool: (net, x) => layers.maxPool(net, x, { name: "a", kernel: 3, stride: 2, padding: 1 }),
  averagePool: (net, x) => layers.averagePool(net, x, { name: "a", kernel: 3, stride: 2, padding: 1 }),
  "upsample, nearest": (net, x) => layers.upsample(net, x, { name: "a" }),
  "upsample, linear": (net, x) => layers.upsample(net, x, { name: "a", mode: "linear" }),
  leakyRelu: (net, x) => layers.activate(net, x, "leakyRelu", "a"),
  residual: (net, x) => layers.residual(net, x, { name: "a", channels: 4, stride: 2 }),
  squeezeExcite: (net, x) => layers.squeezeExcite(net, x, { name: "a", ratio: 0.5 }),
  invertedResidual: (net, x) =>
    layers.invertedResidual(net, x, { name: "a", channels: 4, expansion: 3, squeeze: 1 / 3 }),
  layerNorm: (net, x) => layers.layerNorm(net, x, { name: "a" }),
  selfAttention: (net, x) => layers.selfAttention(net, x, { name: "a", heads: 2 }),
};

for (const [target, open] of Object.entries({
  "plain loops": async (graph: Parameters<typeof lower>[0]) => openReferenceSession(graph),
  "ONNX Runtime": (graph: Parameters<typeof lower>[0]) =>
    openGraphSession(lower(graph, { kind: "portable" }), { threads: 1 }),
})) {
  for (const given of pytorch.layers) {
    test(`${given.title}: output, gradients and statistics are PyTorch's, by ${target}`, async () => {
      const { net, graph, gradients, y } = trainingGraph(given);
      const session = await open(graph);
      const results = await session.run(feedsOf(net, given));
      await session.dispose();
      assertClose(results[y], given.y, "the output");
      for (const [name, expected] of Object.entries(given.gradients)) {
        assertClose(results[gradients.get(name) ?? ""], expected, `the gradient by ${name}`, 1e-4);
      }
      for (const [name, expected] of Object.entries(given.next)) {
        assertClose(results[net.updates.get(name) ?? ""], expected, `the statistic ${name}`);
      }
    });
  }
}

test("an exported network computes what evaluation computes, with batch norm folded and any batch", async () => {
  const model: ModelFunction = (net, { x = "" }) => {
    const stem = layers.convNorm(net, x, { name: "stem", channels: 4 });
    const block = layers.invertedResidual(net, stem, { name: "block", channels: 4, expansion: 2, squeeze: 0.5 });
    const normed = layers.batchNorm(net, block, { name: "norm" });
    const pooled = layers.globalAveragePool(net, normed, { name: "pool" });
    return {
      logits: layers.linear(net, layers.dropout(net, pooled, { name: "drop", rate: 0.5 }), {
        name: "head",
        outputs: 2,
      }),
    };
  };
  const inputs = { x: { type: "float32", dims: ["N", 3, 5, 5] } } as const;
  const definition = {
    inputs,
    model,
    loss: (net: Network, { logits = "" }) => ({ loss: net.tape.emit("ReduceMean", [logits], { keepdims: 0 }) }),
  };
  const { net, outputs } = written(definition, { mode: "evaluate", batch: 2 });
  const weights = drawnWeights(net);
  net.builder.output(outputs.logits ?? "", "logits");
  const x = drawn([2, 3, 5, 5], 1);
  const evaluation = openReferenceSession(net.builder.build("evaluation"));
  const expected = await evaluation.run({ x, ...Object.fromEntries([...weights.parameters, ...weights.statistics]) });

  const exported = exportGraph(model, weights, inputs);
  assert.deepEqual(exported.inputs[0]?.dims, ["N", 3, 5, 5]);
  assert.ok(!exported.nodes.some(({ operator }) => operator.startsWith("BatchNorm")));
  const session = await openGraphSession(exported, { threads: 1 });
  assertClose((await session.run({ x })).logits, plain(expected.logits), "the logits");
  const three = await session.run({ x: drawn([3, 3, 5, 5], 2) });
  assert.deepEqual([...(three.logits?.dims ?? [])], [3, 2]);
  await session.dispose();
});

test("a parameter asked for twice is shared, and refused in another shape", () => {
  const net = new Network({ mode: "train", batch: 1 });
  const x = net.builder.input("x", "float32", [1, 3]);
  layers.linear(net, layers.linear(net, x, { name: "a", outputs: 3 }), { name: "a", outputs: 3 });
  assert.deepEqual([...net.parameters.keys()], ["a/weight", "a/bias"]);
  assert.throws(() => layers.linear(net, x, { name: "a", outputs: 4 }), { code: "GRAPH_INVALID" });
});

function trainingGraph(given: LayerCase) {
  const net = new Network({ mode: "train", batch: given.x.dims[0] ?? 1 });
  const x = net.builder.input("x", "float32", given.x.dims);
  const build = builders[given.title];
  assert.ok(build, `no layer is written for PyTorch's case "${given.title}"`);
  const y = build(net, x);
  const probe = net.builder.input("probe", "float32", given.probe.dims);
  const loss = net.builder.add("ReduceSum", [net.builder.add("Mul", [y, probe])], { keepdims: 0 });
  assert.deepEqual([...net.parameters.keys()].sort(), Object.keys(given.parameters).sort());
  for (const value of [y, loss, ...net.updates.values()]) net.builder.output(value);
  const { graph, gradients } = withGradients(net.builder.build("layer"), loss, ["x", ...net.parameters.keys()]);
  const read = new Set(graph.nodes.flatMap(({ inputs }) => inputs));
  return {
    net,
    graph: { ...graph, inputs: graph.inputs.filter(({ name }) => read.has(name)) },
    gradients,
    y,
  };
}

function feedsOf(net: Network, given: LayerCase): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = { x: float(given.x), probe: float(given.probe) };
  // Running statistics that a case doesn't tell play no part in it.
  for (const { name, dims } of net.statistics.values()) feeds[name] = drawn(dims, 3, 1.5);
  for (const [name, value] of Object.entries({ ...given.parameters, ...given.statistics })) feeds[name] = float(value);
  return feeds;
}

function drawnWeights(net: Network): Weights {
  let seed = 10;
  return {
    parameters: new Map([...net.parameters.values()].map(({ name, dims }) => [name, drawn(dims, seed++)])),
    statistics: new Map(
      [...net.statistics.values()].map(({ name, dims }) => [
        name,
        drawn(dims, seed++, name.endsWith("variance") ? 1.5 : 0),
      ]),
    ),
  };
}

/** Numbers between -1 and 1 around `middle` that look random and need no generator. */
function drawn(dims: readonly number[], seed: number, middle = 0): Tensor {
  const count = dims.reduce((product, size) => product * size, 1);
  return float({
    dims,
    data: Array.from({ length: count }, (_, index) => middle + Math.sin(12.9898 * (index + 1) + 78.233 * seed)),
  });
}

function plain(value: Tensor | undefined) {
  return { dims: value?.dims ?? [], data: Array.from(value?.data as Float32Array) };
}
