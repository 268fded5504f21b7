import assert from "node:assert/strict";
import { test } from "node:test";
import { exportGraph } from "../export.js";
import type { Graph } from "../graph.js";
import { GraphBuilder } from "../graph-builder.js";
import { add, concat, conv, depthwise, globalAveragePool, linear, pointwise } from "../layers.js";
import { type ModelFunction, Network } from "../network.js";
import { normal, randomStream } from "../random.js";
import { openGraphSession } from "../session/session.js";
import { elementCount, floatTensor } from "../tensor.js";
import { startingWeights } from "../training/definition.js";
import { mapChannels } from "./channels.js";
import { chooseChannels, costWithout, leastCost } from "./choose-channels.js";
import { cutChannels } from "./cut-channels.js";
import { Gates } from "./gates.js";

const side = 8;
const pictures = 6;
const inputs = { image: { type: "float32", dims: ["N", 3, side, side] } } as const;

/** A stem, a block with a shortcut, a second way, both joined: every tie that networks of ours have. */
const model: ModelFunction = (net, { image = "" }) => {
  const stem = pointwise(net, image, { name: "stem", channels: 8 });
  const inside = depthwise(net, pointwise(net, stem, { name: "expand", channels: 16 }), { name: "spread" });
  const sum = add(net, stem, pointwise(net, inside, { name: "project", channels: 8, activation: "none" }), {
    name: "sum",
  });
  const other = conv(net, stem, { name: "other", channels: 12, kernel: 1, activation: "relu" });
  const pooled = globalAveragePool(net, concat(net, [sum, other], { name: "both" }), { name: "pool" });
  const shifted = net.add(
    "Sub",
    [
      pooled,
      floatTensor(
        [1, 20],
        Float32Array.from({ length: 20 }, (_, i) => i / 50),
      ),
    ],
    {},
    "shifted",
  );
  return { logits: linear(net, shifted, { name: "head", outputs: 3 }) };
};

function network(): Graph {
  const net = new Network({ mode: "evaluate", batch: 1 });
  model(net, { image: net.builder.input("image", "float32", [1, 3, side, side]) });
  return exportGraph(model, startingWeights(net, 4), inputs);
}

/** These channels of a convolution are the same everywhere: what they are is in the bias alone. */
function withConstantChannels(graph: Graph, convolution: string, channels: readonly number[], value: number): Graph {
  const node = graph.nodes.find(({ outputs }) => outputs[0] === convolution);
  const [, weights = "", bias = ""] = node?.inputs ?? [];
  const initializers = new Map(graph.initializers);
  const { dims, data } = initializers.get(weights) ?? assert.fail(`no ${convolution}`);
  const changed = Float32Array.from(data as Float32Array);
  const biases = Float32Array.from(initializers.get(bias)?.data as Float32Array);
  const each = elementCount(dims.slice(1));
  for (const channel of channels) {
    changed.fill(0, channel * each, (channel + 1) * each);
    biases[channel] = value;
  }
  initializers.set(weights, floatTensor(dims, changed)).set(bias, floatTensor([biases.length], biases));
  return { ...graph, initializers };
}

function batch(seed: number) {
  const random = randomStream(seed, "pictures");
  const data = Float32Array.from({ length: pictures * 3 * side * side }, () => normal(random));
  return { image: floatTensor([pictures, 3, side, side], data) };
}

async function answersOf(graph: Graph, feeds: ReturnType<typeof batch>): Promise<Float32Array> {
  const session = await openGraphSession(graph, { threads: 1 });
  try {
    return (await session.run(feeds)).logits?.data as Float32Array;
  } finally {
    await session.dispose();
  }
}

function farthest(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? Number.NaN))), 0);
}

const directions = (batches: number) =>
  Array.from({ length: batches }, (_, b) => {
    const random = randomStream(b, "directions");
    return Float32Array.from({ length: 3 * pictures }, () => (random() < 0.5 ? -1 : 1));
  });

test("what a sum, a depthwise convolution or a list joins goes together; pictures and answers stay", () => {
  const map = mapChannels(network());
  // Stem with project, expand with spread, other; the picture's 3 and the answers' 3 are in no group.
  assert.deepEqual(
    map.groups.map(({ length }) => length).sort((a, b) => a - b),
    [8, 12, 16],
  );
  const whole = costWithout(map, new Set());
  const places = side * side;
  assert.equal(whole.parameters, 3 * 8 + 8 + 8 * 16 + 16 + 9 * 16 + 16 + 16 * 8 + 8 + 8 * 12 + 12 + 20 * 3 + 3);
  assert.equal(whole.multiplyAccumulates, places * (24 + 128 + 144 + 128 + 96) + 60);
});

test("channels that say nothing go first, and the network answers the same without them", async () => {
  const plain = withConstantChannels(network(), "spread", [1, 6, 7, 12], 0.8);
  const graph = withConstantChannels(plain, "other", [0, 2, 5, 11], 0.3);
  const map = mapChannels(graph);
  const [feeds, fresh] = [[batch(1), batch(2)], batch(9)];
  const gates = await Gates.open(graph, map, { batchSize: pictures, threads: 1 });
  const { answers, means } = await gates.measure(feeds);
  const importance = await gates.importance(feeds, directions(2), means);
  await gates.dispose();
  assert.ok(farthest(answers[0] as Float32Array, await answersOf(graph, feeds[0] as ReturnType<typeof batch>)) < 1e-5);
  const whole = costWithout(map, new Set());
  const gone = chooseChannels(map, importance, {
    // As much as those eight cost: 4 · (8 + 1 + 9 + 1 + 8) and 4 · (8 + 1 + 3).
    most: { parameters: whole.parameters - 156, multiplyAccumulates: whole.multiplyAccumulates },
    ...{ leastShare: 0.25, pack: 4 },
  });
  assert.equal(gone?.size, 8);
  assert.ok([...importance].filter(([channel]) => gone?.has(channel)).every(([, value]) => value < 1e-8));
  const small = cutChannels(graph, map, gone ?? new Set(), means);
  assert.ok(farthest(await answersOf(small, fresh), await answersOf(graph, fresh)) < 2e-5, "also on pictures not seen");
  const { parameters } = costWithout(map, gone ?? new Set());
  const learnt = small.nodes.filter(({ operator }) => operator === "Conv" || operator === "Gemm");
  const counted = learnt.flatMap(({ inputs: [, ...names] }) =>
    names.map((name) => small.initializers.get(name)?.data.length ?? 0),
  );
  assert.equal(
    counted.reduce((a, b) => a + b, 0),
    parameters,
  );
});

test("what a channel matters is the squared change of the answers if it became its mean", async () => {
  const graph = network();
  const map = mapChannels(graph);
  const feeds = [batch(3)];
  const [direction = new Float32Array()] = directions(1);
  const gates = await Gates.open(graph, map, { batchSize: pictures, threads: 1 });
  const { answers, means } = await gates.measure(feeds);
  const importance = await gates.importance(feeds, [direction], means);
  await gates.dispose();
  // Only the last layer reads what "other" makes: there, the first order is all there is.
  const other = map.groups.find(({ length }) => length === 12) ?? [];
  const changed = cutChannels(graph, map, new Set(other.slice(5, 6)), means);
  const then = await answersOf(changed, feeds[0] as ReturnType<typeof batch>);
  let expected = 0;
  for (let picture = 0; picture < pictures; picture++) {
    let sum = 0;
    for (let k = picture * 3; k < picture * 3 + 3; k++)
      sum += (direction[k] ?? 0) * ((then[k] ?? 0) - (answers[0]?.[k] ?? 0));
    expected += sum ** 2 / pictures;
  }
  const found = importance.get(other[5] ?? -1) ?? 0;
  assert.ok(expected > 1e-6 && Math.abs(found - expected) < 1e-3 * expected, `${found} for ${expected}`);
});

test("a layer keeps a share of its channels, packs stay whole, and what can't be saved is told", () => {
  const map = mapChannels(network());
  const limits = { leastShare: 0.5, pack: 4 };
  const least = leastCost(map, limits);
  const gone = chooseChannels(map, new Map(), { most: least, ...limits }) ?? assert.fail("it can be saved");
  assert.deepEqual(costWithout(map, gone), least);
  const stays = map.groups.map((channels) => channels.filter((channel) => !gone.has(channel)).length);
  assert.deepEqual(
    stays.sort((a, b) => a - b),
    [4, 8, 8],
    "half, rounded up to packs of four",
  );
  assert.equal(
    chooseChannels(map, new Map(), { most: { ...least, parameters: least.parameters - 1 }, ...limits }),
    null,
  );
});

test("channels that an operator mixes in a way nobody can follow all stay", () => {
  const builder = new GraphBuilder();
  builder.input("image", "float32", ["N", 3, 4, 4]);
  const weights = (to: number, from: number) => floatTensor([to, from, 1, 1], new Float32Array(to * from).fill(0.1));
  const first = builder.add("Conv", ["image", weights(8, 3)]);
  const second = builder.add("Conv", [builder.add("Relu", [first]), weights(8, 8)]);
  const turned = builder.add("Transpose", [second], { perm: [0, 2, 3, 1] });
  builder.output(builder.add("ReduceSum", [turned]), "answer");
  const { groups } = mapChannels(builder.build("mixed"));
  assert.deepEqual(
    groups.map(({ length }) => length),
    [8],
    "those of the first convolution alone",
  );
});
