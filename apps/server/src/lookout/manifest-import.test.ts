/** Manifests as datasets: where their pictures and masks come from, what is left out with which words, and what stays behind then. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import * as sdk from "@aws-sdk/client-lookoutvision";
import { encodePng } from "@sightline/dataset/image-file";
import { ownSourcePrefix } from "../store/dataset-entries.js";
import { grey, manifestLine, maskPng, openTestLookout, until } from "./test-lookout.js";

const ProjectName = "cookies";

async function open(t: TestContext, lookoutConfig: object = {}) {
  const lookout = await openTestLookout({ config: { lookout: lookoutConfig } });
  t.after(() => lookout.close());
  const { client, service } = lookout;
  const { store, blobs } = service.services;
  await client.send(new sdk.CreateProjectCommand({ ProjectName }));
  const project = await store.read.projects.getByName(ProjectName);
  const projectId = project?.id ?? "";
  const ended = (DatasetType: string) =>
    until(
      async () =>
        (await client.send(new sdk.DescribeDatasetCommand({ ProjectName, DatasetType }))).DatasetDescription ?? {},
      ({ Status }) => Status?.endsWith("IN_PROGRESS") === false,
    );
  return {
    ...lookout,
    async create(lines: readonly string[], { type = "train", folder = "" } = {}) {
      await lookout.put("cookies", `${folder}train.manifest`, lines.join("\n"));
      const GroundTruthManifest = { S3Object: { Bucket: "cookies", Key: `${folder}train.manifest` } };
      const dataset = { ProjectName, DatasetType: type, DatasetSource: { GroundTruthManifest } };
      await client.send(new sdk.CreateDatasetCommand(dataset));
      return ended(type);
    },
    async update(lines: readonly string[], type = "train") {
      const Changes = Buffer.from(lines.join("\n"));
      await client.send(new sdk.UpdateDatasetEntriesCommand({ ProjectName, DatasetType: type, Changes }));
      return ended(type);
    },
    entry: (ref: string) => store.read.datasetEntries.bySource(projectId, ref),
    /** Files that nothing names. */
    async strays() {
      const names: string[] = [];
      for await (const name of blobs.list()) if (!(await store.read.blobs.isReferenced(name))) names.push(name);
      return names;
    },
  };
}

test("relative paths begin where the manifest lies, and masks come along with their kinds", async (t) => {
  const { create, put, entry, client } = await open(t);
  await put("cookies", "set/pictures/good.jpg", await grey(10));
  await put("cookies", "set/pictures/bad.jpg", await grey(20));
  await put("cookies", "set/masks/bad.png", await maskPng());
  const made = await create(
    [manifestLine("pictures/good.jpg", false), manifestLine("pictures/bad.jpg", true, "masks/bad.png")],
    { folder: "set/" },
  );
  assert.equal(made.Status, "CREATE_COMPLETE", made.StatusMessage);
  assert.deepEqual(made.ImageStats, { Total: 2, Labeled: 2, Normal: 1, Anomaly: 1 });
  assert.equal((await entry("s3://cookies/set/pictures/good.jpg"))?.mask, null);
  const bad = await entry("s3://cookies/set/pictures/bad.jpg");
  assert.deepEqual(bad?.mask?.types, [{ label: "cracked", colour: "#23a436" }]);
  const entries = new sdk.ListDatasetEntriesCommand({ ProjectName, DatasetType: "train", AnomalyClass: "anomaly" });
  const [line] = (await client.send(entries)).DatasetEntries ?? [];
  assert.equal(JSON.parse(line ?? "{}")["anomaly-mask-ref"], "s3://cookies/set/masks/bad.png");
});

test("a mask that can't be used leaves its picture out, with the reason, and nothing of it stays", async (t) => {
  const { create, put, strays } = await open(t);
  for (const [at, name] of ["good", "text", "cut", "shape", "gone"].entries())
    await put("cookies", `${name}.jpg`, await grey(10 * at));
  const whole = await maskPng();
  await put("cookies", "text.png", "no picture");
  await put("cookies", "cut.png", whole.subarray(0, whole.length - 20));
  await put("cookies", "shape.png", await encodePng({ width: 16, height: 8, data: new Uint8Array(16 * 8 * 3) }));
  const bad = ["text", "cut", "shape", "gone"].map((name) => manifestLine(`${name}.jpg`, true, `${name}.png`));
  const made = await create([manifestLine("good.jpg", false), ...bad]);
  assert.deepEqual([made.Status, made.ImageStats?.Total], ["CREATE_COMPLETE", 1]);
  for (const words of [
    /4 of 5 lines were left out/,
    /line 2 The mask can't be used/,
    /line 3 The mask can't be used/,
    /line 4 The mask can't be used: it has 16 x 8 pixels, which is not the shape of its picture of 16 x 16/,
    /line 5 There is no s3:\/\/cookies\/gone.png/,
  ])
    assert.match(made.StatusMessage ?? "", words);
  assert.deepEqual(await strays(), []);
});

test("a line without a mask takes the mask away; the mask's own address keeps it", async (t) => {
  const { create, update, put, entry } = await open(t);
  const ref = "s3://cookies/bad.jpg";
  await put("cookies", "bad.jpg", await grey(20));
  await put("cookies", "bad.png", await maskPng());
  await create([manifestLine(ref, true, "s3://cookies/bad.png")]);
  const before = await entry(ref);
  assert.ok(before?.mask);
  const kept = await update([manifestLine(ref, true, `${ownSourcePrefix}${before.id}/mask`)]);
  assert.equal(kept.Status, "UPDATE_COMPLETE", kept.StatusMessage);
  assert.deepEqual((await entry(ref))?.mask, before.mask);
  assert.equal((await update([manifestLine(ref, true)])).Status, "UPDATE_COMPLETE");
  assert.equal((await entry(ref))?.mask, null);
});

test("a picture is in one dataset only: the other one refuses it and stays as it is", async (t) => {
  const { create, update, put, entry } = await open(t);
  await put("cookies", "a.jpg", await grey(20));
  await create([manifestLine("s3://cookies/a.jpg", true)]);
  const test = await create([], { type: "test" });
  assert.deepEqual([test.Status, test.StatusMessage], ["CREATE_FAILED", "The manifest names no picture."]);
  const moved = await update([manifestLine("s3://cookies/a.jpg", false)], "test");
  assert.equal(moved.Status, "UPDATE_FAILED_ROLLBACK_COMPLETE");
  assert.match(moved.StatusMessage ?? "", /other dataset/);
  assert.equal((await entry("s3://cookies/a.jpg"))?.label, "anomaly");
});

test("a dataset that would grow too large is not made, and no file stays behind", async (t) => {
  const { create, put, strays } = await open(t, { maxTrainEntries: 2 });
  const lines = [];
  for (const at of [0, 1, 2]) {
    await put("cookies", `${at}.jpg`, await grey(at * 20));
    lines.push(manifestLine(`${at}.jpg`, false));
  }
  const made = await create(lines);
  assert.deepEqual([made.Status, made.ImageStats?.Total], ["CREATE_FAILED", 0]);
  assert.match(made.StatusMessage ?? "", /would have 3 entries, where 2 are allowed/);
  assert.deepEqual(await strays(), []);
});
