import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Comparison } from "@sightline/api/comparisons";
import { addPlayedModel, greyJpeg, openTestService } from "../http/test-service.js";

const side = `{ threshold: 0.5, msPerImage: { p50: 1, p95: 2 }, metrics: { source: "test", images: 2, accuracy: 1, precision: null, recall: null, f1: null, auroc: null, ece: null, confusion: { labels: [], counts: [] }, mAP50: null, mAP50_95: null, perLabel: [] } }`;
/** Programs in place of the comparing process, by what they do. */
const programs = {
  tells: `process.once("message", (order) => process.send({ kind: "done", result: { images: order.pictures.samples.length, base: { ...${side}, threshold: order.base.threshold }, candidate: { ...${side}, threshold: order.candidate.threshold }, bothRight: order.said.size, bothWrong: 0, onlyBaseRight: 0, onlyCandidateRight: 0, chance: 1, pictures: [], skipped: [] } }, () => process.exit(0)));`,
  refuses: `process.once("message", () => process.send({ kind: "failed", message: "The model knows other labels.", isBug: false }, () => process.exit(1)));`,
  crashes: `process.once("message", () => process.exit(3));`,
  hangs: `process.once("message", () => process.send({ kind: "progress", progress: 0.25, step: "Measures" })); setInterval(() => {}, 1000);`,
};

async function open(
  t: TestContext,
  program: keyof typeof programs,
  labels: Record<string, number> = { good: 2, bad: 1 },
) {
  const folder = await mkdtemp(join(tmpdir(), "sightline-compare-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const compareProgram = join(folder, "program.mjs");
  await writeFile(compareProgram, programs[program]);
  const service = await openTestService({ compareProgram });
  t.after(() => service.close());
  const headers = await service.tokenOf("operator");
  const call = (...[name, given]: Parameters<typeof service.call>) => service.call(name, { headers, ...given });
  const projectId = (await call("createProject", { body: { name: "parts" } })).json.id;
  let grey = 0;
  for (const [label, count] of Object.entries(labels)) {
    for (let i = 0; i < count; i++) {
      const query = { label, part: grey === 0 ? "train" : "test" };
      await call("addSample", { params: { projectId }, query, bytes: await greyJpeg(++grey) });
    }
  }
  const [base, candidate] = [
    await addPlayedModel(service.services, projectId),
    await addPlayedModel(service.services, projectId),
  ];
  const start = (body: object = { base, candidate }) => call("startComparison", { params: { projectId }, body });
  const get = async (comparisonId: string): Promise<Comparison> =>
    (await call("getComparison", { params: { comparisonId } })).json;
  const until = async (comparisonId: string, isSo: (comparison: Comparison) => boolean): Promise<Comparison> => {
    for (let i = 0; i < 1000; i++) {
      const now = await get(comparisonId);
      if (isSo(now)) return now;
      await sleep(10);
    }
    throw new Error(`Never so; last: ${JSON.stringify(await get(comparisonId))}`);
  };
  return { service, call, headers, projectId, base, candidate, start, until };
}

const hasEnded = ({ endedAt }: Comparison) => endedAt !== null;

test("two versions are measured on the pictures kept for the test, each at the threshold it would inspect with", async (t) => {
  const { call, projectId, base, start, until } = await open(t, "tells");
  await call("startModel", { params: { modelId: base } });
  await call("setThreshold", { params: { projectId }, body: { threshold: 0.7 } });
  const begun = await start();
  assert.deepEqual([begun.status, begun.json.status], [202, "queued"]);
  const { status, result, base: first, candidate } = await until(begun.json.id, hasEnded);
  assert.deepEqual([status, result?.images, first.version, candidate.version], ["succeeded", 2, 1, 2]);
  assert.deepEqual([result?.base.threshold, result?.candidate.threshold], [0.7, 0.5]);
  assert.equal((await call("listComparisons", { query: { project: projectId } })).json.items.length, 1);
  const late = await call("cancelComparison", { params: { comparisonId: begun.json.id } });
  assert.deepEqual([late.status, late.json.code], [409, "COMPARISON_ENDED"]);
});

for (const [program, words] of [
  ["refuses", /other labels/],
  ["crashes", /ended with code 3/],
] as const) {
  test(`a comparison whose process ${program} fails with the reason`, async (t) => {
    const { start, until } = await open(t, program);
    const { status, error } = await until((await start()).json.id, hasEnded);
    assert.deepEqual([status, error?.code], ["failed", "COMPARISON_FAILED"]);
    assert.match(error?.message ?? "", words);
  });
}

test("a running comparison can be cancelled, and the next one takes its turn", async (t) => {
  const { call, start, until } = await open(t, "hangs");
  const [first, second] = [(await start()).json, (await start()).json];
  await until(first.id, ({ progress }) => progress === 0.25);
  assert.equal((await call("cancelComparison", { params: { comparisonId: first.id } })).json.status, "cancelled");
  await until(second.id, ({ status }) => status === "running");
});

test("what can't be compared is refused with words that help", async (t) => {
  const { service, call, projectId, base, start } = await open(t, "tells", { good: 1 });
  const none = await start();
  assert.deepEqual([none.status, none.json.code], [422, "NO_TEST_PICTURES"]);
  assert.equal((await start({ base, candidate: base })).json.code, "COMPARISON_NEEDS_TWO");
  const other = (await call("createProject", { body: { name: "others" } })).json.id;
  const stranger = await addPlayedModel(service.services, other);
  assert.match((await start({ base, candidate: stranger })).json.message, /of another project/);
  const kind = await addPlayedModel(service.services, projectId, { task: "detection" });
  assert.match((await start({ base, candidate: kind })).json.message, /"anomaly".*"detection"/);
});
