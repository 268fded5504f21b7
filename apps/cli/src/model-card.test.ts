import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { encodePng } from "@sightline/dataset/image-file";
import { errorOf, oneJsonLine, sightline } from "./cli-under-test.js";

test("a trained network has a card as Markdown and as a page, and its run a page with curves", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "sightline-card-"));
  t.after(() => rm(folder, { recursive: true }));
  for (const [label, grey] of [
    ["dark", 40],
    ["light", 200],
  ] as const) {
    await mkdir(join(folder, "set", "train", label), { recursive: true });
    for (let i = 0; i < 6; i++) {
      const data = new Uint8Array(24 * 24 * 3).map((_, k) => grey + ((k * 7 + i * 13) % 30));
      await writeFile(
        join(folder, "set", "train", label, `${i}.png`),
        await encodePng({ width: 24, height: 24, data }),
      );
    }
  }
  const [model, runs, plot] = [join(folder, "m.onnx"), join(folder, "runs"), join(folder, "runs.html")];
  const options = ["--option", "parameters=2000", "--option", "multiplyAccumulates=300000", "--option", "size=48"];
  const how = ["--method", "tiny", "--epochs", "1", "--threads", "1", "--runs", runs, ...options];
  const trained = await sightline(["train", join(folder, "set"), "--out", model, ...how]);
  assert.equal(trained.code, 0, trained.stderr);

  const printed = await sightline(["model", "card", model]);
  assert.match(printed.stdout, /^# Model card: m\.onnx\n[\s\S]*\| dark \| 6 \|[\s\S]*Its own alone/);
  const page = join(folder, "card.html");
  const written = oneJsonLine(await sightline(["model", "card", model, "--out", page, "--json"]));
  assert.equal(written.file, page);
  assert.match(await readFile(page, "utf8"), /<h1>Model card: m\.onnx<\/h1>/);
  const again = await sightline(["model", "card", model, "--out", page, "--json"]);
  assert.deepEqual([again.code, errorOf(again).code], [1, "FILE_EXISTS"]);

  const listed = await sightline(["runs", "--runs", runs, "--plot", plot]);
  assert.equal(listed.code, 0, listed.stderr);
  const curves = await readFile(plot, "utf8");
  assert.equal(curves.match(/<svg/g)?.length, 2);
  assert.match(curves, /<td>parameters=2000 multiplyAccumulates=300000 size=48<\/td>/);
});
