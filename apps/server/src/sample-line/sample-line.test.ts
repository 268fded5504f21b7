import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { readBackbone } from "@sightline/models/backbone";
import { openPredictor } from "@sightline/models/predictor";
import { openTestService, type TestService, type TestServiceOptions } from "../http/test-service.js";
import { openCastingSource } from "./casting-source.js";

const hasBackbone = (() => {
  try {
    readBackbone({});
    return true;
  } catch {
    return false;
  }
})();

async function open(
  t: TestContext,
  options: TestServiceOptions = {},
): Promise<TestService & { start(): Promise<void> }> {
  const service = await openTestService({
    config: { empty: false },
    sampleLine: { everyMs: 20, pictures: { train: { good: 12, defect: 6 }, test: { good: 4, defect: 3 } } },
    openPredictor,
    ...options,
  });
  t.after(() => service.close());
  await service.http.app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = service.http.app.server.address() as AddressInfo;
  return { ...service, start: () => service.http.resume(`http://127.0.0.1:${port}`) };
}

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  for (let i = 0; i < 6000; i++) {
    if (await condition()) return;
    await sleep(10);
  }
  throw new Error("It never came about.");
}

test("renders the same castings for the same seed, whole JPEGs, good ones and defects", async () => {
  const [first, second] = [openCastingSource({ seed: 5 }), openCastingSource({ seed: 5 })];
  const kinds = new Set<string | null>();
  for (let i = 0; i < 12; i++) {
    const [a, b] = [await first.next(), await second.next()];
    assert.deepEqual(a, b);
    assert.deepEqual([...a.jpeg.slice(0, 2)], [0xff, 0xd8]);
    kinds.add(a.defect === null ? null : "defect");
  }
  assert.equal(kinds.size, 2);
  await first.close();
  await second.close();
  await assert.rejects(first.next(), /ended/);
});

test("an empty service trains a model by itself and inspects its own camera's pictures until the line is removed", {
  skip: hasBackbone ? false : "the backbone is not built",
}, async (t) => {
  const service = await open(t);
  const admin = await service.tokenOf("admin");
  const states: string[] = [];
  service.services.live.subscribe((event) => {
    if (event.type === "sampleLine" && states.at(-1) !== event.sampleLine.state) states.push(event.sampleLine.state);
  });
  await service.start();
  const inspected = async () =>
    (await service.call("listInspections", { headers: admin, query: { status: "inspected" } })).json.items;
  await until(async () => (await inspected()).length >= 3);
  assert.deepEqual(states, ["settingUp", "running"]);
  const system = (await service.call("getSystem", { headers: admin })).json;
  const [project] = (await service.call("listProjects", { headers: admin })).json.items;
  assert.equal(system.sampleLine.projectId, project.id);
  assert.deepEqual([project.isSample, project.cameras, project.samples.byLabel], [true, 1, { good: 16, defect: 9 }]);
  const [model] = (await service.call("listModels", { headers: admin })).json.items;
  assert.deepEqual([model.isRunning, model.trainImages, model.metrics.source], [true, 18, "test"]);
  assert.deepEqual((await service.call("listTokens", { headers: admin })).json.items.length, 1);

  // A person stops the model: the line pauses instead of piling up pictures.
  await service.call("stopModel", { headers: admin, params: { modelId: model.id } });
  await until(() => service.http.sampleLine.state().message.startsWith("Paused"));

  assert.equal((await service.call("removeSampleLine", { headers: admin })).status, 204);
  assert.equal(service.http.sampleLine.state().state, "absent");
  for (const name of ["listProjects", "listCameras", "listModels", "listJobs", "listInspections"] as const) {
    assert.deepEqual((await service.call(name, { headers: admin })).json.items, [], name);
  }
  assert.equal((await service.call("removeSampleLine", { headers: admin })).json.code, "SAMPLE_LINE_ABSENT");
  const left: string[] = [];
  for await (const blob of service.services.blobs.list()) left.push(blob);
  assert.deepEqual(left, []);
  // And it does not come back.
  await service.start();
  assert.equal(service.http.sampleLine.state().state, "absent");
});

test("a line whose training can't succeed says why and starts nothing", async (t) => {
  const service = await open(t, { trainProgram: "/no/such/program.mjs" });
  await service.start();
  await until(() => service.http.sampleLine.state().state === "failed");
  assert.match(service.http.sampleLine.state().message, /training failed/i);
});

test("no line is set up where it is not wanted or where there is a project already", async (t) => {
  const unwanted = await open(t, { config: { empty: true } });
  await unwanted.start();
  assert.equal(unwanted.http.sampleLine.state().state, "absent");
  const used = await open(t);
  await used.call("createProject", { headers: await used.tokenOf("operator"), body: { name: "mine" } });
  await used.start();
  assert.equal(used.http.sampleLine.state().state, "absent");
  assert.equal(existsSync(used.services.config.dataFolder), true);
});

test("deleting its project by hand removes the line too", async (t) => {
  const service = await open(t, { trainProgram: "/no/such/program.mjs" });
  const admin = await service.tokenOf("admin");
  await service.start();
  const { projectId } = service.http.sampleLine.state();
  await until(() => service.http.sampleLine.state().state === "failed");
  await service.call("deleteProject", { headers: admin, params: { projectId: projectId as string } });
  await until(async () => (await service.services.store.read.settings.get("sampleLine")) === "removed");
  assert.equal(service.http.sampleLine.state().state, "absent");
});
