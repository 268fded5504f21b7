import assert from "node:assert/strict";
import { test } from "node:test";
import { lower } from "@sightline/nn/lowering";
import { Network } from "@sightline/nn/network";
import { openReferenceSession } from "@sightline/nn/session/reference";
import { floatTensor } from "@sightline/nn/tensor";
import { modelValues } from "../model-values.js";
import { detectorLoss, targetValues } from "./loss.js";
import { detectorModel, detectorValues } from "./network.js";
import { assignTargets, makePlaces } from "./places.js";

/** Two places, two labels; the second place answers for an object of the second label. */
async function lossOf(boxes: readonly number[], logits: readonly number[], weights: readonly number[] = [1, 1]) {
  const net = new Network({ mode: "train", batch: 1 });
  const input = (name: string, dims: number[]) => net.builder.input(name, "float32", dims);
  const outputs = {
    [modelValues.boxes]: input(modelValues.boxes, [1, 2, 4]),
    [detectorValues.logits]: input(detectorValues.logits, [1, 2, 2]),
    [modelValues.scores]: input(modelValues.scores, [1, 2, 2]),
  };
  const inputs = {
    [targetValues.boxes]: input(targetValues.boxes, [1, 2, 4]),
    [targetValues.labels]: input(targetValues.labels, [1, 2, 2]),
    [targetValues.weights]: input(targetValues.weights, [1, 2]),
    [targetValues.share]: input(targetValues.share, [1, 1]),
  };
  const losses = detectorLoss(net, outputs, inputs, { width: 64, height: 32 });
  for (const [name, value] of Object.entries(losses)) net.builder.output(value, `${name} loss`);
  const session = openReferenceSession(lower(net.builder.build("loss"), { kind: "portable" }));
  const result = await session.run({
    [modelValues.boxes]: floatTensor([1, 2, 4], boxes),
    [detectorValues.logits]: floatTensor([1, 2, 2], logits),
    [modelValues.scores]: floatTensor(
      [1, 2, 2],
      logits.map((x) => 1 / (1 + Math.exp(-x))),
    ),
    [targetValues.boxes]: floatTensor([1, 2, 4], [3, 3, 4, 4, 10, 10, 30, 20]),
    [targetValues.labels]: floatTensor([1, 2, 2], [0, 0, 0, 1]),
    [targetValues.weights]: floatTensor([1, 2], weights),
    [targetValues.share]: floatTensor([1, 1], [1]),
  });
  const [loss = 0, scores = 0, boxLoss = 0] = ["loss", "scores", "boxes"].map((name) =>
    Number(result[`${name} loss`]?.data[0]),
  );
  return { loss, scores, boxes: boxLoss };
}

const anywhere = [0, 0, 8, 8];

test("a box on its object and sure scores cost nothing, wherever the boxes of other places lie", async () => {
  const { loss } = await lossOf([...anywhere, 10, 10, 30, 20], [-20, -20, -20, 20]);
  assert.ok(loss < 1e-3, `${loss}`);
});

test("a place without weight says what it likes", async () => {
  const { scores: counted } = await lossOf([...anywhere, 10, 10, 30, 20], [4, 4, -20, 20]);
  const { scores: free } = await lossOf([...anywhere, 10, 10, 30, 20], [4, 4, -20, 20], [0, 1]);
  assert.ok(counted > 1 && free < 1e-3, `${counted}, ${free}`);
});

test("the box loss is 1 minus the generalised overlap", async () => {
  // Target 20 x 10 = 200; box 10..30 x 15..25: shared 100, union 300, hull 20 x 15 = 300: 1/3 − 0.
  const half = await lossOf([...anywhere, 10, 15, 30, 25], [-20, -20, -20, 20]);
  assert.ok(Math.abs(half.boxes - 2 / 3) < 1e-3, `${half.boxes}`);
  // Beside it: 50..60 x 10..20, union 300, hull 50 x 10 = 500: 0 − 200/500.
  const beside = await lossOf([...anywhere, 50, 10, 60, 20], [-20, -20, -20, 20]);
  assert.ok(Math.abs(beside.boxes - 1.4) < 1e-3, `${beside.boxes}`);
});

test("the score that costs least is the overlap of the box, not 1", async () => {
  const scoresAt = async (p: number) =>
    (await lossOf([...anywhere, 10, 15, 30, 25], [-20, -20, -20, Math.log(p / (1 - p))])).scores;
  const [low, right, high] = [await scoresAt(0.1), await scoresAt(1 / 3), await scoresAt(0.9)];
  assert.ok(right < 1e-4 && low > 0.01 && high > 0.3, `${low}, ${right}, ${high}`);
  // By hand at 0.9: (0.9 − 1/3)² · −(1/3 · ln 0.9 + 2/3 · ln 0.1).
  const expected = (0.9 - 1 / 3) ** 2 * -(Math.log(0.9) / 3 + (2 * Math.log(0.1)) / 3);
  assert.ok(Math.abs(high - expected) < 1e-3, `${high}, by hand ${expected}`);
});

test("a false alarm costs by how sure it is", async () => {
  const { scores } = await lossOf([...anywhere, 10, 10, 30, 20], [Math.log(3), -20, -20, 20]);
  assert.ok(Math.abs(scores - 0.75 ** 2 * -Math.log(0.25)) < 1e-3, `${scores}`);
});

test("before training every place answers with a box of its grid's size at itself, and a score of 1 %", async () => {
  const places = makePlaces(64, 32, [8, 16, 32]);
  const shape = { places, labelCount: 2, channels: 16, backbone: null };
  const net = new Network({ mode: "evaluate", batch: 1 });
  const image = net.builder.input(modelValues.image, "float32", [1, 3, 32, 64]);
  const outputs = detectorModel(shape)(net, { [modelValues.image]: image });
  assert.deepEqual(net.dims(outputs[modelValues.boxes] as string), [1, places.count, 4]);
  assert.deepEqual(net.dims(outputs[modelValues.scores] as string), [1, places.count, 2]);
  // Places come in the same order as their targets: an object of the grid's size is at its place already.
  const box = { label: 0, x1: 20 - 18, y1: 12 - 9, x2: 20 + 18, y2: 12 + 9 };
  const { labels } = assignTargets([box], places, 2);
  const owned = [...labels.keys()].filter((i) => labels[i] === 1).map((i) => i / 2);
  for (const name of [modelValues.boxes, modelValues.scores])
    net.builder.output(outputs[name] as string, `${name}_out`);
  const session = openReferenceSession(lower(net.builder.build("fresh"), { kind: "portable" }));
  const feeds = Object.fromEntries(
    [...net.parameters.values()].map(({ name, dims, initial }) => {
      const last = name.endsWith("boxes/weight") || name.endsWith("scores/weight");
      const size = dims.reduce((product, length) => product * length, 1);
      return [name, last ? floatTensor(dims, new Float32Array(size)) : initial(dims, () => 0.3)];
    }),
  );
  for (const { name, dims, initial } of net.statistics.values()) {
    const size = dims.reduce((product, length) => product * length, 1);
    feeds[name] = floatTensor(dims, typeof initial === "number" ? new Float32Array(size).fill(initial) : initial);
  }
  const picture = floatTensor([1, 3, 32, 64], new Float32Array(3 * 32 * 64).fill(100));
  const result = await session.run({ ...feeds, [modelValues.image]: picture });
  const boxes = result[`${modelValues.boxes}_out`]?.data as Float32Array;
  const scores = result[`${modelValues.scores}_out`]?.data as Float32Array;
  assert.ok(scores.every((score) => Math.abs(score - 0.01) < 1e-4));
  assert.ok(owned.length > 0);
  for (const place of owned) {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = boxes.subarray(place * 4, place * 4 + 4);
    assert.ok(Math.abs(x2 - x1 - 36) < 1e-3 && Math.abs(y2 - y1 - 36) < 1e-3);
    assert.ok(Math.abs((x1 + x2) / 2 - 20) <= 12 && Math.abs((y1 + y2) / 2 - 12) <= 12);
  }
});
