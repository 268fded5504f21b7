import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { partsWithHoles } from "../drawn-pictures.js";
import type { CheckpointStore } from "../method.js";
import { openPredictor } from "../predictor.js";
import { train } from "../train.js";
import { student } from "./student.js";

const small = { size: "128" };
const isGood = ({ label }: { readonly label: string }): boolean => label === "good";

test("from good pictures alone it finds holes that it never saw, and where they are", async () => {
  const { pictures, close } = await partsWithHoles(24, 6);
  try {
    const good = pictures.samples.filter(isGood);
    const { bytes, manifest } = await train({
      pictures: { ...pictures, labels: ["good"], samples: good.slice(0, 18) },
      ...{ method: "student", methodOptions: small, seed: 1, threads: 2, epochs: 1 },
    });
    assert.equal(manifest.method, "student");
    assert.equal(manifest.training?.epochs, 1);
    // The teacher is in the file: whose weights it holds is said.
    assert.equal(manifest.backbone?.name, "mobilenet-v2");
    const predictor = await openPredictor(bytes, { threads: 1 });
    try {
      const answers: { score: number; isGood: boolean }[] = [];
      for (const sample of [...good.slice(18), ...pictures.samples.filter((one) => !isGood(one))]) {
        const answer = await predictor.predict(new Uint8Array(await readFile(sample.file)), { anomalyMap: true });
        assert.ok("score" in answer);
        answers.push({ score: answer.score ?? 0, isGood: isGood(sample) });
        const map = answer.anomalyMap;
        assert.ok(map?.data.every((value) => value >= 0 && value <= 1));
      }
      const worstGood = Math.max(...answers.filter((answer) => answer.isGood).map(({ score }) => score));
      const found = answers.filter((answer) => !answer.isGood && answer.score > worstGood).length;
      assert.ok(found >= 5, `${found} of 6 holes score above every good part`);
    } finally {
      await predictor.close();
    }
  } finally {
    await close();
  }
});

test("with a few real defects it goes on after a break on other threads, and ends soon with a model where a person wishes", async () => {
  const { pictures, close } = await partsWithHoles(12, 3);
  try {
    let kept: Uint8Array | null = null;
    const checkpoint: CheckpointStore = {
      load: async () => kept,
      save: async (bytes) => {
        kept = bytes;
      },
    };
    const order = { pictures, method: "student", methodOptions: small, seed: 1, epochs: 5, checkpoint } as const;
    const broken = new AbortController();
    const first = train({
      ...{ ...order, threads: 1, signal: broken.signal },
      onProgress: ({ live }) => {
        if (live) broken.abort();
      },
    });
    await assert.rejects(first, { code: "TRAINING_CANCELLED" });
    assert.notEqual(kept, null);
    const enough = new AbortController();
    const { manifest } = await train({
      ...{ ...order, threads: 2 },
      finishEarly: enough.signal,
      onProgress: ({ live }) => {
        if (live) enough.abort();
      },
    });
    assert.equal(manifest.training?.ended, "stopped");
    assert.ok(manifest.metrics?.auroc !== undefined);
  } finally {
    await close();
  }
});

test("it says why it can't learn", () => {
  assert.match(
    student.unsuitable("classification", ["a", "b", "c"], [9, 9, 9]) ?? "",
    /this training part has 3 labels/,
  );
  assert.match(student.unsuitable("anomaly", ["normal", "anomaly"], [9, 0]) ?? "", /needs 10 good pictures, got 9/);
  assert.equal(student.unsuitable("anomaly", ["normal", "anomaly"], [10, 0]), null);
});
