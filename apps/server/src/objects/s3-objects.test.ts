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

async function open(t: TestContext) {
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
  const objectStore = { endpoint, accessKeyId, secretAccessKey };
  const store = openS3Objects({ ...parseConfig({ dataFolder: directory, objectStore }).objectStore, endpoint });
  t.after(() => store.close());
  return store;
}

objectStoreContract("S3", open);

test("a store that is not there is told as the store's failure with what it said", async (t) => {
  const endpoint = "http://127.0.0.1:9";
  const { objectStore } = parseConfig({ dataFolder: "x", objectStore: { endpoint, accessKeyId, secretAccessKey } });
  const absent = openS3Objects({ ...objectStore, endpoint });
  t.after(() => absent.close());
  await assert.rejects(absent.hasBucket("pictures"), { code: "OBJECT_STORE_FAILED", message: /ECONNREFUSED/ });
});
