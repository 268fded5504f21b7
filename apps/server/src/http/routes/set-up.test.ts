import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { decodeDefectMask } from "@sightline/dataset/defect-mask";
import { encodePng } from "@sightline/dataset/image-file";
import { playedModelFile } from "../../lookout/test-lookout.js";
import { addPlayedModel, greyJpeg, openTestService, type TestService } from "../test-service.js";

describe("setting a project up", () => {
  let service: TestService;
  let operator: Record<string, string>;
  let projectId: string;
  before(async () => {
    service = await openTestService();
    operator = await service.tokenOf("operator");
    const body = { name: "bottles", recipients: ["qa@plant.example"] };
    projectId = (await service.call("createProject", { headers: operator, body })).json.id;
  });
  after(() => service.close());

  test("a name is used once, whatever its capitals", async () => {
    const reply = await service.call("createProject", { headers: operator, body: { name: "Bottles" } });
    assert.deepEqual([reply.status, reply.json.code], [409, "PROJECT_EXISTS"]);
  });

  test("a name that is none is refused with what was expected and what came", async () => {
    const reply = await service.call("createProject", { headers: operator, body: { name: "../etc" } });
    assert.equal(reply.status, 400);
    assert.match(reply.json.message, /"name".*expected.*got "\.\.\/etc"/);
  });

  test("all problems of a request are in the details, the first is the message", async () => {
    const reply = await service.call("createProject", { headers: operator, body: { recipients: ["no"], extra: 1 } });
    assert.equal(reply.status, 400);
    assert.equal(reply.json.details.problems.length, 3);
  });

  test("a body that is no JSON is refused", async () => {
    const reply = await service.http.app.inject({
      method: "POST",
      url: "/api/projects",
      headers: { host: "127.0.0.1", ...operator, "content-type": "application/json" },
      payload: "{name:",
    });
    assert.deepEqual([reply.statusCode, reply.json().code], [400, "BODY_NOT_JSON"]);
  });

  test("recipients and the low-confidence limit can be changed", async () => {
    const body = { recipients: ["a@plant.example", "b@plant.example"], alertConfidence: 0.35 };
    const changed = await service.call("changeProject", { headers: operator, params: { projectId }, body });
    assert.deepEqual(changed.json.recipients, body.recipients);
    assert.equal(changed.json.alertConfidence, 0.35);
    const kept = await service.call("changeProject", { headers: operator, params: { projectId }, body: {} });
    assert.deepEqual(kept.json.recipients, body.recipients);
  });

  test("a threshold needs a running model", async () => {
    const reply = await service.call("setThreshold", {
      headers: operator,
      params: { projectId },
      body: { threshold: 0.6 },
    });
    assert.equal(reply.json.code, "NO_RUNNING_MODEL");
  });

  test("labelled pictures are added, listed, seen and removed", async () => {
    const add = async (grey: number, query: Record<string, string>) =>
      service.call("addSample", { headers: operator, params: { projectId }, query, bytes: await greyJpeg(grey) });
    const first = await add(1, { label: "good", name: "1.jpg" });
    assert.deepEqual([first.status, first.json.part, first.json.width], [201, "auto", 8]);
    await add(2, { label: "good" });
    const chip = await add(3, { label: "chipped rim", part: "test" });
    assert.equal((await add(1, { label: "good" })).json.code, "SAMPLE_EXISTS");
    assert.equal((await add(4, { label: "a/b" })).status, 400);

    const list = async (query: Record<string, string> = {}) =>
      (await service.call("listSamples", { headers: operator, params: { projectId }, query })).json.items.length;
    assert.deepEqual([await list(), await list({ label: "good" }), await list({ part: "test" })], [3, 2, 1]);
    const project = await service.call("getProject", { headers: operator, params: { projectId } });
    assert.deepEqual(project.json.samples, { train: 2, test: 1, byLabel: { good: 2, "chipped rim": 1 } });

    const params = { sampleId: chip.json.id };
    const image = await service.call("getSampleImage", { headers: operator, params });
    assert.deepEqual(image.bytes, Buffer.from(await greyJpeg(3)));
    assert.equal((await service.call("deleteSample", { headers: operator, params })).status, 204);
    assert.equal((await service.call("getSampleImage", { headers: operator, params })).status, 404);
    assert.equal(await list(), 2);
  });

  test("a mask is set, read back in flat colours of the picture's size, replaced and forgotten", async () => {
    const bytes = await greyJpeg(9);
    const query = { label: "scratch" };
    const sample = await service.call("addSample", { headers: operator, params: { projectId }, query, bytes });
    const params = { sampleId: sample.json.id };
    const read = () => service.call("getSampleMask", { headers: operator, params });
    assert.deepEqual([(await read()).status, (await read()).json.code], [404, "SAMPLE_MASK_NOT_FOUND"]);

    // Half the picture's size, its first pixel a little off its colour, its second one background.
    const painted = new Uint8Array(4 * 4 * 3).fill(255);
    painted.set([250, 4, 2]);
    const png = await encodePng({ width: 4, height: 4, data: painted });
    const types = [{ label: "scratch", colour: "#ff0000" }];
    const put = await service.call("putSampleMask", {
      headers: { ...operator, "content-type": "image/png" },
      params,
      query: { types: JSON.stringify(types) },
      bytes: png,
    });
    assert.deepEqual([put.status, put.json.hasMask, put.json.maskTypes], [200, true, types]);
    const mask = await read();
    const { width, height, data } = await decodeDefectMask(mask.bytes, {
      types: ["scratch"],
      colours: types,
      label: "",
    });
    assert.deepEqual([width, height], [8, 8]);
    assert.deepEqual([...data.subarray(0, 4), ...data.subarray(8, 12), data[16]], [1, 1, 0, 0, 1, 1, 0, 0, 0]);

    const removed = await service.call("removeSampleMask", { headers: operator, params });
    assert.deepEqual([removed.status, removed.json.hasMask, removed.json.maskTypes], [200, false, []]);
    assert.equal((await read()).status, 404);
    assert.equal((await service.call("deleteSample", { headers: operator, params })).status, 204);
    assert.equal((await service.call("removeSampleMask", { headers: operator, params })).json.code, "SAMPLE_NOT_FOUND");
  });

  test("a camera id belongs to one project, and can be given away after its removal", async () => {
    const body = { id: "cam-7", projectId, assemblyLineId: "line-1", name: "Above the belt" };
    assert.equal((await service.call("addCamera", { headers: operator, body })).status, 201);
    const again = await service.call("addCamera", { headers: operator, body });
    assert.deepEqual([again.status, again.json.code], [409, "CAMERA_EXISTS"]);
    assert.match(again.json.message, /bottles/);
    const unknown = { ...body, id: "cam-8", projectId: "01ARZ3NDEKTSV4RRFFQ69G5FAV" };
    assert.equal(
      (await service.call("addCamera", { headers: operator, body: unknown })).json.code,
      "PROJECT_NOT_FOUND",
    );
    assert.equal(
      (await service.call("removeCamera", { headers: operator, params: { cameraId: "cam-7" } })).status,
      204,
    );
    assert.equal((await service.call("addCamera", { headers: operator, body })).status, 201);
  });

  test("a model shows its figures, and its file and its card come as it says", async () => {
    const blob = await service.services.blobs.put(Buffer.from(playedModelFile()));
    const modelId = await addPlayedModel(service.services, projectId, { sha256: blob.sha256, sizeBytes: blob.bytes });
    blob.release();
    const params = { modelId };
    const model = await service.call("getModel", { headers: operator, params });
    assert.deepEqual(model.json.scores, [{ score: 0.7, isAnomaly: true }]);
    assert.equal(model.json.version, 1);
    const file = await service.call("getModelFile", { headers: operator, params });
    assert.equal(file.bytes.length, model.json.sizeBytes);
    assert.equal(file.headers["content-disposition"], 'attachment; filename="bottles-v1.onnx"');
    const card = await service.call("getModelCard", { headers: operator, params });
    assert.equal(card.headers["content-disposition"], 'attachment; filename="bottles-v1-card.html"');
    assert.match(String(card.bytes), /<title>Model card: bottles-v1.onnx<\/title>/);
    assert.match(String(card.bytes), /How good it is/);
    const list = await service.call("listModels", { headers: operator, query: { project: projectId } });
    assert.equal(list.json.items.length, 1);
  });

  test("a file that is no model is refused with the reason and nothing of it is kept", async () => {
    const bytes = Buffer.from("this is not ONNX");
    const reply = await service.call("uploadModel", { headers: operator, params: { projectId }, bytes });
    assert.deepEqual([reply.status, reply.json.code], [422, "MODEL_FILE_INVALID"]);
    assert.match(String(reply.json.details.reason), /^MODEL_/);
    const list = await service.call("listModels", { headers: operator, query: { project: projectId } });
    assert.equal(list.json.items.length, 1);
  });

  test("the service describes itself", async () => {
    const system = (await service.call("getSystem", { headers: operator })).json;
    assert.equal(system.sampleLine.state, "absent");
    assert.equal(system.projects, 1);
    assert.equal((await service.call("getOpenApi")).json.openapi, "3.1.0");
    assert.deepEqual((await service.call("getHealth")).json, { status: "ok", version: "0.0.0-test", reasons: [] });
    // Nobody can be mailed without a mail server: the questions to the recipients wait.
    const actions = (await service.call("listActions", { headers: operator })).json;
    assert.deepEqual(
      actions.items.map(({ status, summary }: { status: string; summary: string }) => `${status}: ${summary}`),
      ["b", "a"].map((who) => `pending: Please confirm: alerts of project bottles → ${who}@plant.example`),
    );
  });

  test("an unknown address is answered in the form of all errors", async () => {
    const reply = await service.http.app.inject({ url: "/api/nothing", headers: { host: "127.0.0.1" } });
    assert.deepEqual([reply.statusCode, reply.json().code], [404, "ROUTE_NOT_FOUND"]);
  });
});
