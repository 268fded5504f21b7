import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { LabelledPictures } from "./dataset.js";
import { DatasetError, type DatasetErrorCode } from "./dataset-error.js";
import { encodeJpeg, encodePng } from "./image-file.js";
import { readTestPart } from "./test-part.js";
import { readTrainingPart } from "./training-part.js";

const grey = { width: 8, height: 6, data: new Uint8Array(8 * 6 * 3).fill(120) };
const jpeg = await encodeJpeg(grey);
const png = await encodePng(grey);
const sharedData = fileURLToPath(new URL("../../../../shared/data/", import.meta.url));

/** A dataset folder with the named files: the text "jpeg" or "png" stands for a small picture, other text for itself. */
async function folderWith(t: TestContext, files: Record<string, string | Uint8Array>): Promise<string> {
  const root = await mkdtemp(path.join(tmpdir(), "sightline-dataset-"));
  t.after(() => rm(root, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(root, name);
    await mkdir(name.endsWith("/") ? file : path.dirname(file), { recursive: true });
    if (!name.endsWith("/")) await writeFile(file, content === "jpeg" ? jpeg : content === "png" ? png : content);
  }
  return root;
}

const names = ({ samples }: LabelledPictures): string[] => samples.map(({ name }) => name);

function refuses(code: DatasetErrorCode, text: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof DatasetError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, text);
    return true;
  };
}

test("class folders with one good label are an anomaly task, and the label stays as it was written", async (t) => {
  const root = await folderWith(t, {
    "OK/1.jpg": "jpeg",
    "OK/2.png": "png",
    "scratch/a.jpg": "jpeg",
    "dent/b.jpg": "jpeg",
  });
  const pictures = await readTrainingPart(root);
  assert.equal(pictures.task, "anomaly");
  assert.deepEqual(pictures.labels, ["OK", "dent", "scratch"]);
  assert.equal(pictures.normalLabel, "OK");
  assert.deepEqual(names(pictures), ["OK/1.jpg", "OK/2.png", "dent/b.jpg", "scratch/a.jpg"]);
  assert.deepEqual(pictures.skipped, []);
});

test("every name for good is known in any case", async (t) => {
  for (const name of ["good", "Ok", "NORMAL", "normals", "pass"]) {
    const root = await folderWith(t, { [`${name}/1.jpg`]: "jpeg", "bad/1.jpg": "jpeg" });
    assert.equal((await readTrainingPart(root)).normalLabel, name);
  }
});

test("labels without a good one, or with two, are a classification", async (t) => {
  const plain = await folderWith(t, { "open/1.jpg": "jpeg", "closed/1.jpg": "jpeg" });
  assert.deepEqual((await readTrainingPart(plain)).labels, ["closed", "open"]);
  const two = await folderWith(t, { "good/1.jpg": "jpeg", "ok/1.jpg": "jpeg", "bad/1.jpg": "jpeg" });
  const pictures = await readTrainingPart(two);
  assert.deepEqual([pictures.task, pictures.normalLabel], ["classification", null]);
});

test("good pictures alone are enough to learn from", async (t) => {
  const pictures = await readTrainingPart(await folderWith(t, { "good/1.jpg": "jpeg" }));
  assert.deepEqual([pictures.task, pictures.labels], ["anomaly", ["good"]]);
});

test("one label that isn't the good one is refused, with what to do", async (t) => {
  const root = await folderWith(t, { "parts/1.jpg": "jpeg", "parts/2.jpg": "jpeg" });
  await assert.rejects(
    readTrainingPart(root),
    refuses("DATASET_ONE_CLASS", /one label only, "parts".*second label.*good\//),
  );
});

test("a good label without a usable picture is refused", async (t) => {
  const root = await folderWith(t, { "good/1.jpg": "", "bad/1.jpg": "jpeg" });
  await assert.rejects(readTrainingPart(root), refuses("DATASET_EMPTY", /no usable picture of the label "good"/));
});

test("a dataset with its own split is read part by part", async (t) => {
  for (const testName of ["test", "valid", "Test"]) {
    const root = await folderWith(t, {
      "train/good/1.jpg": "jpeg",
      "train/bad/2.jpg": "jpeg",
      [`${testName}/good/3.jpg`]: "jpeg",
      [`${testName}/bad/4.jpg`]: "jpeg",
    });
    assert.deepEqual(names(await readTrainingPart(root)), ["train/bad/2.jpg", "train/good/1.jpg"]);
    assert.deepEqual(names(await readTestPart(root)), [`${testName}/bad/4.jpg`, `${testName}/good/3.jpg`]);
  }
});

test("validation pictures beside a test part are learned from, never tested on", async (t) => {
  const root = await folderWith(t, {
    "train/a/1.jpg": "jpeg",
    "train/b/1.jpg": "jpeg",
    "valid/a/2.jpg": "jpeg",
    "test/a/3.jpg": "jpeg",
  });
  assert.deepEqual(names(await readTrainingPart(root)), ["train/a/1.jpg", "train/b/1.jpg", "valid/a/2.jpg"]);
  assert.deepEqual(names(await readTestPart(root)), ["test/a/3.jpg"]);
});

test("the MVTec layout gives masks by either name, to the test part only", async (t) => {
  const root = await folderWith(t, {
    "train/good/000.png": "png",
    "test/good/000.png": "png",
    "test/crack/000.png": "png",
    "test/crack/001.png": "png",
    "test/crack/002.png": "png",
    "ground_truth/crack/000_mask.png": "png",
    "ground_truth/crack/001.png": "png",
  });
  const pictures = await readTestPart(root);
  assert.deepEqual(pictures.labels, ["good", "crack"]);
  assert.deepEqual(
    pictures.samples.map(({ name, maskFile }) => [name, maskFile && path.relative(root, maskFile)]),
    [
      ["test/crack/000.png", path.join("ground_truth", "crack", "000_mask.png")],
      ["test/crack/001.png", path.join("ground_truth", "crack", "001.png")],
      ["test/crack/002.png", undefined],
      ["test/good/000.png", undefined],
    ],
  );
  assert.ok((await readTrainingPart(root)).samples.every((sample) => sample.maskFile === undefined));
});

test("in the MVTec layout the one training label is the good one, whatever its name", async (t) => {
  const root = await folderWith(t, {
    "train/perfect/0.png": "png",
    "test/perfect/0.png": "png",
    "test/crack/0.png": "png",
    "ground_truth/": "",
  });
  assert.equal((await readTrainingPart(root)).normalLabel, "perfect");
  assert.deepEqual((await readTestPart(root)).labels, ["perfect", "crack"]);
});

test("a label called train is a label when it holds pictures", async (t) => {
  const root = await folderWith(t, { "bus/1.jpg": "jpeg", "car/1.jpg": "jpeg", "train/1.jpg": "jpeg" });
  assert.deepEqual((await readTrainingPart(root)).labels, ["bus", "car", "train"]);
});

test("a split without a test part trains, but can't be evaluated", async (t) => {
  const root = await folderWith(t, { "train/good/1.jpg": "jpeg", "train/bad/1.jpg": "jpeg" });
  assert.equal((await readTrainingPart(root)).samples.length, 2);
  await assert.rejects(readTestPart(root), refuses("DATASET_HAS_NO_TEST_PART", /no test\/ or valid\//));
});

test("plain class folders given to an evaluation are all test pictures", async (t) => {
  const root = await folderWith(t, { "good/1.jpg": "jpeg", "bad/1.jpg": "jpeg" });
  assert.equal((await readTestPart(root)).samples.length, 2);
});

test("files that can't be used are named with their reason, and the others are read", async (t) => {
  const large = await encodeJpeg({
    width: 64,
    height: 64,
    data: new Uint8Array(64 * 64 * 3).map((_, i) => (i * 37) % 256),
  });
  const root = await folderWith(t, {
    "good/fine.jpg": "jpeg",
    "good/a PNG by its bytes.jpg": "png",
    "good/empty.jpg": "",
    "good/text.jpg": "this is no picture",
    "good/cut.jpg": large.subarray(0, large.length / 2),
    "good/vector.svg": "<svg></svg>",
    "good/deeper/1.jpg": "jpeg",
    "bad/1.jpg": "jpeg",
    "loose.jpg": "jpeg",
    "README.md": "not a picture, and not taken for one",
  });
  const pictures = await readTrainingPart(root);
  assert.deepEqual(names(pictures), ["bad/1.jpg", "good/a PNG by its bytes.jpg", "good/fine.jpg"]);
  const reasons = Object.fromEntries(pictures.skipped.map(({ name, reason }) => [name, reason]));
  assert.deepEqual(Object.keys(reasons), [
    "good/cut.jpg",
    "good/deeper/",
    "good/empty.jpg",
    "good/text.jpg",
    "good/vector.svg",
    "loose.jpg",
  ]);
  assert.match(reasons["good/cut.jpg"] ?? "", /cut off or damaged/);
  assert.match(reasons["good/deeper/"] ?? "", /folder inside a label/);
  assert.equal(reasons["good/empty.jpg"], "has 0 bytes");
  assert.match(reasons["good/text.jpg"] ?? "", /JPEG or PNG/);
  assert.match(reasons["good/vector.svg"] ?? "", /an SVG/);
  assert.match(reasons["loose.jpg"] ?? "", /outside the label folders/);
});

test("links are refused, so that a dataset can't reach outside its folder", async (t) => {
  const outside = await folderWith(t, { "secret.jpg": "jpeg" });
  const root = await folderWith(t, { "good/1.jpg": "jpeg", "bad/1.jpg": "jpeg" });
  await symlink(path.join(outside, "secret.jpg"), path.join(root, "good", "link.jpg"));
  await symlink(outside, path.join(root, "linked"));
  const pictures = await readTrainingPart(root);
  assert.equal(pictures.samples.length, 2);
  assert.deepEqual(
    pictures.skipped.map(({ name, reason }) => `${name} ${reason}`),
    ["good/link.jpg is a link; links are not followed", "linked is a link; links are not followed"],
  );
});

test("a pipe among the pictures is skipped without waiting for it", {
  skip: process.platform === "win32",
}, async (t) => {
  const root = await folderWith(t, { "good/1.jpg": "jpeg", "bad/1.jpg": "jpeg" });
  execFileSync("mkfifo", [path.join(root, "good", "pipe.jpg")]);
  assert.deepEqual((await readTrainingPart(root)).skipped, [
    { name: "good/pipe.jpg", reason: "is not a regular file" },
  ]);
});

test("what operating systems leave behind is ignored", async (t) => {
  const root = await folderWith(t, {
    "good/1.jpg": "jpeg",
    "good/.DS_Store": "x",
    "good/Thumbs.db": "x",
    "good/desktop.ini": "x",
    ".git/config": "x",
    "__MACOSX/good/._1.jpg": "x",
    "bad/1.jpg": "jpeg",
  });
  const pictures = await readTrainingPart(root);
  assert.deepEqual([pictures.samples.length, pictures.skipped], [2, []]);
});

test("spaces, commas, quotes and any script may stand in names, and the order is always the same", async (t) => {
  const root = await folderWith(t, {
    "good/Gehäuse, links (2).jpg": "jpeg",
    "good/写真 1.jpg": "jpeg",
    'good/it\'s "new".jpg': "jpeg",
    "gut & schön/ß.jpg": "jpeg",
  });
  const pictures = await readTrainingPart(root);
  assert.deepEqual(names(pictures), [
    "good/Gehäuse, links (2).jpg",
    'good/it\'s "new".jpg',
    "good/写真 1.jpg",
    "gut & schön/ß.jpg",
  ]);
  assert.deepEqual(names(await readTrainingPart(root)), names(pictures));
});

test("a header behind a long comment is found", async (t) => {
  const comment = Buffer.alloc(65_000, 1);
  comment.set([0xff, 0xfe, (65_000 - 2) >> 8, (65_000 - 2) & 255]);
  const long = Buffer.concat([jpeg.subarray(0, 2), comment, comment, jpeg.subarray(2)]);
  const pictures = await readTrainingPart(await folderWith(t, { "good/1.jpg": long }));
  assert.deepEqual([pictures.samples.length, pictures.skipped], [1, []]);
});

test("a folder that isn't there, or is a file, is named", async (t) => {
  const root = await folderWith(t, { "a.txt": "x" });
  await assert.rejects(readTrainingPart(path.join(root, "no")), refuses("DATASET_NOT_FOUND", /no" doesn't exist/));
  await assert.rejects(
    readTestPart(path.join(root, "a.txt")),
    refuses("DATASET_NOT_FOUND", /must be a folder, got the file/),
  );
});

test("a folder without pictures is called empty, with the reasons of what was skipped", async (t) => {
  await assert.rejects(readTrainingPart(await folderWith(t, {})), refuses("DATASET_EMPTY", /holds no pictures/));
  await assert.rejects(
    readTrainingPart(await folderWith(t, { "good/": "" })),
    refuses("DATASET_EMPTY", /no usable picture/),
  );
  await assert.rejects(
    readTrainingPart(await folderWith(t, { "good/a.jpg": "", "bad/notes.txt": "hello" })),
    refuses("DATASET_EMPTY", /2 files skipped: bad\/notes\.txt: .*good\/a\.jpg: has 0 bytes/),
  );
});

test("an unknown layout lists the known ones and says what was found instead", async (t) => {
  const loose = await folderWith(t, { "1.jpg": "jpeg", "2.jpg": "jpeg" });
  await assert.rejects(
    readTrainingPart(loose),
    refuses("DATASET_FORMAT_UNKNOWN", /mvtec.*splitFolders.*classFolders.*loose pictures \(2\)/),
  );
  const nested = await folderWith(t, { "inner/good/1.jpg": "jpeg", "inner/bad/1.jpg": "jpeg" });
  await assert.rejects(readTrainingPart(nested), refuses("DATASET_FORMAT_UNKNOWN", /name ".*inner" instead/));
  const testOnly = await folderWith(t, { "test/good/1.jpg": "jpeg" });
  await assert.rejects(readTrainingPart(testOnly), refuses("DATASET_FORMAT_UNKNOWN", /has test\/ but no train\//));
});

test("a named format is checked against the folder", async (t) => {
  const root = await folderWith(t, { "good/1.jpg": "jpeg", "bad/1.jpg": "jpeg" });
  assert.equal((await readTrainingPart(root, { format: "classFolders" })).samples.length, 2);
  await assert.rejects(
    readTrainingPart(root, { format: "mvtec" }),
    refuses("DATASET_FORMAT_UNKNOWN", /to be read as mvtec, got classFolders/),
  );
  const wrong = { format: "mvtek" } as unknown as { format: "mvtec" };
  await assert.rejects(
    readTrainingPart(root, wrong),
    refuses("DATASET_FORMAT_UNKNOWN", /one of .*mvtec, splitFolders, classFolders, got "mvtek"/),
  );
});

/** Real datasets: folder, task, labels, training pictures, test pictures, masks. */
const real = [
  ["casting", "anomaly", ["normal", "anomaly"], 400, 200, 0],
  ["facemask3", "classification", ["none", "with_mask", "without_mask"], 915, 285, 0],
  ["hazelnut-toy", "anomaly", ["good", "colour"], 28, 23, 17],
  ["station-two-state", "classification", ["clear", "occupied"], 130, 117, 0],
] as const;

for (const [name, task, labels, training, tested, masks] of real) {
  const folder = path.join(sharedData, name);
  test(`the real dataset ${name} is read whole, its parts apart`, {
    skip: existsSync(folder) ? false : `${folder} is missing`,
  }, async () => {
    const train = await readTrainingPart(folder);
    const exam = await readTestPart(folder);
    assert.deepEqual([train.task, exam.task], [task, task]);
    assert.deepEqual(exam.labels, labels);
    assert.deepEqual([train.samples.length, exam.samples.length], [training, tested]);
    assert.equal(exam.samples.filter(({ maskFile }) => maskFile !== undefined).length, masks);
    assert.deepEqual([train.skipped, exam.skipped], [[], []]);
    const learned = new Set(train.samples.map(({ file }) => file));
    assert.ok(exam.samples.every(({ file }) => !learned.has(file)));
  });
}
