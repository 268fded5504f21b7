import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { partsWithHoles } from "../drawn-pictures.js";
import { openPredictor } from "../predictor.js";
import { train } from "../train.js";
import { synthetic } from "./synthetic.js";

test("from good pictures alone it finds holes that it never saw, and where they are", async () => {
  const { pictures, close } = await partsWithHoles(24, 8);
  try {
    const isGood = (label: string): boolean => label === "good";
    const good = pictures.samples.filter(({ label }) => isGood(label));
    const { bytes, manifest } = await train({
      pictures: { ...pictures, labels: ["good"], samples: good.slice(0, 18) },
      method: "synthetic",
      methodOptions: { size: "128" },
      seed: 1,
      threads: 2,
      epochs: 4,
    });
    assert.equal(manifest.method, "synthetic");
    assert.equal(manifest.training?.epochs, 4);
    const predictor = await openPredictor(bytes, { threads: 1 });
    try {
      const scores: { score: number; isGood: boolean }[] = [];
      for (const { file, label } of [
        ...good.slice(18),
        ...pictures.samples.filter((sample) => !isGood(sample.label)),
      ]) {
        const answer = await predictor.predict(new Uint8Array(await readFile(file)));
        assert.ok("score" in answer);
        scores.push({ score: answer.score ?? 0, isGood: isGood(label) });
      }
      const worstGood = Math.max(...scores.flatMap(({ score, isGood: good }) => (good ? [score] : [])));
      const found = scores.filter(({ score, isGood: good }) => !good && score > worstGood).length;
      assert.ok(found >= 7, `${found} of 8 holes score above every good part`);
    } finally {
      await predictor.close();
    }
  } finally {
    await close();
  }
});

test("it says why it can't learn", () => {
  assert.match(
    synthetic.unsuitable("classification", ["a", "b", "c"], [9, 9, 9]) ?? "",
    /this training part has 3 labels/,
  );
  assert.match(synthetic.unsuitable("anomaly", ["normal", "anomaly"], [5, 0]) ?? "", /needs 8 good pictures, got 5/);
  assert.equal(synthetic.unsuitable("anomaly", ["normal", "anomaly"], [8, 0]), null);
});
