import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { hashPictures } from "./dataset-hash.js";

async function samplesOf(t: TestContext, pictures: readonly (readonly [string, string, string])[]) {
  const folder = await mkdtemp(path.join(tmpdir(), "sightline-hash-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return Promise.all(
    pictures.map(async ([name, label, bytes]) => {
      const file = path.join(folder, name);
      await writeFile(file, bytes);
      return { file, label };
    }),
  );
}

test("the hash depends on bytes and labels, not on place, names or order", async (t) => {
  const hash = await hashPictures(
    await samplesOf(t, [
      ["1", "good", "abc"],
      ["2", "bad", "def"],
    ]),
  );
  assert.match(hash, /^[0-9a-f]{64}$/);
  assert.equal(
    await hashPictures(
      await samplesOf(t, [
        ["y", "bad", "def"],
        ["x", "good", "abc"],
      ]),
    ),
    hash,
  );
  assert.notEqual(
    await hashPictures(
      await samplesOf(t, [
        ["1", "bad", "abc"],
        ["2", "good", "def"],
      ]),
    ),
    hash,
  );
  assert.notEqual(
    await hashPictures(
      await samplesOf(t, [
        ["1", "good", "abd"],
        ["2", "bad", "def"],
      ]),
    ),
    hash,
  );
  assert.notEqual(await hashPictures(await samplesOf(t, [["1", "good", "abc"]])), hash);
});
