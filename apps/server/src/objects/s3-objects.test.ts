/** The object store over S3's own protocol, against a real server of it. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import S3rver from "s3rver";
import { parseConfig } from "../config.js";
import { temporaryFolder } from "../test-fixtures.js";
import { objectStoreContract } from "./object-store-contract.js";
import { openS3Objects } from "./s3-objects.js";

/** The key that this server knows. */
const accessKeyId = "S3RVER";
const secretAccessKey = "S3RVER";

async function open(t: TestContext, credentials = { accessKeyId, secretAccessKey }) {
  const directory = await temporaryFolder(t);
  const server = new S3rver({
    address: "127.0.0.1",
    port: 0,
    silent: true,
    directory,
    configureBuckets: [{ name: "pictures", configs: [] }],
  });
  const { port } = await server.run();
  t.after(() => server.close());
  const endpoint = `http://127.0.0.1:${port}`;
  const objectStore = { endpoint, ...credentials };
  const store = openS3Objects({ ...parseConfig({ dataFolder: directory, objectStore }).objectStore, endpoint });
  t.after(() => store.close());
  return store;
}

objectStoreContract("S3", (t) => open(t));

test("a store that is not there is told as the store's failure with what it said", async (t) => {
  const endpoint = "http://127.0.0.1:9";
  const { objectStore } = parseConfig({ dataFolder: "x", objectStore: { endpoint, accessKeyId, secretAccessKey } });
  const absent = openS3Objects({ ...objectStore, endpoint });
  t.after(() => absent.close());
  await assert.rejects(absent.hasBucket("pictures"), { code: "OBJECT_STORE_FAILED", message: /ECONNREFUSED/ });
});

test("a store that refuses the key is told with its own words, whatever is asked of it", async (t) => {
  const store = await open(t, { accessKeyId: "SOMEBODY", secretAccessKey });
  const at = { bucket: "pictures", key: "a.jpg" };
  const failure = { code: "OBJECT_STORE_FAILED", message: /"pictures": InvalidAccessKeyId: The AWS Access Key Id/ };
  await assert.rejects(store.read(at, 100), failure);
  await assert.rejects(store.write(at, Buffer.from("a")), failure);
  await assert.rejects(store.size(at), failure);
  await assert.rejects(store.hasBucket("pictures"), failure);
});
