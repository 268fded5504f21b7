/** The door for masks: what is taken, what is refused with which words, and that a refusal changes nothing. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { encodeJpeg, encodePng } from "@sightline/dataset/image-file";
import { openTestService } from "../test-service.js";

const types = JSON.stringify([{ label: "crack", colour: "#ff0000" }]);

/** A mask whose upper half is in one colour. */
const mask = (width: number, height: number, [r, g, b]: readonly [number, number, number] = [255, 0, 0]) =>
  encodePng({
    width,
    height,
    data: Uint8Array.from({ length: width * height * 3 }, (_, at) =>
      at < (width * height * 3) / 2 ? ([r, g, b][at % 3] as number) : 255,
    ),
  });

async function open(t: TestContext) {
  const service = await openTestService();
  t.after(() => service.close());
  const headers = await service.tokenOf("operator");
  const projectId = (await service.call("createProject", { headers, body: { name: "parts" } })).json.id;
  const bytes = await encodeJpeg({ width: 16, height: 12, data: new Uint8Array(16 * 12 * 3).fill(90) });
  const query = { label: "anomaly" };
  const added = await service.call("addSample", { headers, params: { projectId }, query, bytes });
  const sampleId: string = added.json.id;
  const { store, blobs } = service.services;
  return {
    service,
    headers,
    sampleId,
    put: (bytes: Uint8Array, said = types) =>
      service.call("putSampleMask", {
        headers: { ...headers, "content-type": "image/png" },
        params: { sampleId },
        query: { types: said },
        bytes,
      }),
    kept: () => store.read.samples.mask(sampleId),
    async files() {
      const names: string[] = [];
      for await (const name of blobs.list()) names.push(name);
      return names.sort();
    },
  };
}

test("a mask is kept with its kinds of defects; another takes its place, and its file goes", async (t) => {
  const { service, headers, sampleId, put, kept, files } = await open(t);
  const first = await put(await mask(16, 12));
  assert.equal(first.status, 200, JSON.stringify(first.json));
  assert.equal(first.json.hasMask, true);
  const before = await kept();
  assert.deepEqual(before?.types, [{ label: "crack", colour: "#ff0000" }]);
  // Drawn on a smaller copy: of the picture's shape all the same.
  assert.equal((await put(await mask(8, 6))).status, 200);
  const after = await kept();
  assert.notEqual(after?.sha256, before?.sha256);
  assert.equal((await files()).includes(before?.sha256 ?? ""), false);
  assert.equal((await files()).includes(after?.sha256 ?? ""), true);
  const { json } = await service.call("getSample", { headers, params: { sampleId } });
  assert.equal(json.hasMask, true);
});

const whole = await mask(16, 12);
const refused: [name: string, bytes: Uint8Array, said: string, words: RegExp][] = [
  ["text", Buffer.from("no picture"), types, /mask can't be used/],
  ["nothing", new Uint8Array(), types, /./],
  ["a picture cut off", whole.subarray(0, whole.length - 20), types, /mask can't be used/],
  ["a JPEG", await encodeJpeg({ width: 16, height: 12, data: new Uint8Array(16 * 12 * 3) }), types, /it must be a PNG/],
  ["another shape", await mask(12, 16), types, /12 x 16 pixels.*picture of 16 x 12/],
  ["kinds that are no JSON", whole, "crack", /must be JSON/],
  ["no kinds", whole, "[]", /"types"/],
  ["a colour that is none", whole, '[{"label":"crack","colour":"red"}]', /"types".*at 0.colour/],
  [
    "a colour twice",
    whole,
    '[{"label":"a","colour":"#ff0000"},{"label":"b","colour":"#ff0000"}]',
    /names #ff0000 twice/,
  ],
];
for (const [name, bytes, said, words] of refused) {
  test(`refused, and nothing is changed: ${name}`, async (t) => {
    const { put, kept, files } = await open(t);
    assert.equal((await put(await mask(16, 12))).status, 200);
    const before = [await kept(), await files()];
    const reply = await put(bytes, said);
    assert.ok(reply.status === 422 || reply.status === 400, `${reply.status} ${JSON.stringify(reply.json)}`);
    assert.match(reply.json.message, words);
    assert.deepEqual([await kept(), await files()], before);
  });
}

test("a sample that is not there is told as such", async (t) => {
  const { service, headers } = await open(t);
  const reply = await service.call("putSampleMask", {
    headers: { ...headers, "content-type": "image/png" },
    params: { sampleId: "01ARZ3NDEKTSV4RRFFQ69G5FAV" },
    query: { types },
    bytes: whole,
  });
  assert.deepEqual([reply.status, reply.json.code], [404, "SAMPLE_NOT_FOUND"]);
});
