import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { encodeJpeg } from "../image-file.js";
import { readTestPart } from "../test-part.js";
import { readTrainingPart } from "../training-part.js";
import { parseNames } from "./yolo-names.js";

const shared = path.join(import.meta.dirname, "../../../../../shared/data");
const jpeg = await encodeJpeg({ width: 100, height: 50, data: new Uint8Array(100 * 50 * 3).fill(120) });

async function folderWith(t: TestContext, files: Record<string, string | Uint8Array>): Promise<string> {
  const root = await mkdtemp(path.join(tmpdir(), "sightline-boxes-"));
  t.after(() => rm(root, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), content);
  }
  return root;
}

function annotation(objects: [string, number, number, number, number][], size = [100, 50]): string {
  const rows = objects.map(
    ([name, x1, y1, x2, y2]) =>
      `<object><name>${name}</name><bndbox><xmin>${x1}</xmin><ymin>${y1}</ymin><xmax>${x2}</xmax><ymax>${y2}</ymax></bndbox></object>`,
  );
  return `<annotation><size><width>${size[0]}</width><height>${size[1]}</height></size>${rows.join("")}</annotation>`;
}

test("VOC: the set's own lists are its split, and boxes are what its files say", async (t) => {
  const root = await folderWith(t, {
    "JPEGImages/a.jpg": jpeg,
    "JPEGImages/b.jpg": jpeg,
    "JPEGImages/c.jpg": jpeg,
    "JPEGImages/d.jpg": jpeg,
    "Annotations/a.xml": annotation([["nut", 10, 5, 30, 25]]),
    "Annotations/b.xml": annotation([["bolt", 0, 0, 100, 50]]),
    "Annotations/c.xml": annotation([]),
    "ImageSets/Main/train.txt": "a\nmissing\n",
    "ImageSets/Main/val.txt": "b 1\n",
    "ImageSets/Main/test.txt": "c\r\n",
  });
  const training = await readTrainingPart(root);
  assert.deepEqual([training.task, training.labels, training.normalLabel], ["detection", ["nut"], null]);
  assert.deepEqual(
    training.samples.map(({ name, boxes }) => [name, boxes]),
    [["JPEGImages/a.jpg", [{ label: "nut", x1: 10, y1: 5, x2: 30, y2: 25 }]]],
  );
  assert.deepEqual(
    training.validation?.map(({ name }) => name),
    ["JPEGImages/b.jpg"],
  );
  assert.deepEqual(training.skipped, [
    { name: "JPEGImages/d.jpg", reason: "is in none of the lists" },
    { name: "JPEGImages/missing", reason: "is listed but doesn't exist" },
  ]);
  const held = await readTestPart(root);
  assert.deepEqual(
    held.samples.map(({ name, boxes }) => [name, boxes]),
    [["JPEGImages/c.jpg", []]],
  );
});

test("VOC: boxes without area are left out, those over the edge are cut, both reported; unusable files too", async (t) => {
  const root = await folderWith(t, {
    "JPEGImages/a.jpg": jpeg,
    "JPEGImages/b.jpg": jpeg,
    "JPEGImages/c.jpg": jpeg,
    "Annotations/a.xml": annotation([
      ["nut", 10, 5, 10, 5],
      ["nut", -20, 5, 30, 25],
      ["nut", 120, 5, 130, 25],
      ["nut", 90, 40, 100.6, 50.4], // rounding, not worth a word
    ]),
    "Annotations/b.xml": '<!DOCTYPE x SYSTEM "file:///etc/passwd"><annotation/>',
    "Annotations/c.xml": annotation([["nut", 1, 1, 2, 2]], [50, 100]),
  });
  const { samples, skipped, boxNotes = [] } = await readTrainingPart(root);
  assert.deepEqual(
    samples.map(({ boxes }) => boxes),
    [
      [
        { label: "nut", x1: 0, y1: 5, x2: 30, y2: 25 },
        { label: "nut", x1: 90, y1: 40, x2: 100, y2: 50 },
      ],
    ],
  );
  assert.deepEqual(
    boxNotes.map(({ name, reason }) => `${name}: ${reason}`),
    [
      'Annotations/a.xml: object 1: the box of "nut" at 10, 5, 10, 5 has no area; left out',
      'Annotations/a.xml: object 2: the box of "nut" at -20, 5, 30, 25 reaches over the edge of the picture of 100 x 50; cut there',
      'Annotations/a.xml: object 3: the box of "nut" at 120, 5, 130, 25 lies outside the picture of 100 x 50; left out',
    ],
  );
  assert.deepEqual(
    skipped.map(({ name, reason }) => `${name}: ${reason}`),
    [
      "JPEGImages/b.jpg: its Annotations/b.xml can't be read: Document types, entities, CDATA and instructions are not read (line 1)",
      "JPEGImages/c.jpg: its Annotations/c.xml is about 50 x 100 pixels, the picture has 100 x 50",
    ],
  );
});

test("VOC: a picture in two lists is refused", async (t) => {
  const root = await folderWith(t, {
    "JPEGImages/a.jpg": jpeg,
    "Annotations/a.xml": annotation([]),
    "ImageSets/Main/train.txt": "a\n",
    "ImageSets/Main/test.txt": "a\n",
  });
  await assert.rejects(readTrainingPart(root), {
    code: "DATASET_LABELS_INVALID",
    message: /lists "a" for training and/,
  });
});

const yaml = "path: /somewhere/else\ntrain: nowhere\nnc: 2\nnames: ['nut', \"bolt, long\"] # in order\n";

test("YOLO: normalised boxes become pixels, an empty file is an empty picture, a missing one is reported", async (t) => {
  const root = await folderWith(t, {
    "data.yaml": yaml,
    "images/train/a.jpg": jpeg,
    "images/train/b.jpg": jpeg,
    "images/train/c.jpg": jpeg,
    "labels/train/a.txt": "0 0.5 0.5 0.2 0.4\n1 0.9 0.5 0.4 1\n\n1 0.1 0.2 0.3 0.2 0.3 0.6 0.1 0.6\n",
    "labels/train/b.txt": "",
    "images/val/d.jpg": jpeg,
    "labels/val/d.txt": "1 0.5 0.5 1 1\n",
  });
  const { task, labels, samples, skipped, boxNotes, validation } = await readTrainingPart(root);
  assert.deepEqual([task, labels, validation], ["detection", ["nut", "bolt, long"], undefined]);
  const rounded = samples.map(({ boxes }) =>
    boxes?.map((box) => [box.label, ...[box.x1, box.y1, box.x2, box.y2].map((value) => Number(value.toFixed(6)))]),
  );
  assert.deepEqual(rounded, [
    [
      ["nut", 40, 15, 60, 35],
      ["bolt, long", 70, 0, 100, 50],
      ["bolt, long", 10, 10, 30, 30],
    ],
    [],
  ]);
  assert.deepEqual(
    skipped.map(({ name, reason }) => `${name}: ${reason}`),
    ["images/train/c.jpg: has no labels/train/c.txt; write an empty one if there is nothing in it"],
  );
  assert.deepEqual(
    boxNotes?.map(({ name, reason }) => `${name}: ${reason}`),
    [
      'labels/train/a.txt: line 2: the box of "bolt, long" at 70, 0, 110, 50 reaches over the edge of the picture of 100 x 50; cut there',
    ],
  );
  assert.deepEqual(
    (await readTestPart(root)).samples.map(({ name }) => name),
    ["images/val/d.jpg"],
  );
});

test("YOLO: the other common layout, with a test part beside valid", async (t) => {
  const part = (name: string) => ({
    [`${name}/images/${name}.jpg`]: jpeg,
    [`${name}/labels/${name}.txt`]: "0 0.5 0.5 0.5 0.5\n",
  });
  const root = await folderWith(t, { "data.yaml": yaml, ...part("train"), ...part("valid"), ...part("test") });
  const { samples, validation } = await readTrainingPart(root);
  assert.deepEqual(
    [samples, validation ?? []].map((list) => list.map(({ name }) => name)),
    [["train/images/train.jpg"], ["valid/images/valid.jpg"]],
  );
  assert.deepEqual(
    (await readTestPart(root)).samples.map(({ name }) => name),
    ["test/images/test.jpg"],
  );
});

test("YOLO: a class outside the list, pixels for shares and other lines are refused with file and line", async (t) => {
  for (const [line, reason] of [
    ["2 0.5 0.5 0.2 0.4", /labels\/train\/a\.txt", line 2 has the class 2, but there are 2 names \(0 to 1\)/],
    ["0 50 25 20 10", /line 2 must have shares/],
    ["0 0.5 0.5 0.2", /line 2 must be "class cx cy width height"/],
    ["0 0.5 0.5 0.2 0.4 0.9", /line 2 must be "class cx cy/],
    ["nut 0.5 0.5 0.2 0.4", /line 2 must be/],
  ] as const) {
    const root = await folderWith(t, {
      "data.yaml": yaml,
      "images/train/a.jpg": jpeg,
      "labels/train/a.txt": `0 0.5 0.5 0.1 0.1\n${line}\n`,
    });
    await assert.rejects(readTrainingPart(root), { code: "DATASET_LABELS_INVALID", message: reason });
  }
});

test("YOLO: class names in every way they are written", () => {
  for (const text of [
    "names: ['a', \"b c\", d]",
    "names:\n  - a\n  - 'b c' # the long one\n  - d\nnc: 3",
    "names:\n- a\n- b c\n- d",
    "names:\n  0: a\n  1: b c\n  2: d\ntrain: x",
    "names: {0: a, 1: 'b c', 2: d}",
    "nc: 3\nnames: [a,\n  b c,\n  d]\n",
  ]) {
    assert.deepEqual(parseNames(text, "data.yaml"), ["a", "b c", "d"], text);
  }
  assert.equal(parseNames("nc: 3", "data.yaml"), null);
  assert.throws(() => parseNames("names:\n  0: a\n  2: b", "data.yaml"), /name of class 1 is missing/);
  assert.throws(() => parseNames("names: [a, b", "data.yaml"), /has no "]"/);
});

test("bccd: 205, 87 and 72 pictures, its two degenerate boxes reported", {
  skip: existsSync(path.join(shared, "bccd")) ? false : "there is no ../shared/data/bccd",
}, async () => {
  const folder = path.join(shared, "bccd");
  const training = await readTrainingPart(folder);
  const held = await readTestPart(folder);
  assert.deepEqual([training.samples.length, training.validation?.length, held.samples.length], [205, 87, 72]);
  assert.deepEqual(training.labels, ["Platelets", "RBC", "WBC"]);
  assert.deepEqual(
    training.boxNotes?.map(({ name }) => name),
    ["Annotations/BloodImage_00343.xml", "Annotations/BloodImage_00338.xml"],
  );
  // Counted by Python's ElementTree: 2382 RBC in train, one of them without area.
  const count = (label: string) =>
    training.samples.flatMap(({ boxes }) => boxes ?? []).filter((box) => box.label === label).length;
  assert.deepEqual(["RBC", "WBC", "Platelets"].map(count), [2381, 214, 209]);
});

test("indicator-lights: 50 and 13 pictures, names from data.yaml whose paths are wrong", {
  skip: existsSync(path.join(shared, "indicator-lights")) ? false : "there is no ../shared/data/indicator-lights",
}, async () => {
  const training = await readTrainingPart(path.join(shared, "indicator-lights"));
  const held = await readTestPart(path.join(shared, "indicator-lights"));
  assert.deepEqual([training.samples.length, held.samples.length], [50, 13]);
  assert.deepEqual(training.labels, ["light", "red_on", "yellow_on", "green_on", "blue_on"]);
  assert.deepEqual(training.samples.flatMap(({ boxes }) => boxes ?? []).length, 117);
  assert.deepEqual([...training.skipped, ...held.skipped], []);
});
