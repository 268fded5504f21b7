import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { SavingQueue } from "./saving-queue.js";

/** A queue whose requests the test answers. */
function open() {
  const sent: { value: string; finish: () => void; fail: (reason: string) => void }[] = [];
  const queue = new SavingQueue<string>(
    (value) =>
      new Promise((resolve, reject) => {
        sent.push({ value, finish: resolve, fail: (reason) => reject(new Error(reason)) });
      }),
  );
  return { sent, queue, values: () => sent.map(({ value }) => value) };
}

test("changes in quick succession are one request with the newest", async () => {
  const { queue, values, sent } = open();
  queue.put("a");
  queue.put("b");
  assert.deepEqual([queue.state().kind, values()], ["saving", []]);
  queue.flush();
  assert.deepEqual(values(), ["b"]);
  sent[0]?.finish();
  await pause(0);
  assert.equal(queue.state().kind, "saved");
});

test("what changes while a request is under way follows it, never beside it", async () => {
  const { queue, values, sent } = open();
  queue.put("a");
  queue.flush();
  queue.put("b");
  queue.flush();
  queue.put("c");
  assert.deepEqual(values(), ["a"]);
  sent[0]?.finish();
  await pause(0);
  assert.deepEqual([values(), queue.state().kind], [["a", "c"], "saving"]);
  sent[1]?.finish();
  await pause(0);
  assert.equal(queue.state().kind, "saved");
});

test("what could not be saved is told, kept, and sent again", async () => {
  const { queue, values, sent } = open();
  queue.put("a");
  queue.flush();
  sent[0]?.fail("The disk is full.");
  await pause(0);
  assert.deepEqual(queue.state(), { kind: "failed", reason: "The disk is full." });
  queue.flush();
  assert.deepEqual(values(), ["a", "a"]);
});

test("nothing is sent when there is nothing to save", () => {
  const { queue, values } = open();
  queue.flush();
  assert.deepEqual(values(), []);
});
