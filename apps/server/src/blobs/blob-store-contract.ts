/** What every blob store must do, whatever it stores in; called by each implementation's tests. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type TestContext, test } from "node:test";
import type { BlobStore } from "./blob-store.js";

const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** @param open gives an empty store. */
export function blobStoreContract(name: string, open: (t: TestContext) => Promise<BlobStore>): void {
  const unneeded = async () => false;
  const namesOf = async (store: BlobStore): Promise<string[]> => {
    const names: string[] = [];
    for await (const sha256 of store.list()) names.push(sha256);
    return names;
  };

  test(`${name}: gives back the bytes under their SHA-256`, async (t) => {
    const store = await open(t);
    const bytes = Buffer.from("a picture");
    const blob = await store.put(bytes);
    assert.equal(blob.sha256, sha256Of(bytes));
    assert.equal(blob.bytes, bytes.length);
    assert.deepEqual(await store.read(blob.sha256), bytes);
  });

  test(`${name}: stores equal bytes once`, async (t) => {
    const store = await open(t);
    await Promise.all(Array.from({ length: 8 }, () => store.put(Buffer.from("same"))));
    assert.deepEqual(await namesOf(store), [sha256Of(Buffer.from("same"))]);
  });

  test(`${name}: says that a blob is missing`, async (t) => {
    const store = await open(t);
    await assert.rejects(store.read("0".repeat(64)), { code: "PICTURE_MISSING" });
    assert.equal(await store.hold("0".repeat(64)), undefined);
  });

  test(`${name}: removes what nobody needs`, async (t) => {
    const store = await open(t);
    const blob = await store.put(Buffer.from("unneeded"));
    blob.release();
    assert.equal(await store.remove(blob.sha256, unneeded), true);
    await assert.rejects(store.read(blob.sha256), { code: "PICTURE_MISSING" });
    assert.deepEqual(await namesOf(store), []);
  });

  test(`${name}: keeps what a record names`, async (t) => {
    const store = await open(t);
    const blob = await store.put(Buffer.from("named"));
    blob.release();
    assert.equal(await store.remove(blob.sha256, async () => true), false);
    assert.equal((await store.read(blob.sha256)).toString(), "named");
  });

  test(`${name}: keeps what somebody holds, until the last lets go`, async (t) => {
    const store = await open(t);
    const first = await store.put(Buffer.from("held"));
    const second = await store.hold(first.sha256);
    first.release();
    first.release();
    assert.equal(await store.remove(first.sha256, unneeded), false);
    second?.release();
    assert.equal(await store.remove(first.sha256, unneeded), true);
  });

  test(`${name}: bytes that come while the same ones are being removed are there afterwards`, async (t) => {
    const store = await open(t);
    const bytes = Buffer.from("contended");
    for (let round = 0; round < 20; round++) {
      (await store.put(bytes)).release();
      const removal = store.remove(sha256Of(bytes), async () => {
        await new Promise((resolve) => setImmediate(resolve));
        return false;
      });
      const again = await store.put(bytes);
      await removal;
      assert.deepEqual(await store.read(again.sha256), bytes);
      again.release();
      await store.remove(again.sha256, unneeded);
    }
  });

  test(`${name}: tells how much room there is`, async (t) => {
    const store = await open(t);
    assert.ok((await store.freeBytes()) > 0);
  });
}
