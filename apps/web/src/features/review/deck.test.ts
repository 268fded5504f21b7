import assert from "node:assert/strict";
import { test } from "node:test";
import type { Review } from "@sightline/api/reviews";
import { nextOpen, replaced, saidInWords, withWord } from "./deck.js";

const review = (id: string, status: Review["status"] = "open") =>
  ({ id, status, word: null, annotation: null }) as unknown as Review;

test("after a word the next picture that waits comes, first onwards, then from the start", () => {
  const items = [review("a"), review("b", "said"), review("c", "said"), review("d")];
  assert.equal(nextOpen(items, 1), 3);
  assert.equal(nextOpen(items, 3), 0);
});

test("nothing comes when nothing waits, also not the picture itself", () => {
  assert.equal(nextOpen([review("a"), review("b", "dismissed")], 0), null);
  assert.equal(nextOpen([], 0), null);
});

test("a word is shown at once and in words", () => {
  const said = withWord(review("a"), { label: "scratch" });
  assert.deepEqual([said.status, saidInWords(said)], ["said", "scratch"]);
  assert.equal(saidInWords(withWord(review("a"), { word: "wrong" })), "wrong");
  assert.equal(saidInWords(withWord(review("a"), { labels: [] })), "none");
  assert.equal(saidInWords(review("a")), "");
  assert.deepEqual(
    replaced([review("a"), review("b")], said).map(({ status }) => status),
    ["said", "open"],
  );
});
