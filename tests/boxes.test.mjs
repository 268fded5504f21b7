/** From pictures with boxes to boxes in inspections: a real server and the real client, with a training that is stopped, survives a restart and goes on. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import test from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { createClient } from "@sightline/client/client";
import { eachSample, sendLabelledPicture } from "@sightline/client/labelled-pictures";
import { uploadImage } from "@sightline/client/upload";
import { adminToken, root, startServer, temporaryFolder } from "./server-process.mjs";

const sharp = createRequire(join(root, "packages/dataset/package.json"))("sharp");
const side = 128;
const pictures = 15;

/** Two bright plates on grey grain, anywhere, never one over the other. */
async function scene(seed) {
  let state = (seed + 1) * 2654435761;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const pixels = Buffer.alloc(side * side * 3).map(() => 110 + Math.floor(random() * 20));
  const boxes = [0, 1].map((half) => {
    const size = 36 + Math.floor(random() * 16);
    const x1 = half * 64 + Math.floor(random() * (64 - size));
    const y1 = Math.floor(random() * (side - size));
    for (let y = 0; y < size; y += 1)
      for (let x = 0; x < size; x += 1) {
        const at = ((y1 + y) * side + x1 + x) * 3;
        pixels.fill(225, at, at + 3);
      }
    return { label: "plate", x1, y1, x2: x1 + size, y2: y1 + size };
  });
  const bytes = await sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toBuffer();
  return { bytes, boxes };
}

function overlap(a, b) {
  const [width, height] = [Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1), Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1)];
  const shared = Math.max(0, width) * Math.max(0, height);
  const area = (box) => (box.x2 - box.x1) * (box.y2 - box.y1);
  return shared / (area(a) + area(b) - shared);
}

async function until(what, ask, isThere, timeoutMs = 150_000) {
  const endMs = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (isThere(answer)) return answer;
    if (Date.now() > endMs) throw new Error(`${what}: not within ${timeoutMs} ms; last: ${JSON.stringify(answer)}`);
    await pause(100);
  }
}

test("pictures with boxes become a detector, and inspections have boxes where the things are", async (t) => {
  const data = temporaryFolder(t, "boxes");
  const start = () => startServer({ data, args: ["--empty"] });
  let server = await start();
  t.after(() => server.stop());
  const { token } = await adminToken(server);
  let client = createClient({ url: server.url, token });

  const { id: projectId } = await client.call("createProject", { body: { name: "plates" } });
  for (let seed = 0; seed < pictures; seed += 1) {
    const { bytes, boxes } = await scene(seed);
    await sendLabelledPicture(client, projectId, { bytes, annotation: { boxes }, part: "auto", name: `${seed}.png` });
  }
  const samples = [];
  for await (const sample of eachSample(client, projectId)) samples.push(sample);
  assert.equal(samples.length, pictures);
  assert.deepEqual(samples.at(-1).boxes, (await scene(0)).boxes);

  const params = { projectId };
  const { id: jobId } = await client.call("startTraining", { params, body: { method: "auto", budgetSeconds: 60 } });
  const job = () => client.call("getJob", { params: { jobId } });
  await until(
    "a first epoch",
    job,
    ({ latest, status }) => latest !== null || (status !== "running" && status !== "queued"),
  );
  const stopped = await client.call("stopJob", { params: { jobId }, body: { keep: "checkpoint" } });
  assert.equal(stopped.status, "stopped", JSON.stringify(stopped));

  assert.equal(await server.stop(), 0);
  server = await start();
  client = createClient({ url: server.url, token });
  assert.deepEqual((await job()).latest, stopped.latest, "what was learnt is there after a restart");
  assert.equal((await client.call("resumeJob", { params: { jobId } })).status, "queued");
  // As soon as it is good enough: on a slow machine later, on none after its budget.
  const isGoodEnough = ({ metric }) => metric !== null && metric >= 0.5;
  const isEnough = ({ latest, endedAt }) =>
    endedAt !== null || (latest.epoch > stopped.latest.epoch && isGoodEnough(latest));
  const learned = await until("a training that is good enough", job, isEnough);
  if (learned.endedAt === null) await client.call("stopJob", { params: { jobId }, body: { keep: "model" } });
  const ended = await until("the end of the training", job, ({ endedAt }) => endedAt !== null);
  assert.equal(ended.status, "succeeded", JSON.stringify(ended.error));
  const { metricName, points } = await client.call("getJobHistory", { params: { jobId } });
  assert.equal(metricName, "mAP50");
  assert.deepEqual(
    points.map(({ epoch }) => epoch),
    points.map((_, index) => index + 1),
    "epochs before and after the break follow each other",
  );
  assert.ok(points.length > stopped.latest.epoch, "it went on");
  assert.ok(points.at(-1).elapsedSeconds > points[0].elapsedSeconds, "so does its time");

  const model = await client.call("getModel", { params: { modelId: ended.modelId } });
  assert.deepEqual([model.task, model.labels, model.metrics.source], ["detection", ["plate"], "test"]);
  t.diagnostic(
    `${points.length} epochs in ${points.at(-1).elapsedSeconds.toFixed(0)} s, test mAP50 ${model.metrics.mAP50}`,
  );
  await client.call("startModel", { params: { modelId: model.id } });
  await client.call("addCamera", { body: { id: "cam-1", projectId, name: "", assemblyLineId: "line-1" } });
  const shown = [await scene(500), await scene(501), await scene(502), await scene(503)];
  const inspections = [];
  for (const [index, { bytes }] of shown.entries()) {
    const upload = { cameraId: "cam-1", lineId: "line-1", imageId: `picture-${index}`, bytes };
    const { inspectionId } = await uploadImage(client, upload);
    const ask = () => client.call("getInspection", { params: { inspectionId } });
    inspections.push(await until("an inspection", ask, ({ status }) => status === "inspected" || status === "failed"));
  }
  let [wanted, found] = [0, 0];
  for (const [index, inspection] of inspections.entries()) {
    const { detections, labels, status, imageWidth, imageHeight } = inspection;
    assert.deepEqual([status, imageWidth, imageHeight], ["inspected", side, side]);
    assert.deepEqual([...new Set(detections.map(({ label }) => label))].sort(), [...labels].sort());
    for (const { x1, y1, x2, y2, score } of detections) {
      assert.ok(x1 >= 0 && y1 >= 0 && x2 <= side && y2 <= side && x1 < x2 && y1 < y2);
      assert.ok(score > 0 && score <= 1);
    }
    for (const truth of shown[index].boxes) {
      wanted += 1;
      if (detections.some((one) => overlap(one, truth) > 0.4)) found += 1;
    }
  }
  // How well it learns is tested with the models; here, that its boxes come back in the picture's own pixels.
  assert.ok(
    found >= wanted / 4,
    `${found} of ${wanted} found: ${JSON.stringify(inspections.map((i) => i.detections))}`,
  );
  const stats = await client.call("getStats", { query: { project: projectId } });
  assert.ok(stats.byLabel.some(({ label }) => label === "plate"));
});
