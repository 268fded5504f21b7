import assert from "node:assert/strict";
import { test } from "node:test";
import { softmax } from "../threshold.js";
import { minimise } from "./lbfgs.js";
import { LogisticRegression, logitsOf } from "./logistic-regression.js";

const features = Float32Array.from([
  0.5, 1.2, 1.0, -0.3, -0.7, 0.8, -1.5, -0.2, 0.3, -1.1, 0.9, 0.4, -0.4, -0.9, -1.1, 1.3, 1.4, 0.9,
]);
const labels = Int32Array.from([0, 1, 2, 2, 1, 0, 1, 2, 0]);

// scikit-learn: LogisticRegression(C=1/(0.05*9), tol=1e-10).fit(X, Y)
test("the weights and probabilities agree with scikit-learn", async () => {
  const regression = await LogisticRegression.open(features, 2, labels, 3, 1);
  const model = await regression.fit(new Float32Array(9).fill(1), { penalty: 0.05 });
  const expected = [1.047521, 0.940652, 0.395708, -1.478329, -1.44323, 0.537677];
  expected.forEach((weight, i) => {
    assert.ok(Math.abs((model.weights[i] ?? 0) - weight) < 0.02, `weight ${i}: ${model.weights[i]}`);
  });
  const probabilities = softmax(logitsOf(model, features.subarray(0, 2)));
  [0.781386, 0.059261, 0.159353].forEach((p, k) => {
    assert.ok(Math.abs((probabilities[k] ?? 0) - p) < 0.005, `probability ${k}: ${probabilities[k]}`);
  });
  await regression.dispose();
});

test("a sample of weight 0 takes no part", async () => {
  const regression = await LogisticRegression.open(features, 2, labels, 3, 1);
  const all = await regression.fit(Float32Array.of(1, 1, 1, 1, 1, 1, 1, 1, 0), { penalty: 0.05 });
  const fewer = await regression.fit(new Float32Array(8).fill(1), { penalty: 0.05 });
  all.weights.forEach((weight, i) => {
    assert.ok(Math.abs(weight - (fewer.weights[i] ?? 0)) < 1e-3);
  });
  await regression.dispose();
});

test("a fit ends when it is cancelled", async () => {
  const many = Float32Array.from({ length: 400 * 600 }, (_, i) => Math.sin(i * i));
  const regression = await LogisticRegression.open(
    many,
    600,
    Int32Array.from({ length: 400 }, (_, i) => i % 2),
    2,
    1,
  );
  const signal = AbortSignal.abort();
  const fits = (async () => {
    for (;;) await regression.fit(new Float32Array(400).fill(1), { penalty: 1e-9, signal });
  })();
  await assert.rejects(fits, { code: "TRAINING_CANCELLED" });
  await regression.dispose();
});

test("L-BFGS finds the minimum of Rosenbrock's valley, at (1, 1)", async () => {
  const rosenbrock = async (p: Float64Array) => {
    const [x = 0, y = 0] = p;
    return {
      value: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
      gradient: Float64Array.of(-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)),
    };
  };
  const { parameters } = await minimise(rosenbrock, Float64Array.of(-1.2, 1), {
    maxIterations: 200,
    gradientTolerance: 1e-9,
    valueTolerance: 0,
  });
  assert.ok(Math.hypot((parameters[0] ?? 0) - 1, (parameters[1] ?? 0) - 1) < 1e-6);
});
