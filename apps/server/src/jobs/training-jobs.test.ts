import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Job } from "@sightline/api/jobs";
import type { LiveEvent } from "@sightline/api/live";
import { greyJpeg, openTestService, type TestService } from "../http/test-service.js";

/** Programs in place of the training process, by what they do. */
const programs = {
  refuses: `process.once("message", () => process.send({ kind: "failed", code: "DATASET_TOO_SMALL", message: "Too few pictures: add 5 more.", isBug: false }, () => process.exit(1)));`,
  crashes: `process.once("message", () => { console.error("core dumped"); process.abort(); });`,
  lies: `process.once("message", () => process.exit(0));`,
  writesRubbish: `import { writeFileSync } from "node:fs"; process.once("message", (order) => { writeFileSync(order.outputFile, "rubbish"); process.send({ kind: "done", skipped: [] }, () => process.exit(0)); });`,
  hangs: `process.once("message", (order) => { process.send({ kind: "progress", progress: 0.4, step: "Works for ever" }); process.send({ kind: "progress", progress: 0.4, step: JSON.stringify({ pid: process.pid, training: order.training.samples.length, labels: order.training.labels, test: order.test?.samples.length ?? 0, threads: order.threads }) }); }); setInterval(() => {}, 1000);`,
  // Learns an epoch each 20 ms, keeps its last epoch as its checkpoint, and does as it is told.
  learns: `
    import { existsSync, readFileSync, writeFileSync } from "node:fs";
    process.once("message", (order) => {
      let epoch = existsSync(order.checkpointFile) ? Number(readFileSync(order.checkpointFile, "utf8")) : 0;
      const begun = epoch;
      const pictures = order.training.samples.length + (order.test?.samples.length ?? 0);
      const makeModel = () => process.send({ kind: "failed", code: "MADE_A_MODEL", message: "of epoch " + epoch, isBug: false }, () => process.exit(1));
      if (order.finish) return makeModel();
      const timer = setInterval(() => {
        epoch++;
        writeFileSync(order.checkpointFile, String(epoch));
        process.send({ kind: "progress", progress: Math.min(1, epoch / 1000), step: "begun at " + begun + " with " + pictures, secondsLeft: 1000 - epoch });
        process.send({ kind: "epoch", metricName: "accuracy", epochs: 1000, point: { epoch, loss: 1 / epoch, metric: 0.5, learningRate: 0.1, picturesPerSecond: 100, waitedShare: 0, elapsedSeconds: epoch } });
        if (process.env.SIGHTLINE_TEST_KILL && epoch === begun + 5) process.kill(process.pid, "SIGKILL");
      }, 20);
      process.on("message", ({ kind, keep }) => {
        if (kind !== "stop") return;
        clearInterval(timer);
        if (keep === "checkpoint") process.send({ kind: "stopped" }, () => process.exit(0));
        else makeModel();
      });
    });`,
};

async function open(
  t: TestContext,
  program: keyof typeof programs,
  counts: Record<string, number> = { good: 20, bad: 15 },
) {
  const folder = await mkdtemp(join(tmpdir(), "sightline-jobs-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const trainProgram = join(folder, "program.mjs");
  await writeFile(trainProgram, programs[program]);
  const service = await openTestService({ trainProgram });
  let isClosed = false;
  t.after(() => (isClosed ? undefined : service.close()));
  const headers = await service.tokenOf("operator");
  const projectId = (await service.call("createProject", { headers, body: { name: "parts" } })).json.id;
  let grey = 0;
  for (const [label, count] of Object.entries(counts)) {
    for (let i = 0; i < count; i++) {
      const bytes = await greyJpeg(++grey * 4);
      const reply = await service.call("addSample", { headers, params: { projectId }, query: { label }, bytes });
      assert.equal(reply.status, 201, JSON.stringify(reply.json));
    }
  }
  const jobs: Job[] = [];
  service.services.live.subscribe((event: LiveEvent) => {
    if (event.type === "job") jobs.push(event.job);
  });
  const start = (body: object = {}) => service.call("startTraining", { headers, params: { projectId }, body });
  const seen = async (wanted: (job: Job) => boolean): Promise<Job> => {
    for (let i = 0; i < 2000; i++) {
      const found = jobs.find(wanted);
      if (found !== undefined) return found;
      await sleep(10);
    }
    throw new Error(`Never seen; last: ${JSON.stringify(jobs.at(-1))}`);
  };
  return { service, headers, projectId, start, seen, jobs, setClosed: () => (isClosed = true) };
}

const hasEnded = (job: Job): boolean => job.endedAt !== null;
const workFiles = (service: TestService) =>
  readdir(join(service.services.config.dataFolder, "work", "training")).catch(() => [] as string[]);
const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

test("a training that can't learn from the pictures fails with its own code and words", async (t) => {
  const { start, seen, service, headers } = await open(t, "refuses");
  const { json: job, status } = await start();
  assert.deepEqual([status, job.status], [202, "queued"]);
  const ended = await seen(hasEnded);
  assert.equal(ended.status, "failed");
  assert.deepEqual(ended.error, { code: "DATASET_TOO_SMALL", message: "Too few pictures: add 5 more." });
  assert.deepEqual((await service.call("getJob", { headers, params: { jobId: job.id } })).json, ended);
  assert.deepEqual(await workFiles(service), []);
});

for (const [program, words] of [
  ["crashes", /ended by SIG/],
  ["lies", /ended with code 0/],
] as const) {
  test(`a training process that ${program} fails the job and leaves the service as it was`, async (t) => {
    const { start, seen, service, headers } = await open(t, program);
    await start();
    const ended = await seen(hasEnded);
    assert.equal(ended.status, "failed");
    assert.equal(ended.error?.code, "TRAINING_FAILED");
    assert.match(ended.error?.message ?? "", words);
    assert.deepEqual(await workFiles(service), []);
    assert.equal((await service.call("getHealth")).json.status, "ok");
    assert.deepEqual((await service.call("listModels", { headers })).json.items, []);
  });
}

test("a model file that can't be read back is no model", async (t) => {
  const { start, seen, service, headers } = await open(t, "writesRubbish");
  await start();
  assert.equal((await seen(hasEnded)).status, "failed");
  assert.deepEqual((await service.call("listModels", { headers })).json.items, []);
});

test("pictures are put aside before the training sees any, once and for all", async (t) => {
  const { start, seen, service, headers, projectId } = await open(t, "hangs");
  await start();
  const { step } = await seen((job) => job.progress === 0.4);
  assert.equal(step, "Works for ever");
  const project = (await service.call("getProject", { headers, params: { projectId } })).json;
  assert.deepEqual(project.samples, { train: 28, test: 7, byLabel: { good: 20, bad: 15 } });
  const undecided = await service.call("listSamples", { headers, params: { projectId }, query: { part: "auto" } });
  assert.deepEqual(undecided.json.items, []);
});

test("cancelling kills the process and leaves nothing behind", async (t) => {
  const { start, seen, service, headers } = await open(t, "hangs");
  const { json: job } = await start();
  await seen((seenJob) => seenJob.progress === 0.4);
  assert.equal((await workFiles(service)).length, 1);
  const cancelled = await service.call("cancelJob", { headers, params: { jobId: job.id } });
  assert.equal(cancelled.json.status, "cancelled");
  assert.deepEqual(await workFiles(service), []);
  const again = await service.call("cancelJob", { headers, params: { jobId: job.id } });
  assert.deepEqual([again.status, again.json.code], [409, "JOB_ENDED"]);
});

test("one training at a time: the next waits, the same project has to", async (t) => {
  const { start, seen, service, headers } = await open(t, "hangs");
  const { json: first } = await start();
  await seen((job) => job.status === "running");
  const again = await start();
  assert.deepEqual([again.status, again.json.code], [409, "TRAINING_RUNNING"]);
  const other = (await service.call("createProject", { headers, body: { name: "other" } })).json.id;
  const bytes = await greyJpeg(255);
  await service.call("addSample", { headers, params: { projectId: other }, query: { label: "good" }, bytes });
  const second = (await service.call("startTraining", { headers, params: { projectId: other }, body: {} })).json;
  assert.equal(second.status, "queued");
  await service.call("cancelJob", { headers, params: { jobId: first.id } });
  await seen((job) => job.id === second.id && job.status === "running");
});

test("a project without pictures is told so at once", async (t) => {
  const { start } = await open(t, "hangs", {});
  const reply = await start();
  assert.deepEqual([reply.status, reply.json.code], [422, "TOO_FEW_SAMPLES"]);
});

test("deleting a project ends its training", async (t) => {
  const { start, seen, service, projectId } = await open(t, "hangs");
  const admin = await service.tokenOf("admin");
  await start();
  await seen((job) => job.progress === 0.4);
  assert.equal((await service.call("deleteProject", { headers: admin, params: { projectId } })).status, 204);
  assert.deepEqual(await workFiles(service), []);
  assert.deepEqual((await service.call("listJobs", { headers: admin })).json.items, []);
});

test("a training that the service interrupted starts again with it, but not for ever", async (t) => {
  const { start, seen, service, headers, jobs } = await open(t, "hangs");
  const { json: job } = await start();
  await seen((one) => one.progress === 0.4);
  // As after a kill: running in the records, nobody running it.
  const { store } = service.services;
  await service.http.jobs.close();
  const unended = await store.read.jobs.unended();
  assert.deepEqual(
    unended.map(({ status, attempts }) => [status, attempts]),
    [["queued", 0]],
  );

  const { createTrainingJobs } = await import("./training-jobs.js");
  const restart = async (): Promise<void> => {
    const next = createTrainingJobs({
      store,
      blobs: service.services.blobs,
      feed: service.services.live,
      folder: join(service.services.config.dataFolder, "work", "training"),
      checkpointFolder: join(service.services.config.dataFolder, "checkpoints"),
      threads: null,
      backbones: { fileOf: async () => null },
      now: Date.now,
      log: service.services.log,
      program: join(service.services.config.dataFolder, "no-such-program.mjs"),
    });
    await next.resume();
    await next.close();
  };
  for (let kills = 0; kills < 3; kills++)
    await store.write((tx) => tx.jobs.start(job.id).then(() => tx.jobs.requeue(job.id, kills + 1)));
  await store.write((tx) => tx.jobs.start(job.id));
  jobs.length = 0;
  await restart();
  const ended = (await service.call("getJob", { headers, params: { jobId: job.id } })).json;
  assert.deepEqual([ended.status, ended.error.code], ["failed", "JOB_INTERRUPTED"]);
});

const checkpointsOf = (service: TestService) =>
  readdir(join(service.services.config.dataFolder, "checkpoints")).catch(() => [] as string[]);

test("a training's curves are kept, pushed live and served, with what is left of its time", async (t) => {
  const { start, seen, service, headers } = await open(t, "learns");
  const { json: job } = await start({ method: "auto", budgetSeconds: 60 });
  const shown = await seen((one) => (one.latest?.epoch ?? 0) >= 3 && one.secondsLeft !== null);
  assert.deepEqual([shown.canStop, shown.method, shown.latest?.metric], [true, "auto", 0.5]);
  await service.call("stopJob", { headers, params: { jobId: job.id }, body: { keep: "checkpoint" } });
  const { json: history } = await service.call("getJobHistory", { headers, params: { jobId: job.id } });
  assert.deepEqual([history.metricName, history.epochs], ["accuracy", 1000]);
  const epochs = history.points.map((point: { epoch: number }) => point.epoch);
  assert.deepEqual(
    epochs,
    epochs.map((_: number, index: number) => index + 1),
  );
});

test("a stopped training keeps its checkpoint, goes on from it also after a restart of the service, and can be given up", async (t) => {
  const { start, seen, service, headers, jobs, projectId } = await open(t, "learns");
  const { json: job } = await start();
  const early = await service.call("stopJob", { headers, params: { jobId: job.id }, body: { keep: "checkpoint" } });
  if (early.status !== 200) assert.deepEqual([early.status, early.json.code], [409, "JOB_CANNOT_STOP"]);
  await seen((one) => (one.latest?.epoch ?? 0) >= 3);
  const params = { jobId: job.id };
  const stopped = (await service.call("stopJob", { headers, params, body: { keep: "checkpoint" } })).json;
  assert.deepEqual([stopped.status, stopped.canStop, stopped.endedAt !== null], ["stopped", false, true]);
  assert.deepEqual(await checkpointsOf(service), [job.id]);
  assert.deepEqual(await workFiles(service), []);

  await service.http.jobs.resume();
  assert.deepEqual(await checkpointsOf(service), [job.id], "a start of the service leaves what a person stopped");
  jobs.length = 0;
  const later = { headers, params: { projectId }, query: { label: "good" }, bytes: await greyJpeg(3) };
  assert.equal((await service.call("addSample", later)).status, 201);
  const resumed = await service.call("resumeJob", { headers, params });
  assert.deepEqual([resumed.status, resumed.json.status], [202, "queued"]);
  const further = await seen((one) => (one.latest?.epoch ?? 0) > (stopped.latest?.epoch ?? 0) + 2);
  // A picture added meanwhile is for the next training: what was learnt belongs to the 35 that it began with.
  assert.equal(further.step, `begun at ${stopped.latest?.epoch} with 35`);
  const again = await service.call("resumeJob", { headers, params });
  assert.deepEqual([again.status, again.json.code], [409, "JOB_NOT_STOPPED"]);

  await service.call("stopJob", { headers, params, body: { keep: "checkpoint" } });
  const cancelled = await service.call("cancelJob", { headers, params });
  assert.equal(cancelled.json.status, "cancelled");
  assert.deepEqual(await checkpointsOf(service), []);
});

test("a stop that keeps the model lets the process finish by itself", async (t) => {
  const { start, seen, service, headers } = await open(t, "learns");
  const { json: job } = await start();
  await seen((one) => one.canStop);
  const asked = await service.call("stopJob", { headers, params: { jobId: job.id }, body: { keep: "model" } });
  assert.deepEqual([asked.status, asked.json.status], [200, "running"]);
  const ended = await seen(hasEnded);
  assert.equal(ended.error?.code, "MADE_A_MODEL");
  assert.deepEqual(await checkpointsOf(service), []);
});

test("a stopped training becomes a model without learning further, and stays stopped where that fails", async (t) => {
  const { start, seen, service, headers, jobs } = await open(t, "learns");
  const { json: job } = await start();
  const params = { jobId: job.id };
  await seen((one) => (one.latest?.epoch ?? 0) >= 3);
  const stopped = (await service.call("stopJob", { headers, params, body: { keep: "checkpoint" } })).json;
  const twice = await service.call("stopJob", { headers, params, body: { keep: "checkpoint" } });
  assert.deepEqual([twice.status, twice.json.code], [409, "JOB_CANNOT_STOP"]);
  jobs.length = 0;
  const asked = await service.call("stopJob", { headers, params, body: { keep: "model" } });
  assert.deepEqual([asked.status, asked.json.status], [200, "queued"]);
  const ended = await seen(hasEnded);
  assert.deepEqual([ended.status, ended.error?.code], ["stopped", "MADE_A_MODEL"]);
  assert.equal(ended.error?.message, `of epoch ${stopped.latest?.epoch}`);
  assert.deepEqual(await checkpointsOf(service), [job.id]);
  jobs.length = 0;
  assert.equal((await service.call("resumeJob", { headers, params })).json.error, null);
  await seen((one) => (one.latest?.epoch ?? 0) > (stopped.latest?.epoch ?? 0));
});

test("a training whose process is killed goes on from its checkpoint, but not for ever", async (t) => {
  process.env.SIGHTLINE_TEST_KILL = "1";
  t.after(() => delete process.env.SIGHTLINE_TEST_KILL);
  const { start, seen, service, headers } = await open(t, "learns");
  const { json: job } = await start();
  const ended = await seen(hasEnded);
  assert.deepEqual([ended.status, ended.error?.code], ["failed", "TRAINING_FAILED"]);
  const { json: history } = await service.call("getJobHistory", { headers, params: { jobId: job.id } });
  assert.equal(history.points.at(-1).epoch >= 11, true, "the third start went on where the second was killed");
  assert.deepEqual(await checkpointsOf(service), []);
});

test("a training that the service interrupts goes on from its checkpoint with the next service", async (t) => {
  const { start, seen, service } = await open(t, "learns");
  const { json: job } = await start();
  await seen((one) => (one.latest?.epoch ?? 0) >= 3);
  await service.http.jobs.close();
  assert.deepEqual(await checkpointsOf(service), [job.id]);
  const [waiting] = await service.services.store.read.jobs.unended();
  assert.deepEqual([waiting?.status, (waiting?.latest?.epoch ?? 0) >= 3], ["queued", true]);
});

test("a killed service takes its training with it", async (t) => {
  const { start, seen, service } = await open(t, "hangs");
  await start();
  await seen((job) => job.progress === 0.4);
  await sleep(300);
  const children = (await readFile(`/proc/self/task/${process.pid}/children`, "utf8"))
    .trim()
    .split(" ")
    .filter(Boolean);
  assert.ok(children.length >= 1);
  await service.http.jobs.close();
  for (const pid of children) assert.equal(isAlive(Number(pid)), false);
});
