/** The upload queue with a sender that the test holds in its hand. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { tally, type Upload, UploadQueue } from "./upload-queue.js";

interface Sending {
  name: string;
  onShare: (share: number) => void;
  finish: () => void;
  fail: (error: Error) => void;
}

class Temporary extends Error {}

function open(concurrency = 2, waitsMs: number[] = []) {
  const sendings: Sending[] = [];
  const queue = new UploadQueue<string>({
    concurrency,
    waitsMs,
    isTemporary: (error) => error instanceof Temporary,
    send: ({ file }: Upload<string>, onShare) =>
      new Promise((finish, fail) => sendings.push({ name: file.name, onShare, finish, fail })),
  });
  return { queue, sendings };
}

const file = (name: string) => new File(["x"], name);
const settle = () => new Promise((resolve) => setImmediate(resolve));
const states = (queue: UploadQueue<string>) => queue.uploads().map(({ state }) => state);

test("no more files than allowed are on their way at a time, in the order they were added", async () => {
  const { queue, sendings } = open(2);
  queue.add([file("a"), file("b"), file("c")], "normal");
  assert.deepEqual(
    sendings.map(({ name }) => name),
    ["a", "b"],
  );
  sendings[0]?.finish();
  await settle();
  assert.deepEqual(
    sendings.map(({ name }) => name),
    ["a", "b", "c"],
  );
  assert.deepEqual(states(queue), ["done", "sending", "sending"]);
});

test("a refused file keeps its reason and does not hold up the others", async () => {
  const { queue, sendings } = open(1);
  queue.add([file("text.jpg"), file("ok.jpg")], "normal");
  sendings[0]?.fail(new Error("not a picture"));
  await settle();
  sendings[1]?.finish();
  await settle();
  assert.deepEqual(states(queue), ["refused", "done"]);
  assert.equal(queue.uploads()[0]?.reason, "not a picture");
});

test("a temporary failure is tried again by itself, then waits for a person", async () => {
  const { queue, sendings } = open(1, [0]);
  queue.add([file("a")], "normal");
  sendings[0]?.fail(new Temporary("busy"));
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(sendings.length, 2);
  sendings[1]?.fail(new Temporary("still busy"));
  await settle();
  assert.deepEqual(states(queue), ["interrupted"]);
  queue.retry();
  sendings[2]?.finish();
  await settle();
  assert.deepEqual(states(queue), ["done"]);
});

test("a closed queue sends nothing more", async () => {
  const { queue, sendings } = open(1);
  queue.add([file("a"), file("b")], "normal");
  queue.close();
  sendings[0]?.finish();
  await settle();
  assert.equal(sendings.length, 1);
});

test("the tally counts half-sent files by their share", () => {
  const { queue, sendings } = open(2);
  queue.add([file("a"), file("b"), file("c"), file("d")], "normal");
  sendings[0]?.onShare(0.5);
  const counts = tally(queue.uploads());
  assert.deepEqual(counts, { total: 4, done: 0, refused: 0, interrupted: 0, open: 4, share: 0.125 });
});

test("listeners get a new array at each change and the same one in between", () => {
  const { queue } = open();
  let changes = 0;
  queue.subscribe(() => changes++);
  const before = queue.uploads();
  assert.equal(queue.uploads(), before);
  queue.add([file("a")], "normal");
  assert.notEqual(queue.uploads(), before);
  assert.ok(changes > 0);
});
