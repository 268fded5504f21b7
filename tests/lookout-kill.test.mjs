/** Every changing call of the Lookout API, with the server killed at a random instant of it: called again with its token it is done exactly once. */
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import * as sdk from "@aws-sdk/client-lookoutvision";
import { part } from "./pictures.mjs";
import { adminToken, atEnd, caller, startServer, temporaryFolder } from "./server-process.mjs";

const ProjectName = "parts";
const train = { ProjectName, DatasetType: "train" };
const model = { ProjectName, ModelVersion: "1" };
const [normals, anomalies] = [22, 12];
/** Long enough for a call to have been answered, and for some of what it begins. */
const LONGEST_MS = 120;
const PATIENCE_MS = 10 * 60_000;

function lineOf(ref, isAnomalous, job = "first") {
  const about = { "job-name": job, "human-annotated": "yes", "creation-date": "2026-01-02T03:04:05.678Z" };
  return JSON.stringify({
    "source-ref": ref,
    "anomaly-label": isAnomalous ? 1 : 0,
    "anomaly-label-metadata": {
      "class-name": isAnomalous ? "anomaly" : "normal",
      type: "groundtruth/image-classification",
      ...about,
    },
  });
}

/** Bucket `parts`: pictures and `train.manifest`. */
async function putPictures(data) {
  const folder = join(data, "buckets/parts");
  for (const one of [folder, join(data, "buckets/results")]) mkdirSync(one, { recursive: true });
  const lines = [];
  for (let at = 0; at < normals + anomalies; at++) {
    const isBad = at >= normals;
    writeFileSync(join(folder, `${at}.jpg`), await part({ isBad, seed: at + 1 }));
    lines.push(lineOf(`s3://parts/${at}.jpg`, isBad));
  }
  writeFileSync(join(folder, "train.manifest"), `${lines.join("\n")}\n`);
}

test("a server killed in the middle of any change has made it once when it is asked again, and ends what it had begun", async (t) => {
  const data = join(temporaryFolder(t, "lookout-kill"), "data");
  const start = () => startServer({ data, args: ["--empty", "--log-level", "warn"] });
  let server = await start();
  let client;
  atEnd(t, async () => {
    client?.destroy();
    await server.stop();
  });
  const api = caller(server, (await adminToken(server)).token);
  await api("POST", "/api/users/link", { name: "vision", role: "operator", expiresInMinutes: 5 });
  const { accessKeyId, secretAccessKey } = await api("POST", "/api/access-keys", { userName: "vision" });
  const open = () => {
    const credentials = { accessKeyId, secretAccessKey };
    const config = { endpoint: server.url, region: "eu-west-1", credentials, maxAttempts: 1 };
    client = new sdk.LookoutVisionClient(config);
  };
  open();
  await putPictures(data);

  async function kill() {
    server.child.kill("SIGKILL");
    await server.closed;
    client.destroy();
    server = await start();
    open();
  }

  let kills = 0;
  /** Kills at a random instant of the call, then calls again as the client would: with the same token. */
  async function throughAKill(Command, input) {
    const command = () => new Command({ ...input, ClientToken: `token-${kills}` });
    const afterMs = randomInt(LONGEST_MS);
    const before = client.send(command()).then(
      (reply) => reply,
      (error) => {
        // Killed in between; a refusal of the service itself would be wrong already now.
        if (error.$fault === "client" && error.$metadata?.httpStatusCode !== undefined) throw error;
        return undefined;
      },
    );
    before.catch(() => {});
    await sleep(afterMs);
    await kill();
    const first = await before;
    const second = await client.send(command());
    t.diagnostic(
      `${Command.name}: killed after ${afterMs} ms, ${first === undefined ? "before" : "after"} it had answered`,
    );
    kills++;
    if (first !== undefined) assert.deepEqual(withoutMetadata(second), withoutMetadata(first));
    return second;
  }

  const describeDataset = async () => (await client.send(new sdk.DescribeDatasetCommand(train))).DatasetDescription;
  const describeModel = async () => (await client.send(new sdk.DescribeModelCommand(model))).ModelDescription;
  const isDone = ({ Status }) => !Status.endsWith("IN_PROGRESS");

  await throughAKill(sdk.CreateProjectCommand, { ProjectName });
  assert.equal((await client.send(new sdk.ListProjectsCommand({}))).Projects.length, 1);

  const S3Object = { Bucket: "parts", Key: "train.manifest" };
  await throughAKill(sdk.CreateDatasetCommand, { ...train, DatasetSource: { GroundTruthManifest: { S3Object } } });
  const created = await until(describeDataset, isDone);
  assert.equal(created.Status, "CREATE_COMPLETE", created.StatusMessage);
  const total = normals + anomalies;
  const stats = { Total: total, Labeled: total, Normal: normals, Anomaly: anomalies };
  assert.deepEqual(created.ImageStats, stats);

  // Half of the good ones turn out to be bad, then good again: all of a change or nothing of it.
  for (const isAnomalous of [true, false]) {
    const lines = Array.from({ length: normals / 2 }, (_, at) => lineOf(`s3://parts/${at}.jpg`, isAnomalous, "again"));
    await throughAKill(sdk.UpdateDatasetEntriesCommand, { ...train, Changes: Buffer.from(lines.join("\n")) });
    const updated = await until(describeDataset, isDone);
    assert.equal(updated.Status, "UPDATE_COMPLETE", updated.StatusMessage);
    assert.equal(updated.ImageStats.Normal, isAnomalous ? normals / 2 : normals);
    assert.equal(updated.ImageStats.Total, total);
  }

  const OutputConfig = { S3Location: { Bucket: "results" } };
  const { ModelMetadata } = await throughAKill(sdk.CreateModelCommand, { ProjectName, OutputConfig });
  assert.deepEqual([ModelMetadata.ModelVersion, ModelMetadata.Status], ["1", "TRAINING"]);
  // Once more, well into the training.
  await until(describeModel, ({ StatusMessage }) => !/\(0 %\)/.test(StatusMessage));
  await kill();
  const trained = await until(describeModel, ({ Status }) => Status !== "TRAINING");
  assert.equal(trained.Status, "TRAINED", trained.StatusMessage);
  assert.ok(trained.EvaluationResult?.Key, "the evaluation files were written");
  assert.equal((await client.send(new sdk.ListModelsCommand({ ProjectName }))).Models.length, 1);

  await throughAKill(sdk.StartModelCommand, { ...model, MinInferenceUnits: 1 });
  const hosted = await until(describeModel, ({ Status }) => Status !== "STARTING_HOSTING");
  assert.equal(hosted.Status, "HOSTED", hosted.StatusMessage);
  const picture = { ContentType: "image/jpeg", Body: await part({ isBad: true, seed: 99 }) };
  const { DetectAnomalyResult: said } = await client.send(new sdk.DetectAnomaliesCommand({ ...model, ...picture }));
  assert.equal(typeof said.IsAnomalous, "boolean");

  const Greengrass = {
    ComponentName: "com.plant.Parts",
    S3OutputLocation: { Bucket: "results" },
    TargetDevice: "jetson_xavier",
  };
  await throughAKill(sdk.StartModelPackagingJobCommand, { ...model, JobName: "pack", Configuration: { Greengrass } });
  const packed = await until(
    async () =>
      (await client.send(new sdk.DescribeModelPackagingJobCommand({ ProjectName, JobName: "pack" })))
        .ModelPackagingDescription,
    ({ Status }) => Status === "SUCCEEDED" || Status === "FAILED",
  );
  assert.equal(packed.Status, "SUCCEEDED", packed.StatusMessage);

  await throughAKill(sdk.StopModelCommand, model);
  await until(describeModel, ({ Status }) => Status === "TRAINED");
  await throughAKill(sdk.DeleteModelCommand, model);
  await assert.rejects(describeModel(), { name: "ResourceNotFoundException" });
  await throughAKill(sdk.DeleteDatasetCommand, train);
  await until(
    () => describeDataset().catch(({ name }) => ({ name })),
    ({ name }) => name === "ResourceNotFoundException",
  );
  await throughAKill(sdk.DeleteProjectCommand, { ProjectName });
  assert.deepEqual((await client.send(new sdk.ListProjectsCommand({}))).Projects, []);
  assert.equal(kills, 11);
});

const withoutMetadata = ({ $metadata, ...reply }) => reply;

/** Asks until it is so. */
async function until(ask, isSo) {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (isSo(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`It did not come about: ${JSON.stringify(answer)}`);
    await sleep(100);
  }
}
