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

async function datasetWith(t: TestContext, pictures: readonly string[], files: Record<string, string>) {
  const root = await mkdtemp(path.join(tmpdir(), "sightline-lst-"));
  t.after(() => rm(root, { recursive: true, force: true }));
  for (const [name, content] of [...pictures.map((name) => [name, jpeg] as const), ...Object.entries(files)]) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), content);
  }
  return root;
}

const shape = (samples: readonly { name: string; labels?: readonly string[] }[]) =>
  samples.map(({ name, labels }) => [name, ...(labels ?? [])].join(" | "));

test("lists beside folders of the same part give labels, also for names with spaces and commas", async (t) => {
  const root = await datasetWith(
    t,
    ["train-imgs/blue, red - dark.jpg", "train-imgs/none.jpg", "valid-imgs/only red.jpg"],
    {
      "train-annots/train.lst": "1\t1\t1\tblue, red - dark.jpg\r\n2\t0\t0\tnone.jpg",
      "valid-annots/valid.lst": "1\t0\t1\tonly red.jpg",
      "labels.txt": "blue\nred\n",
    },
  );
  const training = await readTrainingPart(root);
  assert.deepEqual([training.task, training.labels, training.skipped], ["multilabel", ["blue", "red"], []]);
  assert.deepEqual(shape(training.samples), ["train-imgs/blue, red - dark.jpg | blue | red", "train-imgs/none.jpg"]);
  assert.deepEqual(shape((await readTestPart(root)).samples), ["valid-imgs/only red.jpg | red"]);
});

test("without names the labels are numbered; a first line with id names them for every part", async (t) => {
  const rows = "1\t1.000000\t0.0\ta.jpg\n2\t0\t1\tb.jpg\n";
  const pictures = ["frames/a.jpg", "frames/b.jpg", "frames/c.jpg"];
  const plain = await datasetWith(t, pictures, { "train.lst": rows, "test.lst": "3\t0\t1\tc.jpg" });
  assert.deepEqual((await readTrainingPart(plain)).labels, ["label1", "label2"]);
  const named = await datasetWith(t, pictures, {
    "train.lst": `id\tleft\tright\tfile\n${rows}`,
    "test.lst": "3\t0\t1\tc.jpg",
  });
  assert.deepEqual(shape((await readTestPart(named)).samples), ["frames/c.jpg | right"]);
});

test("a validation list beside a test list is for stopping early", async (t) => {
  const root = await datasetWith(t, ["a.jpg", "b.jpg", "c.jpg"], {
    "train.lst": "1\t1\ta.jpg",
    "val.lst": "1\t0\tb.jpg",
    "test.lst": "1\t1\tc.jpg",
  });
  const training = await readTrainingPart(root);
  assert.deepEqual(shape(training.validation ?? []), ["b.jpg"]);
  assert.deepEqual(shape((await readTestPart(root)).samples), ["c.jpg | label1"]);
});

test("pictures that are missing or outside the folder are reported with their line", async (t) => {
  const root = await datasetWith(t, ["a.jpg"], {
    "train.lst": "1\t1\ta.jpg\n2\t1\tgone.jpg\n3\t0\t../../secret.jpg\n",
  });
  assert.deepEqual(
    (await readTrainingPart(root)).skipped.map(({ name, reason }) => `${name} ${reason}`),
    [
      "../../secret.jpg lies outside the dataset's folder (train.lst, line 3)",
      "gone.jpg doesn't exist in the dataset's folder (train.lst, line 2)",
    ],
  );
});

const refused: readonly [what: string, files: Record<string, string>, message: RegExp][] = [
  ["too few columns", { "train.lst": "1\ta.jpg" }, /train\.lst, line 1" must be number, labels and picture/],
  ["spaces for TABs", { "train.lst": "1 1 0 a.jpg" }, /line 1" must be number, labels and picture between TABs/],
  ["columns that change", { "train.lst": "1\t1\t0\ta.jpg\n2\t1\tb.jpg" }, /line 2" must have 2 labels .* got 1/],
  ["a label that is no 0 or 1", { "train.lst": "1\t1\t2\ta.jpg" }, /line 1" must have 0 or 1 in column 3, got "2"/],
  ["a label left out", { "train.lst": "1\t1\t\ta.jpg" }, /line 1" must have 0 or 1 in column 3, got ""/],
  ["a picture twice", { "train.lst": "1\t1\ta.jpg\n2\t0\ta.jpg" }, /names "a\.jpg" twice, in the lines 1 and 2/],
  ["an empty list", { "train.lst": "\n" }, /train\.lst" must list a picture/],
  [
    "too many names",
    { "train.lst": "1\t1\ta.jpg", "labels.txt": "x\ny" },
    /labels\.txt" must name the 1 labels .* got 2/,
  ],
  ["a name twice", { "train.lst": "1\t1\t0\ta.jpg", "labels.txt": "x\nx" }, /labels\.txt" .* got "x" twice/],
  ["two lists of one part", { "train.lst": "1\t1\ta.jpg", "my-train.lst": "1\t1\ta.jpg" }, /"my-train\.lst" is the/],
  ["no list to learn from", { "test.lst": "1\t1\ta.jpg" }, /test\.lst" needs a train\.lst/],
];

for (const [what, files, message] of refused) {
  test(`${what}: refused with the file and the line`, async (t) => {
    const root = await datasetWith(t, ["a.jpg", "b.jpg"], files);
    await assert.rejects(readTrainingPart(root), (error: Error & { code?: string }) => {
      assert.equal(error.code, "DATASET_LABELS_INVALID");
      assert.match(error.message, message);
      return true;
    });
  });
}

test("a picture that is tested on after it was learned from is refused", async (t) => {
  const root = await datasetWith(t, ["a.jpg"], { "train.lst": "1\t1\ta.jpg", "test.lst": "7\t1\ta.jpg" });
  await assert.rejects(readTestPart(root), /lists "a\.jpg" in line 1, which train\.lst has in line 1/);
});

const real = new URL("../../../../../shared/data/", import.meta.url).pathname;
test("a stock rack's and a bottle line's own lists are read whole", {
  skip: !existsSync(real) && "no ../shared/data",
}, async () => {
  const rack = await readTrainingPart(path.join(real, "warehouse"));
  assert.deepEqual([rack.samples.length, rack.labels.length, rack.skipped.length], [16, 3, 0]);
  assert.deepEqual(rack.samples[2]?.labels, ["label1", "label3"]);
  const bottles = await readTrainingPart(path.join(real, "bottle-slots"));
  assert.equal(bottles.skipped.length, 0);
  assert.ok(bottles.samples.length > 50);
});
