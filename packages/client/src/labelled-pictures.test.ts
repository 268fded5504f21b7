import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import { ApiCallError, createClient } from "./client.js";
import { changeAnnotation, eachSample, sendLabelledPicture } from "./labelled-pictures.js";

const projectId = "01JD0000000000000000000000";
const bytes = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 1);
const sha256 = createHash("sha256").update(bytes).digest("hex");
const fast = { firstWaitMs: 0 };
const sample = (id: number) => ({ id: `01JD${String(id).padStart(22, "0")}`, imageSha256: id === 3 ? sha256 : "0" });

type Step = () => Response;
const ok =
  (body: unknown, status = 200) =>
  () =>
    new Response(JSON.stringify(body), { status });
const refused = (status: number, code: string) => ok({ code, message: "no" }, status);
const cut = () => {
  throw new TypeError("fetch failed", { cause: Object.assign(new Error("gone"), { code: "ECONNRESET" }) });
};

/** A `fetch` that answers each request with the next step. */
function scripted(steps: Step[]) {
  const asked: { method: string; url: URL; body: unknown; type: string | undefined }[] = [];
  const fetch = async (address: string, init: RequestInit) => {
    const type = (init.headers as Record<string, string>)["content-type"];
    asked.push({ method: init.method ?? "GET", url: new URL(address), body: init.body, type });
    const step = steps.shift();
    assert.ok(step, `one request too many: ${address}`);
    return step();
  };
  return { asked, client: createClient({ url: "http://s", token: "t", fetch }) };
}

test("a picture goes with what was said of it, as JSON in the address, and its own type", async () => {
  for (const [annotation, query] of [
    [{ label: "nut" }, { label: "nut" }],
    [{ labels: ["blue", "red"] }, { labels: '["blue","red"]' }],
    [{ labels: [] }, { labels: "[]" }],
    [{ boxes: [] }, { boxes: "[]" }],
  ] as const) {
    const { client, asked } = scripted([ok(sample(1), 201)]);
    const picture = {
      bytes,
      annotation: structuredClone(annotation) as object,
      part: "test",
      name: "a b.png",
    } as const;
    await sendLabelledPicture(client, projectId, picture, fast);
    const [request] = asked;
    assert.equal(request?.url.pathname, `/api/projects/${projectId}/samples`);
    assert.deepEqual(Object.fromEntries(request?.url.searchParams ?? []), { ...query, part: "test", name: "a b.png" });
    assert.deepEqual([request?.method, request?.type, request?.body], ["POST", "image/png", bytes]);
  }
});

test("a picture whose answer was lost is there already, and that is success", async () => {
  const { client, asked } = scripted([cut, refused(409, "SAMPLE_EXISTS")]);
  await sendLabelledPicture(client, projectId, { bytes, annotation: { label: "nut" }, part: "auto" }, fast);
  assert.equal(asked.length, 2);
});

test("a picture that was there before is told, and what can't be mended is not tried again", async () => {
  for (const [status, code] of [
    [409, "SAMPLE_EXISTS"],
    [409, "SAMPLE_KIND_MIXED"],
    [507, "DISK_FULL"],
  ] as const) {
    const { client } = scripted([refused(status, code)]);
    const sending = sendLabelledPicture(client, projectId, { bytes, annotation: { label: "a" }, part: "auto" }, fast);
    await assert.rejects(sending, (error: unknown) => error instanceof ApiCallError && error.code === code);
  }
});

const crowd = Array.from({ length: 300 }, (_, k) => ({ label: "nut", x1: k, y1: 1.25, x2: k + 10, y2: 20 }));

test("boxes that no address has room for follow as a change of the same picture", async () => {
  const { client, asked } = scripted([ok(sample(7), 201), refused(503, "INTERNAL"), ok(sample(7))]);
  await sendLabelledPicture(client, projectId, { bytes, annotation: { boxes: crowd }, part: "train" }, fast);
  const [added, , changed] = asked;
  assert.ok((added?.url.href.length ?? 0) < 8000);
  assert.deepEqual(JSON.parse(added?.url.searchParams.get("boxes") ?? ""), crowd.slice(0, 10));
  assert.deepEqual([changed?.method, changed?.url.pathname], ["PATCH", `/api/samples/${sample(7).id}`]);
  assert.deepEqual(JSON.parse(String(changed?.body)), { boxes: crowd });
});

test("when the answer to such a picture was lost, it is found by its content", async () => {
  const list = [
    ok({ items: [sample(1), sample(2)], nextCursor: sample(2).id }),
    ok({ items: [sample(3)], nextCursor: null }),
  ];
  const { client, asked } = scripted([cut, refused(409, "SAMPLE_EXISTS"), ...list, ok(sample(3))]);
  await sendLabelledPicture(client, projectId, { bytes, annotation: { boxes: crowd }, part: "train" }, fast);
  assert.equal(asked.at(-1)?.url.pathname, `/api/samples/${sample(3).id}`);
});

test("every picture of a project is listed, page by page", async () => {
  const { client, asked } = scripted([
    ok({ items: [sample(9), sample(8)], nextCursor: sample(8).id }),
    cut,
    ok({ items: [sample(7)], nextCursor: null }),
  ]);
  const ids: string[] = [];
  for await (const { id } of eachSample(client, projectId, fast)) ids.push(id);
  assert.deepEqual(
    ids,
    [9, 8, 7].map((id) => sample(id).id),
  );
  assert.deepEqual(
    asked.map(({ url }) => url.searchParams.get("cursor")),
    [null, sample(8).id, sample(8).id],
  );
});

test("a change of what was said is sent as it is", async () => {
  const { client, asked } = scripted([ok(sample(1))]);
  await changeAnnotation(client, sample(1).id, { labels: [] }, fast);
  assert.deepEqual([asked[0]?.method, asked[0]?.body], ["PATCH", '{"labels":[]}']);
});

test("trainings are watched, stopped and resumed by typed calls", async () => {
  const history = { metricName: "mAP50", epochs: 3, points: [] };
  const { client, asked } = scripted([ok(history), ok({ status: "stopped" }), ok({ status: "queued" }, 202)]);
  const params = { jobId: projectId };
  assert.deepEqual(await client.call("getJobHistory", { params }), history);
  assert.equal((await client.call("stopJob", { params, body: { keep: "model" } })).status, "stopped");
  assert.equal((await client.call("resumeJob", { params })).status, "queued");
  assert.deepEqual(
    asked.map(({ method, url, body }) => [method, url.pathname, body]),
    [
      ["GET", `/api/jobs/${projectId}/history`, undefined],
      ["POST", `/api/jobs/${projectId}/stop`, '{"keep":"model"}'],
      ["POST", `/api/jobs/${projectId}/resume`, undefined],
    ],
  );
});
