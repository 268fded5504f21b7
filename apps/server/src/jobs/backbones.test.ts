import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Backbone } from "@sightline/api/backbones";
import { readBackbone } from "@sightline/models/backbone";
import { addBackbone } from "@sightline/models/backbone-store";
import { writeOnnx } from "@sightline/nn/onnx-file";
import { greyJpeg, openTestService } from "../http/test-service.js";

/** In place of the training process: writes down which backbone it was given. */
const program = (file: string): string => `
  import { writeFileSync } from "node:fs";
  process.once("message", ({ backboneFile }) => {
    writeFileSync(${JSON.stringify(file)}, JSON.stringify(backboneFile));
    process.send({ kind: "failed", code: "DATASET_TOO_SMALL", message: "Enough seen.", isBug: false }, () => process.exit(1));
  });`;

test("a training starts from the backbone that it names, which was added to the data folder", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "sightline-backbones-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const [trainProgram, told, source] = ["program.mjs", "told.json", "edges.onnx"].map((name) => join(folder, name));
  assert.ok(trainProgram && told && source);
  await writeFile(trainProgram, program(told));
  await writeFile(source, writeOnnx(readBackbone().graph));
  const service = await openTestService({ trainProgram });
  t.after(() => service.close());
  const { dataFolder } = service.services.config;
  const added = await addBackbone({ dataFolder, source, label: { licence: "MIT" } });
  const headers = await service.tokenOf("operator");

  const { items } = (await service.call("listBackbones", { headers })).json;
  assert.deepEqual(
    items.map(({ name, licence, isDefault }: Backbone) => [name, licence, isDefault]),
    [
      ["mobilenet-v2", "Apache-2.0", true],
      ["edges", "MIT", false],
    ],
  );

  const projectId = (await service.call("createProject", { headers, body: { name: "parts" } })).json.id;
  for (let i = 0; i < 6; i++)
    await service.call("addSample", {
      headers,
      params: { projectId },
      query: { label: "good" },
      bytes: await greyJpeg(i * 9),
    });
  const trained = async (backbone: string | undefined): Promise<unknown> => {
    const body = backbone === undefined ? {} : { backbone };
    const { status, json: job } = await service.call("startTraining", { headers, params: { projectId }, body });
    assert.equal(status, 202, JSON.stringify(job));
    for (let i = 0; i < 2000; i++) {
      const { endedAt } = (await service.call("getJob", { headers, params: { jobId: job.id } })).json;
      if (endedAt !== null) return JSON.parse(await readFile(told, "utf8"));
      await sleep(10);
    }
    return "never ended";
  };
  assert.equal(await trained("edges"), added.file);
  const usual = await trained(undefined);
  assert.notEqual(usual, added.file);
  assert.deepEqual(await trained("mobilenet-v2"), usual);

  const refused = await service.call("startTraining", { headers, params: { projectId }, body: { backbone: "resnet" } });
  assert.deepEqual([refused.status, refused.json.code], [404, "BACKBONE_NOT_FOUND"]);
  const known = await service.call("startTraining", {
    headers,
    params: { projectId },
    body: { backbone: "efficientnet-lite0" },
  });
  assert.match(JSON.stringify(known.json), /sightline backbone add efficientnet-lite0/);
});
