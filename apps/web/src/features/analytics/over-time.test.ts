import assert from "node:assert/strict";
import { test } from "node:test";
import { type Counts, type Keyed, sum } from "./counts.js";
import { overTime } from "./over-time.js";

const row = (key: string, judged: number, anomalous: number): Keyed => ({ ...sum([]), key, judged, anomalous });
const proportion = ({ anomalous, judged }: Counts) => ({ part: anomalous, whole: judged });

test("days come in order, with a gap where a day is missing", () => {
  const days = [row("2026-03-04", 100, 3), row("2026-03-01", 100, 1), row("2026-03-02", 100, 2)];
  const { points, rows, center, counted } = overTime(days, "day", proportion, false);
  assert.deepEqual(
    points.map(({ share }) => share),
    [0.01, 0.02, null, 0.03],
  );
  assert.deepEqual(
    rows.map((one) => one?.key),
    ["2026-03-01", "2026-03-02", undefined, "2026-03-04"],
  );
  assert.deepEqual([center, counted, points[0]?.time], [0.02, 3, Date.parse("2026-03-01T12:00:00.000Z") / 1000]);
});

test("hours next to each other have no gap", () => {
  const hours = [row("2026-03-01T08:00:00.000Z", 10, 1), row("2026-03-01T09:00:00.000Z", 10, 1)];
  assert.equal(overTime(hours, "hour", proportion, false).points.length, 2);
});
