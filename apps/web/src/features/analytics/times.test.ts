import assert from "node:assert/strict";
import { test } from "node:test";
import { analysedTime, dayOf } from "./times.js";

const nowMs = new Date(2026, 2, 15, 10, 30, 20).getTime();

test("a span goes back from now on whole minutes, and 30 days is what nobody chose", () => {
  const day = analysedTime({ span: "24h" }, nowMs);
  assert.deepEqual([day.from, day.to, day.bucket], [new Date(2026, 2, 14, 10, 30).toISOString(), undefined, "hour"]);
  for (const filters of [{}, { span: "toString" }, { span: "7w" }, { from: "2026-03-01" }, { from: "x", to: "y" }]) {
    assert.equal(analysedTime(filters, nowMs).span, "30d");
  }
});

test("two days are from the first one's beginning to the last one's end, in whichever order", () => {
  const expected = {
    span: null,
    from: new Date(2026, 2, 1).toISOString(),
    to: new Date(2026, 2, 11).toISOString(),
    bucket: "day",
  };
  assert.deepEqual(analysedTime({ from: "2026-03-01", to: "2026-03-10" }, nowMs), expected);
  assert.deepEqual(analysedTime({ from: "2026-03-10", to: "2026-03-01", span: "7d" }, nowMs), expected);
  assert.equal(analysedTime({ from: "2026-03-01", to: "2026-03-01" }, nowMs).bucket, "hour");
  assert.equal(dayOf(nowMs), "2026-03-15");
});
