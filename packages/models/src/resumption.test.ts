import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@sightline/dataset/seeded-random";
import { drawing, drawnPictures } from "./drawn-pictures.js";
import type { CheckpointStore } from "./method.js";
import { Resumption } from "./resumption.js";
import { train } from "./train.js";

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
  await first.storeFor("pictures", undefined)?.save(Uint8Array.of(1, 2, 3));
  clock.ms += 100_000;

  const second = await Resumption.open(store, now);
  clock.ms += 50;
  assert.deepEqual([second.isResumed, second.spentMs], [true, 750]);
  await second.storeFor("pictures", undefined)?.save(Uint8Array.of(4));
  const third = await Resumption.open(store, now);
  assert.equal(third.spentMs, 750);
  assert.deepEqual(await third.storeFor("pictures", undefined)?.load(), Uint8Array.of(4));
});

test("what a training had when it was begun is told alike after a break, whatever is left", async () => {
  const { store, now } = kept();
  const first = await Resumption.open(store, now);
  assert.equal(first.planned(60_000), 60_000);
  await first.storeFor("pictures", 60_000)?.save(Uint8Array.of(1));
  assert.equal((await Resumption.open(store, now)).planned(7), 60_000);
  await first.storeFor("pictures", undefined)?.save(Uint8Array.of(1));
  assert.equal((await Resumption.open(store, now)).planned(7), undefined);
});

test("a training of other pictures than those it was begun with can't go on", async () => {
  const { store, now } = kept();
  await (await Resumption.open(store, now)).storeFor("these", undefined)?.save(Uint8Array.of(1));
  const again = await Resumption.open(store, now);
  assert.throws(() => again.checkPictures("those"), {
    code: "CHECKPOINT_INVALID",
    message: /pictures .* have changed/,
  });
});

test("a checkpoint without a note is given as it is, and one without a store keeps nothing", async () => {
  const { store, now } = kept();
  await store.save(Uint8Array.of(9, 8));
  const resumption = await Resumption.open(store, now);
  assert.deepEqual([resumption.isResumed, resumption.spentMs], [true, 0]);
  assert.deepEqual(await resumption.storeFor("any", undefined)?.load(), Uint8Array.of(9, 8));
  const none = await Resumption.open(undefined, now);
  assert.deepEqual([none.isResumed, none.storeFor("any", undefined)], [false, undefined]);
});

test("a training that goes on has what is left of its budget, and tells how long it took in all", async (t) => {
  const random = seededRandom(3);
  const set = await drawnPictures(
    "classification",
    null,
    Array.from({ length: 20 }, (_, i) => ({
      label: i % 2 ? "bright" : "dark",
      picture: drawing(24, 24, () => {
        const level = (i % 2 ? 160 : 60) + 20 * random.next();
        return [level, level, level];
      }),
    })),
  );
  t.after(() => set.close());
  const { store } = kept();
  const stop = new AbortController();
  const common = {
    ...{ pictures: set.pictures, seed: 1, threads: 1, epochs: 9, checkpoint: store },
    method: "tiny",
    methodOptions: { parameters: 5000, multiplyAccumulates: 300_000 },
  } as const;
  const stopped = train({
    ...common,
    budgetMs: 600_000,
    signal: stop.signal,
    onEpoch: ({ epoch }) => epoch === 2 && stop.abort(),
  });
  await assert.rejects(stopped, { code: "TRAINING_CANCELLED" });

  // As if ten minutes had gone into it.
  const clock = { ms: 0 };
  const later = (await Resumption.open(store, () => clock.ms)).storeFor(picturesIn(await store.load()), 600_000);
  clock.ms = 600_000;
  await later?.save((await later.load()) ?? new Uint8Array());

  const spent = await train({ ...common, budgetMs: 600_000 });
  assert.deepEqual([spent.manifest.training?.epochs, spent.manifest.training?.ended], [2, "budget"]);
  assert.ok(spent.seconds > 600, `${spent.seconds} s`);
  const more = await train({ ...common, budgetMs: 3_600_000 });
  assert.deepEqual([more.manifest.training?.epochs, more.manifest.training?.ended], [9, "finished"]);
});

/** The hash of the pictures that a checkpoint's note tells. */
function picturesIn(bytes: Uint8Array | null): string {
  return /"pictures":"([0-9a-f]{64})"/.exec(Buffer.from(bytes ?? []).toString("latin1"))?.[1] ?? "";
}
