/** Numbers that PyTorch gives for our layers, losses and optimisers, for tests: fixtures/pytorch.json, by fixtures/pytorch.py. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type FloatTensor, floatTensor, type Tensor } from "./tensor.js";

export interface PlainTensor {
  readonly dims: readonly number[];
  readonly data: readonly number[];
}

export interface LayerCase {
  readonly title: string;
  readonly x: PlainTensor;
  readonly parameters: Readonly<Record<string, PlainTensor>>;
  readonly statistics: Readonly<Record<string, PlainTensor>>;
  /** What the output is multiplied by, element by element, to make the sum that is differentiated. */
  readonly probe: PlainTensor;
  readonly y: PlainTensor;
  /** By `x` and by each parameter. */
  readonly gradients: Readonly<Record<string, PlainTensor>>;
  /** Statistics after the step. */
  readonly next: Readonly<Record<string, PlainTensor>>;
}

export interface LossCase {
  readonly title: string;
  readonly outputs: PlainTensor;
  readonly targets: PlainTensor;
  readonly weights?: PlainTensor;
  readonly loss: number;
  readonly gradient: PlainTensor;
}

/** Four steps over a weight, which decays, and a bias, which doesn't. */
export interface OptimizerCase {
  readonly title: string;
  readonly start: readonly PlainTensor[];
  readonly gradients: readonly (readonly PlainTensor[])[];
  readonly states: readonly (readonly PlainTensor[])[];
}

export const pytorch = JSON.parse(readFileSync(new URL("../fixtures/pytorch.json", import.meta.url), "utf8")) as {
  readonly layers: readonly LayerCase[];
  readonly losses: readonly LossCase[];
  readonly optimizers: readonly OptimizerCase[];
  readonly oneCycle: readonly number[];
};

export function float({ dims, data }: PlainTensor): FloatTensor {
  return floatTensor(dims, data);
}

/** Equal up to float32 rounding: `tolerance` in parts of the greatest expected element, or of 0.1 where all are smaller. */
export function assertClose(got: Tensor | undefined, expected: PlainTensor, what: string, tolerance = 2e-5): void {
  assert.ok(got, `${what} is missing`);
  assert.deepEqual([...got.dims], [...expected.dims], `${what}: dimensions`);
  const scale = Math.max(0.1, ...expected.data.map(Math.abs));
  for (const [index, value] of expected.data.entries()) {
    const error = Math.abs(Number(got.data[index]) - value) / scale;
    assert.ok(error <= tolerance, `${what}, element ${index}: got ${got.data[index]}, PyTorch has ${value}`);
  }
}
