/** `backbone add|list|remove` and `train --backbone NAME`, as people type them. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readBackbone } from "@sightline/models/backbone";
import { writeOnnx } from "@sightline/nn/onnx-file";
import { sightlineHere } from "./cli-under-test.js";

test("a file becomes a backbone, is listed with its licence, and goes again", async (t) => {
  const data = await mkdtemp(join(tmpdir(), "sightline-backbone-verbs-"));
  t.after(() => rm(data, { recursive: true, force: true }));
  const file = join(data, "Edges.onnx");
  await writeFile(file, writeOnnx(readBackbone().graph));
  const at = ["--data", data, "--json"];

  const added = await sightlineHere(["backbone", "add", file, "--licence", "MIT", "--pixels", "unit", ...at]);
  assert.equal(added.code, 0, added.stderr);
  const { name, licence, pixels, stages } = JSON.parse(added.stdout);
  assert.deepEqual([name, licence, pixels.deviation, stages.length], ["edges", "MIT", [255, 255, 255], 4]);

  const listed = JSON.parse((await sightlineHere(["backbone", "list", ...at])).stdout);
  assert.equal(listed.builtIn.name, "mobilenet-v2");
  assert.deepEqual(
    listed.items.map((one: { name: string; problem: unknown }) => [one.name, one.problem]),
    [["edges", null]],
  );
  assert.ok(listed.known.some((one: { name: string }) => one.name === "efficientnet-lite0"));
  const text = await sightlineHere(["backbone", "list", "--data", data]);
  assert.match(text.stdout, /^edges +here +MIT +Edges\.onnx$/m);
  const checked = await sightlineHere(["doctor", "--data", data, "--port", "0"]);
  assert.match(checked.stdout, /added: edges/);

  await writeFile(join(data, "backbone", "edges.onnx"), "damaged");
  const damaged = await sightlineHere(["backbone", "list", ...at]);
  assert.equal(damaged.code, 1);
  assert.equal(JSON.parse(damaged.stdout).error.code, "BACKBONE_UNSUITABLE");
  const unwell = await sightlineHere(["doctor", "--data", data, "--port", "0"]);
  assert.match(unwell.stdout, /FAIL {2}backbone .*edges.*\n {6}fix: sightline backbone add/);

  assert.equal((await sightlineHere(["backbone", "remove", "edges", ...at])).code, 0);
  const again = await sightlineHere(["backbone", "remove", "edges", ...at]);
  assert.deepEqual([again.code, JSON.parse(again.stdout).error.code], [1, "BACKBONE_MISSING"]);
});

test("what isn't here is refused before anything is read, with the command that adds it", async (t) => {
  const data = await mkdtemp(join(tmpdir(), "sightline-backbone-verbs-"));
  t.after(() => rm(data, { recursive: true, force: true }));
  const order = ["train", join(data, "none"), "--out", join(data, "model.onnx"), "--data", data, "--backbone"];
  const known = await sightlineHere([...order, "efficientnet-lite0"]);
  assert.equal(known.code, 1);
  assert.match(known.stderr, /"sightline backbone add efficientnet-lite0"/);
  const unknown = await sightlineHere([...order, "resnet"]);
  assert.match(unknown.stderr, /no backbone and no file "resnet"/);
});

test("a file that is no network is refused by its name and adds nothing", async (t) => {
  const data = await mkdtemp(join(tmpdir(), "sightline-backbone-verbs-"));
  t.after(() => rm(data, { recursive: true, force: true }));
  const notes = join(data, "notes.onnx");
  await writeFile(notes, "no network");
  const refused = await sightlineHere(["backbone", "add", notes, "--data", data]);
  assert.equal(refused.code, 1);
  assert.ok(refused.stderr.includes(`sightline: ${notes}: The file is not an ONNX model`), refused.stderr);
  const listed = JSON.parse((await sightlineHere(["backbone", "list", "--data", data, "--json"])).stdout);
  assert.deepEqual(listed.items, []);
});

test("scales are three numbers, and not said twice", async () => {
  for (const flags of [
    ["--mean", "1,2", "--deviation", "1,1,1"],
    ["--mean", "1,2,3"],
    ["--mean", "1,2,3", "--deviation", "0,1,1"],
    ["--pixels", "unit", "--mean", "1,2,3", "--deviation", "1,1,1"],
  ]) {
    const { code, stderr } = await sightlineHere(["backbone", "add", "x.onnx", ...flags]);
    assert.equal(code, 2, stderr);
  }
});
