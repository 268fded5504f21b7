import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphBuilder } from "./graph-builder.js";
import { clippedByNorm, type OptimizerOptions, optimizerOf } from "./optimizers.js";
import { assertClose, type OptimizerCase, pytorch } from "./pytorch-fixture.js";
import { openReferenceSession } from "./session/reference.js";
import { Tape } from "./tape.js";
import { floatTensor, type Tensor } from "./tensor.js";

const options: Readonly<Record<string, OptimizerOptions>> = {
  sgd: { kind: "sgd", weightDecay: 0.1 },
  "sgd, nesterov": { kind: "sgd", nesterov: true, weightDecay: 0.1 },
  "sgd without momentum": { kind: "sgd", momentum: 0, weightDecay: 0.1 },
  adamw: { kind: "adamw", weightDecay: 0.1 },
};

for (const given of pytorch.optimizers) {
  test(`${given.title}: four steps end where PyTorch's do, decay on the weight only`, async () => {
    const kind = options[given.title];
    assert.ok(kind);
    for (const [step, after] of (await trajectory(kind, given)).entries()) {
      const expected = given.states[step]?.flatMap(({ data }) => data) ?? [];
      assertClose(after, { dims: [5], data: expected }, `step ${step + 1}`);
    }
  });
}

test("clipping shortens a gradient that is too long and leaves others alone", async () => {
  const builder = new GraphBuilder();
  const gradient = builder.input("gradient", "float32", [2]);
  const length = builder.add("ReduceL2", [gradient], { keepdims: 0 });
  builder.output(clippedByNorm(new Tape(builder), gradient, length, 1), "clipped");
  const session = openReferenceSession(builder.build("clip"));
  const clipped = async (values: number[]) => (await session.run({ gradient: floatTensor([2], values) })).clipped;
  assertClose(await clipped([3, 4]), { dims: [2], data: [0.6, 0.8] }, "a long one");
  assertClose(await clipped([0.3, 0.4]), { dims: [2], data: [0.3, 0.4] }, "a short one");
});

/** The flat vector [weight, bias] after each step. */
async function trajectory(kind: OptimizerOptions, given: OptimizerCase): Promise<Tensor[]> {
  const optimizer = optimizerOf(kind);
  const builder = new GraphBuilder();
  const flat = (name: string) => builder.input(name, "float32", [5]);
  const moments = Array.from({ length: optimizer.moments }, (_, index) => flat(`moment ${index}`));
  const scalars = Object.keys(optimizer.stepScalars(1)).map((name) => [name, builder.input(name, "float32", [])]);
  const next = optimizer.update(new Tape(builder), {
    parameters: flat("parameters"),
    gradients: flat("gradients"),
    moments,
    scalars: Object.fromEntries(scalars),
    rate: builder.constant(floatTensor([], [0.05])),
    decays: builder.constant(floatTensor([5], [1, 1, 1, 0, 0])),
  });
  builder.output(next.parameters, "next parameters");
  for (const [index, moment] of next.moments.entries()) builder.output(moment, `next moment ${index}`);
  const session = openReferenceSession(builder.build("optimizer"));

  let state: Record<string, Tensor> = {
    parameters: floatTensor(
      [5],
      given.start.flatMap(({ data }) => data),
    ),
  };
  for (const name of moments) state[name] = floatTensor([5], new Float32Array(5));
  const states: Tensor[] = [];
  for (const [step, gradients] of given.gradients.entries()) {
    const feeds: Record<string, Tensor> = {
      gradients: floatTensor(
        [5],
        gradients.flatMap(({ data }) => data),
      ),
    };
    for (const [name, value] of Object.entries(optimizer.stepScalars(step + 1))) feeds[name] = floatTensor([], [value]);
    const results = await session.run({ ...feeds, ...state });
    state = Object.fromEntries(Object.keys(state).map((name) => [name, results[`next ${name}`] as Tensor]));
    states.push(state.parameters as Tensor);
  }
  return states;
}
