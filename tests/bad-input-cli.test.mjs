/** Bad input to the command line: datasets and model files that cannot be used. Each says what is wrong and writes nothing. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test, { after, before } from "node:test";
import { jpeg, part, png, svg } from "./pictures.mjs";
import { collect, plainEnvironment, root, temporaryFolder } from "./server-process.mjs";

const bin = join(root, "apps/cli/bin/sightline.mjs");
const sightline = (...args) => collect(spawn(process.execPath, [bin, ...args], { env: plainEnvironment() }), 240_000);

let folder;
let model;
/** Six good and six bad parts, and one file that is no picture: enough for a model. */
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "sightline-cli-"));
  const parts = join(folder, "parts");
  for (let seed = 1; seed <= 8; seed += 1) {
    write(join(parts, `train/good/${seed}.jpg`), await part({ isBad: false, seed }));
    write(join(parts, `train/bad/${seed}.jpg`), await part({ isBad: true, seed: 100 + seed }));
    write(join(parts, `test/good/${seed}.jpg`), await part({ isBad: false, seed: 200 + seed }));
    write(join(parts, `test/bad/${seed}.jpg`), await part({ isBad: true, seed: 300 + seed }));
  }
  model = join(folder, "model.onnx");
  const trained = await sightline("train", join(parts, "train"), "--method", "classifier", "--out", model, "--json");
  assert.equal(trained.code, 0, trained.text);
});
after(() => rmSync(folder, { recursive: true, force: true }));

function write(file, bytes) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
}

/** A dataset of the given files in a folder that goes with the test. */
function dataset(t, files) {
  const place = temporaryFolder(t, "dataset");
  for (const [name, bytes] of Object.entries(files)) write(join(place, name), bytes);
  return place;
}

async function refusedTraining(t, data, says, args = []) {
  const out = join(temporaryFolder(t, "out"), "model.onnx");
  const { code, text } = await sightline("train", data, "--out", out, ...args);
  assert.match(text, says);
  assert.equal(code, 1, text);
  assert.deepEqual(readdirSync(dirname(out)), []);
}

test("a dataset that does not exist is named", (t) => refusedTraining(t, "/no/such/folder", /\/no\/such\/folder/));

test("a dataset with no pictures says what was looked for", (t) =>
  refusedTraining(
    t,
    dataset(t, { "good/readme.txt": "no picture", "bad/readme.txt": "none" }),
    /no pictures?|JPEG or PNG/i,
  ));

test("an empty folder is no dataset", (t) =>
  refusedTraining(t, dataset(t, {}), /no pictures?|JPEG or PNG|class folder/i));

test("pictures without class folders are no dataset", async (t) =>
  refusedTraining(t, dataset(t, { "1.jpg": await jpeg({ seed: 1 }), "2.jpg": await jpeg({ seed: 2 }) }), /folder/i));

test("a dataset with one class that is not the good one cannot be learnt from", async (t) =>
  refusedTraining(
    t,
    dataset(t, { "broken/1.jpg": await jpeg({ seed: 1 }), "broken/2.jpg": await jpeg({ seed: 2 }) }),
    /"broken"/,
  ));

test("a classifier needs two classes", async (t) =>
  refusedTraining(
    t,
    dataset(t, { "good/1.jpg": await jpeg({ seed: 1 }), "good/2.jpg": await jpeg({ seed: 2 }) }),
    /class|label/i,
    ["--method", "classifier"],
  ));

test("an unknown method lists those that there are", async () => {
  const { code, text } = await sightline(
    "train",
    join(folder, "parts"),
    "--out",
    join(folder, "x.onnx"),
    "--method",
    "patchcor",
  );
  assert.match(text, /patchcore/);
  assert.equal(code, 2, text);
  assert.equal(existsSync(join(folder, "x.onnx")), false);
});

test("a mistyped option names the nearest", async () => {
  const { code, text } = await sightline("train", join(folder, "parts"), "--outt", "x.onnx");
  assert.match(text, /--out/);
  assert.equal(code, 2, text);
});

test("unreadable files are skipped, counted and named, and the rest is used", async (t) => {
  const good = await jpeg({ seed: 50 });
  const files = { "good/cut.jpg": good.subarray(0, 2000), "bad/drawing.jpg": svg, "bad/empty.png": Buffer.alloc(0) };
  for (let seed = 1; seed <= 6; seed += 1) {
    files[`good/${seed}.jpg`] = await part({ isBad: false, seed });
    files[`bad/${seed}.png`] = await png({ seed, width: 96, height: 96 });
  }
  const out = join(temporaryFolder(t, "out"), "model.onnx");
  const { code, text } = await sightline("train", dataset(t, files), "--method", "classifier", "--out", out);
  assert.equal(code, 0, text);
  for (const name of ["cut.jpg", "drawing.jpg", "empty.png"]) assert.ok(text.includes(name), text);
  assert.match(text, /\b3 (files|pictures)/);
  assert.ok(existsSync(out));
});

test("a class without a picture is named, and the others are learnt", async (t) => {
  const files = { "third/readme.txt": "no picture" };
  for (let seed = 1; seed <= 6; seed += 1) {
    files[`first/${seed}.png`] = await png({ seed, width: 48, height: 48 });
    files[`second/${seed}.jpg`] = await part({ isBad: true, seed });
  }
  const out = join(temporaryFolder(t, "out"), "model.onnx");
  const { code, text } = await sightline("train", dataset(t, files), "--method", "classifier", "--out", out);
  assert.equal(code, 0, text);
  assert.match(text, /third\/readme\.txt/);
  assert.match(text, /classification: first, second/);
});

test("pictures of one pixel are learnt from like any others, and end no process", async (t) => {
  const files = {};
  for (let seed = 1; seed <= 6; seed += 1)
    for (const label of ["first", "second"])
      files[`${label}/${seed}.png`] = await png({ seed: label === "first" ? seed : 50 + seed, width: 1, height: 1 });
  const out = join(temporaryFolder(t, "out"), "model.onnx");
  const { code, text } = await sightline("train", dataset(t, files), "--method", "classifier", "--out", out);
  assert.equal(code, 0, text);
  assert.match(text, /accuracy [01]\.\d{3}/);
});

test("a box of a class that is not in the list is told with its file and line", async (t) => {
  const files = { "data.yaml": "names: [cap]\n" };
  for (let seed = 1; seed <= 4; seed += 1) {
    files[`images/train/${seed}.jpg`] = await jpeg({ seed });
    files[`labels/train/${seed}.txt`] = seed === 3 ? "0 0.5 0.5 0.2 0.2\n7 0.5 0.5 0.2 0.2\n" : "0 0.5 0.5 0.2 0.2\n";
  }
  await refusedTraining(t, dataset(t, files), /3\.txt.*(line 2|:2)/);
});

test("a method that draws no boxes refuses pictures with boxes", async (t) => {
  const files = { "data.yaml": "names: [cap]\n" };
  for (let seed = 1; seed <= 4; seed += 1) {
    files[`images/train/${seed}.jpg`] = await jpeg({ seed });
    files[`labels/train/${seed}.txt`] = "0 0.5 0.5 0.2 0.2\n";
  }
  await refusedTraining(t, dataset(t, files), /has boxes/, ["--method", "classifier"]);
});

const modelFiles = [
  ["random bytes", () => Buffer.alloc(5000, 0x5a)],
  ["0 bytes", () => Buffer.alloc(0)],
  ["a picture", () => jpeg()],
  ["an ONNX file of somebody else", foreignOnnx],
];
for (const [what, bytes] of modelFiles) {
  test(`a model file of ${what} is refused by name`, async (t) => {
    const file = join(temporaryFolder(t, "model"), "other.onnx");
    write(file, await bytes());
    for (const verb of ["predict", "evaluate"]) {
      const { code, text } = await sightline(verb, file, join(folder, "parts"));
      assert.match(text, /other\.onnx/, verb);
      assert.doesNotMatch(text, /\n\s+at /, "no stack trace for a person");
      assert.equal(code, 1, text);
    }
  });
}

/** A valid ONNX model that only passes a number on: ir_version, opset and a graph with one Identity. */
function foreignOnnx() {
  const field = (number, payload) => Buffer.concat([Buffer.from([(number << 3) | 2, payload.length]), payload]);
  const text = (number, value) => field(number, Buffer.from(value));
  const float = Buffer.concat([
    field(1, Buffer.concat([Buffer.from([8, 1]), field(2, field(1, Buffer.from([8, 1])))])),
  ]);
  const value = (name) => Buffer.concat([text(1, name), field(2, float)]);
  const node = Buffer.concat([text(1, "x"), text(2, "y"), text(4, "Identity")]);
  const graph = Buffer.concat([field(1, node), text(2, "g"), field(11, value("x")), field(12, value("y"))]);
  return Buffer.concat([Buffer.from([8, 9]), field(7, graph), field(8, Buffer.from([16, 17]))]);
}

test("a model cut off in the middle is refused by name", async (t) => {
  const { readFileSync } = await import("node:fs");
  const bytes = readFileSync(model);
  const file = join(temporaryFolder(t, "model"), "cut.onnx");
  write(file, bytes.subarray(0, Math.floor(bytes.length / 2)));
  const { code, text } = await sightline("predict", file, join(folder, "parts/test/good"));
  assert.match(text, /cut\.onnx/);
  assert.equal(code, 1, text);
});

test("predict names a picture that it cannot read and goes on with the others", async (t) => {
  const place = dataset(t, { "1.jpg": await part({ isBad: false, seed: 1 }), "2.jpg": svg });
  const { text } = await sightline("predict", model, place);
  assert.match(text, /2\.jpg/);
  assert.match(text, /1\.jpg/);
});

test("predict on a folder without pictures says so", async (t) => {
  const { code, text } = await sightline("predict", model, dataset(t, { "a.txt": "no picture" }));
  assert.match(text, /no pictures?|JPEG or PNG/i);
  assert.equal(code, 1, text);
});

test("evaluate of a dataset without a test part says what is missing", async (t) => {
  const place = dataset(t, { "train/good/1.jpg": await jpeg({ seed: 1 }), "train/bad/1.jpg": await jpeg({ seed: 2 }) });
  const { code, text } = await sightline("evaluate", model, place);
  assert.match(text, /test/);
  assert.equal(code, 1, text);
});

test("with --json an error too is exactly one line on stdout", async () => {
  const { code, out } = await sightline("evaluate", "/no/such/model.onnx", join(folder, "parts"), "--json");
  assert.equal(code, 1);
  const lines = out.trimEnd().split("\n");
  assert.equal(lines.length, 1, out);
  assert.ok(JSON.parse(lines[0]).error, out);
});

test("an upload to a server that is not there fails with its address", async () => {
  const { code, text } = await sightline(
    "upload",
    join(folder, "parts/test/good"),
    "cam-1",
    "line-1",
    "http://127.0.0.1:9/getsignedurl",
    "token",
    "0",
  );
  assert.match(text, /127\.0\.0\.1:9/);
  assert.equal(code, 1, text);
});
