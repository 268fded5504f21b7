import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { plainRecipe, type Recipe } from "@sightline/vision/augment/recipe";
import { letterbox } from "@sightline/vision/letterbox";
import { writePlanes } from "@sightline/vision/planes";
import { resize } from "@sightline/vision/resize";
import { decodeImage, encodeJpeg, encodePng } from "../image-file.js";
import { type Batch, type LoaderOptions, type LoaderSample, openLoader, validationBatches } from "./loader.js";

/** A dozen drawn pictures of two labels, each with a box. */
async function drawnSamples(t: TestContext, count = 12): Promise<LoaderSample[]> {
  const folder = await mkdtemp(path.join(tmpdir(), "sightline-loader-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const [width, height] = [40 + i, 30];
      const data = Uint8Array.from({ length: width * height * 3 }, (_, at) => (at * (i + 3)) % 256);
      const file = path.join(folder, `${i}.jpg`);
      await writeFile(file, await encodeJpeg({ width, height, data }));
      const target = i % 2 === 0 ? [1, 0] : [0, 1];
      return { name: `${i}.jpg`, file, target, boxes: [{ label: i % 2, x1: 4, y1: 3, x2: 24, y2: 18 }] };
    }),
  );
}

const recipe: Recipe = {
  ...plainRecipe,
  flipSideways: 0.5,
  rotationDegrees: 15,
  zoom: [0.8, 1.2],
  brightness: 0.2,
  hueDegrees: 10,
  noise: { chance: 0.5, deviation: 8 },
  mixup: { chance: 0.3, alpha: 0.4 },
  cutmix: { chance: 0.3, alpha: 1 },
  mosaic: 0.3,
};

const options = (samples: readonly LoaderSample[]): LoaderOptions => ({
  samples,
  width: 32,
  height: 24,
  batchSize: 5,
  seed: 7,
  recipe,
});

const places = [0, 1, 2].flatMap((epoch) => [0, 1].map((index) => [epoch, index] as const));

async function read(order: LoaderOptions, asked: readonly (readonly [number, number])[] = places): Promise<Batch[]> {
  const loader = openLoader(order);
  try {
    const batches: Batch[] = [];
    for (const [epoch, index] of asked) batches.push(await loader.batch(epoch, index));
    return batches;
  } finally {
    await loader.close();
  }
}

test("what a batch holds depends on seed, epoch and index alone, not on the number of threads", async (t) => {
  const samples = await drawnSamples(t);
  const expected = await read({ ...options(samples), threads: 0 });
  assert.equal(expected.length, 6);
  for (const change of [{ threads: 1 }, { threads: 3 }, { threads: 2, cacheBytes: 0 }, { threads: 2, aheadBytes: 0 }]) {
    assert.deepEqual(await read({ ...options(samples), ...change }), expected, JSON.stringify(change));
  }
  assert.notDeepEqual(expected[0], expected[2], "epochs differ");
  const [other] = await read({ ...options(samples), seed: 8 });
  assert.notDeepEqual(other, expected[0], "seeds differ");
});

test("a training that goes on in the middle of an epoch gets exactly the batches it would have got", async (t) => {
  const samples = await drawnSamples(t);
  const expected = await read(options(samples));
  assert.deepEqual(await read(options(samples), places.slice(3)), expected.slice(3));
  const backwards = await read(options(samples), [...places].reverse());
  assert.deepEqual(backwards.reverse(), expected);
});

test("batches asked for at the same time, far apart, all come", async (t) => {
  const samples = await drawnSamples(t);
  const loader = openLoader({ ...options(samples), aheadBytes: 0 });
  const asked = [
    [0, 0],
    [9, 1],
    [4, 0],
    [0, 1],
  ] as const;
  const batches = await Promise.all(asked.map(([epoch, index]) => loader.batch(epoch, index)));
  await loader.close();
  assert.deepEqual(batches, await read({ ...options(samples), threads: 0 }, asked));
});

test("an epoch shows every picture once when batches divide them, in another order each time", async (t) => {
  const samples = await drawnSamples(t);
  const order = { ...options(samples), batchSize: 4 };
  const orders: string[] = [];
  for (const epoch of [0, 1]) {
    const batches = await read(
      order,
      [0, 1, 2].map((index) => [epoch, index] as const),
    );
    const shown = batches.flatMap((batch) => [...batch.samples]);
    orders.push(shown.join());
    assert.deepEqual(
      shown.sort((a, b) => a - b),
      samples.map((_, i) => i),
    );
  }
  assert.notEqual(orders[0], orders[1]);
});

test("fewer pictures than a batch takes are shown again, changed anew", async (t) => {
  const samples = await drawnSamples(t, 3);
  const [batch] = await read({ ...options(samples), batchSize: 7 }, [[0, 0]]);
  assert.ok(batch);
  assert.deepEqual(new Set(batch.samples), new Set([0, 1, 2]));
  assert.equal(batch.count, 7);
});

test("validation batches are in order, unchanged, with the pixels that a predictor feeds", async (t) => {
  const samples = await drawnSamples(t);
  for (const fit of ["stretch", "letterbox"] as const) {
    const loader = openLoader({ ...options(samples), fit, recipe: null });
    const rows: Float32Array[] = [];
    const boxes: number[][] = [];
    let shown = 0;
    for await (const batch of validationBatches(loader)) {
      assert.deepEqual(
        [...batch.samples.subarray(0, batch.count)],
        samples.slice(shown, shown + batch.count).map((_, i) => shown + i),
      );
      for (let row = 0; row < batch.count; row++) rows.push(batch.pictures.slice(row * 2304, (row + 1) * 2304));
      for (let at = 0; at < batch.boxes.length; at += 6) {
        if ((batch.boxes[at] as number) < batch.count) boxes.push([...batch.boxes.subarray(at, at + 6)]);
      }
      shown += batch.count;
    }
    await loader.close();
    assert.equal(shown, 12);
    for (const [i, { file }] of samples.entries()) {
      const picture = await decodeImage(await readFile(file), { minWidth: 32, minHeight: 24 });
      const fed = fit === "stretch" ? resize(picture, 32, 24) : letterbox(picture, 32, 24).image;
      const planes = new Float32Array(2304);
      writePlanes(fed, planes, 0);
      assert.deepEqual(rows[i], planes);
    }
    // The first picture has 40 x 30 pixels: 0.8 of it either way.
    assert.deepEqual(
      boxes[0]?.map((value) => Math.round(value * 100) / 100),
      [0, 0, 3.2, 2.4, 19.2, 14.4],
    );
  }
});

test("mixed pictures have mixed targets", async (t) => {
  const samples = await drawnSamples(t);
  const only = { ...plainRecipe, mixup: { chance: 1, alpha: 1 } };
  const [batch] = await read({ ...options(samples), recipe: only }, [[0, 0]]);
  const [plain] = await read({ ...options(samples), recipe: plainRecipe }, [[0, 0]]);
  assert.ok(batch && plain);
  assert.deepEqual(batch.samples, plain.samples);
  for (let row = 0; row < 5; row++) {
    const partner = batch.partners[row] as number;
    const weight = batch.weights[row] as number;
    for (let k = 0; k < 2; k++) {
      const expected =
        weight * (plain.targets[row * 2 + k] as number) + (1 - weight) * (plain.targets[partner * 2 + k] as number);
      assert.ok(Math.abs((batch.targets[row * 2 + k] as number) - expected) < 1e-6);
    }
    const expected =
      weight * (plain.pictures[row * 2304] as number) + (1 - weight) * (plain.pictures[partner * 2304] as number);
    assert.ok(Math.abs((batch.pictures[row * 2304] as number) - expected) < 1e-3);
  }
});

test("a picture is decoded once: later epochs need its file no more", async (t) => {
  const samples = await drawnSamples(t);
  const loader = openLoader({ ...options(samples), batchSize: 6, threads: 2 });
  const first = [await loader.batch(0, 0), await loader.batch(0, 1)];
  await Promise.all(samples.map(({ file }) => rm(file)));
  assert.equal(new Set(first.flatMap((batch) => [...batch.samples])).size, 12);
  assert.equal((await loader.batch(5, 1)).count, 6);
  await loader.close();
});

test("a picture that breaks while training goes on is named", async (t) => {
  const samples = await drawnSamples(t);
  await writeFile(samples[4]?.file ?? "", "no picture any more");
  for (const threads of [0, 2]) {
    const loader = openLoader({ ...options(samples), batchSize: 12, threads, recipe: plainRecipe });
    await assert.rejects(loader.batch(0, 0), { code: "DATASET_PICTURE_BROKEN", message: /"4\.jpg".*JPEG or PNG/ });
    await loader.close();
  }
});

test("a region of a picture is a sample of its own", async (t) => {
  const samples = await drawnSamples(t, 1);
  const file = `${samples[0]?.file}.png`;
  const data = Uint8Array.from({ length: 64 * 48 * 3 }, (_, i) => (Math.floor(i / 3) % 64 >= 32 ? 200 : 10));
  await writeFile(file, await encodePng({ width: 64, height: 48, data }));
  const right = {
    name: "right",
    file,
    target: [1],
    region: { x1: 32, y1: 0, x2: 64, y2: 24 },
    boxes: [{ label: 0, x1: 0, y1: 0, x2: 16, y2: 12 }],
  };
  const [batch] = await read({ ...options([right]), batchSize: 1, recipe: null }, [[0, 0]]);
  assert.ok(batch?.pictures.every((value) => value === 200));
  assert.deepEqual([...(batch?.boxes ?? [])], [0, 0, 0, 0, 16, 12]);
});

test("closing refuses what is still waited for, and the time waited is counted", async (t) => {
  const samples = await drawnSamples(t);
  const loader = openLoader(options(samples));
  const batch = loader.batch(0, 0);
  const refused = assert.rejects(batch, /closed/);
  await loader.close();
  await refused;
  await assert.rejects(loader.batch(0, 1), /closed/);
  assert.ok(loader.waitedMs > 0);
});

test("a process ends by itself after closing a loader that was still at work ahead", async (t) => {
  const samples = await drawnSamples(t, 40);
  const program = `
    const { openLoader } = await import(${JSON.stringify(new URL("./loader.js", import.meta.url).href)});
    const options = ${JSON.stringify({ samples, width: 64, height: 48, batchSize: 8, seed: 5, recipe })};
    for (let turn = 0; turn < 3; turn++) {
      const loader = openLoader(options);
      await loader.batch(0, 0);
      // Busy, so that the batches begun ahead are done but not heard of yet.
      for (const until = Date.now() + 400; Date.now() < until; );
      await loader.close();
    }
    console.log("closed");`;
  // Without the awaited close the process would end early, with 13.
  const file = path.join(path.dirname(samples[0]?.file ?? ""), "program.mjs");
  await writeFile(file, program);
  const { stdout } = await promisify(execFile)(process.execPath, [file]);
  assert.equal(stdout.trim(), "closed");
});

test("sizes and recipes that make no sense are refused", async (t) => {
  const samples = await drawnSamples(t, 2);
  assert.throws(
    () => openLoader({ ...options(samples), batchSize: 0 }),
    /batchSize must be a whole number from 1, got 0/,
  );
  assert.throws(() => openLoader({ ...options([]) }), /number of samples/);
  assert.throws(() => openLoader({ ...options(samples), recipe: { ...plainRecipe, shift: 3 } }), /recipe's shift/);
  const [a] = samples;
  assert.ok(a);
  assert.throws(() => openLoader(options([a, { ...a, name: "odd", target: [1] }])), /"odd" has 1/);
});

test("a picture smaller than the detail asked for isn't enlarged, which would blur it", async (t) => {
  const samples = (await drawnSamples(t)).slice(0, 1);
  const { width, height } = await decodeImage(await readFile(samples[0]?.file ?? ""));
  for (const fit of ["stretch", "letterbox"] as const) {
    const order = { ...options(samples), width, height, batchSize: 1, recipe: plainRecipe, fit };
    const [detailed] = await read({ ...order, detail: 1.5 }, [[0, 0]]);
    const [asItIs] = await read({ ...order, recipe: null }, [[0, 0]]);
    assert.deepEqual(detailed?.pictures, asItIs?.pictures);
    assert.deepEqual(detailed?.boxes, asItIs?.boxes);
  }
});
