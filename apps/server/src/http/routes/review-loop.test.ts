/** From an unsure verdict or a trial to a labelled picture, and from one version to the next and back. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { OpenPredictor } from "../../inspect/predictors.js";
import { addPlayedModel, greyJpeg, openTestService, playedPredictor } from "../test-service.js";

/** A file that begins with "played model" answers with the score it was added under. */
function versions(scores: Map<string, number>): OpenPredictor {
  return async (file, options) => {
    const played = await playedPredictor(scores.get(Buffer.from(file).toString()) ?? 0.9)(file, options);
    let isClosed = false;
    return {
      async predict(bytes, how) {
        const prediction = await played.predict(bytes, how);
        await sleep(2);
        // As the real one: what is closed answers nothing any more.
        if (isClosed) throw new Error("The predictor is closed.");
        return prediction;
      },
      async close() {
        isClosed = true;
      },
    };
  };
}

async function open(t: TestContext, options: { alertConfidence?: number } = {}) {
  const scores = new Map<string, number>();
  const service = await openTestService({ openPredictor: versions(scores) });
  t.after(() => service.close());
  const headers = await service.tokenOf("operator");
  const device = await service.tokenOf("device", ["cam-1"]);
  const call = (...[name, given]: Parameters<typeof service.call>) => service.call(name, { headers, ...given });
  const projectId = (await call("createProject", { body: { name: "castings" } })).json.id;
  if (options.alertConfidence !== undefined) {
    await call("changeProject", { params: { projectId }, body: { alertConfidence: options.alertConfidence } });
  }
  await call("addCamera", { body: { id: "cam-1", projectId, assemblyLineId: "line-1" } });
  let greys = 0;
  const addVersion = async (score: number) => {
    const modelId = await addPlayedModel(service.services, projectId);
    const model = await service.services.store.read.models.get(modelId);
    scores.set((await service.services.blobs.read(model?.sha256 ?? "")).toString(), score);
    return modelId;
  };
  const until = async (what: string, isSo: () => Promise<boolean>) => {
    for (let i = 0; i < 400; i++) {
      if (await isSo()) return;
      await sleep(10);
    }
    assert.fail(`It did not come about: ${what}`);
  };
  /** Sends a picture through the camera's door and waits for its verdict. */
  const send = async (): Promise<string> => {
    const query = { cameraid: "cam-1", assemblylineid: "line-1", imageid: `part-${++greys}` };
    const { json } = await service.call("getSignedUrl", { headers: { ...device, host: "127.0.0.1" }, query });
    const url = new URL(json.uploadURL);
    const put = await service.call("putImage", {
      params: { uploadId: url.pathname.split("/").at(-1) as string },
      query: Object.fromEntries(url.searchParams),
      bytes: await greyJpeg(greys),
    });
    const { inspectionId } = put.json;
    const status = async () => (await call("getInspection", { params: { inspectionId } })).json.status;
    await until("an inspection ends", async () => ["inspected", "failed"].includes(await status()));
    return inspectionId;
  };
  const start = (modelId: string) => call("startModel", { params: { modelId } });
  const trialOf = async (modelId: string, body: object) =>
    (await call("startTrial", { params: { modelId }, body })).json;
  const judged = async (trialId: string) => {
    await until("a trial is judged", async () => {
      const { counts } = (await call("getTrial", { params: { trialId } })).json;
      return counts.queued === 0 && counts.open + counts.agreed + counts.failed > 0;
    });
    return (await call("getTrial", { params: { trialId } })).json;
  };
  const queue = async (query: Record<string, string> = {}) => (await call("listReviews", { query })).json;
  return { service, call, headers, projectId, addVersion, send, start, trialOf, judged, queue, greyJpeg };
}

test("an unsure verdict waits for a person, whose word makes a labelled picture; taken back, it is as before", async (t) => {
  const { call, projectId, addVersion, send, start, queue } = await open(t, { alertConfidence: 0.9 });
  await start(await addVersion(0.6));
  const inspectionId = await send();
  const { items, total } = await queue({ project: projectId, status: "open" });
  assert.equal(total, 1);
  const [review] = items;
  assert.deepEqual(
    [review.inspectionId, review.reason, review.answer.label],
    [inspectionId, "lowConfidence", "anomaly"],
  );
  const params = { reviewId: review.id };
  assert.equal((await call("getReviewImage", { params })).status, 200);
  assert.equal((await call("getReviewHeatMap", { params })).status, 200);

  const said = await call("sayWord", { params, body: { label: "good" } });
  assert.deepEqual([said.json.status, said.json.word, said.json.saidBy], ["said", "wrong", "a operator"]);
  const sampleId = said.json.sampleId;
  const { json: sample } = await call("getSample", { params: { sampleId } });
  assert.deepEqual([sample.label, sample.origin, sample.part, sample.name], ["good", "review", "auto", "part-1"]);
  assert.equal((await queue({ status: "open" })).total, 0);

  const again = await call("sayWord", { params, body: { label: "scratch" } });
  assert.equal(again.json.word, "correct");
  const { json: project } = await call("getProject", { params: { projectId } });
  assert.deepEqual(project.samples.byLabel, { scratch: 1 });

  assert.equal((await call("takeBackWord", { params })).json.status, "open");
  assert.equal((await call("listSamples", { params: { projectId } })).json.items.length, 0);
  const twice = await call("takeBackWord", { params });
  assert.deepEqual([twice.status, twice.json.code], [409, "REVIEW_NOT_SAID"]);
  assert.equal((await call("dismissReview", { params })).json.status, "dismissed");
});

test("a sure verdict asks nobody; a person may ask, once", async (t) => {
  const { call, addVersion, send, start, queue } = await open(t, { alertConfidence: 0.1 });
  await start(await addVersion(0.95));
  const inspectionId = await send();
  assert.equal((await queue()).total, 0);
  const asked = await call("askForReview", { params: { inspectionId } });
  assert.deepEqual([asked.json.reason, asked.json.note], ["person", "asked for by a operator"]);
  assert.equal((await call("askForReview", { params: { inspectionId } })).json.id, asked.json.id);
  assert.equal((await queue()).total, 1);
});

test("the words correct and wrong name the label of a good or a defective part by the project's own names", async (t) => {
  const { service, call, projectId, addVersion, trialOf, judged, queue } = await open(t);
  for (const [grey, label] of [
    [200, "OK"],
    [201, "dent"],
  ] as const) {
    await call("addSample", { params: { projectId }, query: { label }, bytes: await greyJpeg(grey) });
  }
  const trial = await trialOf(await addVersion(0.9), { source: "pictures" });
  const params = { trialId: trial.id };
  for (const grey of [1, 2, 2]) {
    const added = await call("addTrialPicture", {
      params,
      query: { name: `${grey}.jpg` },
      bytes: await greyJpeg(grey),
    });
    assert.equal(added.status, 201);
  }
  assert.equal((await judged(trial.id)).counts.open, 2);
  const { items } = await queue({ trial: trial.id });
  const labelOf = async (at: number, word: string) => {
    const said = await call("sayWord", { params: { reviewId: items[at].id }, body: { word } });
    const sample = (await call("getSample", { params: { sampleId: said.json.sampleId } })).json;
    return [said.json.word, sample.label, sample.origin];
  };
  assert.deepEqual(await labelOf(0, "correct"), ["correct", "dent", "trial"]);
  assert.deepEqual(await labelOf(1, "wrong"), ["wrong", "OK", "trial"]);
  const { counts } = (await call("getTrial", { params })).json;
  assert.deepEqual([counts.correct, counts.wrong, counts.open], [1, 1, 0]);

  // What became a labelled picture stays, the trial's other files go.
  const admin = await service.tokenOf("admin");
  assert.equal((await call("deleteTrial", { params, headers: admin })).status, 204);
  assert.equal((await queue({ trial: trial.id })).total, 0);
  const { items: samples } = (await call("listSamples", { params: { projectId } })).json;
  assert.equal(samples.length, 4);
  assert.equal((await call("getSampleImage", { params: { sampleId: samples[0].id } })).status, 200);
});

test("recent inspections are judged again, and people are asked where the versions differ", async (t) => {
  const { call, addVersion, send, start, trialOf, judged, queue } = await open(t, { alertConfidence: 0 });
  const first = await addVersion(0.9);
  await start(first);
  for (let i = 0; i < 3; i++) await send();
  const same = await judged((await trialOf(await addVersion(0.8), { source: "inspections" })).id);
  assert.deepEqual([same.counts.agreed, same.counts.differing, same.isOpen], [3, 0, false]);
  const other = await trialOf(await addVersion(0.1), { source: "inspections", inspections: { count: 2 } });
  assert.equal((await judged(other.id)).counts.differing, 2);
  const { items } = await queue({ trial: other.id, differing: "true" });
  assert.deepEqual([items[0].served.label, items[0].answer.label], ["anomaly", "normal"]);
  // What line and trial agree on is no work for anybody.
  assert.equal((await queue({ status: "open" })).total, 2);
  const refused = await call("addTrialPicture", { params: { trialId: other.id }, bytes: await greyJpeg(99) });
  assert.deepEqual([refused.status, refused.json.code], [409, "TRIAL_ENDED"]);
});

test("a shadow judges what comes in without touching it, until it is ended or promoted", async (t) => {
  const { call, addVersion, send, start, trialOf, judged } = await open(t, { alertConfidence: 0 });
  const [first, second] = [await addVersion(0.9), await addVersion(0.1)];
  const early = await call("startTrial", { params: { modelId: second }, body: { source: "shadow" } });
  assert.deepEqual([early.status, early.json.code], [409, "NO_RUNNING_MODEL"]);
  await start(first);
  const itself = await call("startTrial", { params: { modelId: first }, body: { source: "shadow" } });
  assert.equal(itself.json.code, "SHADOW_NEEDS_ANOTHER");
  const trial = await trialOf(second, { source: "shadow" });
  const twice = await call("startTrial", { params: { modelId: second }, body: { source: "shadow" } });
  assert.equal(twice.json.code, "SHADOW_RUNNING");
  const inspectionId = await send();
  const { json: served } = await call("getInspection", { params: { inspectionId } });
  assert.deepEqual([served.label, served.modelId], ["anomaly", first]);
  assert.equal((await judged(trial.id)).counts.differing, 1);
  await start(second);
  await send();
  const ended = (await call("getTrial", { params: { trialId: trial.id } })).json;
  assert.deepEqual([ended.isOpen, ended.counts.differing], [false, 1]);
});

test("a rollback brings the version before with its threshold, a second one goes further back", async (t) => {
  const { call, projectId, addVersion, start, headers } = await open(t);
  const params = { projectId };
  const none = await call("rollBack", { params });
  assert.deepEqual([none.status, none.json.code], [409, "NOTHING_TO_ROLL_BACK_TO"]);
  const [a, b, c] = [await addVersion(0.9), await addVersion(0.8), await addVersion(0.7)];
  await start(a);
  await call("setThreshold", { params, body: { threshold: 0.3 } });
  await start(b);
  await start(c);
  const { rollBackTo } = (await call("getDeployments", { params })).json;
  assert.deepEqual(rollBackTo, { modelId: b, modelVersion: 2, threshold: 0.5 });
  assert.equal((await call("rollBack", { params })).json.id, b);
  assert.equal((await call("rollBack", { params })).json.id, a);
  assert.equal((await call("getProject", { params })).json.threshold, 0.3);
  assert.equal((await call("rollBack", { params })).status, 409);
  const { items } = (await call("getDeployments", { params })).json;
  assert.deepEqual(
    items.map(({ modelVersion, kind, end }: Record<string, unknown>) => [modelVersion, kind, end]),
    [
      [1, "rollback", null],
      [2, "rollback", "rolledBack"],
      [3, "start", "rolledBack"],
      [2, "start", "replaced"],
      [1, "start", "replaced"],
    ],
  );
  await call("stopModel", { params: { modelId: a }, headers });
  assert.equal((await call("rollBack", { params })).json.id, a, "what was stopped is what served last");
});

test("asking the running version answers with whichever runs, and names it", async (t) => {
  const { call, projectId, addVersion, start } = await open(t);
  const ask = async () => call("predictWithRunning", { params: { projectId }, bytes: await greyJpeg(7) });
  assert.equal((await ask()).json.code, "NO_RUNNING_MODEL");
  await start(await addVersion(0.9));
  assert.deepEqual([(await ask()).json.label, (await ask()).json.modelVersion], ["anomaly", 1]);
  await start(await addVersion(0.1));
  assert.deepEqual([(await ask()).json.label, (await ask()).json.modelVersion], ["normal", 2]);
});

test("while versions take each other's place under load, no request and no inspection fails", async (t) => {
  const { service, call, projectId, addVersion, send, start } = await open(t, { alertConfidence: 0 });
  const [first, second] = [await addVersion(0.9), await addVersion(0.1)];
  await start(first);
  const bytes = await greyJpeg(250);
  let isOver = false;
  const versionsSeen = new Set<number>();
  const asking = Array.from({ length: 4 }, async () => {
    while (!isOver) {
      const answer = await call("predictWithRunning", { params: { projectId }, bytes });
      assert.equal(answer.status, 200, JSON.stringify(answer.json));
      versionsSeen.add(answer.json.modelVersion);
    }
  });
  const sending = (async () => {
    const ids: string[] = [];
    while (!isOver) ids.push(await send());
    return ids;
  })();
  for (let i = 0; i < 12; i++) {
    assert.equal((await start(second)).status, 200);
    await sleep(20);
    assert.equal((await call("rollBack", { params: { projectId } })).json.id, first);
    await sleep(20);
  }
  isOver = true;
  await Promise.all(asking);
  const inspections = await Promise.all((await sending).map((id) => service.services.store.read.inspections.get(id)));
  assert.ok(inspections.length > 0 && inspections.every((one) => one?.status === "inspected"));
  assert.deepEqual([...versionsSeen].sort(), [1, 2]);
});

test("a word is one thing at a time, and what is not there is said to be missing", async (t) => {
  const { call, addVersion, trialOf, judged, queue } = await open(t);
  const trial = await trialOf(await addVersion(0.9), { source: "pictures", maxPictures: 1 });
  const params = { trialId: trial.id };
  await call("addTrialPicture", { params, bytes: await greyJpeg(1) });
  await judged(trial.id);
  const full = await call("addTrialPicture", { params, bytes: await greyJpeg(2) });
  assert.deepEqual([full.status, full.json.code], [409, "TRIAL_FULL"]);
  const [{ id: reviewId }] = (await queue({ trial: trial.id })).items;
  for (const body of [{}, { labels: [], label: "a" }]) {
    const refused = await call("sayWord", { params: { reviewId }, body });
    assert.deepEqual([refused.status, refused.json.code], [422, "WORD_AMBIGUOUS"]);
  }
  const kept = await call("sayWord", { params: { reviewId }, body: { label: "good", keep: false } });
  assert.deepEqual([kept.json.status, kept.json.sampleId], ["said", null]);
  const missing = "01JD0000000000000000000000";
  assert.equal((await call("getReview", { params: { reviewId: missing } })).json.code, "REVIEW_NOT_FOUND");
  assert.equal((await call("endTrial", { params: { trialId: missing } })).json.code, "TRIAL_NOT_FOUND");
  assert.equal((await call("getComparison", { params: { comparisonId: missing } })).json.code, "COMPARISON_NOT_FOUND");
});
