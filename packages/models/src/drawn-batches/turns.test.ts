import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@sightline/dataset/seeded-random";
import type { Image } from "@sightline/vision/image";
import { drawing } from "../drawn-pictures.js";
import { plausibleTurns } from "./turns.js";

/** A dark bar on a light ground, from the left edge to two thirds of the way, at an angle and with a little noise. */
function bar(seed: number, quarterTurns: number): Image {
  const random = seededRandom(seed);
  return drawing(48, 48, (x, y) => {
    let [u, v] = [x - 23.5, y - 23.5];
    for (let turn = 0; turn < quarterTurns; turn++) [u, v] = [v, -u];
    const grey = u < 8 && Math.abs(v - 6) < 6 ? 60 : 200;
    return [0, 0, 0].map(() => grey + 4 * random.normal()) as [number, number, number];
  });
}

test("parts that always lie alike may not be turned", () => {
  const pictures = Array.from({ length: 12 }, (_, i) => bar(i, 0));
  assert.deepEqual(plausibleTurns(pictures), { sideways: false, upsideDown: false, quarter: false });
});

test("parts that are alike on two sides may be turned over these", () => {
  const pictures = Array.from({ length: 12 }, (_, seed) => {
    const random = seededRandom(seed);
    return drawing(48, 48, (x) => {
      const grey = (x < 14 ? 60 : 200) + 4 * random.normal();
      return [grey, grey, grey];
    });
  });
  assert.deepEqual(plausibleTurns(pictures), { sideways: false, upsideDown: true, quarter: false });
});

test("parts that lie anyhow may be turned by quarters, and three pictures prove nothing", () => {
  const pictures = Array.from({ length: 24 }, (_, i) => bar(i, i % 4));
  assert.equal(plausibleTurns(pictures).quarter, true);
  assert.equal(plausibleTurns(pictures.slice(0, 3)).quarter, false);
});
