/** The official client drives every operation of the API against a listening server, from an empty account back to an empty account. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { inflateRawSync } from "node:zlib";
import * as sdk from "@aws-sdk/client-lookoutvision";
import { ONE_PIXEL_PNG, playedPredictor } from "../http/test-service.js";
import type { OpenPredictor } from "../inspect/predictors.js";
import { grey, manifestLine, openTestLookout, putCookies, until } from "./test-lookout.js";

const ProjectName = "cookies";

/** Plays a model that learnt from masks: every picture is anomalous and cracked. */
const playedWithMasks: OpenPredictor = async (file, options) => {
  const plain = await playedPredictor(0.9)(file, options);
  const anomalies = [
    { label: "background", colour: "#ffffff", areaFraction: 0.98 },
    { label: "cracked", colour: "#23a436", areaFraction: 0.02 },
  ];
  return {
    ...plain,
    predict: async (bytes, asked) => ({
      ...(await plain.predict(bytes, asked)),
      anomalies,
      ...(asked.labelMapPng === true ? { labelMapPng: ONE_PIXEL_PNG } : {}),
    }),
  };
};

async function open(t: TestContext, options: Parameters<typeof openTestLookout>[0] = {}) {
  const lookout = await openTestLookout(options);
  t.after(() => lookout.close());
  return lookout;
}

test("all 22 operations: from a project to a hosted model and back to nothing", async (t) => {
  const lookout = await open(t, { openPredictor: playedWithMasks });
  const { client } = lookout;
  const called = new Set<string>();
  client.middlewareStack.add(
    (next, context) => (args) => {
      called.add(String(context.commandName).replace(/Command$/, ""));
      return next(args);
    },
    { step: "initialize" },
  );
  await putCookies(lookout);
  await lookout.put("results", ".keep", "");

  // ---------------------------------------------------------- projects
  const made = await client.send(new sdk.CreateProjectCommand({ ProjectName }));
  assert.equal(made.ProjectMetadata?.ProjectArn, "arn:aws:lookoutvision:eu-west-1:000000000000:project/cookies");
  assert.ok(Math.abs(Date.now() - (made.ProjectMetadata?.CreationTimestamp?.getTime() ?? 0)) < 60_000);
  await client.send(new sdk.CreateProjectCommand({ ProjectName: "second" }));
  const first = await client.send(new sdk.ListProjectsCommand({ MaxResults: 1 }));
  const rest = await client.send(new sdk.ListProjectsCommand({ MaxResults: 1, NextToken: first.NextToken }));
  assert.deepEqual(
    [first, rest].map(({ Projects }) => Projects?.map((one) => one.ProjectName)),
    [["cookies"], ["second"]],
  );
  assert.equal(rest.NextToken, undefined);

  // ---------------------------------------------------------- the train dataset, from a manifest in a bucket
  const train = { ProjectName, DatasetType: "train" };
  const DatasetSource = { GroundTruthManifest: { S3Object: { Bucket: "cookies", Key: "train.manifest" } } };
  const dataset = await client.send(new sdk.CreateDatasetCommand({ ...train, DatasetSource }));
  assert.deepEqual([dataset.$metadata.httpStatusCode, dataset.DatasetMetadata?.Status], [202, "CREATE_IN_PROGRESS"]);
  const describe = async () => (await client.send(new sdk.DescribeDatasetCommand(train))).DatasetDescription;
  const isDone = (one: sdk.DatasetDescription | undefined) => !one?.Status?.endsWith("IN_PROGRESS");
  const created = await until(describe, isDone);
  assert.equal(created?.Status, "CREATE_COMPLETE", created?.StatusMessage);
  assert.deepEqual(created?.ImageStats, { Total: 7, Labeled: 6, Normal: 3, Anomaly: 3 });
  const { ProjectDescription } = await client.send(new sdk.DescribeProjectCommand({ ProjectName }));
  assert.deepEqual(
    ProjectDescription?.Datasets?.map(({ DatasetType }) => DatasetType),
    ["train"],
  );

  const list = async (more: Partial<sdk.ListDatasetEntriesCommandInput>) =>
    (await client.send(new sdk.ListDatasetEntriesCommand({ ...train, ...more }))).DatasetEntries?.map(
      (line) => (JSON.parse(line) as { "source-ref": string })["source-ref"].split("/").at(-1) ?? "",
    );
  assert.deepEqual(await list({ Labeled: false }), ["unknown-6.jpg"]);
  assert.deepEqual(await list({ AnomalyClass: "anomaly" }), ["bad-3.jpg", "bad-4.jpg", "bad-5.jpg"]);
  assert.deepEqual(await list({ SourceRefContains: "good-1" }), ["good-1.jpg"]);
  assert.deepEqual(await list({ AfterCreationDate: new Date(Date.now() + 60_000) }), []);
  assert.equal((await list({ BeforeCreationDate: new Date(Date.now() + 60_000) }))?.length, 7);

  // ---------------------------------------------------------- a line that is there takes the place of the one before, a new one is added
  await lookout.put("cookies", "pictures/new.jpg", await grey(250));
  const changes = [
    manifestLine("s3://cookies/pictures/unknown-6.jpg", false),
    manifestLine("s3://cookies/pictures/new.jpg", true),
  ];
  const update = { ...train, Changes: Buffer.from(changes.join("\n")) };
  const updated = await client.send(new sdk.UpdateDatasetEntriesCommand(update));
  assert.deepEqual([updated.$metadata.httpStatusCode, updated.Status], [202, "UPDATE_IN_PROGRESS"]);
  const after = await until(describe, isDone);
  assert.equal(after?.Status, "UPDATE_COMPLETE", after?.StatusMessage);
  assert.deepEqual(after?.ImageStats, { Total: 8, Labeled: 8, Normal: 4, Anomaly: 4 });
  assert.deepEqual(
    (await client.send(new sdk.ListDatasetEntriesCommand({ ...train, SourceRefContains: "new.jpg" }))).DatasetEntries,
    [changes[1]],
  );

  // ---------------------------------------------------------- a test dataset, empty at first
  const test = { ProjectName, DatasetType: "test" };
  const empty = await client.send(new sdk.CreateDatasetCommand(test));
  assert.equal(empty.DatasetMetadata?.Status, "CREATE_COMPLETE");
  const testLines: string[] = [];
  for (const [at, isAnomalous] of [false, false, true, true].entries()) {
    await lookout.put("cookies", `test/${at}.jpg`, await grey(180 + at * 10));
    testLines.push(manifestLine(`s3://cookies/test/${at}.jpg`, isAnomalous));
  }
  await client.send(new sdk.UpdateDatasetEntriesCommand({ ...test, Changes: Buffer.from(testLines.join("\n")) }));
  const tested = await until(
    async () => (await client.send(new sdk.DescribeDatasetCommand(test))).DatasetDescription,
    isDone,
  );
  assert.deepEqual(tested?.ImageStats, { Total: 4, Labeled: 4, Normal: 2, Anomaly: 2 });

  // ---------------------------------------------------------- training
  const OutputConfig = { S3Location: { Bucket: "results", Prefix: "out" } };
  const Tags = [{ Key: "line", Value: "7" }];
  const training = await client.send(
    new sdk.CreateModelCommand({ ProjectName, OutputConfig, Description: "first", Tags, KmsKeyId: "alias/ours" }),
  );
  assert.deepEqual(
    [training.$metadata.httpStatusCode, training.ModelMetadata?.Status, training.ModelMetadata?.ModelVersion],
    [202, "TRAINING", "1"],
  );
  const model = { ProjectName, ModelVersion: "1" };
  const describeModel = async () => (await client.send(new sdk.DescribeModelCommand(model))).ModelDescription;
  const trained = await until(describeModel, (one) => one?.Status !== "TRAINING");
  assert.equal(trained?.Status, "TRAINED", trained?.StatusMessage);
  assert.deepEqual(trained?.Performance, { F1Score: 0.847, Recall: 0.8, Precision: 0.9 });
  assert.deepEqual(
    [trained?.Description, trained?.KmsKeyId, trained?.OutputConfig],
    ["first", "alias/ours", OutputConfig],
  );
  const versions = await client.send(new sdk.ListModelsCommand({ ProjectName }));
  assert.deepEqual(
    versions.Models?.map(({ ModelVersion, Status }) => [ModelVersion, Status]),
    [["1", "TRAINED"]],
  );

  // ---------------------------------------------------------- evaluation files
  const fileOf = async (object: sdk.OutputS3Object | undefined) => {
    assert.equal(object?.Bucket, "results");
    return readFile(join(lookout.folderOf("results"), object?.Key ?? ""), "utf8");
  };
  assert.equal(trained?.EvaluationManifest?.Key, "out/EvaluationManifest-cookies-1.json");
  const evaluated = (await fileOf(trained?.EvaluationManifest)).trim().split("\n");
  assert.equal(evaluated.length, 4);
  const line = JSON.parse(evaluated[0] ?? "") as Record<string, unknown>;
  assert.equal(line["source-ref"], "s3://cookies/test/0.jpg");
  assert.deepEqual([line["anomaly-label"], line["anomaly-label-detected"]], [0, 1]);
  const { AggregatedEvaluationResults } = JSON.parse(await fileOf(trained?.EvaluationResult));
  const { ROCAUC, AveragePrecision, Precision } = AggregatedEvaluationResults.Metrics;
  assert.deepEqual([ROCAUC, Number(AveragePrecision.toFixed(4)), Precision], [0.95, 0.8333, 0.9]);

  // ---------------------------------------------------------- hosting and detection
  const starting = await client.send(
    new sdk.StartModelCommand({ ...model, MinInferenceUnits: 1, MaxInferenceUnits: 2 }),
  );
  assert.deepEqual([starting.$metadata.httpStatusCode, starting.Status], [202, "STARTING_HOSTING"]);
  const hosted = await until(describeModel, (one) => one?.Status !== "STARTING_HOSTING");
  assert.equal(hosted?.Status, "HOSTED", hosted?.StatusMessage);
  assert.deepEqual([hosted?.MinInferenceUnits, hosted?.MaxInferenceUnits], [1, 2]);
  const { DetectAnomalyResult: found } = await client.send(
    new sdk.DetectAnomaliesCommand({ ...model, ContentType: "image/jpeg", Body: await grey(99) }),
  );
  assert.deepEqual([found?.Source, found?.IsAnomalous, found?.Confidence], [{ Type: "direct" }, true, 0.8]);

  assert.deepEqual(found?.Anomalies, [
    { Name: "background", PixelAnomaly: { TotalPercentageArea: 0.98, Color: "#FFFFFF" } },
    { Name: "cracked", PixelAnomaly: { TotalPercentageArea: 0.02, Color: "#23A436" } },
  ]);
  assert.deepEqual(Buffer.from(found?.AnomalyMask ?? []), ONE_PIXEL_PNG);

  // ---------------------------------------------------------- packaging
  const Configuration = {
    Greengrass: {
      ComponentName: "com.plant.Cookies",
      S3OutputLocation: { Bucket: "results", Prefix: "components" },
      TargetPlatform: { Os: "LINUX", Arch: "ARM64" },
      CompilerOptions: '{"mcpu": "cortex-a53"}',
    },
  } as const;
  const packaging = { ProjectName, ModelVersion: "1", JobName: "pack-1", Configuration };
  assert.equal((await client.send(new sdk.StartModelPackagingJobCommand(packaging))).JobName, "pack-1");
  const packed = await until(
    async () =>
      (await client.send(new sdk.DescribeModelPackagingJobCommand({ ProjectName, JobName: "pack-1" })))
        .ModelPackagingDescription,
    (job) => job?.Status === "SUCCEEDED" || job?.Status === "FAILED",
  );
  assert.equal(packed?.Status, "SUCCEEDED", packed?.StatusMessage);
  assert.equal(packed?.ModelPackagingOutputDetails?.Greengrass?.ComponentVersion, "1.0.0");
  const component = join(lookout.folderOf("results"), "components/com.plant.Cookies/1.0.0");
  const recipe = JSON.parse(await readFile(join(component, "recipe.json"), "utf8"));
  assert.deepEqual(recipe.Manifests[0].Platform, { os: "linux", architecture: "aarch64" });
  assert.equal(
    recipe.Manifests[0].Artifacts[0].Uri,
    "s3://results/components/com.plant.Cookies/1.0.0/com.plant.Cookies.zip",
  );
  assert.deepEqual(namesIn(await readFile(join(component, "com.plant.Cookies.zip"))), [
    "model.onnx",
    "recipe.json",
    "README.md",
  ]);
  const jobs = await client.send(new sdk.ListModelPackagingJobsCommand({ ProjectName }));
  assert.deepEqual(
    jobs.ModelPackagingJobs?.map(({ JobName, Status }) => [JobName, Status]),
    [["pack-1", "SUCCEEDED"]],
  );

  // ---------------------------------------------------------- tags
  const ResourceArn = hosted?.ModelArn ?? "";
  await client.send(
    new sdk.TagResourceCommand({
      ResourceArn,
      Tags: [
        { Key: "shift", Value: "early" },
        { Key: "plant", Value: "Ulm" },
      ],
    }),
  );
  await client.send(new sdk.UntagResourceCommand({ ResourceArn, TagKeys: ["line", "plant"] }));
  assert.deepEqual((await client.send(new sdk.ListTagsForResourceCommand({ ResourceArn }))).Tags, [
    { Key: "shift", Value: "early" },
  ]);

  // ---------------------------------------------------------- and everything away again
  const stopping = await client.send(new sdk.StopModelCommand(model));
  assert.deepEqual([stopping.$metadata.httpStatusCode, stopping.Status], [202, "STOPPING_HOSTING"]);
  await until(describeModel, (one) => one?.Status === "TRAINED");
  const deleted = await client.send(new sdk.DeleteModelCommand(model));
  assert.equal(deleted.ModelArn, ResourceArn);
  await assert.rejects(describeModel(), { name: "ResourceNotFoundException", ResourceType: "MODEL" });
  for (const one of [test, train]) {
    assert.equal((await client.send(new sdk.DeleteDatasetCommand(one))).$metadata.httpStatusCode, 202);
    await until(
      () =>
        client.send(new sdk.DescribeDatasetCommand(one)).then(
          () => "there",
          (error: Error) => error.name,
        ),
      (answer) => answer === "ResourceNotFoundException",
    );
  }
  const gone = await client.send(new sdk.DeleteProjectCommand({ ProjectName }));
  assert.equal(gone.ProjectArn, made.ProjectMetadata?.ProjectArn);
  assert.deepEqual(
    (await client.send(new sdk.ListProjectsCommand({}))).Projects?.map((one) => one.ProjectName),
    ["second"],
  );

  const all = Object.keys(sdk).filter((name) => name.endsWith("Command") && !name.startsWith("$"));
  assert.equal(all.length, 22);
  assert.deepEqual([...called].sort(), all.map((name) => name.replace(/Command$/, "")).sort());
});

/** The names in an archive, by its directory; each file's bytes are read to be sure. */
function namesIn(archive: Buffer): string[] {
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  const names: string[] = [];
  for (let at = archive.readUInt32LE(end + 16), left = archive.readUInt16LE(end + 10); left > 0; left--) {
    const [method, packed, size] = [
      archive.readUInt16LE(at + 10),
      archive.readUInt32LE(at + 20),
      archive.readUInt32LE(at + 24),
    ];
    const nameLength = archive.readUInt16LE(at + 28);
    const head = archive.readUInt32LE(at + 42);
    const from = head + 30 + archive.readUInt16LE(head + 26) + archive.readUInt16LE(head + 28);
    const body = archive.subarray(from, from + packed);
    assert.equal((method === 8 ? inflateRawSync(body) : body).length, size);
    names.push(archive.subarray(at + 46, at + 46 + nameLength).toString("utf8"));
    at += 46 + nameLength;
  }
  return names;
}

test("the same call with the same token is done once; other parameters under it are refused", async (t) => {
  const { client, service } = await open(t);
  const once = { ProjectName, ClientToken: "token-1" };
  const [one, other] = await Promise.all([
    client.send(new sdk.CreateProjectCommand(once)),
    client.send(new sdk.CreateProjectCommand(once)),
  ]);
  assert.deepEqual(one.ProjectMetadata, other.ProjectMetadata);
  await assert.rejects(client.send(new sdk.CreateProjectCommand({ ...once, ProjectName: "other" })), {
    name: "ValidationException",
    message: /client token "token-1" was used/,
  });
  service.later(8 * 3_600_000 + 1000);
  client.config.systemClockOffset = 8 * 3_600_000;
  await client.send(new sdk.CreateProjectCommand({ ...once, ProjectName: "other" }));
});

test("lines that can't be used: a new dataset tells which were left out, an update changes nothing at all", async (t) => {
  const lookout = await open(t);
  const { client } = lookout;
  await lookout.put("cookies", "a.jpg", await grey(10));
  await lookout.put("cookies", "same.jpg", await grey(10));
  await lookout.put("cookies", "text.jpg", "no picture");
  await lookout.put(
    "cookies",
    "bad.manifest",
    [
      manifestLine("a.jpg", false),
      manifestLine("same.jpg", true),
      manifestLine("gone.jpg", true),
      manifestLine("text.jpg", true),
      "{",
    ].join("\n"),
  );
  await client.send(new sdk.CreateProjectCommand({ ProjectName }));
  const train = { ProjectName, DatasetType: "train" };
  const DatasetSource = { GroundTruthManifest: { S3Object: { Bucket: "cookies", Key: "bad.manifest" } } };
  await client.send(new sdk.CreateDatasetCommand({ ...train, DatasetSource }));
  const describe = async () => (await client.send(new sdk.DescribeDatasetCommand(train))).DatasetDescription;
  const created = await until(describe, (one) => !one?.Status?.endsWith("IN_PROGRESS"));
  assert.deepEqual([created?.Status, created?.ImageStats?.Total], ["CREATE_COMPLETE", 1]);
  for (const said of [
    /4 of 5 lines were left out/,
    /line 2 is the same picture/,
    /line 3 There is no s3:\/\/cookies\/gone.jpg/,
    /line 5 is not JSON/,
  ])
    assert.match(created?.StatusMessage ?? "", said);
  const Changes = Buffer.from(
    [manifestLine("s3://cookies/a.jpg", true), manifestLine("s3://cookies/gone.jpg", true)].join("\n"),
  );
  await client.send(new sdk.UpdateDatasetEntriesCommand({ ...train, Changes }));
  const after = await until(describe, (one) => !one?.Status?.endsWith("IN_PROGRESS"));
  assert.equal(after?.Status, "UPDATE_FAILED_ROLLBACK_COMPLETE");
  assert.match(after?.StatusMessage ?? "", /Nothing was changed: line 2/);
  assert.deepEqual(after?.ImageStats, { Total: 1, Labeled: 1, Normal: 1, Anomaly: 0 });
});

test("a training that fails says why, and its version can be deleted", async (t) => {
  const lookout = await open(t);
  const { client } = lookout;
  await putCookies(lookout);
  await client.send(new sdk.CreateProjectCommand({ ProjectName }));
  const train = { ProjectName, DatasetType: "train" };
  const DatasetSource = { GroundTruthManifest: { S3Object: { Bucket: "cookies", Key: "train.manifest" } } };
  await client.send(new sdk.CreateDatasetCommand({ ...train, DatasetSource }));
  await until(
    async () => (await client.send(new sdk.DescribeDatasetCommand(train))).DatasetDescription,
    (one) => one?.Status === "CREATE_COMPLETE",
  );
  await lookout.put("results", ".keep", "");
  await writeFile(join(lookout.trainFolder, "fail"), "");
  const OutputConfig = { S3Location: { Bucket: "results" } };
  await client.send(new sdk.CreateModelCommand({ ProjectName, OutputConfig }));
  const model = { ProjectName, ModelVersion: "latest" };
  const failed = await until(
    async () => (await client.send(new sdk.DescribeModelCommand(model))).ModelDescription,
    (one) => one?.Status !== "TRAINING",
  );
  assert.equal(failed?.Status, "TRAINING_FAILED");
  assert.match(failed?.StatusMessage ?? "", /Too few pictures/);
  await client.send(new sdk.DeleteModelCommand({ ProjectName, ModelVersion: "1" }));
  assert.deepEqual((await client.send(new sdk.ListModelsCommand({ ProjectName }))).Models, []);
});
