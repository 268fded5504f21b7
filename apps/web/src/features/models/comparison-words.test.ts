import assert from "node:assert/strict";
import { test } from "node:test";
import type { ComparisonResult } from "@sightline/api/comparisons";
import { inWords } from "./comparison-words.js";

const result = (change: Partial<ComparisonResult>) =>
  ({
    images: 100,
    bothRight: 0,
    bothWrong: 0,
    onlyBaseRight: 0,
    onlyCandidateRight: 0,
    chance: 1,
    ...change,
  }) as ComparisonResult;

test("a clear split names the better version, whichever it is", () => {
  const better = inWords(result({ onlyCandidateRight: 12, onlyBaseRight: 1, chance: 0.0034 }), 3, 4);
  assert.deepEqual([better.headline, better.tone], ["Version 4 is better", "better"]);
  assert.match(better.detail, /fewer than 1 of 100/);
  const worse = inWords(result({ onlyCandidateRight: 1, onlyBaseRight: 9, chance: 0.0215 }), 3, 4);
  assert.deepEqual([worse.headline, worse.tone], ["Version 3 is better", "worse"]);
  assert.match(worse.detail, /in 2 of 100/);
});

test("a split that comes by chance is said to be open", () => {
  const open = inWords(result({ onlyCandidateRight: 5, onlyBaseRight: 1, chance: 0.21875, bothWrong: 2 }), 3, 4);
  assert.deepEqual([open.headline, open.tone], ["Too few pictures to say which is better", "open"]);
  assert.match(
    open.detail,
    /gets 5 right that version 3 gets wrong, and 1 the other way.*2 pictures both get wrong.*22 of 100/,
  );
});

test("versions that are right on the same pictures can't be told apart", () => {
  assert.match(inWords(result({}), 3, 4).headline, /right on the same pictures/);
});
