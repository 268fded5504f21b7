import assert from "node:assert/strict";
import { test } from "node:test";
import type { CheckpointStore } from "./method.js";
import { Resumption } from "./resumption.js";

/** A store in memory, and a clock that goes as told. */
function kept() {
  let bytes: Uint8Array | null = null;
  const store: CheckpointStore = {
    load: async () => bytes,
    save: async (saved) => {
      bytes = saved;
    },
  };
  const clock = { ms: 5000 };
  return { store, clock, now: () => clock.ms };
}

test("the time of every process counts, but not what came after the last checkpoint or between two processes", async () => {
  const { store, clock, now } = kept();
  const first = await Resumption.open(store, now);
  assert.deepEqual([first.isResumed, first.spentMs], [false, 0]);
  clock.ms += 700;
  await first.storeFor("pictures")?.save(Uint8Array.of(1, 2, 3));
  clock.ms += 100_000;

  const second = await Resumption.open(store, now);
  clock.ms += 50;
  assert.deepEqual([second.isResumed, second.spentMs], [true, 750]);
  await second.storeFor("pictures")?.save(Uint8Array.of(4));
  const third = await Resumption.open(store, now);
  assert.equal(third.spentMs, 750);
  assert.deepEqual(await third.storeFor("pictures")?.load(), Uint8Array.of(4));
});

test("a training of other pictures than those it was begun with can't go on", async () => {
  const { store, now } = kept();
  await (await Resumption.open(store, now)).storeFor("these")?.save(Uint8Array.of(1));
  const again = await Resumption.open(store, now);
  assert.throws(() => again.storeFor("those"), { code: "CHECKPOINT_INVALID", message: /pictures .* have changed/ });
});

test("a checkpoint without a note is given as it is, and one without a store keeps nothing", async () => {
  const { store, now } = kept();
  await store.save(Uint8Array.of(9, 8));
  const resumption = await Resumption.open(store, now);
  assert.deepEqual([resumption.isResumed, resumption.spentMs], [true, 0]);
  assert.deepEqual(await resumption.storeFor("any")?.load(), Uint8Array.of(9, 8));
  const none = await Resumption.open(undefined, now);
  assert.deepEqual([none.isResumed, none.storeFor("any")], [false, undefined]);
});
