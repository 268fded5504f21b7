import assert from "node:assert/strict";
import { test } from "node:test";
import { linear } from "../layers.js";
import { floatTensor } from "../tensor.js";
import { TrainingDiverged } from "./divergence.js";
import { barsDefinition, barsTraining } from "./drawn-bars.js";
import { type TrainingOptions, trainNetwork } from "./training.js";

async function diverged(options: TrainingOptions): Promise<TrainingDiverged> {
  const error = await trainNetwork(options).then(
    () => assert.fail("the training should diverge"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof TrainingDiverged, String(error));
  assert.equal(error.code, "TRAINING_DIVERGED");
  return error;
}

test("a loss that overflows is told with its step, its epoch and the first value that wasn't finite", async () => {
  const error = await diverged({
    ...barsTraining(),
    definition: {
      ...barsDefinition,
      // The square root of a negative number, from the tenth step on: its exponent grows with the bias trained.
      loss: (net, { logits = "" }) => {
        const negative = net.add("Neg", [net.add("Exp", [logits], {}, "loss/power")], {}, "loss/negative");
        return { loss: net.tape.emit("ReduceMean", [net.add("Log", [negative], {}, "loss/log")], { keepdims: 0 }) };
      },
    },
  });
  assert.equal(error.step, 1);
  assert.equal(error.epoch, 1);
  assert.match(error.culprit, /the value "loss\/log" \(Log\) isn't finite/);
  assert.match(error.message, /step 1 \(epoch 1\)/);
});

test("a learning rate that is far too high ends with the best state before, all of it finite", async () => {
  const error = await diverged({
    ...barsTraining(),
    definition: {
      inputs: barsDefinition.inputs,
      model: (net, { image = "" }) => ({
        logits: linear(net, net.add("Flatten", [image], { axis: 1 }, "flat"), { name: "head", outputs: 2 }),
      }),
      loss: (net, { logits = "" }) => ({
        loss: net.tape.emit("ReduceMean", [net.tape.square(logits)], { keepdims: 0 }),
      }),
    },
    optimizer: { kind: "sgd", momentum: 0 },
    schedule: { kind: "constant", learningRate: 1e6 },
    evaluate: async (_, epoch) => ({ metric: -epoch }),
    epochs: 50,
  });
  assert.ok(error.step > 1);
  for (const [name, { data }] of error.weights.parameters) {
    assert.ok((data as Float32Array).every(Number.isFinite), name);
  }
});

test("a batch with NaN is named as the cause", async () => {
  const options = barsTraining();
  const error = await diverged({
    ...options,
    source: {
      ...options.source,
      batch: async (epoch, index) => {
        const batch = await options.source.batch(epoch, index);
        if (epoch === 0 || index < 3) return batch;
        return { ...batch, image: floatTensor([16, 1, 16, 16], new Float32Array(16 * 256).fill(Number.NaN)) };
      },
    },
  });
  assert.deepEqual([error.epoch, error.step, error.history.length], [2, 12, 1]);
  assert.match(error.culprit, /the input "image" of the batch/);
});

test("a gradient that isn't finite is named by its parameter", async () => {
  const error = await diverged({
    ...barsTraining(),
    definition: {
      inputs: barsDefinition.inputs,
      model: (net, { image = "" }) => ({
        logits: linear(net, net.add("Flatten", [image], { axis: 1 }, "flat"), {
          name: "head",
          outputs: 2,
          bias: false,
        }),
      }),
      // The root is 0, its slope infinite, and 0 times infinity is no number.
      loss: (net, { logits = "" }) => {
        const zero = net.tape.times(net.tape.square(logits), 0);
        return { loss: net.tape.emit("ReduceMean", [net.add("Sqrt", [zero], {}, "root")], { keepdims: 0 }) };
      },
    },
  });
  assert.match(error.culprit, /in the backward pass|the gradient of parameter "head\/weight"/);
});
