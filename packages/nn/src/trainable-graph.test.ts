import assert from "node:assert/strict";
import { test } from "node:test";
import { exportGraph } from "./export.js";
import type { Graph } from "./graph.js";
import { GraphBuilder } from "./graph-builder.js";
import { globalAveragePool, linear } from "./layers.js";
import { crossEntropy } from "./losses.js";
import type { ModelFunction, Weights } from "./network.js";
import { Network } from "./network.js";
import { randomStream } from "./random.js";
import { openReferenceSession } from "./session/reference.js";
import { floatTensor, type Tensor } from "./tensor.js";
import { measureNorms, trainableGraph } from "./trainable-graph.js";
import { startingWeights } from "./training/definition.js";
import { barsTraining, drawnBars } from "./training/drawn-bars.js";
import { trainNetwork } from "./training/training.js";

const inputs = { image: { type: "float32", dims: ["N", 1, 16, 16] } } as const;

test("a graph from elsewhere is trained on: chosen groups change, frozen ones and its function before stay", async () => {
  const backbone = foreignBackbone();
  const body = trainableGraph(backbone);
  const start = freshWeights(body);
  const { image } = drawnBars(4, 3);
  assertSame(await run(exportGraph(body, start, inputs), image), await run(backbone, image), 1e-6);

  const model: ModelFunction = (net, { image = "" }) => {
    const { features = "" } = body(net, { image });
    return { logits: linear(net, globalAveragePool(net, features, { name: "pool" }), { name: "head", outputs: 2 }) };
  };
  const options = barsTraining();
  const { weights } = await trainNetwork({
    ...options,
    definition: {
      inputs: options.definition.inputs,
      model,
      loss: (net, { logits = "" }, { target = "" }) => ({ loss: crossEntropy(net, logits, target) }),
    },
    epochs: 1,
    groups: { first: { isFrozen: true } },
  });
  assert.deepEqual([...weights.parameters.keys()].slice(0, 4), [
    "backbone/first/weights",
    "backbone/first/bias",
    "backbone/second/weights",
    "backbone/second/bias",
  ]);
  const isKept = (name: string) =>
    Buffer.from(Float32Array.from(weights.parameters.get(`backbone/${name}`)?.data as Float32Array).buffer).equals(
      Buffer.from(Float32Array.from(backbone.initializers.get(name)?.data as Float32Array).buffer),
    );
  assert.deepEqual(["first/weights", "second/weights"].map(isKept), [true, false]);
});

test("only the constants chosen become parameters", () => {
  const body = trainableGraph(foreignBackbone(), { trainable: (name) => name.startsWith("second"), prefix: "" });
  assert.deepEqual([...freshWeights(body).parameters.keys()], ["second/weights", "second/bias"]);
});

test("batch norms put back behind convolutions leave what the network computes as it was", async () => {
  const backbone = foreignBackbone();
  const { image } = drawnBars(16, 3);
  const norms = await measureNorms(backbone, [{ image }], { threads: 1 });
  assert.deepEqual([...norms.keys()], ["first", "second"]);
  const body = trainableGraph(backbone, { norms });
  const start = freshWeights(body);
  assert.ok(start.parameters.has("backbone/first/norm/scale") && !start.parameters.has("backbone/first/bias"));
  const expected = await run(backbone, image);
  assertSame(await run(exportGraph(body, start, inputs), image), expected, 1e-4);

  // With the statistics of the very pictures they were measured on, so does a training step.
  const net = new Network({ mode: "train", batch: 16 });
  const { features = "" } = body(net, { image: net.builder.input("image", "float32", [16, 1, 16, 16]) });
  net.builder.output(features, "features");
  const graph = net.builder.build("train");
  const read = new Set(graph.nodes.flatMap((node) => node.inputs));
  const feeds = Object.fromEntries([...start.parameters].filter(([name]) => read.has(name)));
  const step = openReferenceSession({ ...graph, inputs: graph.inputs.filter(({ name }) => read.has(name)) });
  assertSame((await step.run({ image, ...feeds })).features as Tensor, expected, 1e-3);
});

test("a backbone with NaN among its weights is refused by name", () => {
  const backbone = foreignBackbone();
  const bad = {
    ...backbone,
    initializers: new Map([...backbone.initializers, ["second/bias", floatTensor([6], Array(6).fill(Number.NaN))]]),
  };
  assert.throws(() => trainableGraph(bad), {
    code: "WRONG_INPUT",
    message: /"second\/bias" hold NaN at element 0 of 6/,
  });
});

/** Two convolutions with bias and ReLU6, as an ONNX file of a folded network has them. */
function foreignBackbone(): Graph {
  const random = randomStream(1, "backbone");
  const builder = new GraphBuilder();
  const constant = (name: string, dims: readonly number[]) => {
    const count = dims.reduce((product, size) => product * size, 1);
    return builder.constant(
      floatTensor(
        dims,
        Array.from({ length: count }, () => random() - 0.4),
      ),
      name,
    );
  };
  const relu6 = (x: string, name: string) =>
    builder.add("Clip", [x, floatTensor([], [0]), floatTensor([], [6])], {}, name);
  const image = builder.input("image", "float32", ["N", 1, 16, 16]);
  const window = { kernel_shape: [3, 3], strides: [2, 2], pads: [0, 0, 1, 1] };
  const first = builder.add(
    "Conv",
    [image, constant("first/weights", [4, 1, 3, 3]), constant("first/bias", [4])],
    window,
    "first",
  );
  const second = builder.add(
    "Conv",
    [relu6(first, "first/relu6"), constant("second/weights", [6, 4, 3, 3]), constant("second/bias", [6])],
    window,
    "second",
  );
  builder.output(relu6(second, "second/relu6"), "features");
  return builder.build("foreign");
}

function freshWeights(model: ModelFunction): Weights {
  const net = new Network({ mode: "evaluate", batch: 1 });
  model(net, { image: net.builder.input("image", "float32", [1, 1, 16, 16]) });
  return startingWeights(net, 1);
}

async function run(graph: Graph, image: Tensor): Promise<Tensor> {
  const { features } = await openReferenceSession(graph).run({ image });
  return features as Tensor;
}

function assertSame(got: Tensor, expected: Tensor, tolerance: number): void {
  assert.deepEqual(got.dims, expected.dims);
  const worst = Math.max(
    ...Array.from(expected.data as Float32Array, (value, index) => Math.abs(value - Number(got.data[index]))),
  );
  assert.ok(worst <= tolerance, `they differ by ${worst}`);
}
