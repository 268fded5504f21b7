import assert from "node:assert/strict";
import { test } from "node:test";
import { commandOf } from "./review-keys.js";

const press = (key: string, change: object = {}) =>
  commandOf({ key, isModified: false, isInText: false, ...change }, ["good", "scratch"]);

test("each label has its digit, and a digit without a label does nothing", () => {
  assert.deepEqual(press("1"), { kind: "label", label: "good" });
  assert.deepEqual(press("2"), { kind: "label", label: "scratch" });
  assert.equal(press("3"), null);
  assert.equal(press("0"), null);
});

test("Enter says that the answer is right, arrows turn, letters mean the same in either case", () => {
  assert.deepEqual(press("Enter"), { kind: "correct" });
  assert.deepEqual(press("ArrowLeft"), { kind: "before" });
  assert.deepEqual([press("u"), press("U"), press("Backspace")], Array(3).fill({ kind: "takeBack" }));
  assert.equal(press("q"), null);
});

test("a shortcut of the browser and typed text are left alone", () => {
  assert.equal(press("1", { isModified: true }), null);
  assert.equal(press("s", { isInText: true }), null);
});
