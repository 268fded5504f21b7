/** Every documented error of the API once, as the official client meets it, and what a wrong or stale signature is answered. */
import assert from "node:assert/strict";
import { symlink, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Sha256 } from "@aws-crypto/sha256-js";
import * as sdk from "@aws-sdk/client-lookoutvision";
import { SignatureV4 } from "@smithy/signature-v4";
import { grey, manifestLine, openTestLookout, putCookies, type TestLookout, until } from "./test-lookout.js";

const ProjectName = "cookies";
const train = { ProjectName, DatasetType: "train" };

describe("what is refused", () => {
  let lookout: TestLookout;
  let client: sdk.LookoutVisionClient;
  before(async () => {
    lookout = await openTestLookout({ config: { lookout: { maxProjects: 2 } } });
    ({ client } = lookout);
    await putCookies(lookout);
    await lookout.put("results", ".keep", "");
    await client.send(new sdk.CreateProjectCommand({ ProjectName }));
    const DatasetSource = { GroundTruthManifest: { S3Object: { Bucket: "cookies", Key: "train.manifest" } } };
    await client.send(new sdk.CreateDatasetCommand({ ...train, DatasetSource }));
    await until(
      async () => (await client.send(new sdk.DescribeDatasetCommand(train))).DatasetDescription,
      (one) => one?.Status === "CREATE_COMPLETE",
    );
  });
  after(() => lookout.close());

  test("404: what is not there is named with its kind", async () => {
    const model = { ProjectName, ModelVersion: "7" };
    const picture = { ...model, ContentType: "image/jpeg", Body: await grey(1) };
    const cases: [() => Promise<unknown>, string, string][] = [
      [() => client.send(new sdk.DescribeProjectCommand({ ProjectName: "none" })), "PROJECT", "none"],
      [() => client.send(new sdk.DescribeProjectCommand({ ProjectName: "Cookies" })), "PROJECT", "Cookies"],
      [
        () => client.send(new sdk.DescribeDatasetCommand({ ProjectName, DatasetType: "test" })),
        "DATASET",
        "cookies/test",
      ],
      [() => client.send(new sdk.DescribeModelCommand(model)), "MODEL", "cookies/7"],
      [() => client.send(new sdk.DetectAnomaliesCommand(picture)), "MODEL", "cookies/7"],
      [
        () => client.send(new sdk.DescribeModelPackagingJobCommand({ ProjectName, JobName: "none" })),
        "MODEL_PACKAGE_JOB",
        "none",
      ],
    ];
    for (const [call, ResourceType, ResourceId] of cases) {
      const error = (await call().catch((one: unknown) => one)) as sdk.ResourceNotFoundException;
      assert.deepEqual(
        [error.name, error.ResourceType, error.ResourceId, error.$metadata.httpStatusCode],
        ["ResourceNotFoundException", ResourceType, ResourceId, 404],
      );
    }
  });

  test("409: a project that exists, a dataset that exists, a project that is not empty, a model that is not hosted", async () => {
    const conflict = async (call: Promise<unknown>, ResourceType: string, message: RegExp) => {
      const error = (await call.catch((one: unknown) => one)) as sdk.ConflictException;
      assert.deepEqual(
        [error.name, error.ResourceType, error.$metadata?.httpStatusCode],
        ["ConflictException", ResourceType, 409],
      );
      assert.match(error.message, message);
    };
    await conflict(client.send(new sdk.CreateProjectCommand({ ProjectName })), "PROJECT", /exists already/);
    await conflict(client.send(new sdk.CreateDatasetCommand(train)), "DATASET", /exists already/);
    await conflict(client.send(new sdk.DeleteProjectCommand({ ProjectName })), "PROJECT", /its train dataset/);
    await writeFile(join(lookout.trainFolder, "hold"), "");
    const OutputConfig = { S3Location: { Bucket: "results" } };
    await client.send(new sdk.CreateModelCommand({ ProjectName, OutputConfig }));
    await conflict(client.send(new sdk.CreateModelCommand({ ProjectName, OutputConfig })), "PROJECT", /is training/);
    const model = { ProjectName, ModelVersion: "1" };
    await conflict(client.send(new sdk.StartModelCommand({ ...model, MinInferenceUnits: 1 })), "MODEL", /is TRAINING/);
    const picture = { ContentType: "image/jpeg", Body: await grey(1) };
    await conflict(client.send(new sdk.DetectAnomaliesCommand({ ...model, ...picture })), "MODEL", /start it before/);
    await conflict(client.send(new sdk.DeleteModelCommand(model)), "MODEL", /is TRAINING/);
    await conflict(client.send(new sdk.DeleteDatasetCommand(train)), "PROJECT", /is training/);
  });

  test("400: values outside their limits, with what was wrong", async () => {
    const invalid = async (call: Promise<unknown>, message: RegExp) => {
      const error = (await call.catch((one: unknown) => one)) as sdk.ValidationException;
      assert.deepEqual([error.name, error.$metadata?.httpStatusCode], ["ValidationException", 400], error.message);
      assert.match(error.message, message);
    };
    const OutputConfig = { S3Location: { Bucket: "nowhere" } };
    await invalid(client.send(new sdk.CreateProjectCommand({ ProjectName: "-bad" })), /ProjectName/);
    await invalid(client.send(new sdk.ListProjectsCommand({ MaxResults: 101 })), /maxResults/);
    await invalid(client.send(new sdk.ListModelsCommand({ ProjectName, NextToken: "?" })), /pagination token/);
    await invalid(client.send(new sdk.ListDatasetEntriesCommand({ ...train, NextToken: "?" })), /pagination token/);
    await invalid(client.send(new sdk.CreateModelCommand({ ProjectName, OutputConfig })), /no bucket "nowhere"/);
    await invalid(client.send(new sdk.DeleteModelCommand({ ProjectName, ModelVersion: "latest" })), /by its number/);
    const S3Object = { Bucket: "cookies", Key: "none.manifest" };
    const test = { ProjectName, DatasetType: "test", DatasetSource: { GroundTruthManifest: { S3Object } } };
    await invalid(client.send(new sdk.CreateDatasetCommand(test)), /no manifest s3:\/\/cookies\/none.manifest/);
    const outside = {
      ...test,
      DatasetSource: { GroundTruthManifest: { S3Object: { ...S3Object, Key: "../../secret.key" } } },
    };
    await invalid(client.send(new sdk.CreateDatasetCommand(outside)), /not a usable name/);
    await symlink(lookout.service.services.config.dataFolder, join(lookout.folderOf("cookies"), "out"));
    const link = {
      ...test,
      DatasetSource: { GroundTruthManifest: { S3Object: { ...S3Object, Key: "out/secret.key" } } },
    };
    await invalid(client.send(new sdk.CreateDatasetCommand(link)), /leads out of its bucket/);
    const Changes = Buffer.from(`${manifestLine("s3://cookies/a.jpg", true)}\n{"nothing": 1}`);
    await invalid(client.send(new sdk.UpdateDatasetEntriesCommand({ ...train, Changes })), /line 2 names no picture/);
    await invalid(
      client.send(new sdk.ListTagsForResourceCommand({ ResourceArn: "arn:aws:s3:::bucket" })),
      /not the ARN of a model/,
    );
    const Greengrass = { ComponentName: "a", S3OutputLocation: { Bucket: "results" } };
    const pack = { ProjectName, ModelVersion: "1", Configuration: { Greengrass } };
    await invalid(
      client.send(new sdk.StartModelPackagingJobCommand(pack)),
      /Exactly one of TargetDevice and TargetPlatform/,
    );
  });

  test("402: one project more than there may be", async () => {
    await client.send(new sdk.CreateProjectCommand({ ProjectName: "second" }));
    const error = (await client
      .send(new sdk.CreateProjectCommand({ ProjectName: "third" }))
      .catch((one: unknown) => one)) as sdk.ServiceQuotaExceededException;
    assert.deepEqual(
      [error.name, error.$metadata.httpStatusCode, error.ServiceCode, error.QuotaCode],
      ["ServiceQuotaExceededException", 402, "lookoutvision", "maxProjects"],
    );
  });

  test("403: a viewer's key reads and changes nothing; a wrong secret, an unknown and a revoked key do neither", async () => {
    const denied = async (call: Promise<unknown>, message: RegExp) => {
      const error = (await call.catch((one: unknown) => one)) as sdk.AccessDeniedException;
      assert.deepEqual([error.name, error.$metadata?.httpStatusCode], ["AccessDeniedException", 403], error.message);
      assert.match(error.message, message);
    };
    const viewer = lookout.clientWith({ credentials: await lookout.keyOf("viewer") });
    assert.equal((await viewer.send(new sdk.ListProjectsCommand({}))).Projects?.length, 2);
    await denied(viewer.send(new sdk.DeleteProjectCommand({ ProjectName })), /is a viewer/);
    const list = new sdk.ListProjectsCommand({});
    const { accessKeyId } = lookout.key;
    const wrong = lookout.clientWith({ credentials: { accessKeyId, secretAccessKey: "x".repeat(40) } });
    await denied(wrong.send(list), /does not match the signature/);
    const unknown = lookout.clientWith({ credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "x" } });
    await denied(unknown.send(list), /not known here/);
    const { services } = lookout.service;
    const key = await lookout.keyOf("admin");
    await services.store.write((tx) => tx.accessKeys.revoke(key.id));
    await denied(lookout.clientWith({ credentials: key }).send(list), /was revoked/);
  });

  test("429: more calls than a key may make come back with the seconds to wait", async (t) => {
    const slow = await openTestLookout({ config: { lookout: { requestsPerSecond: 0.1 } } });
    t.after(() => slow.close());
    const list = new sdk.ListProjectsCommand({});
    await slow.client.send(list);
    const error = (await slow.client.send(list).catch((one: unknown) => one)) as sdk.ThrottlingException;
    assert.deepEqual([error.name, error.$metadata.httpStatusCode], ["ThrottlingException", 429]);
    assert.ok(
      (error.RetryAfterSeconds ?? 0) >= 1 && (error.RetryAfterSeconds ?? 0) <= 10,
      String(error.RetryAfterSeconds),
    );
  });

  test("500: a fault of ours is answered without its details, and logged", async (t) => {
    const { store } = lookout.service.services;
    t.mock.method(store.read.projects, "list", () => Promise.reject(new Error("the disk sang")));
    const error = (await client
      .send(new sdk.ListProjectsCommand({}))
      .catch((one: unknown) => one)) as sdk.InternalServerException;
    assert.deepEqual([error.name, error.$metadata.httpStatusCode], ["InternalServerException", 500]);
    assert.doesNotMatch(error.message, /sang/);
  });

  /** A request signed at another time or changed after it was signed, which no client would send by itself. */
  async function signed(options: {
    at?: Date;
    path?: string;
    sentPath?: string;
    body?: string;
    sentBody?: string;
    drop?: string;
  }) {
    const { path = "/2020-11-20/projects", body = "" } = options;
    const { hostname, port } = new URL(lookout.url);
    const signer = new SignatureV4({
      service: "lookoutvision",
      region: "us-east-1",
      credentials: lookout.key,
      sha256: Sha256,
    });
    const [pathname = "", search] = path.split("?");
    const request = {
      method: body === "" ? "GET" : "POST",
      protocol: "http:",
      hostname,
      path: pathname,
      query: Object.fromEntries(new URLSearchParams(search ?? "")),
      headers: { host: `${hostname}:${port}`, "content-type": "application/json" },
      ...(body === "" ? {} : { body }),
    };
    const { headers } = await signer.sign(request, { signingDate: options.at ?? new Date() });
    if (options.drop !== undefined) delete headers[options.drop];
    return new Promise<{ status: number; type: string; message: string }>((resolve, reject) => {
      const sent = httpRequest(
        { hostname, port, method: request.method, path: options.sentPath ?? path, headers },
        (reply) => {
          let text = "";
          reply.on("data", (part: Buffer) => (text += part.toString("utf8")));
          reply.on("end", () => {
            const { Message = "" } = JSON.parse(text) as { Message?: string };
            resolve({
              status: reply.statusCode ?? 0,
              type: String(reply.headers["x-amzn-errortype"] ?? ""),
              message: Message,
            });
          });
        },
      );
      sent.on("error", reject);
      sent.end(options.sentBody ?? body);
    });
  }

  test("a signature is good for its own request, for five minutes, and nothing else", async () => {
    const minutes = (count: number) => new Date(Date.now() + count * 60_000);
    assert.equal((await signed({})).status, 200);
    assert.equal(
      (await signed({ path: "/2020-11-20/projects?maxResults=1&nextToken=01ARZ3NDEKTSV4RRFFQ69G5FAV" })).status,
      200,
    );
    assert.equal((await signed({ at: minutes(-4) })).status, 200);
    const refused: [Parameters<typeof signed>[0], RegExp][] = [
      [{ at: minutes(-6) }, /Signature expired/],
      [{ at: minutes(6) }, /not yet current/],
      [{ sentPath: "/2020-11-20/projects/cookies" }, /does not match/],
      [{ sentPath: "/2020-11-20/projects?maxResults=1" }, /does not match/],
      [{ body: '{"ProjectName":"a"}', sentBody: '{"ProjectName":"b"}' }, /does not match/],
      [{ drop: "authorization" }, /Missing Authentication Token/],
      [{ drop: "x-amz-date" }, /x-amz-date/],
    ];
    for (const [options, message] of refused) {
      const reply = await signed(options);
      assert.deepEqual([reply.status, reply.type], [403, "AccessDeniedException"], JSON.stringify(reply));
      assert.match(reply.message, message);
    }
    assert.deepEqual((await signed({ path: "/2020-11-20/nothing" })).type, "ValidationException");
  });
});
