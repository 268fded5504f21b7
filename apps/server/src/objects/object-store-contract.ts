/** What every object store must do, whatever its buckets are; called by each implementation's tests. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { ObjectStore } from "./object-store.js";

/** @param open gives a store with one empty bucket `pictures`. */
export function objectStoreContract(name: string, open: (t: TestContext) => Promise<ObjectStore>): void {
  const at = (key: string, bucket = "pictures") => ({ bucket, key });

  test(`${name}: gives back what was written, the last write counting`, async (t) => {
    const store = await open(t);
    await store.write(at("a folder/one+two ü.jpg"), Buffer.from("first"));
    await store.write(at("a folder/one+two ü.jpg"), Buffer.from("second"));
    assert.equal((await store.read(at("a folder/one+two ü.jpg"), 100)).toString(), "second");
    assert.equal(await store.size(at("a folder/one+two ü.jpg")), 6);
  });

  test(`${name}: an empty object is an object`, async (t) => {
    const store = await open(t);
    await store.write(at("empty"), Buffer.alloc(0));
    assert.equal(await store.size(at("empty")), 0);
    assert.equal((await store.read(at("empty"), 100)).length, 0);
  });

  test(`${name}: says what is not there`, async (t) => {
    const store = await open(t);
    assert.equal(await store.size(at("none")), undefined);
    await assert.rejects(store.read(at("none"), 100), { code: "OBJECT_NOT_FOUND" });
    await assert.rejects(store.read(at("none", "no-bucket"), 100), { code: "OBJECT_NOT_FOUND" });
    assert.deepEqual([await store.hasBucket("pictures"), await store.hasBucket("no-bucket")], [true, false]);
    await assert.rejects(store.write(at("a", "no-bucket"), Buffer.from("a")), { code: "BUCKET_NOT_FOUND" });
  });

  test(`${name}: reads nothing that is larger than allowed`, async (t) => {
    const store = await open(t);
    await store.write(at("large"), Buffer.alloc(1001));
    await assert.rejects(store.read(at("large"), 1000), { code: "OBJECT_TOO_LARGE" });
    assert.equal((await store.read(at("large"), 1001)).length, 1001);
  });

  test(`${name}: refuses names that S3 has not`, async (t) => {
    const store = await open(t);
    for (const bucket of ["..", "A", "a/b", "a..b", ""]) {
      await assert.rejects(store.read(at("a", bucket), 100), { code: "OBJECT_NAME_INVALID" }, bucket);
      assert.equal(await store.hasBucket(bucket), false);
    }
    await assert.rejects(store.write(at("x".repeat(1025)), Buffer.from("a")), { code: "OBJECT_NAME_INVALID" });
  });
}
