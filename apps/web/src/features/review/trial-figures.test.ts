import assert from "node:assert/strict";
import { test } from "node:test";
import type { Trial } from "@sightline/api/reviews";
import { tally } from "./trial-figures.js";

const trial = (counts: Partial<Trial["counts"]>, source: Trial["source"] = "inspections") =>
  ({
    source,
    counts: { queued: 0, open: 0, agreed: 0, failed: 0, dismissed: 0, correct: 0, wrong: 0, differing: 0, ...counts },
  }) as Trial;

test("shares are of what was looked at and of what both judged, never of nothing", () => {
  const { all, judged, said, rightShare, agreedShare } = tally(
    trial({ queued: 3, agreed: 6, open: 1, correct: 2, wrong: 1, differing: 4, failed: 1 }),
  );
  assert.deepEqual([all, judged, said, rightShare, agreedShare], [14, 10, 3, 2 / 3, 0.6]);
  const nothing = tally(trial({}));
  assert.deepEqual([nothing.rightShare, nothing.agreedShare], [null, null]);
  assert.equal(tally(trial({ open: 4 }, "pictures")).agreedShare, null);
});
