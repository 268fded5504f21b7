/** The durable workflow: every queued picture ends as inspected or failed, once, whatever happens to the model or the server. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ImageError } from "@sightline/dataset/image-file";
import {
  addLine,
  addModel,
  inspected,
  jpeg,
  openCore,
  openTestCore,
  playedModel,
  send,
  temporaryFolder,
  until,
  verdict,
} from "../test-fixtures.js";

const heatMap = Buffer.from("a heat map");

test("a queued picture gets its verdict, with the model, the version and the threshold that made it", async (t) => {
  const model = playedModel(() => verdict(0.9, heatMap));
  const core = await openTestCore(t, { model });
  const { projectId, modelId } = await addLine(core);
  await core.deployments.start(modelId, "ada");
  await core.deployments.setThreshold(projectId, 0.3, "ada");
  const inspection = await inspected(core, await send(core, await jpeg(1)));
  assert.deepEqual(
    { ...inspection, id: 0, receivedAt: 0, inspectedAt: 0, imageSha256: 0, imageBytes: 0, confidence: 0 },
    {
      id: 0,
      projectId,
      cameraId: "cam-1",
      assemblyLineId: "line-1",
      imageId: "part-1",
      status: "inspected",
      capturedAt: null,
      receivedAt: 0,
      inspectedAt: 0,
      label: "anomaly",
      labels: ["anomaly"],
      detections: [],
      isAnomalous: true,
      score: 0.9,
      confidence: 0,
      modelId,
      modelVersion: 1,
      threshold: 0.3,
      inferenceMs: 1,
      hasHeatMap: true,
      anomalies: null,
      hasLabelMap: false,
      attempts: 1,
      failure: null,
      imageSha256: 0,
      imageBytes: 0,
      imageWidth: 16,
      imageHeight: 12,
    },
  );
  const pictures = await core.store.read.inspections.pictures(inspection.id);
  assert.deepEqual(await core.blobs.read(pictures?.heatMapSha256 ?? ""), heatMap);
  assert.deepEqual(
    (await core.store.read.projects.thresholdHistory(projectId)).map(({ threshold, changedBy }) => [
      threshold,
      changedBy,
    ]),
    [
      [0.3, "ada"],
      [0.5, "ada"],
    ],
  );
});

test("areas and the map of defects are kept with the verdict, and leave with the inspection", async (t) => {
  const anomalies = [
    { label: "background", colour: "#ffffff", areaFraction: 0.98 },
    { label: "cracked", colour: "#23a436", areaFraction: 0.02 },
  ];
  const labelMapPng = Buffer.from("a map of defects");
  // Told apart from the verdict: this part is normal.
  const model = playedModel(() => ({ ...verdict(0.1), anomalies, labelMapPng }));
  const core = await openTestCore(t, { model });
  const { modelId } = await addLine(core);
  await core.deployments.start(modelId, "ada");
  const { id, anomalies: kept, hasLabelMap } = await inspected(core, await send(core, await jpeg(1)));
  assert.deepEqual([kept, hasLabelMap], [anomalies, true]);
  const { labelMapSha256 } = (await core.store.read.inspections.pictures(id)) ?? {};
  assert.deepEqual(await core.blobs.read(labelMapSha256 ?? ""), labelMapPng);
  await core.removal.inspection(id);
  assert.equal(await core.store.read.blobs.isReferenced(labelMapSha256 ?? ""), false);
});

test("a sure verdict of a good part keeps no heat map: the model is asked for none", async (t) => {
  const model = playedModel();
  const open: typeof model.open = async () => ({
    predict: async (_bytes, { heatMap: wanted, heatMapBelowConfidence = 0 }) => {
      const good = verdict(0.1);
      return wanted === true || good.confidence < heatMapBelowConfidence ? verdict(0.1, heatMap) : good;
    },
    close: async () => {},
  });
  const core = await openTestCore(t, { model: { ...model, open } });
  const { modelId } = await addLine(core);
  await core.deployments.start(modelId, "ada");
  assert.equal((await inspected(core, await send(core, await jpeg(1)))).hasHeatMap, false);
});

test("without a model pictures wait, and are taken up when one starts", async (t) => {
  const core = await openTestCore(t);
  const { modelId } = await addLine(core);
  const ids = await Promise.all([1, 2, 3].map(async (grey) => send(core, await jpeg(grey))));
  assert.deepEqual(await core.store.read.inspections.countUnfinished(), { queued: 0, waiting: 3 });
  await core.deployments.start(modelId, "ada");
  for (const id of ids) assert.equal((await inspected(core, id)).status, "inspected");
});

test("what is queued when the model stops waits for the next one", async (t) => {
  let isHeld = true;
  const model = playedModel(async () => {
    await until(() => !isHeld, "the model is let go");
    return verdict(0.1);
  });
  const core = await openTestCore(t, { model });
  const { projectId, modelId } = await addLine(core);
  await core.deployments.start(modelId, "ada");
  const ids = await Promise.all(Array.from({ length: 6 }, async (_, grey) => send(core, await jpeg(grey))));
  await core.deployments.stop(modelId, "ada");
  isHeld = false;
  await until(() => core.inspector.inFlight === 0, "the model is done");
  assert.deepEqual(await core.store.read.inspections.countUnfinished(), { queued: 0, waiting: 6 });
  await assert.rejects(core.deployments.stop(modelId, "ada"), { code: "MODEL_NOT_RUNNING" });
  await core.deployments.start(await addModel(core, projectId), "ada");
  for (const id of ids) assert.equal((await inspected(core, id)).modelVersion, 2);
});

test("a model is swapped while pictures come in: each is inspected once, by the one or the other", async (t) => {
  const core = await openTestCore(t, {
    model: playedModel(async () => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      return verdict(0.1);
    }),
  });
  const { projectId, modelId } = await addLine(core);
  const next = await addModel(core, projectId);
  await core.deployments.start(modelId, "ada");
  const bytes = await jpeg(1);
  const ids: string[] = [];
  for (let number = 0; number < 30; number++) {
    ids.push(await send(core, bytes));
    if (number === 10) await core.deployments.start(next, "ada");
  }
  const versions = new Set<number | null>();
  for (const id of ids) {
    const inspection = await inspected(core, id);
    assert.equal(inspection.status, "inspected");
    versions.add(inspection.modelVersion);
  }
  assert.deepEqual(versions, new Set([1, 2]));
  assert.equal((await core.store.read.projects.get(projectId))?.runningModelId, next);
});

test("a model that can't be opened does not replace the one that runs", async (t) => {
  const good = playedModel();
  let isBroken = false;
  const core = await openTestCore(t, {
    model: {
      calls: good.calls,
      open: (file, options) => {
        if (isBroken) throw new Error("no such operator");
        return good.open(file, options);
      },
    },
  });
  const { projectId, modelId } = await addLine(core);
  await core.deployments.start(modelId, "ada");
  const broken = await addModel(core, projectId);
  isBroken = true;
  await assert.rejects(core.deployments.start(broken, "ada"), {
    code: "MODEL_FAILED_TO_OPEN",
    message: /no such operator/,
  });
  assert.equal((await core.store.read.projects.get(projectId))?.runningModelId, modelId);
  assert.equal((await inspected(core, await send(core, await jpeg(1)))).status, "inspected");
});

test("a model that breaks is opened anew and the picture is tried again", async (t) => {
  const model = playedModel((_bytes, call) => {
    if (call <= 2) throw new Error("the worker thread ended");
    return verdict(0.1);
  });
  const core = await openTestCore(t, { model });
  const { modelId } = await addLine(core);
  await core.deployments.start(modelId, "ada");
  const inspection = await inspected(core, await send(core, await jpeg(1)));
  assert.deepEqual([inspection.status, inspection.attempts], ["inspected", 3]);
  assert.equal(model.calls.opened, 3);
});

test("a model that never answers is given up on after its time, and another picture is not held up", async (t) => {
  const never = new Promise<never>(() => {});
  const stuck = await jpeg(66);
  const model = playedModel((bytes) => (Buffer.compare(bytes, stuck) === 0 ? never : verdict(0.1)));
  const core = await openTestCore(t, { model, config: { inspect: { stepSeconds: 0.1 } } });
  const { modelId } = await addLine(core);
  await core.deployments.start(modelId, "ada");
  const [bad, good] = await Promise.all([send(core, stuck, "stuck"), send(core, await jpeg(1), "fine")]);
  assert.equal((await inspected(core, good)).status, "inspected");
  const failed = await inspected(core, bad);
  assert.deepEqual([failed.status, failed.failure?.code, failed.attempts], ["failed", "INSPECTION_TIMED_OUT", 5]);
});

test("after five attempts an inspection fails with its reason, and a person can have it inspected again", async (t) => {
  let isBroken = true;
  const model = playedModel(() => {
    if (isBroken) throw new Error("out of memory");
    return verdict(0.2);
  });
  const core = await openTestCore(t, { model });
  const { modelId } = await addLine(core);
  await core.deployments.start(modelId, "ada");
  const failed = await inspected(core, await send(core, await jpeg(1)));
  assert.deepEqual([failed.status, failed.attempts, failed.failure?.code], ["failed", 5, "INSPECTION_STEP_FAILED"]);
  assert.match(failed.failure?.message ?? "", /"detect" failed 5 times, last with: out of memory/);
  assert.equal(model.calls.predicted, 5);
  isBroken = false;
  assert.equal((await core.retryInspection(failed.id)).status, "queued");
  const retried = await inspected(core, failed.id);
  assert.deepEqual([retried.status, retried.failure, retried.label], ["inspected", null, "normal"]);
  await assert.rejects(core.retryInspection(failed.id), { code: "INSPECTION_NOT_FAILED" });
});

test("a picture that can't be decoded fails at once, with the decoder's reason", async (t) => {
  const model = playedModel(() => {
    throw new ImageError("IMAGE_TRUNCATED", "The JPEG file is cut off.");
  });
  const core = await openTestCore(t, { model });
  const { modelId } = await addLine(core);
  await core.deployments.start(modelId, "ada");
  const failed = await inspected(core, await send(core, await jpeg(1)));
  assert.deepEqual([failed.failure?.code, model.calls.predicted, model.calls.opened], ["IMAGE_TRUNCATED", 1, 1]);
});

test("a stored picture that is gone ends as a failed inspection that says so", async (t) => {
  const core = await openTestCore(t);
  const { modelId } = await addLine(core);
  const id = await send(core, await jpeg(1));
  const pictures = await core.store.read.inspections.pictures(id);
  await core.blobs.remove(pictures?.image.sha256 ?? "", async () => false);
  await core.deployments.start(modelId, "ada");
  assert.equal((await inspected(core, id)).failure?.code, "PICTURE_MISSING");
});

test("what was queued when the server stopped is inspected once when it starts again", async (t) => {
  const folder = await temporaryFolder(t);
  const never = new Promise<never>(() => {});
  const first = await openCore(folder, { model: playedModel(() => never), config: { inspect: { stepSeconds: 0.2 } } });
  const { modelId } = await addLine(first);
  await first.deployments.start(modelId, "ada");
  const ids = await Promise.all(Array.from({ length: 12 }, async (_, grey) => send(first, await jpeg(grey))));
  await first.close();
  const second = await openCore(folder);
  t.after(() => second.close());
  const seen = new Map<string, number>();
  second.live.subscribe((event) => {
    if (event.type === "inspection" && event.inspection.status === "inspected") {
      seen.set(event.inspection.id, (seen.get(event.inspection.id) ?? 0) + 1);
    }
  });
  await second.resume();
  for (const id of ids) assert.equal((await inspected(second, id)).status, "inspected");
  await until(() => seen.size === ids.length, "all are announced");
  assert.deepEqual(
    [...seen.values()],
    ids.map(() => 1),
  );
});

test("closing finishes what is under way and leaves the rest queued", async (t) => {
  const folder = await temporaryFolder(t);
  const core = await openCore(folder, {
    model: playedModel(async () => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      return verdict(0.1);
    }),
  });
  const { modelId } = await addLine(core);
  await core.deployments.start(modelId, "ada");
  const bytes = await jpeg(1);
  const ids = await Promise.all(Array.from({ length: 20 }, () => send(core, bytes)));
  await core.close();
  const again = await openCore(folder);
  t.after(() => again.close());
  const states = await Promise.all(ids.map(async (id) => (await again.store.read.inspections.get(id))?.status));
  assert.ok(
    states.every((status) => status === "inspected" || status === "queued"),
    states.join(", "),
  );
  await again.resume();
  for (const id of ids) assert.equal((await inspected(again, id)).status, "inspected");
});

test("a picture can be tried on a model that does not run, and nothing is recorded", async (t) => {
  const model = playedModel(() => verdict(0.7));
  const core = await openTestCore(t, { model });
  const { projectId, modelId } = await addLine(core);
  const prediction = await core.predictors.predict(modelId, await jpeg(1), { timeoutMs: 1000 });
  assert.equal(prediction.label, "anomaly");
  assert.equal((await core.store.read.projects.get(projectId))?.inspections, 0);
  await assert.rejects(core.predictors.predict("nothing", await jpeg(1), { timeoutMs: 1000 }), {
    code: "MODEL_NOT_FOUND",
  });
});

test("all failed inspections of a camera are inspected again at once, and no others", async (t) => {
  let isBroken = true;
  const core = await openTestCore(t, {
    model: playedModel(() => {
      if (isBroken) throw new ImageError("IMAGE_TRUNCATED", "cut off");
      return verdict(0.1);
    }),
  });
  const { modelId } = await addLine(core);
  await core.deployments.start(modelId, "ada");
  const ids = await Promise.all([1, 2, 3].map(async (grey) => send(core, await jpeg(grey))));
  for (const id of ids) assert.equal((await inspected(core, id)).status, "failed");
  isBroken = false;
  assert.equal(await core.retryFailed({ camera: "cam-2" }), 0);
  assert.equal(await core.retryFailed({ camera: "cam-1" }), 3);
  for (const id of ids)
    await until(async () => (await inspected(core, id)).status === "inspected", `${id} is inspected`);
  assert.equal(await core.retryFailed({}), 0);
});
