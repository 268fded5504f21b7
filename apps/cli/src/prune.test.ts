import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { coloured, errorOf, oneJsonLine, sightline, temporaryFolder, writeFiles } from "./cli-under-test.js";

interface Figures {
  readonly parameters: number;
  readonly multiplyAccumulates: number;
  readonly msPerImage: number;
  readonly bytes: number;
  readonly accuracy: number;
}

test("prune writes a smaller copy beside the model and tells what both cost and reach", async (t) => {
  const folder = await temporaryFolder(t);
  const [dataset, whole, half] = [join(folder, "colours"), join(folder, "whole.onnx"), join(folder, "half.onnx")];
  for (let i = 0; i < 10; i++)
    await writeFiles(dataset, { [`red/${i}.png`]: await coloured(0, i), [`blue/${i}.png`]: await coloured(2, i) });
  const how = ["--threads", "1", "--runs", join(folder, "runs"), "--json"];
  const options = ["--option", "parameters=20000", "--option", "multiplyAccumulates=600000"];
  const trained = await sightline([
    "train",
    dataset,
    "--method",
    "tiny",
    ...options,
    "--epochs",
    "4",
    "--out",
    whole,
    ...how,
  ]);
  assert.equal(trained.code, 0, trained.stderr);

  const args = ["prune", whole, dataset, "--epochs", "2", "--out", half, ...how];
  const finished = await sightline([...args, "--keep", "0.5"]);
  assert.equal(finished.code, 0, finished.stderr);
  const { before, after, model } = oneJsonLine(finished) as { before: Figures; after: Figures; model: string };
  assert.equal(model, half);
  assert.ok(existsSync(half));
  assert.ok(after.parameters <= before.parameters / 2 && after.multiplyAccumulates <= before.multiplyAccumulates / 2);
  assert.ok(after.bytes < before.bytes && after.msPerImage > 0);
  assert.ok(before.accuracy >= 0 && after.accuracy >= 0);

  const refused = await sightline([...args, "--keep", "1.5", "--force"]);
  assert.deepEqual([refused.code, errorOf(refused).code], [2, "USAGE"]);
  const same = await sightline([...args, "--keep", "0.5"]);
  assert.deepEqual([same.code, errorOf(same).code], [1, "FILE_EXISTS"], "before anything is learnt");
});
