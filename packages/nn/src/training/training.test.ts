import assert from "node:assert/strict";
import { test } from "node:test";
import { exportGraph } from "../export.js";
import { dropout, flatten, linear } from "../layers.js";
import { mse } from "../losses.js";
import type { Weights } from "../network.js";
import { openGraphSession } from "../session/session.js";
import { floatTensor, type Tensor } from "../tensor.js";
import { memorySource } from "./batch-source.js";
import { barsDefinition, barsTraining, drawnBars } from "./drawn-bars.js";
import { type TrainingOptions, type TrainingProgress, trainNetwork } from "./training.js";

test("a small network learns to tell bars, and its export tells new ones", async () => {
  const { weights, history, stopped } = await trainNetwork({ ...barsTraining(), epochs: 16, ema: { decay: 0.9 } });
  assert.equal(stopped, "finished");
  assert.equal(history.length, 16);
  assert.ok((history[15]?.loss ?? 1) < 0.1, `the last loss is ${history[15]?.loss}`);
  const right = await accuracy(weights);
  assert.ok(right >= 0.98, `${right} of new bars are told`);
});

for (const [form, target] of [
  ["portable", { kind: "portable" }],
  ["the fastest form here", undefined],
] as const) {
  test(`the same seed gives the same bytes, whatever the number of threads; another seed others; ${form}`, async () => {
    const trained = async (options: TrainingOptions) =>
      bytesOf((await trainNetwork({ ...options, target, epochs: 2 })).weights);
    const first = await trained(barsTraining(1));
    assert.ok((await trained({ ...barsTraining(1), threads: 2 })).equals(first));
    assert.ok(!(await trained(barsTraining(2))).equals(first));
  });
}

test("dropout draws the same noise in a repeated run, and other noise in each step", async () => {
  const seen: number[] = [];
  const options = (): TrainingOptions => ({
    ...barsTraining(),
    definition: {
      ...barsDefinition,
      model: (net, { image = "" }) => {
        const dropped = dropout(net, flatten(net, image, { name: "flat" }), { name: "drop", rate: 0.5 });
        return { logits: linear(net, dropped, { name: "head", outputs: 2 }) };
      },
    },
    // A rate this small leaves the weights as they are: what changes from step to step is the noise.
    schedule: { kind: "constant", learningRate: 1e-30 },
    source: { ...memorySource(drawnBars(16, 5), { batchSize: 16, seed: 1 }), batches: 3 },
    epochs: 1,
    onProgress: ({ losses }: TrainingProgress) => seen.push(losses.loss ?? 0),
  });
  await trainNetwork(options());
  await trainNetwork(options());
  assert.deepEqual(seen.slice(3), seen.slice(0, 3));
  assert.equal(new Set(seen).size, 3);
});

test("a frozen group keeps every bit, its running statistics too; the others are trained", async () => {
  const { weights: before } = await trainNetwork({ ...barsTraining(), epochs: 1 });
  const groups = { stem: { isFrozen: true }, block: { learningRateScale: 0.1 } };
  const { weights } = await trainNetwork({ ...barsTraining(), epochs: 1, initial: before, groups });
  for (const [name, tensor] of [...weights.parameters, ...weights.statistics]) {
    const isSame = Buffer.from(bytes(tensor)).equals(bytes(before.parameters.get(name) ?? before.statistics.get(name)));
    assert.equal(isSame, name.startsWith("stem"), name);
  }
});

test("a group's learning rate is scaled: at 0 its parameters stay", async () => {
  const { weights: before } = await trainNetwork({ ...barsTraining(), epochs: 1 });
  const groups = { block: { learningRateScale: 0 } };
  const { weights } = await trainNetwork({ ...barsTraining(), epochs: 1, initial: before, groups });
  for (const [name, tensor] of weights.parameters) {
    assert.equal(Buffer.from(bytes(tensor)).equals(bytes(before.parameters.get(name))), name.startsWith("block"), name);
  }
});

test("one step of momentum descent, clipped and averaged, is what the formulas say", async () => {
  // Loss (w·x - t)² for one picture: the gradient by w is 2 (w·x - t) x.
  const [w, x, t] = [[0.5, -1], [2, 1], 3] as const;
  const at = (values: readonly number[], index: number) => values[index] ?? 0;
  const output = at(w, 0) * at(x, 0) + at(w, 1) * at(x, 1);
  const gradient = x.map((value) => 2 * (output - t) * value);
  const length = Math.hypot(...gradient);
  const stepped = w.map((value, index) => value - 0.1 * (at(gradient, index) / length));
  // The first step's average takes 1 - 2/11 of the new weights.
  const averaged = w.map((value, index) => value + (9 / 11) * (at(stepped, index) - value));
  const { weights, history } = await trainNetwork({
    definition: {
      inputs: { x: { type: "float32", dims: ["N", 2] }, t: { type: "float32", dims: ["N", 1] } },
      model: (net, { x = "" }) => ({ y: linear(net, x, { name: "line", outputs: 1, bias: false }) }),
      loss: (net, { y = "" }, { t = "" }) => ({ loss: mse(net, y, t) }),
    },
    source: memorySource({ x: floatTensor([1, 2], x), t: floatTensor([1, 1], [t]) }, { batchSize: 1, seed: 1 }),
    batchSize: 1,
    epochs: 1,
    optimizer: { kind: "sgd" },
    schedule: { kind: "constant", learningRate: 0.1 },
    clipNorm: 1,
    ema: { decay: 0.999 },
    initial: { parameters: new Map([["line/weight", floatTensor([1, 2], w)]]), statistics: new Map() },
    seed: 1,
    threads: 1,
    target: { kind: "portable" },
  });
  assert.equal(history[0]?.loss, (output - t) ** 2);
  const got = weights.parameters.get("line/weight")?.data ?? [];
  for (const [index, value] of averaged.entries()) assert.ok(Math.abs(Number(got[index]) - value) < 1e-5);
});

test("patience ends a training whose metric stands still, with the best weights", async () => {
  const metrics = [0.5, 0.9, 0.8, 0.7, 0.95];
  const judged: Buffer[] = [];
  const { weights, lastWeights, stopped, bestMetric, history } = await trainNetwork({
    ...barsTraining(),
    epochs: 5,
    patience: 2,
    evaluate: async (current, epoch) => {
      judged.push(bytesOf(current));
      return { metric: metrics[epoch - 1] ?? 0 };
    },
  });
  assert.equal(stopped, "patience");
  assert.equal(bestMetric, 0.9);
  assert.deepEqual(
    history.map(({ metric }) => metric),
    [0.5, 0.9, 0.8, 0.7],
  );
  assert.ok(bytesOf(weights).equals(judged[1] as Buffer));
  assert.ok(bytesOf(lastWeights).equals(judged[3] as Buffer));
});

test("an abort stops after the step under way; what was learnt is returned", async () => {
  const controller = new AbortController();
  const steps: number[] = [];
  const { stopped, weights } = await trainNetwork({
    ...barsTraining(),
    signal: controller.signal,
    onProgress: ({ step }) => {
      steps.push(step);
      if (step === 11) controller.abort();
    },
  });
  assert.equal(stopped, "cancelled");
  assert.equal(steps.at(-1), 11);
  assert.ok(weights.parameters.size > 0);
});

test("a budget that is used up still gives weights", async () => {
  const { stopped, weights } = await trainNetwork({ ...barsTraining(), budgetMs: 0 });
  assert.equal(stopped, "budget");
  assert.ok(weights.parameters.has("head/weight"));
});

test("progress counts steps and epochs and knows the loss and its parts", async () => {
  const seen: TrainingProgress[] = [];
  await trainNetwork({
    ...barsTraining(),
    epochs: 2,
    definition: {
      ...barsDefinition,
      loss: (net, outputs, inputs) => {
        const { loss } = barsDefinition.loss(net, outputs, inputs);
        return { loss: net.tape.times(loss, 2), labels: loss };
      },
    },
    evaluate: async () => ({ metric: 0.25 }),
    onProgress: (progress) => seen.push(progress),
  });
  assert.deepEqual(
    seen.map(({ step }) => step),
    Array.from({ length: 16 }, (_, index) => index + 1),
  );
  const [first, last] = [seen[0], seen.at(-1)];
  assert.deepEqual([first?.epoch, first?.epochs, first?.steps, first?.metric], [1, 2, 16, null]);
  assert.deepEqual([last?.epoch, last?.metric], [2, 0.25]);
  assert.ok(Math.abs((first?.losses.loss ?? 0) - 2 * (first?.losses.labels ?? 0)) < 1e-6);
  assert.ok(seen.every(({ waitedShare, secondsLeft }) => waitedShare >= 0 && waitedShare <= 1 && secondsLeft >= 0));
});

test("starting weights with NaN are refused by name before anything runs", async () => {
  const initial: Weights = {
    parameters: new Map([["head/bias", floatTensor([2], [0, Number.NaN])]]),
    statistics: new Map(),
  };
  await assert.rejects(trainNetwork({ ...barsTraining(), initial }), {
    code: "WRONG_INPUT",
    message: /"head\/bias" hold NaN at element 1 of 2/,
  });
});

test("groups, weights and batches that don't exist or don't fit are refused by name", async () => {
  const strange = new Map([["hat/bias", floatTensor([2], [0, 0])]]);
  const refusals: readonly [Partial<TrainingOptions>, RegExp][] = [
    [{ groups: { hat: {} } }, /no parameter group "hat". Its groups are stem, block, head/],
    [{ initial: { parameters: strange, statistics: new Map() } }, /no parameter "hat\/bias"/],
    [{ batchSize: 0 }, /"batchSize" must be a whole number/],
    [{ groups: { stem: { isFrozen: true }, block: { isFrozen: true }, head: { isFrozen: true } } }, /left to train/],
    [{ batchSize: 8 }, /"image" must be float32 \(8, 1, 16, 16\), got float32 \(16, 1, 16, 16\)/],
  ];
  for (const [change, message] of refusals) {
    await assert.rejects(trainNetwork({ ...barsTraining(), ...change }), { code: "WRONG_INPUT", message });
  }
});

async function accuracy(weights: Weights): Promise<number> {
  const { image, target } = drawnBars(200, 99);
  const session = await openGraphSession(exportGraph(barsDefinition.model, weights, barsDefinition.inputs), {
    threads: 1,
  });
  const { logits } = await session.run({ image });
  await session.dispose();
  const isRight = (picture: number) => {
    const isUpright = Number(logits?.data[2 * picture + 1]) > Number(logits?.data[2 * picture]);
    return isUpright === (target.data[2 * picture + 1] === 1);
  };
  return Array.from({ length: 200 }, (_, picture) => Number(isRight(picture))).reduce((a, b) => a + b) / 200;
}

function bytesOf({ parameters, statistics }: Weights): Buffer {
  return Buffer.concat([...parameters.values(), ...statistics.values()].map(bytes));
}

function bytes(tensor: Tensor | undefined): Uint8Array {
  const data = tensor?.data as Float32Array;
  return Uint8Array.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}
