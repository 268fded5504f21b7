import assert from "node:assert/strict";
import { test } from "node:test";
import type { LiveEvent } from "@sightline/api/live";
import { createLiveFeed } from "./live-feed.js";

const event: LiveEvent = { type: "hello", at: "2026-01-01T00:00:00.000Z" };

test("every listener hears an event until it unsubscribes", () => {
  const feed = createLiveFeed();
  const heard: string[] = [];
  const stopFirst = feed.subscribe(() => heard.push("first"));
  feed.subscribe(() => heard.push("second"));
  feed.publish(event);
  stopFirst();
  stopFirst();
  feed.publish(event);
  assert.deepEqual(heard, ["first", "second", "second"]);
});

test("a listener that throws is reported and keeps nothing from the others", () => {
  const problems: unknown[] = [];
  const feed = createLiveFeed((error) => problems.push(error));
  let isHeard = false;
  feed.subscribe(() => {
    throw new Error("broken listener");
  });
  feed.subscribe(() => {
    isHeard = true;
  });
  feed.publish(event);
  assert.equal(isHeard, true);
  assert.match(String(problems[0]), /broken listener/);
});
