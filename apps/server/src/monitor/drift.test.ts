/** Drift: no alarm where nothing changed, an alarm where something did, told by figures with names. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { MetricName } from "@sightline/api/monitoring";
import { decodeImage, encodeJpeg } from "@sightline/dataset/image-file";
import type { Services } from "../services.js";
import { addLine, inspected, openTestCore, playedEmbedder, playedModel, send, verdict } from "../test-fixtures.js";
import { criticalDistance, driftOf, mixDriftOf } from "./drift.js";
import { farShareOf, fitReference } from "./feature-distance.js";
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
  assert.ok(mixDriftOf(normal, anomalous, live(200, 0)).drift < 1);
  assert.ok(mixDriftOf(normal, anomalous, live(120, 80)).drift < 1);
  assert.ok(mixDriftOf(normal, anomalous, live(200, 0, 0.12)).drift > 1);
  // Nearly every part bad is a change, even where each of them looks like a known anomaly.
  assert.ok(mixDriftOf(normal, anomalous, live(10, 190)).drift > 1);
  assert.ok(mixDriftOf(normal, [], live(200, 0)).drift < 1);
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
async function openTrainedLine(t: TestContext, score: (call: number) => number, openEmbedder = playedEmbedder) {
  const core = await openTestCore(t, {
    openEmbedder,
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
  for (const metric of ["scoreDrift", "pictureDrift", "trouble"] satisfies MetricName[]) {
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
    ["Anomalies", "Drift of scores", "Drift of pictures", "Drift of features"],
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

test("distances are in units of each feature's spread, and those of held-out pictures say what is far", () => {
  const random = seeded(3);
  const picture = (shift = 0) => Float32Array.from({ length: 40 }, (_, at) => (at + 1) * (random() + shift));
  const training = Array.from({ length: 60 }, () => picture());
  const reference = fitReference(training, [picture(2)]);
  const near = Array.from({ length: 200 }, () => reference.distanceOf(picture()));
  const far = Array.from({ length: 200 }, () => reference.distanceOf(picture(0.5)));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  assert.ok(Math.abs(mean(near) - 1) < 0.1, `${mean(near)} for pictures of the same kind`);
  assert.ok(mean(reference.normal) > mean(training.map(reference.distanceOf)), "held out is farther than fitted");
  assert.ok(Math.min(...far) > mean(near));
  assert.ok((reference.anomalous[0] ?? 0) > 4);
  assert.ok(farShareOf(reference, near) < 0.2);
  assert.equal(farShareOf(reference, far), 1);
  assert.ok(mixDriftOf(reference.normal, [], near, "above").drift < 1);
  assert.ok(mixDriftOf(reference.normal, [], far, "above").drift > 1);
  assert.ok(mixDriftOf(reference.normal, [], training.map(reference.distanceOf), "above").drift < 1);
});

test("a feature that never varied in training does not make every picture far", () => {
  const flat = Array.from({ length: 20 }, (_, index) => Float32Array.of(5, index % 4, (index * 7) % 5));
  const { distanceOf } = fitReference(flat);
  assert.ok(Number.isFinite(distanceOf(Float32Array.of(5.001, 1, 2))));
  assert.ok(distanceOf(Float32Array.of(5.001, 1, 2)) < 2);
});

/** Brighter on the right, with the same mean light. */
async function turned(seed: number): Promise<Buffer> {
  const { width, height, data } = await decodeImage(await photo(seed, 128));
  const slanted = data.map((value, at) => value + 3 * ((Math.floor(at / 3) % width) - width / 2));
  return Buffer.from(await encodeJpeg({ width, height, data: slanted }, 95));
}

test("pictures that show something else are far from the training's; measured once, they are not embedded again", async (t) => {
  let embedded = 0;
  let [opened, closed] = [0, 0];
  const counting: typeof playedEmbedder = async () => {
    opened++;
    const played = await playedEmbedder();
    const embed = (bytes: Uint8Array) => {
      embedded++;
      return played.embed(bytes);
    };
    return { ...played, embed, close: async () => void closed++ };
  };
  const { core, projectId } = await openTrainedLine(t, usualScore, counting);
  await inspect(core, 60, (index) => photo(index, 128));
  await core.driftWatch.look();
  const [usual] = await core.store.read.drifts.list(projectId);
  assert.ok(usual?.featureDrift != null && usual.featureDrift < 1, `features ${usual?.featureDrift}`);
  // 30 of the training, 50 new ones at most at one look.
  assert.deepEqual([embedded, opened, closed], [80, 1, 1]);
  await inspect(core, 150, (index) => turned(5000 + index));
  for (let look = 0; look < 3; look++) {
    await inspect(core, 1, () => turned(9000 + look));
    await core.driftWatch.look();
  }
  const [found] = await core.store.read.drifts.list(projectId);
  assert.ok(found?.featureDrift != null && found.featureDrift > 1, `features ${found?.featureDrift}`);
  assert.ok((found.farShare ?? 0) > 0.5, `far ${found.farShare}`);
  assert.ok(embedded <= 80 + 153, `${embedded} embedded`);
  await core.alarmWatch.look();
  const alarm = (await core.store.read.alarms.list(projectId)).find(({ metric }) => metric === "featureDrift");
  assert.equal(alarm?.name, "Drift of features");
});

test("without a backbone the other drifts are told all the same", async (t) => {
  const { core, projectId } = await openTrainedLine(t, usualScore, () => Promise.reject(new Error("no file")));
  await inspect(core, 60, (index) => photo(index, 128));
  await core.driftWatch.look();
  const [found] = await core.store.read.drifts.list(projectId);
  assert.deepEqual([found?.featureDrift, found?.farShare], [null, null]);
  assert.ok(found?.pictureDrift != null && found.scoreDrift != null);
});

test("pictures that came after a training do not stand for it", async (t) => {
  const { core, projectId } = await openTrainedLine(t, usualScore);
  const [model] = await core.store.read.models.list(projectId);
  assert.ok(model);
  const before = await core.store.read.drifts.references(projectId, model, 200);
  await new Promise((resolve) => setTimeout(resolve, 5));
  await core.addLabelledPicture({
    ...{ projectId, name: "later.jpg", annotation: { kind: "label", label: "anomaly" }, part: "train" },
    ...{ contentType: "image/jpeg", bytes: await photo(77, 20) },
  });
  assert.deepEqual(await core.store.read.drifts.references(projectId, model, 200), before);
  const uploaded = await core.store.read.drifts.references(projectId, { ...model, source: "uploaded" }, 200);
  assert.deepEqual(
    uploaded.filter(({ isNormal }) => !isNormal).map(({ figures }) => figures),
    [null],
  );
  assert.equal(uploaded.length, before.length + 1);
});

test("nothing new from a camera is not compared again", async (t) => {
  const { core, projectId } = await openTrainedLine(t, usualScore);
  await inspect(core, 2, (index) => photo(index, 128));
  await core.driftWatch.look();
  const [first] = await core.store.read.drifts.list(projectId);
  await core.driftWatch.look();
  assert.deepEqual(await core.store.read.drifts.list(projectId), [first]);
});
