/** Explanations over HTTP: begun, watched, cancelled, refused; the models are played. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { MadeExplanation, OpenExplainer } from "../../explain/explanations.js";
import { addPlayedModel, greyJpeg, ONE_PIXEL_PNG, openTestService } from "../test-service.js";

const made: MadeExplanation = {
  method: "shap",
  task: "anomaly",
  label: "anomaly",
  detection: null,
  prediction: 0.9,
  base: 0.1,
  unit: "log-odds",
  evidence: 2.2,
  baseEvidence: -2.2,
  additivityError: 0,
  evaluations: 500,
  elapsedMs: 12,
  width: 8,
  height: 8,
  area: { x1: 0, y1: 0, x2: 8, y2: 8 },
  mapWidth: 8,
  mapHeight: 8,
  regions: [{ region: 0, value: 4.4, error: 0.1, share: 1, box: { x1: 0, y1: 0, x2: 8, y2: 8 }, outline: "M0 0h8" }],
  overlayPng: ONE_PIXEL_PNG,
};

/** Explains nothing until it is told to; what it was asked is on record. */
function played() {
  const asked: object[] = [];
  const waiting: (() => void)[] = [];
  let opened = 0;
  let fault: Error | null = null;
  const open: OpenExplainer = async () => {
    opened++;
    return {
      manifest: { task: "anomaly", labels: ["normal", "anomaly"] },
      async explain(_bytes, options, { signal, onProgress }) {
        asked.push(options);
        onProgress(0.5);
        await new Promise<void>((resolve, reject) => {
          waiting.push(resolve);
          signal.addEventListener("abort", () => {
            waiting.splice(waiting.indexOf(resolve), 1);
            reject(new Error("cancelled"));
          });
        });
        if (fault) throw fault;
        return made;
      },
      async close() {},
    };
  };
  return {
    open,
    asked,
    openings: () => opened,
    failWith: (error: Error) => {
      fault = error;
    },
    finish: async () => {
      while (waiting.length === 0) await sleep(5);
      waiting.shift()?.();
    },
  };
}

async function open(t: TestContext) {
  const play = played();
  const service = await openTestService({ openExplainer: play.open });
  t.after(() => service.close());
  const headers = await service.tokenOf("operator");
  const call = (...[name, given]: Parameters<typeof service.call>) => service.call(name, { headers, ...given });
  const projectId = (await call("createProject", { body: { name: "castings" } })).json.id;
  const modelId = await addPlayedModel(service.services, projectId);
  const explain = async (query = {}) =>
    service.call("explainPicture", {
      headers: { ...headers, "content-type": "image/jpeg" },
      params: { modelId },
      query,
      bytes: await greyJpeg(90),
    });
  const ended = async (explanationId: string) => {
    for (;;) {
      const { json } = await call("getExplanation", { params: { explanationId } });
      if (!["queued", "running"].includes(json.status)) return json;
      await sleep(5);
    }
  };
  return { ...play, service, call, explain, ended, modelId, projectId };
}

test("an explanation is begun, watched and read; the version stays open for the next one", async (t) => {
  const { explain, call, ended, finish, asked, openings } = await open(t);
  const { status, json } = await explain({ label: "normal", regions: "30" });
  assert.equal(status, 202);
  while ((await call("getExplanation", { params: { explanationId: json.id } })).json.progress < 0.5) await sleep(5);
  await finish();
  const told = await ended(json.id);
  assert.equal(told.status, "succeeded");
  assert.equal(told.result.regions[0].value, 4.4);
  assert.deepEqual(asked, [{ method: "shap", regions: 30, evaluations: 500, label: "normal", threshold: 0.5 }]);
  const second = await explain({ method: "activation" });
  await finish();
  await ended(second.json.id);
  assert.equal(openings(), 1);
});

test("one is made at a time, few wait, and whoever waits can go", async (t) => {
  const { explain, call, ended, finish } = await open(t);
  const first = (await explain()).json;
  await sleep(30);
  const waiting = [];
  for (let i = 0; i < 8; i++) waiting.push((await explain()).json);
  const refused = await explain();
  assert.deepEqual([refused.status, refused.json.code], [429, "EXPLANATIONS_BUSY"]);
  for (const { id } of waiting) {
    const { json } = await call("cancelExplanation", { params: { explanationId: id } });
    assert.equal(json.status, "cancelled");
  }
  await call("cancelExplanation", { params: { explanationId: first.id } });
  assert.equal((await ended(first.id)).status, "cancelled");
  const next = (await explain()).json;
  await finish();
  assert.equal((await ended(next.id)).status, "succeeded");
});

test("what can't be explained says why; what is forgotten is told so", async (t) => {
  const { explain, call, ended, finish, failWith, service } = await open(t);
  failWith(Object.assign(new Error('The model knows no label "dent".'), { code: "EXPLANATION_LABEL_UNKNOWN" }));
  const { id } = (await explain({ label: "dent" })).json;
  await finish();
  const { status, failure } = await ended(id);
  assert.deepEqual([status, failure.code], ["failed", "EXPLANATION_LABEL_UNKNOWN"]);
  service.later(700_000);
  const gone = await call("getExplanation", { params: { explanationId: id } });
  assert.deepEqual([gone.status, gone.json.code], [404, "EXPLANATION_NOT_FOUND"]);
  assert.equal((await call("explainInspection", { params: { inspectionId: id } })).status, 404);
});

test("an answer that a person is asked about is explained by the version that gave it, at the threshold of then", async (t) => {
  const { call, ended, finish, asked, modelId, projectId, service } = await open(t);
  const { store, blobs } = service.services;
  const bytes = await greyJpeg(90);
  const blob = await blobs.put(bytes);
  const review = (answeredBy: string | null) =>
    store.write((tx) =>
      tx.reviews.insert({
        ...{ projectId, inspectionId: null, reason: "person", name: "part.jpg" },
        picture: { sha256: blob.sha256, bytes: bytes.length, format: "jpeg", width: 8, height: 8 },
        answer: {
          ...{ label: "anomaly", labels: ["anomaly"], detections: [], isAnomalous: true, score: 0.9, confidence: 0.8 },
          ...{ modelId: answeredBy, modelVersion: 1, threshold: 0.7 },
        },
      }),
    );
  const reviewId = (await review(modelId)) ?? "";
  blob.release();
  const begun = await call("explainReview", { params: { reviewId }, query: { method: "occlusion" } });
  assert.deepEqual([begun.status, begun.json.modelId], [202, modelId]);
  await finish();
  assert.equal((await ended(begun.json.id)).status, "succeeded");
  assert.deepEqual(asked, [{ method: "occlusion", regions: 64, evaluations: 500, threshold: 0.7 }]);
  const gone = await call("explainReview", { params: { reviewId: (await review(null)) ?? "" } });
  assert.deepEqual([gone.status, gone.json.code], [409, "EXPLANATION_WITHOUT_VERDICT"]);
});
