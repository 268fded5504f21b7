/** Evaluations from the order to the report, by the real process: the model is a network that finds bright pictures anomalous. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { EvaluationDetail } from "@sightline/api/evaluations";
import { writeModel } from "@sightline/models/model-file";
import { openPredictor } from "@sightline/models/predictor";
import { GraphBuilder } from "@sightline/nn/graph-builder";
import { floatTensor, indexTensor } from "@sightline/nn/tensor";
import { greyJpeg, openTestService } from "../http/test-service.js";

/** Its score is the picture's mean brightness. */
function brightnessModel(method = "patchcore"): Uint8Array {
  const builder = new GraphBuilder();
  const image = builder.input("image", "float32", ["N", 3, 8, 8]);
  const mean = builder.add("ReduceMean", [image, indexTensor([1, 2, 3])], { keepdims: 0 });
  for (const name of ["raw_score", "score"])
    builder.output(builder.add("Mul", [mean, floatTensor([], [1 / 255])]), name);
  return writeModel(builder.build("brightness"), {
    ...{ formatVersion: 1, method, task: "anomaly", labels: ["normal", "anomaly"], normalLabel: "good" },
    ...{ input: { width: 8, height: 8 }, threshold: 0.5, temperature: 1, metrics: null, scores: [], roc: [] },
    ...{ candidates: [], dataset: { name: "", hash: "0".repeat(64), images: 30, byLabel: {} }, seed: 1 },
    ...{ createdAt: "2026-01-02T03:04:05.678Z", sightlineVersion: "0.1.0" },
  }).bytes;
}

async function open(t: TestContext, { program, method }: { program?: string; method?: string } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "sightline-evaluate-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const evaluateProgram = join(folder, "program.mjs");
  if (program !== undefined) await writeFile(evaluateProgram, program);
  const service = await openTestService({ openPredictor, ...(program !== undefined && { evaluateProgram }) });
  t.after(() => service.close());
  const headers = await service.tokenOf("operator");
  const device = await service.tokenOf("device", ["cam-1", "cam-2"]);
  const call = (...[name, given]: Parameters<typeof service.call>) => service.call(name, { headers, ...given });
  const projectId: string = (await call("createProject", { body: { name: "parts" } })).json.id;
  for (const id of ["cam-1", "cam-2"]) await call("addCamera", { body: { id, projectId, assemblyLineId: "line-1" } });
  const uploaded = await call("uploadModel", { params: { projectId }, bytes: brightnessModel(method) });
  assert.equal(uploaded.status, 201, JSON.stringify(uploaded.json));
  const modelId: string = uploaded.json.id;
  const add = async (grey: number, label: string, part: "train" | "test") =>
    call("addSample", { params: { projectId }, query: { label, part }, bytes: await greyJpeg(grey) });
  const start = (body: object = {}) => call("startEvaluation", { params: { modelId }, body });
  const get = async (evaluationId: string): Promise<EvaluationDetail> =>
    (await call("getEvaluation", { params: { evaluationId } })).json;
  const until = async (evaluationId: string, isSo: (one: EvaluationDetail) => boolean): Promise<EvaluationDetail> => {
    for (let i = 0; i < 15_000; i++) {
      const now = await get(evaluationId);
      if (isSo(now)) return now;
      await sleep(20);
    }
    throw new Error(`Never so; last: ${JSON.stringify(await get(evaluationId))}`);
  };
  /** Sends a picture through a camera's door and waits for its verdict. */
  const inspect = async (grey: number, camera: string): Promise<string> => {
    const query = { cameraid: camera, assemblylineid: "line-1", imageid: `part-${grey}` };
    const { json } = await service.call("getSignedUrl", { headers: { ...device, host: "127.0.0.1" }, query });
    const url = new URL(json.uploadURL);
    const put = await service.call("putImage", {
      params: { uploadId: url.pathname.split("/").at(-1) as string },
      query: Object.fromEntries(url.searchParams),
      bytes: await greyJpeg(grey),
    });
    const { inspectionId } = put.json;
    for (let i = 0; i < 500; i++) {
      if ((await call("getInspection", { params: { inspectionId } })).json.status === "inspected") return inspectionId;
      await sleep(10);
    }
    throw new Error("It was never inspected.");
  };
  return { service, call, projectId, modelId, add, start, until, inspect };
}

const hasEnded = ({ endedAt }: EvaluationDetail) => endedAt !== null;
const figure = ({ report }: EvaluationDetail, name: string) => report?.figures.find((one) => one.name === name)?.value;

test("a version is evaluated on the test pictures with the project's threshold and costs, as data and as a page", async (t) => {
  const { call, projectId, modelId, add, start, until } = await open(t);
  // Two mistakes at 0.7: the good one of 200 is rejected, the bad one of 120 escapes.
  for (const grey of [20, 40, 60, 80, 200]) await add(grey, "good", "test");
  for (const grey of [120, 210, 220, 230, 240]) await add(grey, grey < 225 ? "dent" : "crack", "test");
  await add(250, "dent", "train");
  await call("changeProject", {
    params: { projectId },
    body: { mistakeCosts: { escape: 100, falseReject: 5, currency: "€" } },
  });
  await call("startModel", { params: { modelId } });
  await call("setThreshold", { params: { projectId }, body: { threshold: 0.7 } });
  const begun = await start({ defectRate: 0.1 });
  assert.deepEqual([begun.status, begun.json.status, begun.json.pictures], [202, "queued", "test"]);
  const done = await until(begun.json.id, hasEnded);
  assert.deepEqual([done.status, done.error], ["succeeded", null]);
  const { report } = done;
  assert.deepEqual(report?.confusion?.counts, [
    [4, 1],
    [1, 4],
  ]);
  assert.equal(figure(done, "accuracy"), 0.8);
  assert.deepEqual(report?.threshold?.inForce, { threshold: 0.7, escapes: 1, falseRejects: 1 });
  assert.equal(report?.threshold?.cheapest?.cost.defectRate, 0.1);
  assert.deepEqual(report?.mistakes.map(({ kind, truth }) => [kind, truth]).sort(), [
    ["escape", "dent"],
    ["falseReject", "good"],
  ]);
  const samples = (await call("listSamples", { params: { projectId }, query: { part: "test" } })).json.items;
  assert.ok(report.mistakes.every(({ id }) => samples.some((sample: { id: string }) => sample.id === id)));
  assert.deepEqual(
    report.slices.map(({ by, rows }) => [by, rows.map(({ value, images }) => `${value} ${images}`)]),
    [["kind", ["crack 2", "dent 3", "good 5"]]],
  );
  const page = await call("getEvaluationPage", { params: { evaluationId: done.id } });
  assert.deepEqual(
    [page.status, page.headers["content-disposition"]],
    [200, 'attachment; filename="parts-v1-test.html"'],
  );
  const html = Buffer.from(page.bytes).toString();
  assert.match(html, /^<!doctype html>/);
  assert.ok((html.match(/<img /g) ?? []).length >= 2);
  const { items } = (await call("listEvaluations", { query: { model: modelId } })).json;
  assert.deepEqual([items.length, "report" in items[0]], [1, false]);
  await call("stopModel", { params: { modelId } });
});

test("inspections that people told the truth of since are evaluated camera by camera, without running the model", async (t) => {
  const { call, modelId, projectId, add, start, until, inspect } = await open(t);
  await call("startModel", { params: { modelId } });
  const none = await start({ pictures: "inspections" });
  assert.deepEqual([none.status, none.json.code], [422, "NO_JUDGED_INSPECTIONS"]);
  for (const grey of [10, 30, 50, 70]) await inspect(grey, "cam-1");
  await call("setThreshold", { params: { projectId }, body: { threshold: 0.8 } });
  for (const grey of [90, 110, 150, 160]) await inspect(grey, "cam-2");
  // What the pictures show is said after the version was made; that of 70 was never said.
  for (const grey of [10, 30, 50, 90, 110]) await add(grey, "good", "train");
  for (const grey of [150, 160]) await add(grey, "dent", "train");
  const begun = (await start({ pictures: "inspections" })).json;
  const done = await until(begun.id, hasEnded);
  assert.deepEqual([done.status, done.error, done.report?.pictures.images], ["succeeded", null, 7]);
  // Scores of two thresholds are brought back to one scale: 150 and 160 lie below 0.8 and escape.
  assert.deepEqual([figure(done, "auroc"), figure(done, "escapeRate"), figure(done, "falseRejectRate")], [1, 1, 0]);
  const own = done.report?.mistakes.map(({ score }) => score ?? 0).sort() ?? [];
  assert.ok(Math.abs((own[0] ?? 0) - 150 / 255) < 0.01 && Math.abs((own[1] ?? 0) - 160 / 255) < 0.01, own.join());
  const cameras = done.report?.slices.find(({ by }) => by === "camera");
  assert.deepEqual(
    cameras?.rows.map(({ value, images, mistakes }) => [value, images, mistakes]),
    [
      ["cam-1", 3, 0],
      ["cam-2", 4, 2],
    ],
  );
  const page = await call("getEvaluationPage", { params: { evaluationId: done.id } });
  assert.match(Buffer.from(page.bytes).toString(), /<img /);
});

test("an evaluation that has no test pictures, is cancelled or crashes says so", async (t) => {
  const hangs = `process.once("message", () => process.send({ kind: "progress", progress: 0.25, step: "Measures" })); setInterval(() => {}, 1000);`;
  const { call, add, start, until } = await open(t, { program: hangs });
  const none = await start();
  assert.deepEqual([none.status, none.json.code], [422, "NO_TEST_PICTURES"]);
  await add(20, "good", "test");
  const { id } = (await start()).json;
  await until(id, ({ progress }) => progress === 0.25);
  const early = await call("getEvaluationPage", { params: { evaluationId: id } });
  assert.deepEqual([early.status, early.json.code], [409, "EVALUATION_HAS_NO_REPORT"]);
  assert.equal((await call("cancelEvaluation", { params: { evaluationId: id } })).json.status, "cancelled");
  const late = await call("cancelEvaluation", { params: { evaluationId: id } });
  assert.deepEqual([late.status, late.json.code], [409, "EVALUATION_ENDED"]);
  const missing = await call("getEvaluation", { params: { evaluationId: "01KEAV2C1D3SNJ6Y8F0QZ4RTWB" } });
  assert.deepEqual([missing.status, missing.json.code], [404, "EVALUATION_NOT_FOUND"]);

  const crash = await open(t, { program: `process.once("message", () => process.exit(3));` });
  await crash.add(20, "good", "test");
  const failed = await crash.until((await crash.start()).json.id, hasEnded);
  assert.deepEqual([failed.status, failed.error?.code], ["failed", "EVALUATION_FAILED"]);
});

test("a version's method is trained again by folds on the training pictures, and the report tells each training", async (t) => {
  const { add, start, until } = await open(t, { method: "classifier" });
  for (const grey of [20, 60, 100]) await add(grey, "good", "test");
  await add(252, "dent", "test");
  for (const grey of [25, 30, 35, 40, 45, 50, 70, 80, 90, 95]) await add(grey, "good", "train");
  for (let i = 0; i < 10; i++) await add(200 + 5 * i, "dent", "train");
  const begun = (await start({ repeats: { folds: 2 } })).json;
  assert.deepEqual(begun.repeats, { folds: 2, seeds: 1 });
  const done = await until(begun.id, hasEnded);
  assert.deepEqual([done.status, done.error, done.report?.pictures.images], ["succeeded", null, 4]);
  const { repeats } = done.report ?? {};
  assert.deepEqual([repeats?.folds, repeats?.seeds], [2, [1]]);
  assert.deepEqual(
    repeats?.runs.map(({ seed, fold, method, trainImages, testImages }) => [
      seed,
      fold,
      method,
      trainImages,
      testImages,
    ]),
    [
      [1, 1, "classifier", 10, 10],
      [1, 2, "classifier", 10, 10],
    ],
  );
  assert.ok(repeats.figures.some(({ name, runs }) => name === "auroc" && runs === 2));
});

test("a version whose method is not known here can't be trained again, and says so before it is measured", async (t) => {
  const { add, call, projectId, until } = await open(t);
  await add(20, "good", "test");
  await add(30, "good", "train");
  const { id: modelId } = (await call("uploadModel", { params: { projectId }, bytes: brightnessModel("foreign") }))
    .json;
  const body = { repeats: { folds: 2, seeds: 2 } };
  const failed = await until((await call("startEvaluation", { params: { modelId }, body })).json.id, hasEnded);
  assert.equal(failed.error?.code, "EVALUATION_FAILED");
  assert.match(failed.error?.message ?? "", /no method "foreign"/);
});

test("only the newest evaluations of a version are kept, and a deleted version takes its own along", async (t) => {
  const { service, projectId, modelId, call } = await open(t);
  const { store } = service.services;
  const report = { figures: [] } as never;
  for (let i = 0; i < 13; i++)
    await store.write(async (tx) => {
      const id = await tx.evaluations.insert({
        ...{ projectId, modelId, modelVersion: 1, pictures: "test", defectRate: null, repeats: null, createdBy: "t" },
      });
      await tx.evaluations.end(id, { status: "succeeded", report, page: "<p>" });
    });
  const list = () => store.read.evaluations.list({ projectId, limit: 50 });
  const kept = await list();
  assert.equal(kept.length, 10);
  assert.equal(await store.read.evaluations.page(kept[0]?.id ?? ""), "<p>");
  await call("deleteModel", { params: { modelId }, headers: await service.tokenOf("admin") });
  assert.deepEqual(await list(), []);
});
