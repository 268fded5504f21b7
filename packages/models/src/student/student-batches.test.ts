import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tensor } from "@sightline/nn/tensor";
import type { PlannedRow } from "../drawn-batches/batch-messages.js";
import { pairs } from "./student-batches.js";

/** Pictures of 4 pixels in places of 2: a map of two by two. */
const shape = { size: 4, stride: 2 };
const pixels = 3 * 4 * 4;

/** Two good pictures (1 and 2 everywhere), then what stands beside them. */
function drawn(beside: readonly PlannedRow["kind"][], target: readonly number[], weight: readonly number[]) {
  const rows: PlannedRow[] = [
    { kind: "normal", picture: 0, view: 0 },
    { kind: "normal", picture: 1, view: 1 },
    ...beside.map((kind, view) => ({ kind, picture: 0, view })),
  ];
  const image = Float32Array.from({ length: 4 * pixels }, (_, i) => 1 + Math.floor(i / pixels));
  const good = new Array<number>(8);
  const batch = {
    image,
    target: Float32Array.from([...good.fill(0), ...target]),
    weight: Float32Array.from([...good.fill(1), ...weight]),
  };
  return pairs(batch, rows, shape);
}
const numbers = (tensor: Tensor | undefined): number[] => Array.from(tensor?.data as Float32Array);

test("the same view of a good picture stands beside the one with a drawn defect, which is imitated everywhere", () => {
  const step = drawn(["synthetic", "synthetic"], [0, 1, 0, 0, 0, 0, 0, 1], [1, 5, 1, 1, 1, 1, 1, 5]);
  assert.deepEqual(step.image?.dims, [2, 3, 4, 4]);
  assert.deepEqual([...new Set(numbers(step.image))], [1, 2]);
  assert.deepEqual([...new Set(numbers(step.altered))], [3, 4]);
  assert.deepEqual(numbers(step.imitated), new Array(8).fill(1));
  assert.deepEqual(numbers(step.defect), new Array(8).fill(0));
  assert.deepEqual(numbers(step.is_real), [0, 0]);
});

test("a real defect is imitated around its mask, and nowhere where nobody painted one", () => {
  const step = drawn(["defect", "defect"], [0, 0.5, 0, 0, 0, 0, 0, 0], [1, 3, 1, 1, 0, 0, 0, 0]);
  assert.deepEqual(numbers(step.is_real), [1, 1]);
  assert.deepEqual(numbers(step.is_unplaced), [0, 1]);
  assert.deepEqual(numbers(step.imitated), [1, 0, 1, 1, 0, 0, 0, 0]);
  assert.deepEqual(numbers(step.defect), [0, 0.5, 0, 0, 0, 0, 0, 0]);
});
