/** Drift: no alarm where nothing changed, an alarm where something did, told by figures with names. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { MetricName } from "@sightline/api/monitoring";
import { decodeImage, encodeJpeg } from "@sightline/dataset/image-file";
import type { Services } from "../services.js";
import { addLine, inspected, openTestCore, playedModel, send, verdict } from "../test-fixtures.js";
import { criticalDistance, driftOf, scoreDriftOf } from "./drift.js";
import { figuresOf, figureTitles } from "./picture-figures.js";

/** Mulberry32: the same numbers each time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
const draw = (count: number, from: number, to: number, random: () => number) =>
  Array.from({ length: count }, () => from + (to - from) * random());

test("the distance of equal samples is 0, of samples apart 1, and of a shifted one what is beyond", () => {
  assert.equal(driftOf([1, 2, 3], [3, 2, 1]).distance, 0);
  assert.equal(driftOf([1, 2, 3], [4, 5, 6]).distance, 1);
  assert.equal(driftOf([1, 2, 3, 4], [3, 4, 5, 6]).distance, 0.5);
});

test("the critical distance is that of the tables: 1.95 · sqrt((n + m) / nm) at one in a thousand", () => {
  assert.ok(Math.abs(criticalDistance(100, 100) - 1.95 * Math.sqrt(0.02)) < 1e-3);
});

test("samples of one distribution drift in none of 200 draws; a shift by half of its width does in all", () => {
  for (let seed = 0; seed < 200; seed++) {
    const random = seeded(seed);
    const reference = draw(60, 0, 1, random);
    assert.ok(driftOf(reference, draw(200, 0, 1, random)).drift < 1, `seed ${seed}`);
    assert.ok(driftOf(reference, draw(200, 0.5, 1.5, random)).drift > 1, `seed ${seed}`);
  }
});

test("a trifle is no drift, however many pictures prove it", () => {
  const random = seeded(1);
  const { distance, drift } = driftOf(draw(20_000, 0, 1, random), draw(20_000, 0.1, 1.1, random));
  assert.ok(distance > 0.09 && drift < 1);
});

test("fewer or more anomalies than in training is no drift of scores; a creep of the good ones is", () => {
  const random = seeded(7);
  const normal = draw(100, 0.1, 0.4, random);
  const anomalous = draw(60, 0.6, 0.9, random);
  const live = (good: number, bad: number, creep = 0) => [
    ...draw(good, 0.1 + creep, 0.4 + creep, random),
    ...draw(bad, 0.6, 0.9, random),
  ];
  assert.ok(scoreDriftOf(normal, anomalous, live(200, 0)).drift < 1);
  assert.ok(scoreDriftOf(normal, anomalous, live(120, 80)).drift < 1);
  assert.ok(scoreDriftOf(normal, anomalous, live(200, 0, 0.12)).drift > 1);
  // Nearly every part bad is a change, even where each of them looks like a known anomaly.
  assert.ok(scoreDriftOf(normal, anomalous, live(10, 190)).drift > 1);
  assert.ok(scoreDriftOf(normal, [], live(200, 0)).drift < 1);
});

/** A noisy picture, so that its figures spread like those of a camera. */
async function photo(seed: number, light: number, isBlurred = false): Promise<Buffer> {
  const random = seeded(seed);
  const width = 48;
  const data = new Uint8Array(width * 36 * 3);
  const level = light * (0.9 + 0.2 * random());
  for (let at = 0; at < data.length; at += 3) {
    const x = (at / 3) % width;
    const edge = isBlurred ? Math.sin(x / 8) * 20 : (x % 6 < 3 ? 20 : -20) + 20 * random();
    data.fill(Math.max(0, Math.min(255, level + edge)), at, at + 3);
  }
  return Buffer.from(await encodeJpeg({ width, height: 36, data }, 95));
}

test("each figure says what it is named for", async () => {
  const figure = async (bytes: Buffer, title: (typeof figureTitles)[number]) =>
    figuresOf(await decodeImage(bytes))[figureTitles.indexOf(title)] ?? Number.NaN;
  assert.ok((await figure(await photo(1, 180), "brightness")) > (await figure(await photo(1, 60), "brightness")) + 80);
  assert.ok(
    (await figure(await photo(1, 128), "sharpness")) > 3 * (await figure(await photo(1, 128, true), "sharpness")),
  );
  const half = new Uint8Array(20 * 20 * 3).map((_, at) => (Math.floor(at / 3) % 20 < 10 ? 200 : 50));
  const sides = figuresOf({ width: 20, height: 20, data: half });
  assert.equal(sides[figureTitles.indexOf("light from the left")], 75);
  assert.equal(sides[figureTitles.indexOf("light from above")], 0);
  const red = figuresOf({ width: 4, height: 4, data: new Uint8Array(48).map((_, at) => (at % 3 === 0 ? 90 : 30)) });
  assert.deepEqual([red[3], red[4]], [60, 0]);
});

const heldOut = Array.from({ length: 40 }, (_, index) => ({
  score: 0.1 + (0.3 * ((index * 7) % 40)) / 40,
  isAnomaly: false,
}));

/** A line with 30 training pictures of this light, whose model held out scores of 0.1 to 0.4. */
async function openTrainedLine(t: TestContext, score: (call: number) => number) {
  const core = await openTestCore(t, {
    config: { monitor: { everySeconds: 60, driftSeconds: 3600 } },
    model: playedModel((_, call) => verdict(score(call))),
  });
  const { projectId } = await addLine(core);
  for (let index = 0; index < 30; index++) {
    await core.addLabelledPicture({
      projectId,
      name: `sample-${index}.jpg`,
      annotation: { kind: "label", label: "normal" },
      part: "train",
      contentType: "image/jpeg",
      bytes: await photo(1000 + index, 128),
    });
  }
  const blob = await core.blobs.put(Buffer.from("a model with held-out scores"));
  const modelId = await core.store.write((tx) =>
    tx.models.insert({
      projectId,
      method: "patchcore",
      task: "anomaly",
      labels: ["normal", "anomaly"],
      sizeBytes: blob.bytes,
      sha256: blob.sha256,
      source: "trained",
      trainImages: 30,
      metrics: null,
      candidates: [],
      scores: heldOut,
      roc: [],
    }),
  );
  blob.release();
  await core.deployments.start(modelId, "ada");
  return { core, projectId };
}

async function inspect(core: Services, count: number, picture: (index: number) => Promise<Buffer>) {
  const ids: string[] = [];
  for (let index = 0; index < count; index++) ids.push(await send(core, await picture(index), `part-${index}`));
  for (const id of ids) await inspected(core, id);
}

const usualScore = (call: number) => 0.1 + (0.3 * ((call * 11) % 60)) / 60;

test("a camera that sends what the model was trained on has drifted in neither scores nor pictures", async (t) => {
  const { core, projectId } = await openTrainedLine(t, usualScore);
  await inspect(core, 60, (index) => photo(index, 128));
  // The pictures of one look are limited; the rest is measured at the next, when there are new ones.
  await core.driftWatch.look();
  const [found] = await core.store.read.drifts.list(projectId);
  assert.ok(found);
  assert.deepEqual([found.cameraId, found.pictures, found.health], ["cam-1", 60, []]);
  assert.ok(found.scoreDrift !== null && found.scoreDrift < 1, `scores ${found.scoreDrift}`);
  assert.ok(found.pictureDrift !== null && found.pictureDrift < 1, `pictures ${found.pictureDrift}`);
});

test("a threshold that was moved is no drift of scores", async (t) => {
  const { core, projectId } = await openTrainedLine(t, (call) => {
    // What a model answers at threshold 0.3 for scores of its own: sigmoid(logit(score) - logit(0.3)).
    const own = usualScore(call);
    const odds = ((own / (1 - own)) * 0.7) / 0.3;
    return odds / (1 + odds);
  });
  await core.deployments.setThreshold(projectId, 0.3, "ada");
  await inspect(core, 60, (index) => photo(index, 128));
  await core.driftWatch.look();
  const [found] = await core.store.read.drifts.list(projectId);
  assert.ok(found?.scoreDrift != null && found.scoreDrift < 1, `scores ${found?.scoreDrift}`);
});

test("darker pictures and creeping scores are told per camera with what changed, read as metrics, and ring the alarm", async (t) => {
  const { core, projectId } = await openTrainedLine(t, (call) => 0.2 + usualScore(call) / 2 + 0.1);
  await inspect(core, 60, (index) => photo(index, 60));
  await core.driftWatch.look();
  const [found] = await core.store.read.drifts.list(projectId);
  assert.ok(found?.scoreDrift != null && found.scoreDrift > 1, `scores ${found?.scoreDrift}`);
  assert.ok(found.pictureDrift !== null && found.pictureDrift > 1, `pictures ${found.pictureDrift}`);
  assert.ok((found.mostChanged?.after ?? 255) < (found.mostChanged?.before ?? 0), JSON.stringify(found.mostChanged));
  const nowMs = core.now();
  for (const metric of ["scoreDrift", "pictureDrift"] satisfies MetricName[]) {
    const sets = await core.store.read.readings.sets({
      projectId,
      metric,
      periodSeconds: 60,
      fromMs: nowMs - 600_000,
      toMs: nowMs + 60_000,
    });
    assert.equal([...sets.values()].length, 1, metric);
  }
  await core.alarmWatch.look();
  const alarms = await core.store.read.alarms.list(projectId);
  assert.deepEqual(
    alarms.map(({ name }) => name),
    ["Anomalies", "Drift of scores", "Drift of pictures"],
  );
});

test("a camera that sends one blurred file over and over is told as frozen and blurred", async (t) => {
  const { core, projectId } = await openTrainedLine(t, usualScore);
  const same = await photo(5, 128, true);
  await inspect(core, 12, async () => same);
  await core.driftWatch.look();
  const [found] = await core.store.read.drifts.list(projectId);
  assert.deepEqual([found?.health, found?.pictureDrift, found?.scoreDrift], [["frozen", "blurred"], null, null]);
});

test("nothing new from a camera is not compared again", async (t) => {
  const { core, projectId } = await openTrainedLine(t, usualScore);
  await inspect(core, 2, (index) => photo(index, 128));
  await core.driftWatch.look();
  const [first] = await core.store.read.drifts.list(projectId);
  await core.driftWatch.look();
  assert.deepEqual(await core.store.read.drifts.list(projectId), [first]);
});
