import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { encodeJpeg } from "../image-file.js";
import { readTestPart } from "../test-part.js";
import { readTrainingPart } from "../training-part.js";

const jpeg = await encodeJpeg({ width: 8, height: 6, data: new Uint8Array(8 * 6 * 3).fill(120) });

async function datasetWith(
  t: TestContext,
  pictures: readonly string[],
  lists: Record<string, unknown>,
): Promise<string> {
  const root = await mkdtemp(path.join(tmpdir(), "sightline-index-"));
  t.after(() => rm(root, { recursive: true, force: true }));
  for (const name of pictures) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), jpeg);
  }
  for (const [name, value] of Object.entries(lists)) {
    await writeFile(path.join(root, name), typeof value === "string" ? value : JSON.stringify(value));
  }
  return root;
}

const names = (samples: readonly { name: string }[]): string[] => samples.map(({ name }) => name);

test("split.json deals the pictures by its paths or by its lists, and the parts share none", async (t) => {
  const index = { "a/1.jpg": "open", "a/2.jpg": "closed", "b/3.jpg": "open", "b/4.jpg": "closed" };
  const byPath = { "a/1.jpg": "train", "a/2.jpg": "train", "b/3.jpg": "test", "b/4.jpg": "test" };
  const byList = { train: ["a/1.jpg", "a/2.jpg"], test: ["b/3.jpg", "b/4.jpg"] };
  for (const split of [byPath, byList]) {
    const root = await datasetWith(t, Object.keys(index), { "index.json": index, "split.json": split });
    const training = await readTrainingPart(root);
    assert.deepEqual([training.task, training.labels], ["classification", ["closed", "open"]]);
    assert.deepEqual(names(training.samples), ["a/1.jpg", "a/2.jpg"]);
    assert.deepEqual(names((await readTestPart(root)).samples), ["b/3.jpg", "b/4.jpg"]);
  }
});

test("a validation list beside a test list is for stopping early; alone it is the test", async (t) => {
  const index = { "1.jpg": "a", "2.jpg": "b", "3.jpg": "a", "4.jpg": "b", "5.jpg": "a" };
  const lists = { train: ["1.jpg", "2.jpg"], val: ["3.jpg"], test: ["4.jpg", "5.jpg"] };
  const three = await datasetWith(t, Object.keys(index), { "index.json": index, "split.json": lists });
  const training = await readTrainingPart(three);
  assert.deepEqual(names(training.samples), ["1.jpg", "2.jpg"]);
  assert.deepEqual(names(training.validation ?? []), ["3.jpg"]);
  assert.deepEqual(names((await readTestPart(three)).samples), ["4.jpg", "5.jpg"]);

  const two = await datasetWith(t, Object.keys(index), {
    "index.json": index,
    "split.json": { train: ["1.jpg", "2.jpg"], val: ["3.jpg", "4.jpg"] },
  });
  assert.equal((await readTrainingPart(two)).validation, undefined);
  assert.deepEqual(names((await readTestPart(two)).samples), ["3.jpg", "4.jpg"]);
});

test("without split.json all pictures are there to learn from, and a good label makes an anomaly task", async (t) => {
  const root = await datasetWith(t, ["x.jpg", "y.jpg"], { "index.json": { "x.jpg": "ok", "y.jpg": "torn" } });
  const training = await readTrainingPart(root);
  assert.deepEqual([training.task, training.normalLabel, training.samples.length], ["anomaly", "ok", 2]);
});

test("lists of labels make a multi-label dataset, an empty list is a picture with none", async (t) => {
  const index = { "1.jpg": ["red", "blue"], "2.jpg": [], "3.jpg": ["white"] };
  const root = await datasetWith(t, Object.keys(index), { "index.json": index });
  const { task, labels, samples } = await readTrainingPart(root);
  assert.deepEqual([task, labels], ["multilabel", ["blue", "red", "white"]]);
  assert.deepEqual(
    samples.map((sample) => sample.labels),
    [["blue", "red"], [], ["white"]],
  );
});

test("pictures that are missing, outside the folder or in one list only are named", async (t) => {
  const root = await datasetWith(t, ["1.jpg", "2.jpg", "3.jpg"], {
    "index.json": { "1.jpg": "a", "2.jpg": "b", "3.jpg": "a", "gone.jpg": "a", "../secret.jpg": "b" },
    "split.json": { train: ["1.jpg", "2.jpg", "gone.jpg", "../secret.jpg", "new.jpg"], test: [] },
  });
  const { samples, skipped } = await readTrainingPart(root);
  assert.deepEqual(names(samples), ["1.jpg", "2.jpg"]);
  assert.deepEqual(
    skipped.map(({ name, reason }) => `${name} ${reason}`),
    [
      "../secret.jpg lies outside the dataset's folder",
      "3.jpg has a label in index.json but no part in split.json",
      "gone.jpg doesn't exist",
      "new.jpg has a part in split.json but no label in index.json",
    ],
  );
});

test("lists that contradict themselves are refused with the file and the path", async (t) => {
  const refused = async (lists: Record<string, unknown>, text: RegExp): Promise<void> => {
    const root = await datasetWith(t, ["1.jpg", "2.jpg"], lists);
    await assert.rejects(readTrainingPart(root), (error: Error & { code?: string }) => {
      assert.equal(error.code, "DATASET_LABELS_INVALID");
      assert.match(error.message, text);
      return true;
    });
  };
  const index = { "1.jpg": "a", "2.jpg": "b" };
  await refused(
    { "index.json": index, "split.json": { train: ["1.jpg"], test: ["1.jpg"] } },
    /split\.json.*in two parts/,
  );
  await refused({ "index.json": index, "split.json": { "1.jpg": "exam" } }, /"1\.jpg" is in "exam"/);
  await refused({ "index.json": { "1.jpg": "a", "2.jpg": 7 } }, /index\.json.*"2\.jpg" must have a label.*got 7/);
  await refused({ "index.json": "{ not json" }, /index\.json.*isn't JSON/);
});

test("an index.json that is something else doesn't get in the way of label folders", async (t) => {
  const root = await datasetWith(t, ["good/1.jpg", "bad/1.jpg"], { "index.json": { count: 2 } });
  assert.equal((await readTrainingPart(root)).task, "anomaly");
});

const stations = new URL("../../../../../shared/data/station-two-state", import.meta.url).pathname;

test("a station's own split by time is read: what came before 72 s teaches, what came after is the test", {
  skip: existsSync(stations) ? false : "there is no ../shared/data/station-two-state",
}, async () => {
  const training = await readTrainingPart(stations);
  assert.deepEqual([training.task, training.labels, training.skipped], ["classification", ["clear", "occupied"], []]);
  const secondsOf = ({ name }: { name: string }): number => Number(/f(\d+)\.jpg$/.exec(name)?.[1]) / 2;
  assert.deepEqual([training.samples.length, Math.max(...training.samples.map(secondsOf))], [130, 71.5]);
  const test = await readTestPart(stations);
  assert.deepEqual([test.samples.length, Math.min(...test.samples.map(secondsOf))], [117, 72]);
});
