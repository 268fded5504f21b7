import assert from "node:assert/strict";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { nodeFiles } from "../blobs/file-layer.js";
import { temporaryFolder } from "../test-fixtures.js";
import { openFolderObjects } from "./folder-objects.js";
import { objectStoreContract } from "./object-store-contract.js";

async function open(t: TestContext) {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, "buckets", "pictures"), { recursive: true });
  return { folder, store: await openFolderObjects(join(folder, "buckets"), nodeFiles) };
}

objectStoreContract("folders", async (t) => (await open(t)).store);

test("a bucket may be a link to a folder elsewhere; nothing in it leads out of it", async (t) => {
  const { folder, store } = await open(t);
  await mkdir(join(folder, "elsewhere"));
  await writeFile(join(folder, "elsewhere", "a.jpg"), "a picture");
  await writeFile(join(folder, "secret.key"), "a secret");
  await symlink(join(folder, "elsewhere"), join(folder, "buckets", "linked"));
  await symlink(folder, join(folder, "elsewhere", "up"));
  assert.equal((await store.read({ bucket: "linked", key: "a.jpg" }, 100)).toString(), "a picture");
  for (const key of ["../secret.key", "up/secret.key", "./a.jpg", "a//b", "a\\b", "/a.jpg"]) {
    await assert.rejects(store.read({ bucket: "linked", key }, 100), { code: "OBJECT_NAME_INVALID" }, key);
    await assert.rejects(
      store.write({ bucket: "linked", key }, Buffer.from("x")),
      { code: "OBJECT_NAME_INVALID" },
      key,
    );
  }
});
