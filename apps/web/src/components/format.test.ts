/** Figures as people read them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ago, bytes, count, duration, milliseconds, percent, plural } from "./format.js";

test("shares never round up to perfection or down to nothing", () => {
  const shown = [0, 0.0004, 0.034, 0.5, 0.985, 0.9996, 1, null].map(percent);
  assert.deepEqual(shown, [
    "0\u00a0%",
    "<\u00a00.1\u00a0%",
    "3.4\u00a0%",
    "50\u00a0%",
    "98.5\u00a0%",
    "99.9\u00a0%",
    "100\u00a0%",
    "–",
  ]);
});

test("sizes, durations and counts have their units", () => {
  assert.deepEqual([0, 999, 14_900_000, 250_000_000].map(bytes), ["0 B", "999 B", "14.9 MB", "250 MB"]);
  assert.deepEqual([4_000, 65_000, 3_700_000].map(duration), ["4 s", "1 min 5 s", "1 h 1 min"]);
  assert.deepEqual([3.14, 42.4, 1_500, null].map(milliseconds), ["3.1 ms", "42 ms", "1.5 s", "–"]);
  assert.equal(count(1234567), "1 234 567");
  assert.deepEqual(
    [plural(1, "defect"), plural(2, "defect"), plural(0, "picture waits", "pictures wait")],
    ["1 defect", "2 defects", "0 pictures wait"],
  );
});

test("recent times are told by their age", () => {
  const now = Date.parse("2026-05-01T12:00:00.000Z");
  assert.equal(ago("2026-05-01T11:59:59.000Z", now), "just now");
  assert.equal(ago("2026-05-01T11:59:20.000Z", now), "40 s ago");
  assert.equal(ago("2026-05-01T09:00:00.000Z", now), "3 h ago");
});
