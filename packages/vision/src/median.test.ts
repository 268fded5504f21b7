import assert from "node:assert/strict";
import { test } from "node:test";
import type { Image } from "./image.js";
import { medianFiltered } from "./median.js";

function grey(width: number, values: readonly number[]): Image {
  return {
    width,
    height: values.length / width,
    data: Uint8Array.from(values.flatMap((value) => [value, value, value])),
  };
}

test("it gives the median by its definition, at the picture's edges too", () => {
  let state = 7;
  const values = Array.from({ length: 11 * 9 }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state >>> 24;
  });
  for (const radius of [1, 2, 12]) {
    const { data } = medianFiltered(grey(11, values), radius);
    for (const [i] of values.entries()) {
      const [x, y] = [i % 11, Math.floor(i / 11)];
      const around = values.filter(
        (_, j) => Math.abs((j % 11) - x) <= radius && Math.abs(Math.floor(j / 11) - y) <= radius,
      );
      const sorted = around.toSorted((a, b) => a - b);
      assert.equal(data[i * 3], sorted[Math.ceil(sorted.length / 2) - 1], `pixel ${x}, ${y}, radius ${radius}`);
    }
  }
});

test("a speck vanishes, an edge stays where it is", () => {
  const edge: number[] = Array.from({ length: 100 }, (_, i) => (i % 10 < 5 ? 20 : 220));
  edge[42] = 255;
  const { data } = medianFiltered(grey(10, edge), 1);
  assert.equal(data[42 * 3], 20);
  assert.deepEqual([data[54 * 3], data[55 * 3]], [20, 220]);
});
