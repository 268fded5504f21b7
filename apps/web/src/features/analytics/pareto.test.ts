import assert from "node:assert/strict";
import { test } from "node:test";
import { type Keyed, sum } from "./counts.js";
import { pareto, vitalFew } from "./pareto.js";

const found = (key: string, inspected: number): Keyed => ({ ...sum([]), key, inspected });

test("types stand by how common they are, and add up to all of them", () => {
  const rows = pareto([found("dent", 15), found("hole", 5), found("scratch", 60), found("stain", 20)]);
  assert.deepEqual(
    rows.map(({ defect, count, share, cumulative }) => [defect, count, share, cumulative]),
    [
      ["scratch", 60, 0.6, 0.6],
      ["stain", 20, 0.2, 0.8],
      ["dent", 15, 0.15, 0.95],
      ["hole", 5, 0.05, 1],
    ],
  );
  assert.equal(vitalFew(rows), 2);
  assert.deepEqual([pareto([]), vitalFew([])], [[], 0]);
});
