/** Model files that were trained elsewhere: each task's goes in as a version, answers pictures, and a file with a wrong network is refused. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { encodeJpeg, encodePng } from "@sightline/dataset/image-file";
import { type Manifest, writeModel } from "@sightline/models/model-file";
import { openPredictor } from "@sightline/models/predictor";
import { GraphBuilder } from "@sightline/nn/graph-builder";
import { floatTensor } from "@sightline/nn/tensor";
import { openTestService } from "../http/test-service.js";

const side = 8;

const common = {
  formatVersion: 1,
  normalLabel: null,
  input: { width: side, height: side },
  threshold: 0,
  temperature: 1,
  scores: [],
  roc: [],
  candidates: [],
  dataset: { name: "elsewhere", hash: "0".repeat(64), images: 40, byLabel: {} },
  seed: 1,
  createdAt: "2026-01-02T03:04:05.678Z",
  sightlineVersion: "0.1.0",
} as const satisfies Partial<Manifest>;

const figures = {
  source: "test",
  images: 10,
  precision: 0.9,
  recall: 0.8,
  f1: 0.85,
  auroc: null,
  ece: null,
  confusion: { labels: [], counts: [] },
} as const;
const row = { precision: null, recall: 0.5, ap50: null, ap50_95: null };

/** The mean of each colour, 0–1: `[N, 3]`. */
function means(builder: GraphBuilder): string {
  builder.input("image", "float32", ["N", 3, side, side]);
  const pooled = builder.add("GlobalAveragePool", ["image"]);
  return builder.add("Div", [builder.add("Flatten", [pooled], { axis: 1 }), floatTensor([], [255])]);
}

/** Says of each colour whether there is more than half of it. */
function multilabelModel(): Uint8Array {
  const builder = new GraphBuilder();
  builder.output(means(builder), "probabilities");
  return writeModel(builder.build("colours"), {
    ...common,
    method: "finetune",
    task: "multilabel",
    labels: ["red", "green", "blue"],
    labelThresholds: [0.5, 0.5, 0.5],
    metrics: {
      ...figures,
      accuracy: 0.9,
      mAP50: null,
      mAP50_95: null,
      perLabel: [{ ...row, label: "red", truths: 4 }],
    },
  }).bytes;
}

/** Finds one thing in the middle, as surely as the picture is red. */
function detectionModel(change: Partial<Manifest> = {}): Uint8Array {
  const builder = new GraphBuilder();
  const weights = floatTensor([3, 1], [1, 0, 0]);
  const red = builder.add("MatMul", [means(builder), weights]);
  builder.output(builder.add("Unsqueeze", [red, builder.constant(indices([2]))]), "scores");
  const nothing = builder.add("Mul", [
    builder.add("Unsqueeze", [red, builder.constant(indices([2]))]),
    floatTensor([], [0]),
  ]);
  builder.output(builder.add("Add", [nothing, floatTensor([1, 1, 4], [2, 2, 6, 6])]), "boxes");
  return writeModel(builder.build("middle"), {
    ...common,
    method: "detector",
    task: "detection",
    labels: ["thing"],
    detection: { scoreThreshold: 0.5, iouThreshold: 0.6, maxDetections: 10 },
    metrics: {
      ...figures,
      accuracy: null,
      mAP50: 0.75,
      mAP50_95: 0.5,
      perLabel: [{ ...row, label: "thing", truths: 12, ap50: 0.75, ap50_95: 0.5 }],
    },
    ...change,
  }).bytes;
}

function indices(values: readonly number[]) {
  return { type: "int64", dims: [values.length], data: BigInt64Array.from(values, BigInt) } as const;
}

async function open(t: TestContext) {
  const service = await openTestService({ openPredictor });
  t.after(() => service.close());
  const headers = await service.tokenOf("operator");
  const { id: projectId } = (await service.call("createProject", { headers, body: { name: "elsewhere" } })).json;
  const upload = (bytes: Uint8Array) =>
    service.call("uploadModel", { headers, params: { projectId }, bytes: Buffer.from(bytes) });
  const predict = async (modelId: string, colour: readonly [number, number, number]) => {
    const data = new Uint8Array(side * side * 2 * 3).map((_, at) => colour[at % 3] ?? 0);
    const bytes = Buffer.from(await encodeJpeg({ width: side * 2, height: side, data }));
    const reply = await service.call("predict", { headers, params: { modelId }, bytes });
    assert.equal(reply.status, 200, JSON.stringify(reply.json));
    return reply.json;
  };
  return { service, headers, upload, predict };
}

test("a model of several labels is taken with its figures by label, and says each label that holds", async (t) => {
  const { service, headers, upload, predict } = await open(t);
  const added = await upload(multilabelModel());
  assert.equal(added.status, 201, JSON.stringify(added.json));
  const { json: model } = await service.call("getModel", { headers, params: { modelId: added.json.id } });
  assert.deepEqual([model.task, model.source, model.trainImages], ["multilabel", "uploaded", 40]);
  assert.deepEqual(model.metrics.perLabel, [{ ...row, label: "red", truths: 4 }]);
  const both = await predict(model.id, [250, 10, 200]);
  assert.deepEqual([both.labels, both.label, both.isAnomalous, both.score], [["red", "blue"], "red, blue", null, null]);
  const none = await predict(model.id, [10, 20, 30]);
  assert.deepEqual([none.labels, none.label, none.detections], [[], "none", []]);
});

test("a detector is taken with its figures, and its boxes are in pixels of the picture as it came", async (t) => {
  const { service, headers, upload, predict } = await open(t);
  const added = await upload(detectionModel());
  assert.equal(added.status, 201, JSON.stringify(added.json));
  const { json: model } = await service.call("getModel", { headers, params: { modelId: added.json.id } });
  assert.deepEqual([model.task, model.metrics.mAP50, model.metrics.accuracy], ["detection", 0.75, null]);
  const found = await predict(model.id, [255, 0, 0]);
  assert.deepEqual([found.label, found.labels, found.width, found.height], ["1 thing", ["thing"], 16, 8]);
  const [{ score, ...box }] = found.detections;
  // Twice as wide as the network's input: so are the boxes.
  assert.deepEqual(box, { label: "thing", x1: 4, y1: 2, x2: 12, y2: 6 });
  assert.ok(Math.abs(score - 1) < 0.02);
  const empty = await predict(model.id, [0, 255, 255]);
  assert.deepEqual([empty.detections, empty.labels, empty.label], [[], [], "none"]);
});

test("an uploaded detector inspects, and its boxes are in the inspection", async (t) => {
  const { service, headers, upload } = await open(t);
  const added = (await upload(detectionModel())).json;
  const started = await service.call("startModel", { headers, params: { modelId: added.id } });
  assert.equal(started.status, 200, JSON.stringify(started.json));
  const body = { id: "cam-1", projectId: added.projectId, assemblyLineId: "line-1" };
  assert.equal((await service.call("addCamera", { headers, body })).status, 201);
  const query = { cameraid: "cam-1", assemblylineid: "line-1", imageid: "picture-1" };
  const { uploadURL } = (await service.call("getSignedUrl", { headers, query })).json;
  const data = new Uint8Array(side * side * 3).map((_, at) => (at % 3 === 0 ? 240 : 0));
  const put = await service.http.app.inject({
    method: "PUT",
    url: uploadURL.replace(/^https?:\/\/[^/]+/, ""),
    headers: { host: "127.0.0.1", "content-type": "image/png" },
    payload: Buffer.from(await encodePng({ width: side, height: side, data })),
  });
  assert.equal(put.statusCode, 200, put.body);
  const { inspectionId } = put.json() as { inspectionId: string };
  for (let i = 0; ; i++) {
    const { json } = await service.call("getInspection", { headers, params: { inspectionId } });
    if (json.status === "inspected") {
      assert.deepEqual([json.label, json.detections.length, json.detections[0].label], ["1 thing", 1, "thing"]);
      return;
    }
    assert.ok(i < 500 && json.status !== "failed", JSON.stringify(json));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
});

test("a file whose network does not fit its manifest is refused and nothing is kept", async (t) => {
  const { service, headers, upload } = await open(t);
  for (const [name, bytes] of [
    ["two labels, scores for one", detectionModel({ labels: ["thing", "other"] })],
    ["a detector that says it knows classes", detectionModel({ task: "classification" })],
  ] as const) {
    const reply = await upload(bytes);
    assert.deepEqual(
      [reply.status, reply.json.code],
      [422, "MODEL_FILE_INVALID"],
      `${name}: ${JSON.stringify(reply.json)}`,
    );
  }
  assert.deepEqual((await service.call("listModels", { headers })).json.items, []);
});
