/** A team's whole way through the Lookout for Vision API: the official client against a real server, from an empty account back to one. */
import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as sdk from "@aws-sdk/client-lookoutvision";
import { encodeJpeg, encodePng } from "../packages/dataset/dist/image-file.js";
import { castingDataset } from "../packages/simulator/dist/casting.js";
import { root } from "./server-process.mjs";

export const cookies = join(root, "../shared/data/lookout-cookies");

/** Every operation that the client knows. */
export const allOperations = Object.keys(sdk)
  .filter((name) => name.endsWith("Command") && !name.startsWith("$"))
  .map((name) => name.replace(/Command$/, ""));

const ProjectName = "cookies";
const model = { ProjectName, ModelVersion: "1" };
const train = { ProjectName, DatasetType: "train" };
/** A training on a busy machine. */
const PATIENCE_MS = 20 * 60_000;

/** The example set that Amazon published, as the folder of a bucket. */
export function putCookies(bucket) {
  cpSync(cookies, bucket, { recursive: true });
  const manifest = "template.manifest";
  const ofTest = readdirSync(join(cookies, "test-images"));
  return {
    manifest,
    test: ofTest.map((name) => ({ key: `test-images/${name}`, isAnomalous: name.includes("anomaly") })),
  };
}

/** As few pictures as a training needs, drawn, with masks: for machines that have not the example set. */
export async function putCastings(bucket) {
  for (const folder of ["training-images", "test-images", "mask-images"])
    mkdirSync(join(bucket, folder), { recursive: true });
  const lines = [];
  for (const { image, label, name, defect } of castingDataset({ seed: 1, normals: 20, anomalies: 10, difficulty: 0 })) {
    writeFileSync(join(bucket, "training-images", `${name}.jpg`), await encodeJpeg(image, 90));
    if (defect !== null) writeFileSync(join(bucket, "mask-images", `${name}.png`), await maskOf(image, defect.mask));
    lines.push(manifestLine(name, label));
  }
  writeFileSync(join(bucket, "template.manifest"), `${lines.join("\n")}\n`);
  const test = [];
  for (const { image, label, name } of castingDataset({ seed: 2, normals: 3, anomalies: 3, difficulty: 0 })) {
    writeFileSync(join(bucket, "test-images", `${name}.jpg`), await encodeJpeg(image, 90));
    test.push({ key: `test-images/${name}.jpg`, isAnomalous: label === "anomaly" });
  }
  return { manifest: "template.manifest", test };
}

function maskOf({ width, height }, { data }) {
  const colour = [0x23, 0xa4, 0x36];
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, at) =>
    data[Math.floor(at / 3)] > 0 ? colour[at % 3] : 255,
  );
  return encodePng({ width, height, data: pixels });
}

function manifestLine(name, label) {
  const about = { "job-name": "drawn", "human-annotated": "yes", "creation-date": "2026-01-02T03:04:05.678Z" };
  const map = { 0: { "class-name": "cracked", "hex-color": "#23A436" } };
  return JSON.stringify({
    "source-ref": `training-images/${name}.jpg`,
    "anomaly-label": label === "anomaly" ? 1 : 0,
    "anomaly-label-metadata": { ...about, "class-name": label, type: "groundtruth/image-classification" },
    ...(label === "anomaly" && {
      "anomaly-mask-ref": `mask-images/${name}.png`,
      "anomaly-mask-ref-metadata": {
        ...about,
        "internal-color-map": map,
        type: "groundtruth/semantic-segmentation",
      },
    }),
  });
}

/**
 * Calls every operation in the order in which a team does; what is not as the API promises throws.
 * @param {object} about
 * @param {string} about.url where the server listens
 * @param {(method: string, path: string, body?: object) => Promise<any>} about.api calls with an admin's token
 * @param {string} about.data the server's data folder
 * @param {(bucket: string) => unknown} about.putPictures fills a bucket's folder, says the manifest's key and the test pictures
 * @param {Set<string>} about.answered takes the name of each operation that was answered
 * @returns what was found: the version's description, each test picture's verdict, the evaluation's figures
 */
export async function lookoutJourney({ url, api, data, putPictures, answered, say = () => {} }) {
  const bucket = join(data, "buckets/cookies");
  const results = join(data, "buckets/results");
  for (const folder of [bucket, results]) mkdirSync(folder, { recursive: true });
  const { manifest, test } = await putPictures(bucket);
  const lines = readFileSync(join(bucket, manifest), "utf8").trim().split("\n");
  await api("POST", "/api/users/link", { name: "vision", role: "operator", expiresInMinutes: 5 });
  const { accessKeyId, secretAccessKey } = await api("POST", "/api/access-keys", { userName: "vision" });
  const credentials = { accessKeyId, secretAccessKey };
  const client = new sdk.LookoutVisionClient({ endpoint: url, region: "eu-west-1", credentials, maxAttempts: 1 });
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const reply = await next(args);
        answered.add(commandName.replace(/Command$/, ""));
        return reply;
      },
    { step: "initialize" },
  );
  const describeDataset = async () => (await client.send(new sdk.DescribeDatasetCommand(train))).DatasetDescription;
  const describeModel = async () => (await client.send(new sdk.DescribeModelCommand(model))).ModelDescription;
  try {
    say("a project, and its pictures from the manifest");
    const made = await client.send(new sdk.CreateProjectCommand({ ProjectName }));
    const { ProjectArn } = made.ProjectMetadata;
    const GroundTruthManifest = { S3Object: { Bucket: "cookies", Key: manifest } };
    await client.send(new sdk.CreateDatasetCommand({ ...train, DatasetSource: { GroundTruthManifest } }));
    const created = await until(describeDataset, ({ Status }) => !Status.endsWith("IN_PROGRESS"));
    assert.equal(created.Status, "CREATE_COMPLETE", created.StatusMessage);
    const Anomaly = lines.filter((line) => JSON.parse(line)["anomaly-label"] === 1).length;
    const stats = { Total: lines.length, Labeled: lines.length, Normal: lines.length - Anomaly, Anomaly };
    assert.deepEqual(created.ImageStats, stats);

    // A line takes the place of the one before with the same picture.
    const first = JSON.parse(lines[0]);
    const absolute = (ref) => `s3://cookies/${ref}`;
    const again = {
      ...first,
      "source-ref": absolute(first["source-ref"]),
      "anomaly-mask-ref": absolute(first["anomaly-mask-ref"] ?? "mask-images/none.png"),
      "anomaly-label-metadata": { ...first["anomaly-label-metadata"], "job-name": "looked-at-again" },
    };
    if (first["anomaly-mask-ref"] === undefined) delete again["anomaly-mask-ref"];
    const Changes = Buffer.from(JSON.stringify(again));
    await client.send(new sdk.UpdateDatasetEntriesCommand({ ...train, Changes }));
    const updated = await until(describeDataset, ({ Status }) => !Status.endsWith("IN_PROGRESS"));
    assert.equal(updated.Status, "UPDATE_COMPLETE", updated.StatusMessage);
    assert.deepEqual(updated.ImageStats, stats);
    const listed = await client.send(
      new sdk.ListDatasetEntriesCommand({ ...train, SourceRefContains: again["source-ref"] }),
    );
    assert.deepEqual(listed.DatasetEntries, [JSON.stringify(again)]);
    const { ProjectDescription } = await client.send(new sdk.DescribeProjectCommand({ ProjectName }));
    assert.deepEqual(
      ProjectDescription.Datasets.map(({ DatasetType, Status }) => [DatasetType, Status]),
      [["train", "UPDATE_COMPLETE"]],
    );
    const projects = await client.send(new sdk.ListProjectsCommand({}));
    assert.ok(projects.Projects.some((one) => one.ProjectArn === ProjectArn));

    say("a model");
    const OutputConfig = { S3Location: { Bucket: "results", Prefix: "evaluations" } };
    const Tags = [{ Key: "line", Value: "7" }];
    await client.send(new sdk.CreateModelCommand({ ProjectName, OutputConfig, Tags }));
    const trained = await until(describeModel, ({ Status }) => Status !== "TRAINING", {
      tell: ({ StatusMessage }) => say(StatusMessage),
    });
    assert.equal(trained.Status, "TRAINED", trained.StatusMessage);
    const versions = await client.send(new sdk.ListModelsCommand({ ProjectName }));
    assert.deepEqual(
      versions.Models.map(({ ModelVersion, Status }) => [ModelVersion, Status]),
      [["1", "TRAINED"]],
    );
    const { items } = await api("GET", "/api/models");
    const { id: modelId } = items.find(({ version, method }) => version === 1 && method !== undefined);
    const detail = await api("GET", `/api/models/${modelId}`);

    say("verdicts");
    await client.send(new sdk.StartModelCommand({ ...model, MinInferenceUnits: 1 }));
    const hosted = await until(describeModel, ({ Status }) => Status !== "STARTING_HOSTING");
    assert.equal(hosted.Status, "HOSTED", hosted.StatusMessage);
    const verdicts = [];
    for (const { key, isAnomalous } of test) {
      const Body = readFileSync(join(bucket, key));
      const { DetectAnomalyResult: said } = await client.send(
        new sdk.DetectAnomaliesCommand({ ...model, ContentType: "image/jpeg", Body }),
      );
      checkVerdict(said);
      verdicts.push({ name: basename(key), isAnomalous, said });
    }

    // Written before the version was TRAINED.
    const fileOf = ({ Bucket, Key }) => readFileSync(join(data, "buckets", Bucket, Key), "utf8");
    const evaluated = fileOf(trained.EvaluationManifest)
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.ok(evaluated.length > 0);
    for (const line of evaluated)
      assert.match(line["anomaly-label-detected-metadata"]["class-name"], /^(normal|anomaly)$/);
    const { AggregatedEvaluationResults } = JSON.parse(fileOf(trained.EvaluationResult));
    const { Metrics } = AggregatedEvaluationResults;
    const { F1Score, Precision, Recall } = trained.Performance;
    assert.deepEqual([Metrics.F1Score, Metrics.Precision, Metrics.Recall], [F1Score, Precision, Recall]);
    assert.deepEqual(
      Metrics.PixelAnomalyClassMetrics.map(({ ClassName }) => ClassName),
      ["cracked"],
    );

    say("a component for a device");
    const Greengrass = {
      ComponentName: "com.plant.Cookies",
      S3OutputLocation: { Bucket: "results", Prefix: "components" },
      TargetPlatform: { Os: "LINUX", Arch: "ARM64" },
    };
    const packaging = { ...model, JobName: "pack-1", Configuration: { Greengrass } };
    await client.send(new sdk.StartModelPackagingJobCommand(packaging));
    const packed = await until(
      async () => {
        const job = new sdk.DescribeModelPackagingJobCommand({ ProjectName, JobName: "pack-1" });
        return (await client.send(job)).ModelPackagingDescription;
      },
      ({ Status }) => Status === "SUCCEEDED" || Status === "FAILED",
    );
    assert.equal(packed.Status, "SUCCEEDED", packed.StatusMessage);
    const jobs = await client.send(new sdk.ListModelPackagingJobsCommand({ ProjectName }));
    assert.deepEqual(
      jobs.ModelPackagingJobs.map(({ JobName }) => JobName),
      ["pack-1"],
    );
    const component = readdirSync(join(results, "components/com.plant.Cookies/1.0.0")).sort();
    assert.deepEqual(component, ["com.plant.Cookies.zip", "recipe.json"]);

    const ResourceArn = hosted.ModelArn;
    await client.send(new sdk.TagResourceCommand({ ResourceArn, Tags: [{ Key: "shift", Value: "early" }] }));
    await client.send(new sdk.UntagResourceCommand({ ResourceArn, TagKeys: ["line"] }));
    const tags = await client.send(new sdk.ListTagsForResourceCommand({ ResourceArn }));
    assert.deepEqual(tags.Tags, [{ Key: "shift", Value: "early" }]);

    say("everything away again");
    await client.send(new sdk.StopModelCommand(model));
    await until(describeModel, ({ Status }) => Status === "TRAINED");
    await client.send(new sdk.DeleteModelCommand(model));
    await assert.rejects(describeModel(), { name: "ResourceNotFoundException" });
    await client.send(new sdk.DeleteDatasetCommand(train));
    await until(
      () => describeDataset().catch(({ name }) => name),
      (answer) => answer === "ResourceNotFoundException",
    );
    await client.send(new sdk.DeleteProjectCommand({ ProjectName }));
    const left = await client.send(new sdk.ListProjectsCommand({}));
    assert.deepEqual(
      left.Projects.filter((one) => one.ProjectArn === ProjectArn),
      [],
    );
    return { trained, detail, verdicts, metrics: Metrics };
  } finally {
    client.destroy();
  }
}

/** What the API reference promises of a verdict by a model that learnt from masks. */
function checkVerdict({ Source, IsAnomalous, Confidence, Anomalies, AnomalyMask }) {
  assert.deepEqual(Source, { Type: "direct" });
  assert.equal(typeof IsAnomalous, "boolean");
  assert.ok(Confidence >= 0 && Confidence <= 1, `confidence ${Confidence}`);
  const [background, ...kinds] = Anomalies;
  assert.deepEqual([background.Name, background.PixelAnomaly.Color], ["background", "#FFFFFF"]);
  for (const { Name, PixelAnomaly } of kinds) assert.deepEqual([Name, PixelAnomaly.Color], ["cracked", "#23A436"]);
  const whole = Anomalies.reduce((sum, { PixelAnomaly }) => sum + PixelAnomaly.TotalPercentageArea, 0);
  assert.ok(Math.abs(whole - 1) < 1e-6, `the areas make ${whole} of the picture`);
  assert.equal(Buffer.from(AnomalyMask).subarray(1, 4).toString(), "PNG");
}

/** Asks until it is so. */
async function until(ask, isSo, { tell = () => {} } = {}) {
  const deadline = performance.now() + PATIENCE_MS;
  for (let toldAt = 0; ; ) {
    const answer = await ask();
    if (isSo(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`It did not come about: ${JSON.stringify(answer)}`);
    if (performance.now() - toldAt > 15_000) {
      tell(answer);
      toldAt = performance.now();
    }
    await sleep(200);
  }
}
