import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphBuilder } from "../graph-builder.js";
import { floatTensor, indexTensor } from "../tensor.js";
import { openGraphSession } from "./session.js";

/** next = state · 0.5 + x, and its sum. */
async function openAverage() {
  const builder = new GraphBuilder();
  builder.input("state", "float32", [4]);
  builder.input("x", "float32", [4]);
  builder.output(builder.add("Add", [builder.add("Mul", ["state", floatTensor([], [0.5])]), "x"], {}, "next"));
  builder.output(builder.add("ReduceSum", ["next"], { keepdims: 0 }, "total"));
  return openGraphSession(builder.build("average"), { threads: 1 });
}

const x = floatTensor([4], [1, 2, 3, 4]);

test("runInto writes the outputs that are named into the caller's arrays, and leaves the inputs alone", async () => {
  const session = await openAverage();
  const state = new Float32Array([8, 8, 8, 8]);
  const next = new Float32Array(4);
  await session.runInto({ state: floatTensor([4], state), x }, { next: floatTensor([4], next) });
  assert.deepEqual([...next], [5, 6, 7, 8]);
  assert.deepEqual([...state], [8, 8, 8, 8]);
  const total = new Float32Array(1);
  await session.runInto({ state: floatTensor([4], state), x }, { total: floatTensor([], total) });
  assert.deepEqual([...total], [26]);
  assert.deepEqual([...next], [5, 6, 7, 8]);
  await session.dispose();
});

test("two arrays that take turns hold after many runs the very bits that run gives", async () => {
  const session = await openAverage();
  let [now, spare] = [new Float32Array(4), new Float32Array(4)];
  let state = floatTensor([4], new Float32Array(4));
  for (let turn = 0; turn < 20; turn++) {
    await session.runInto({ state: floatTensor([4], now), x }, { next: floatTensor([4], spare) });
    [now, spare] = [spare, now];
    state = floatTensor([4], (await session.run({ state, x })).next?.data as Float32Array);
  }
  assert.deepEqual(now, state.data);
  await session.dispose();
});

test("part of a larger array is written, and nothing around it", async () => {
  const session = await openAverage();
  const memory = new Float32Array(8).fill(-1);
  await session.runInto(
    { state: floatTensor([4], new Float32Array(4)), x },
    { next: floatTensor([4], memory.subarray(2, 6)) },
  );
  assert.deepEqual([...memory], [-1, -1, 1, 2, 3, 4, -1, -1]);
  await session.dispose();
});

test("an output that doesn't exist, doesn't fit or lies over an input is refused, and nothing is written", async () => {
  const session = await openAverage();
  const memory = new Float32Array(8);
  const feeds = { state: floatTensor([4], memory.subarray(0, 4)), x };
  const refused = (outputs: Parameters<typeof session.runInto>[1], message: RegExp) =>
    assert.rejects(session.runInto(feeds, outputs), { code: "WRONG_INPUT", message });
  await refused({ other: floatTensor([4], new Float32Array(4)) }, /Output "other" doesn't exist, got float32 \(4\)/);
  await refused(
    { next: floatTensor([2, 2], new Float32Array(4)) },
    /"next" must be float32 \(4\), got float32 \(2, 2\)/,
  );
  await refused({ next: indexTensor([1, 2, 3, 4]) }, /"next" must be float32 \(4\), got int64/);
  await refused({ next: floatTensor([4], memory.subarray(3, 7)) }, /"next" would be written over input "state"/);
  assert.deepEqual([...memory], Array(8).fill(0));
  await session.runInto(feeds, { next: floatTensor([4], memory.subarray(4)) });
  assert.deepEqual([...memory], [0, 0, 0, 0, 1, 2, 3, 4]);
  await session.dispose();
  await assert.rejects(session.runInto(feeds, {}), { code: "SESSION_DISPOSED" });
});
