import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { addPlayedModel, greyJpeg, ONE_PIXEL_PNG, openTestService, type TestService } from "../test-service.js";

describe("a picture's way from the camera to its verdict", () => {
  let service: TestService;
  let admin: Record<string, string>;
  let device: Record<string, string>;
  let projectId: string;
  let modelId: string;

  before(async () => {
    service = await openTestService();
    admin = await service.tokenOf("admin");
    device = await service.tokenOf("device", ["cam-1"]);
    projectId = (await service.call("createProject", { headers: admin, body: { name: "castings" } })).json.id;
    for (const id of ["cam-1", "cam-2"]) {
      const body = { id, projectId, assemblyLineId: "line-1" };
      assert.equal((await service.call("addCamera", { headers: admin, body })).status, 201);
    }
    modelId = await addPlayedModel(service.services, projectId);
  });
  after(() => service.close());

  let images = 0;
  const sign = (headers: Record<string, string>, camera = "cam-1", host = "127.0.0.1") =>
    service.call("getSignedUrl", {
      headers: { ...headers, host },
      query: { cameraid: camera, assemblylineid: "line-1", imageid: `image-${++images}` },
    });
  function put(uploadURL: string, bytes: Uint8Array, headers: Record<string, string> = {}) {
    const url = new URL(uploadURL);
    const params = { uploadId: url.pathname.split("/").at(-1) as string };
    return service.call("putImage", { params, query: Object.fromEntries(url.searchParams), bytes, headers });
  }
  async function send(grey: number): Promise<string> {
    const reply = await put((await sign(device)).json.uploadURL, await greyJpeg(grey));
    assert.equal(reply.status, 200, JSON.stringify(reply.json));
    return reply.json.inspectionId;
  }
  const get = async (inspectionId: string) =>
    (await service.call("getInspection", { headers: admin, params: { inspectionId } })).json;
  async function ended(inspectionId: string) {
    for (let i = 0; i < 500; i++) {
      const inspection = await get(inspectionId);
      if (["inspected", "failed"].includes(inspection.status)) return inspection;
      await sleep(10);
    }
    throw new Error(`Inspection ${inspectionId} did not end.`);
  }

  test("without a running model the picture is accepted and waits", async () => {
    const inspectionId = await send(10);
    assert.equal((await get(inspectionId)).status, "waiting");
    const started = await service.call("startModel", { headers: admin, params: { modelId } });
    assert.equal(started.json.isRunning, true);
    assert.equal((await ended(inspectionId)).status, "inspected");
  });

  test("the verdict has label, score, confidence and the model and threshold that made it", async () => {
    const inspection = await ended(await send(20));
    assert.equal(inspection.label, "anomaly");
    assert.equal(inspection.isAnomalous, true);
    assert.equal(inspection.modelId, modelId);
    assert.equal(inspection.threshold, 0.5);
    assert.equal(inspection.projectName, "castings");
    assert.equal(inspection.hasHeatMap, true);
  });

  test("its pictures come with our own content types and may be kept by the browser", async () => {
    const bytes = await greyJpeg(30);
    const { inspectionId } = (await put((await sign(device)).json.uploadURL, bytes)).json;
    await ended(inspectionId);
    const params = { inspectionId };
    const image = await service.call("getInspectionImage", { headers: admin, params });
    assert.deepEqual(image.bytes, Buffer.from(bytes));
    assert.equal(image.headers["content-type"], "image/jpeg");
    assert.equal(image.headers["x-content-type-options"], "nosniff");
    const heatMap = await service.call("getInspectionHeatMap", { headers: admin, params });
    assert.deepEqual(heatMap.bytes, ONE_PIXEL_PNG);
    assert.equal(
      (await service.call("getInspectionThumbnail", { headers: admin, params })).headers["content-type"],
      "image/jpeg",
    );
    const cached = await service.http.app.inject({
      url: `/api/inspections/${inspectionId}/image`,
      headers: { host: "127.0.0.1", ...admin, "if-none-match": String(image.headers.etag) },
    });
    assert.deepEqual([cached.statusCode, cached.rawPayload.length], [304, 0]);
  });

  test("the address in the reply is the one the caller used", async () => {
    assert.match((await sign(device, "cam-1", "localhost:8123")).json.uploadURL, /^http:\/\/localhost:8123\/upload\//);
  });

  test("a device sends for its own cameras only", async () => {
    const reply = await sign(device, "cam-2");
    assert.deepEqual([reply.status, reply.json.code], [403, "CAMERA_DENIED"]);
    assert.equal((await sign(admin, "cam-2")).status, 200);
  });

  test("a missing parameter is named", async () => {
    const reply = await service.call("getSignedUrl", { headers: device, query: { cameraid: "cam-1", imageid: "x" } });
    assert.equal(reply.status, 400);
    assert.equal(reply.json.code, "PARAMETER_MISSING");
    assert.match(reply.json.message, /"assemblylineid".*query/);
  });

  test("a mistyped parameter is answered with the one that was meant", async () => {
    const reply = await service.call("listInspections", { headers: admin, query: { camra: "cam-1" } });
    assert.equal(reply.json.code, "PARAMETER_UNKNOWN");
    assert.match(reply.json.message, /"camera"/);
  });

  test("the same bytes again are the same inspection, other bytes are refused", async () => {
    const { uploadURL } = (await sign(device)).json;
    const first = await put(uploadURL, await greyJpeg(40));
    const again = await put(uploadURL, await greyJpeg(40));
    assert.equal(again.json.inspectionId, first.json.inspectionId);
    const other = await put(uploadURL, await greyJpeg(41));
    assert.deepEqual([other.status, other.json.code], [409, "UPLOAD_USED"]);
  });

  test("an altered address, a wrong type, a wrong body and a large one are refused and nothing is stored", async () => {
    const count = async () =>
      (await service.call("getProject", { headers: admin, params: { projectId } })).json.inspections;
    const before = await count();
    const { uploadURL } = (await sign(device)).json;
    const cases: [string, string, Uint8Array, Record<string, string>, number][] = [
      ["SIGNATURE_INVALID", uploadURL.replace("camera=cam-1", "camera=cam-2"), await greyJpeg(50), {}, 401],
      ["NOT_AN_IMAGE", uploadURL, Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>"), {}, 422],
      ["CONTENT_TYPE_UNSUPPORTED", uploadURL, await greyJpeg(50), { "content-type": "image/svg+xml" }, 415],
      ["CONTENT_TYPE_MISMATCH", uploadURL, ONE_PIXEL_PNG, { "content-type": "image/jpeg" }, 415],
      ["UPLOAD_TOO_LARGE", uploadURL, Buffer.alloc(9_000_000), {}, 413],
      ["IMAGE_EMPTY", uploadURL, Buffer.alloc(0), {}, 422],
    ];
    for (const [code, url, bytes, headers, status] of cases) {
      const reply = await put(url, bytes, headers);
      assert.deepEqual([reply.status, reply.json.code], [status, code], JSON.stringify(reply.json));
    }
    assert.equal(await count(), before);
  });

  test("lists page by cursor, newest first, and filter", async () => {
    for (const grey of [60, 61, 62]) await ended(await send(grey));
    const list = async (query: Record<string, string>) =>
      (await service.call("listInspections", { headers: admin, query })).json;
    const first = await list({ limit: "2" });
    const second = await list({ limit: "2", cursor: first.nextCursor });
    const ids = [...first.items, ...second.items].map(({ id }: { id: string }) => id);
    assert.deepEqual(ids, [...ids].sort().reverse());
    assert.equal(new Set(ids).size, 4);
    assert.equal((await list({ camera: "cam-2" })).items.length, 0);
    assert.equal((await list({ verdict: "normal" })).items.length, 0);
    assert.ok(
      (await list({ verdict: "anomaly", status: "inspected", line: "line-1", project: projectId })).items.length > 3,
    );
    assert.equal(
      (await service.call("listInspections", { headers: admin, query: { cursor: "x" } })).json.code,
      "CURSOR_INVALID",
    );
  });

  test("counts over time add up", async () => {
    const stats = (await service.call("getStats", { headers: admin, query: { project: projectId, buckets: "10" } }))
      .json;
    assert.ok(stats.totals.inspected > 5);
    const sum = stats.buckets.reduce((total: number, { inspected }: { inspected: number }) => total + inspected, 0);
    assert.equal(sum, stats.totals.inspected);
    assert.equal(stats.totals.anomalous, stats.totals.inspected);
    const wrong = await service.call("getStats", {
      headers: admin,
      query: { from: "2026-02-01T00:00:00.000Z", to: "2026-01-01T00:00:00.000Z" },
    });
    assert.equal(wrong.status, 400);
  });

  test("a threshold can be moved while a model runs, and its history is kept", async () => {
    const params = { projectId };
    const moved = await service.call("setThreshold", { headers: admin, params, body: { threshold: 0.7 } });
    assert.equal(moved.json.threshold, 0.7);
    assert.equal((await ended(await send(70))).threshold, 0.7);
    const history = (await service.call("getThresholdHistory", { headers: admin, params })).json.items;
    assert.deepEqual(
      history.map(({ threshold, changedBy }: { threshold: number; changedBy: string }) => [threshold, changedBy]),
      [
        [0.7, "a admin"],
        [0.5, "a admin"],
      ],
    );
  });

  test("trying a picture records nothing and answers like the line", async () => {
    const before = (await service.call("listInspections", { headers: admin })).json.items[0].id;
    const bytes = await greyJpeg(80);
    const tried = await service.call("predict", { headers: admin, params: { modelId }, bytes });
    assert.equal(tried.status, 200);
    assert.equal(tried.json.label, "anomaly");
    assert.equal(tried.json.heatMapPng, ONE_PIXEL_PNG.toString("base64"));
    const plain = await service.call("predict", {
      headers: admin,
      params: { modelId },
      bytes,
      query: { heatmap: "false" },
    });
    assert.equal(plain.json.heatMapPng, null);
    assert.equal((await service.call("listInspections", { headers: admin })).json.items[0].id, before);
  });

  test("only a failed inspection can be tried again", async () => {
    const { id } = (await service.call("listInspections", { headers: admin })).json.items[0];
    const reply = await service.call("retryInspection", { headers: admin, params: { inspectionId: id } });
    assert.deepEqual([reply.status, reply.json.code], [409, "INSPECTION_NOT_FAILED"]);
  });

  test("what happened is counted for Prometheus", async () => {
    const text = (await service.call("getMetrics")).bytes.toString("utf8");
    assert.match(
      text,
      /sightline_inspections_total\{project="castings",camera="cam-1",verdict="anomaly",status="inspected"\} \d+/,
    );
    assert.match(text, /sightline_uploads_total\{status="200"\} \d+/);
    assert.match(text, /sightline_uploads_total\{status="413"\} 1/);
    assert.match(text, /sightline_inference_seconds_count\{project="castings"\} \d+/);
  });

  test("a deleted inspection is gone with its pictures", async () => {
    const inspectionId = await send(90);
    await ended(inspectionId);
    const params = { inspectionId };
    assert.equal((await service.call("deleteInspection", { headers: admin, params })).status, 204);
    assert.equal((await service.call("getInspection", { headers: admin, params })).json.code, "INSPECTION_NOT_FOUND");
    assert.equal((await service.call("getInspectionImage", { headers: admin, params })).status, 404);
  });

  test("a running model can't be deleted, a stopped one can, and then its pictures wait", async () => {
    const params = { modelId };
    assert.equal((await service.call("deleteModel", { headers: admin, params })).json.code, "MODEL_RUNNING");
    assert.equal((await service.call("stopModel", { headers: admin, params })).json.isRunning, false);
    assert.equal((await service.call("deleteModel", { headers: admin, params })).status, 204);
    assert.equal((await get(await send(100))).status, "waiting");
  });

  test("a deleted project is gone with its cameras and inspections, and a token that was only for them is revoked", async () => {
    assert.equal((await service.call("deleteProject", { headers: admin, params: { projectId } })).status, 204);
    assert.deepEqual((await service.call("listCameras", { headers: admin })).json.items, []);
    assert.deepEqual((await service.call("listInspections", { headers: admin })).json.items, []);
    assert.equal((await sign(device)).json.code, "TOKEN_REVOKED");
  });
});
