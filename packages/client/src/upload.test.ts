import assert from "node:assert/strict";
import test from "node:test";
import { ApiCallError, createClient } from "./client.js";
import { uploadImage } from "./upload.js";

const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 1);
const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 1);

type Step = () => Response;
const ok = (body: unknown) => () => new Response(JSON.stringify(body), { status: 200 });
const refused =
  (status: number, code: string, headers: Record<string, string> = {}) =>
  () =>
    new Response(JSON.stringify({ code, message: "no" }), { status, headers });
const cut = () => {
  throw new TypeError("fetch failed", { cause: Object.assign(new Error("gone"), { code: "ECONNRESET" }) });
};

/** A `fetch` that signs `…/1`, `…/2` and so on, and answers each PUT with the next step. */
function scripted(puts: Step[], signs: Step[] = []) {
  const log: string[] = [];
  const bodies: unknown[] = [];
  let signed = 0;
  const fetch = async (url: string, init: RequestInit) => {
    const path = url.replace("http://s", "");
    const type = (init.headers as Record<string, string>)["content-type"];
    log.push(`${init.method} ${path}${type === undefined ? "" : ` ${type}`}`);
    if (init.method === "PUT") {
      bodies.push(init.body);
      const step = puts.shift();
      assert.ok(step, "one PUT too many");
      return step();
    }
    const step = signs.shift();
    return step === undefined ? ok({ uploadURL: `http://s/upload/${++signed}`, photoFilename: "x" })() : step();
  };
  return { log, bodies, client: createClient({ url: "http://s", token: "t", fetch }) };
}

const picture = { cameraId: "cam", lineId: "line", imageId: "img", bytes: jpeg };
const fast = { firstWaitMs: 0 };
const done = { inspectionId: "01JD0000000000000000000000", status: "queued" };

test("a picture is signed for and put, with its own type", async () => {
  const { client, log } = scripted([ok(done)]);
  const capturedAt = new Date("2026-01-02T03:04:05.678Z");
  assert.deepEqual(await uploadImage(client, { ...picture, bytes: png, capturedAt }, fast), done);
  assert.deepEqual(log, [
    "GET /getsignedurl?cameraid=cam&assemblylineid=line&imageid=img&capturedat=2026-01-02T03%3A04%3A05.678Z",
    "PUT /upload/1 image/png",
  ]);
});

test("after a lost answer the same bytes go to the same address, so that nothing is counted twice", async () => {
  const { client, log, bodies } = scripted([cut, refused(503, "QUEUE_FULL", { "retry-after": "0" }), ok(done)]);
  await uploadImage(client, picture, fast);
  assert.deepEqual(log.slice(1), Array(3).fill("PUT /upload/1 image/jpeg"));
  assert.ok(bodies.every((body) => body === jpeg));
});

test("signing is tried again too", async () => {
  const { client, log } = scripted([ok(done)], [cut, refused(500, "INTERNAL")]);
  await uploadImage(client, picture, fast);
  assert.equal(log.filter((line) => line.startsWith("GET")).length, 3);
});

test("a new address is asked for only when the old one expired, and only once", async () => {
  const expired = refused(401, "SIGNATURE_EXPIRED");
  const first = scripted([expired, ok(done)]);
  await uploadImage(first.client, picture, fast);
  assert.deepEqual(
    first.log.map((line) => line.replace(/\?.*/, "")),
    ["GET /getsignedurl", "PUT /upload/1 image/jpeg", "GET /getsignedurl", "PUT /upload/2 image/jpeg"],
  );
  const second = scripted([expired, expired]);
  await assert.rejects(uploadImage(second.client, picture, fast), { code: "SIGNATURE_EXPIRED" });
});

test("after an expiry no new address is asked for when a lost answer may have been a yes", async () => {
  const { client, log } = scripted([cut, refused(401, "SIGNATURE_EXPIRED")]);
  await assert.rejects(uploadImage(client, picture, fast), { code: "SIGNATURE_EXPIRED" });
  assert.equal(log.filter((line) => line.startsWith("GET")).length, 1);
});

test("what another try can't change is not tried again", async () => {
  for (const [status, code] of [
    [401, "SIGNATURE_INVALID"],
    [409, "UPLOAD_USED"],
    [413, "UPLOAD_TOO_LARGE"],
    [422, "NOT_AN_IMAGE"],
    [507, "DISK_FULL"],
  ] as const) {
    const { client, log } = scripted([refused(status, code)]);
    await assert.rejects(uploadImage(client, picture, fast), { status, code });
    assert.equal(log.length, 2, code);
  }
});

test("tries are bounded and the last error is told", async () => {
  const { client, log } = scripted([cut, cut, refused(503, "QUEUE_FULL")]);
  const error = await uploadImage(client, picture, { ...fast, attempts: 3 }).catch((one: unknown) => one);
  assert.ok(error instanceof ApiCallError);
  assert.equal(error.code, "QUEUE_FULL");
  assert.equal(log.length, 4);
});

test("aborting ends the wait between two tries", async () => {
  const stop = new AbortController();
  const { client } = scripted([
    () => {
      queueMicrotask(() => setTimeout(() => stop.abort(new Error("enough"))));
      return refused(503, "QUEUE_FULL", { "retry-after": "1000" })();
    },
  ]);
  await assert.rejects(uploadImage(client, picture, { signal: stop.signal }), /enough/);
});
