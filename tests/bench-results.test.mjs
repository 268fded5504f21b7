/** The table of measured figures keeps what a run did not measure. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { withResults } from "../bench/results.mjs";

const order = ["kill", "models"];
const row = (what, measured) => ({ what, asked: "≥ 1", measured, isMet: measured >= 1 });
const measured = (table, workload, rows, ...args) => withResults(table, { workload, rows, args, order });
const lines = (table) => table.split("\n").filter((line) => line.includes("npm run bench"));

test("A whole run replaces its workload's rows and keeps the others'", () => {
  const before = measured(measured("", "models", [row("a", 1), row("b | c", 2)]), "kill", [row("lost", 0)]);
  assert.equal(lines(before).length, 3);
  assert.match(lines(before)[0], /^\| lost \| ≥ 1 \| 0 \| no \| `npm run bench -- kill` \|/);
  const after = lines(measured(before, "models", [row("a", 3)]));
  assert.equal(after.length, 2);
  assert.match(after[1], /^\| a \| ≥ 1 \| 3 \| yes /);
});

test("A run with arguments replaces only the rows that it measured, and says with which command", () => {
  const before = measured("", "models", [row("a", 1), row("b | c", 2)]);
  const after = lines(measured(before, "models", [row("b | c", 5)], "--only=b"));
  assert.equal(after.length, 2);
  assert.equal(after[0], lines(before)[0]);
  assert.match(after[1], /^\| b \\\| c \| ≥ 1 \| 5 \| yes \| `npm run bench -- models --only=b` \|/);
});

test("A run that measured nothing leaves the table as it was", () => {
  const before = measured("", "models", [row("a", 1)]);
  assert.equal(measured(before, "models", []), before);
});
