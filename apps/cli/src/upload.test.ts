import assert from "node:assert/strict";
import test from "node:test";
import {
  answerJson,
  fakeServer,
  oneJsonLine,
  partPicture,
  sightline,
  temporaryFolder,
  writeFiles,
} from "./cli-under-test.js";

const inspection = { inspectionId: "01JD0000000000000000000000", status: "queued" };

/** Signs for every image id but those that start with "refused", and takes what is put. */
function signingServer(t: Parameters<typeof fakeServer>[0]) {
  const server = fakeServer(t, ({ url, method }, reply) => {
    const at = new URL(url, "http://h");
    if (method === "PUT") return answerJson(reply, 200, inspection);
    const image = at.searchParams.get("imageid") ?? "";
    if (image.startsWith("refused"))
      return answerJson(reply, 403, { code: "CAMERA_DENIED", message: "Not this camera." });
    answerJson(reply, 200, {
      uploadURL: `http://${reply.req.headers.host}/upload/${image}`,
      photoFilename: `${image}.jpg`,
    });
  });
  return server;
}

test("every picture of the folder is signed for and put, and the counts are printed", async (t) => {
  const folder = await temporaryFolder(t);
  const picture = await partPicture(0, false);
  await writeFiles(folder, {
    "a.jpg": picture,
    "B (2).JPEG": picture,
    "_ü.png": picture,
    "notes.txt": "x",
    "sub/c.jpg": picture,
  });
  const { url, requests } = await signingServer(t);
  const run = await sightline(["upload", folder, "cam-1", "line-1", url, "secret", "0"]);
  assert.deepEqual([run.code, run.stdout], [0, "uploaded 3\nfailed 0\n"]);
  const signed = requests.filter((one) => one.method === "GET").map((one) => new URL(one.url, url).searchParams);
  assert.deepEqual(
    signed.map((one) => one.get("imageid")),
    ["B--2-", "picture", "a"],
  );
  assert.ok(signed.every((one) => one.get("cameraid") === "cam-1" && one.get("assemblylineid") === "line-1"));
  const puts = requests.filter((one) => one.method === "PUT");
  assert.equal(puts.length, 3);
  assert.ok(puts.every((one) => one.body.equals(picture) && one.headers.authorization === undefined));
});

test("a refused signature counts as failed, the others go on, and the exit code is 1", async (t) => {
  const folder = await temporaryFolder(t);
  const picture = await partPicture(0, false);
  await writeFiles(folder, { "a.jpg": picture, "refused-1.jpg": picture, "z.jpg": picture });
  const { url } = await signingServer(t);
  const plain = await sightline(["upload", folder, "cam-1", "line-1", url, "secret", "0"]);
  assert.deepEqual([plain.code, plain.stdout], [1, "uploaded 2\nfailed 1\n"]);
  assert.match(plain.stderr, /^refused-1.jpg: Not this camera.$/m);

  const json = await sightline(["upload", folder, "cam-1", "line-1", url, "secret", "0", "--json"]);
  assert.equal(json.code, 1);
  assert.deepEqual(oneJsonLine(json), {
    uploaded: 2,
    failed: 1,
    failures: [{ file: "refused-1.jpg", code: "CAMERA_DENIED", message: "Not this camera." }],
    error: { code: "UPLOADS_FAILED", message: "1 of 3 pictures could not be uploaded." },
  });
});

test("a folder without pictures, and one that is not there, are told", async (t) => {
  const folder = await temporaryFolder(t);
  const empty = await sightline(["upload", folder, "c", "l", "http://127.0.0.1:1", "t", "0", "--json"]);
  assert.equal(empty.code, 1);
  assert.equal((oneJsonLine(empty).error as { code: string }).code, "NO_PICTURES");
  const missing = await sightline(["upload", `${folder}/no`, "c", "l", "http://127.0.0.1:1", "t", "0", "--json"]);
  assert.equal(missing.code, 1);
  assert.equal((oneJsonLine(missing).error as { code: string }).code, "FILE_NOT_FOUND");
});
