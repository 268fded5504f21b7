/** The bar of the first run never jumps back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setUpShare } from "./set-up-share.js";

test("the bar grows while pictures are rendered and goes on from there while the model trains", () => {
  const shares = [
    setUpShare("Starting", undefined),
    setUpShare("Rendered 60 of 120 castings to learn from", undefined),
    setUpShare("Rendered 120 of 120 castings to learn from", undefined),
    setUpShare("Training", 0),
    setUpShare("Training", 0.5),
    setUpShare("Training", 1),
  ];
  assert.deepEqual(
    shares.map((share) => Math.round(share * 100)),
    [0, 15, 30, 30, 65, 100],
  );
});
