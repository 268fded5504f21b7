/** Pictures with several labels or boxes: taken where they make sense, refused with words that help where they don't. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { greyJpeg, openTestService } from "../test-service.js";

async function open(t: TestContext) {
  const service = await openTestService();
  t.after(() => service.close());
  const headers = await service.tokenOf("operator");
  const projectId = (await service.call("createProject", { headers, body: { name: "parts" } })).json.id;
  let grey = 0;
  const add = async (query: Record<string, string>) =>
    service.call("addSample", { headers, params: { projectId }, query, bytes: await greyJpeg(++grey) });
  return { service, headers, projectId, add };
}

const box = (change: object = {}) => ({ label: "RBC", x1: 0, y1: 1.5, x2: 8, y2: 8, ...change });
const boxes = (...all: object[]) => ({ boxes: JSON.stringify(all) });

test("boxes come back as they were sent, also none, and labels count pictures", async (t) => {
  const { service, headers, projectId, add } = await open(t);
  const added = await add(boxes(box(), box({ label: "WBC" }), box({ x1: 3 })));
  assert.equal(added.status, 201, JSON.stringify(added.json));
  assert.deepEqual([added.json.label, added.json.labels], [null, null]);
  assert.deepEqual(added.json.boxes, [box(), box({ label: "WBC" }), box({ x1: 3 })]);
  assert.deepEqual((await add(boxes())).json.boxes, []);
  await add(boxes(box()));
  const { json: project } = await service.call("getProject", { headers, params: { projectId } });
  assert.deepEqual(project.samples, { train: 3, test: 0, byLabel: { RBC: 2, WBC: 1 } });
  const listed = await service.call("listSamples", { headers, params: { projectId }, query: { label: "WBC" } });
  assert.equal(listed.json.items.length, 1);
});

test("several labels come back sorted, also none", async (t) => {
  const { add } = await open(t);
  assert.deepEqual((await add({ labels: '["red","blue"]' })).json.labels, ["blue", "red"]);
  const none = (await add({ labels: "[]" })).json;
  assert.deepEqual([none.labels, none.label, none.boxes], [[], null, null]);
});

const refused: [name: string, query: Record<string, string>, code: string, words: RegExp][] = [
  ["nothing said", {}, "SAMPLE_LABEL_AMBIGUOUS", /exactly one of .*got none/],
  ["two things said", { label: "a", labels: "[]" }, "SAMPLE_LABEL_AMBIGUOUS", /label and labels/],
  ["labels that are no JSON", { labels: "red,blue" }, "SAMPLE_LABELS_INVALID", /not JSON/],
  ["labels that are no texts", { labels: "[1]" }, "SAMPLE_LABELS_INVALID", /expected string.* at 0/],
  ["a label twice", { labels: '["a","a"]' }, "SAMPLE_LABELS_INVALID", /"a" is named twice/],
  ["a box outside", boxes(box({ x2: 8.5 })), "SAMPLE_BOXES_INVALID", /box 1 .* leaves the picture of 8 x 8/],
  ["a box before the picture", boxes(box({ x1: -1 })), "SAMPLE_BOXES_INVALID", /leaves the picture/],
  ["an empty box", boxes(box(), box({ x1: 4, x2: 4 })), "SAMPLE_BOXES_INVALID", /box 2 .* is empty/],
  ["a box without a label", boxes(box({ label: "" })), "SAMPLE_BOXES_INVALID", /0.label/],
  ["a box with a stray key", boxes(box({ width: 3 })), "SAMPLE_BOXES_INVALID", /width/],
];
for (const [name, query, code, words] of refused) {
  test(`refused: ${name}`, async (t) => {
    const { add } = await open(t);
    const reply = await add(query);
    assert.deepEqual([reply.status, reply.json.code], [422, code]);
    assert.match(reply.json.message, words);
  });
}

test("a project learns one kind of answer: a picture of another kind is told what to do", async (t) => {
  const { add } = await open(t);
  assert.equal((await add({ label: "good" })).status, 201);
  const reply = await add(boxes(box()));
  assert.deepEqual([reply.status, reply.json.code], [409, "SAMPLE_KIND_MIXED"]);
  assert.match(reply.json.message, /"parts" have one label each, this one has boxes.*another project/);
});

test("what was said of a picture can be changed, and a wrong change changes nothing", async (t) => {
  const { service, headers, add } = await open(t);
  const { id: sampleId } = (await add(boxes())).json;
  await add(boxes(box()));
  const change = (body: object) => service.call("changeSample", { headers, params: { sampleId }, body });
  const boxed = await change({ boxes: [box(), box({ label: "WBC" })] });
  assert.deepEqual([boxed.status, boxed.json.boxes.length, boxed.json.label], [200, 2, null]);
  for (const [body, status, code] of [
    [{ boxes: [box({ x2: 9 })] }, 422, "SAMPLE_BOXES_INVALID"],
    [{ boxes: [], label: "a" }, 422, "SAMPLE_LABEL_AMBIGUOUS"],
    [{ labels: ["a", "a"] }, 422, "SAMPLE_LABELS_INVALID"],
    [{ label: "good" }, 409, "SAMPLE_KIND_MIXED"],
    [{ boxes: [{ label: "a" }] }, 400, "PARAMETER_MISSING"],
  ] as const) {
    const refused = await change(body);
    assert.deepEqual([refused.status, refused.json.code], [status, code], JSON.stringify(body));
  }
  const { json } = await service.call("getSample", { headers, params: { sampleId } });
  assert.deepEqual(json, boxed.json);
  const listed = await service.call("listSamples", {
    headers,
    params: { projectId: json.projectId },
    query: { label: "WBC" },
  });
  assert.deepEqual(listed.json.items, [json]);
});

test("pictures are listed from either end, and from any one of them onwards", async (t) => {
  const { service, headers, projectId, add } = await open(t);
  const ids: string[] = [];
  for (let i = 0; i < 4; i++) ids.push((await add({ labels: "[]" })).json.id);
  const listed = async (query: object) => {
    const { json } = await service.call("listSamples", {
      headers,
      params: { projectId },
      query: { limit: "2", ...query },
    });
    return [json.items.map(({ id }: { id: string }) => ids.indexOf(id)), ids.indexOf(json.nextCursor)];
  };
  assert.deepEqual(await listed({}), [[3, 2], 2]);
  assert.deepEqual(await listed({ order: "oldest" }), [[0, 1], 1]);
  assert.deepEqual(await listed({ order: "oldest", cursor: ids[1] }), [[2, 3], -1]);
  assert.deepEqual(await listed({ cursor: ids[1] }), [[0], -1]);
});

test("the only picture of a project may change to another kind of answer", async (t) => {
  const { service, headers, add } = await open(t);
  const { id: sampleId } = (await add({ label: "scratch" })).json;
  const { json } = await service.call("changeSample", { headers, params: { sampleId }, body: { boxes: [box()] } });
  assert.deepEqual([json.label, json.labels, json.boxes], [null, null, [box()]]);
});
