import assert from "node:assert/strict";
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { readTrainingPart } from "@sightline/dataset/training-part";
import { type Drawing, drawing, drawnPictures } from "../drawn-pictures.js";
import { openPredictor } from "../predictor.js";
import { train } from "../train.js";

const common = { method: "tiny", seed: 1, threads: 1, epochs: 2 } as const;
const smallest = { parameters: 2000, multiplyAccumulates: 300_000, size: 48 };

async function pictures(t: TestContext, counts: Readonly<Record<string, number>>, side = 20) {
  const plain = (grey: number): Drawing => drawing(side, side, () => [grey, grey, grey]);
  const drawings = Object.entries(counts).flatMap(([label, count], k) =>
    Array.from({ length: count }, (_, i) => ({ label, picture: plain(40 + 150 * k + i) })),
  );
  const drawn = await drawnPictures("classification", null, drawings);
  t.after(drawn.close);
  return drawn;
}

test("a label without a picture is refused by its name and count", async (t) => {
  const { pictures: set } = await pictures(t, { dark: 8, light: 8 });
  const training = train({ ...common, pictures: { ...set, labels: [...set.labels, "medium"] } });
  await assert.rejects(training, {
    code: "DATASET_TOO_SMALL",
    message: /tiny needs 5 pictures of each label, got dark 8, light 8, medium 0/,
  });
});

test("an empty folder beside full ones is no label, and the training says so", async (t) => {
  const { pictures: set, folder } = await pictures(t, { dark: 6, light: 6 });
  for (const { label, file } of set.samples) {
    await mkdir(join(folder, "set", label), { recursive: true });
    await copyFile(file, join(folder, "set", label, `${set.samples.findIndex((other) => other.file === file)}.png`));
  }
  await mkdir(join(folder, "set/medium"));
  const read = await readTrainingPart(join(folder, "set"));
  const { manifest, skipped } = await train({ ...common, pictures: read, methodOptions: smallest });
  assert.deepEqual(manifest.labels, ["dark", "light"]);
  assert.deepEqual(skipped, [{ name: "medium/", reason: "the folder holds no pictures" }]);
});

test("a label outside the list is refused with the picture's name, also among the pictures to stop by", async (t) => {
  const { pictures: set } = await pictures(t, { dark: 8, light: 8 });
  const [first, ...others] = set.samples;
  assert.ok(first);
  const odd = { ...first, name: "odd.png", label: "green" };
  for (const samples of [
    { samples: [odd, ...others] },
    { samples: set.samples, validation: [odd, ...others.slice(-4)] },
  ]) {
    await assert.rejects(train({ ...common, pictures: { ...set, ...samples } }), {
      code: "DATASET_LABEL_UNKNOWN",
      message: /"odd\.png" is labelled "green", which is not among the labels dark, light/,
    });
  }
});

test("pictures of one pixel each are learnt like any others", async (t) => {
  const { pictures: set } = await pictures(t, { dark: 10, light: 10 }, 1);
  const { bytes, manifest } = await train({ ...common, epochs: 80, pictures: set, methodOptions: smallest });
  assert.equal(manifest.input.width, 48);
  const predictor = await openPredictor(bytes, { threads: 1 });
  t.after(() => predictor.close());
  const { pictures: fresh } = await pictures(t, { dark: 3, light: 3 }, 1);
  for (const { file, label } of fresh.samples) {
    const prediction = await predictor.predict(new Uint8Array(await readFile(file)));
    assert.equal(prediction.label, label);
  }
});

test("a budget too small for any network is refused before anything is trained", async (t) => {
  const { pictures: set } = await pictures(t, { dark: 8, light: 8 });
  let epochs = 0;
  const training = train({
    ...common,
    pictures: set,
    methodOptions: { parameters: 500, multiplyAccumulates: 50_000, size: 160 },
    onEpoch: () => epochs++,
  });
  await assert.rejects(training, { code: "METHOD_OPTION_INVALID", message: /the smallest needs \d+ and \d+/ });
  assert.equal(epochs, 0);
});
