/** The data folder's lock, the key file and the ids: what a restart, a second server and a clock must not break. */
import assert from "node:assert/strict";
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { decodeTime } from "ulid";
import { firstIdAt, idSource } from "./ids.js";
import { openSecretBox } from "./secret-box.js";
import { lockFolder } from "./store/folder-lock.js";
import { temporaryFolder } from "./test-fixtures.js";

test("a data folder is one server's at a time, and free again afterwards", async (t) => {
  const folder = await temporaryFolder(t);
  const lock = lockFolder(folder);
  assert.throws(() => lockFolder(folder), {
    code: "DATA_FOLDER_IN_USE",
    message: new RegExp(`process id ${process.pid}`),
  });
  lock.release();
  lock.release();
  lockFolder(folder).release();
});

test("a sealed secret opens with its key and for its purpose only", async (t) => {
  const folder = await temporaryFolder(t);
  const box = openSecretBox(folder);
  const sealed = box.seal(Buffer.from("secret"), "signing");
  assert.equal(openSecretBox(folder).open(sealed, "signing")?.toString(), "secret");
  assert.equal(box.open(sealed, "mail"), undefined);
  assert.equal(openSecretBox(await temporaryFolder(t)).open(sealed, "signing"), undefined);
  const altered = Buffer.from(sealed, "base64");
  altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ 1;
  assert.equal(box.open(altered.toString("base64"), "signing"), undefined);
  assert.equal(box.open("", "signing"), undefined);
  assert.ok(!readFileSync(join(folder, "secret.key"), "utf8").includes("secret"));
});

test("the key file is its owner's alone, also after a careless copy, and a broken one is refused", async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, "secret.key");
  openSecretBox(folder);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  chmodSync(file, 0o644);
  openSecretBox(folder);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  writeFileSync(file, "not a key");
  assert.throws(() => openSecretBox(folder), { code: "SECRET_KEY_UNUSABLE" });
});

test("ids rise within a millisecond, and follow a clock that is set back", () => {
  let nowMs = 1_700_000_000_000;
  const newId = idSource(() => nowMs);
  const ids = Array.from({ length: 1000 }, newId);
  assert.deepEqual([...ids].sort(), ids);
  assert.ok(ids.every((id) => id >= firstIdAt(nowMs) && id < firstIdAt(nowMs + 1)));
  nowMs -= 3_600_000;
  assert.equal(decodeTime(newId()), nowMs);
});
