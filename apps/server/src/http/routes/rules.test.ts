/** Rules through the HTTP service: what comes of an inspection that one holds for, and what is refused as a rule or a target. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { until } from "../../test-fixtures.js";
import { addPlayedModel, greyJpeg, openTestService, type TestService } from "../test-service.js";

describe("rules and targets", () => {
  let service: TestService;
  let operator: Record<string, string>;
  let projectId: string;

  before(async () => {
    service = await openTestService({ config: { outbox: { attempts: 1, timeoutSeconds: 2 } } });
    operator = await service.tokenOf("operator");
    projectId = (await service.call("createProject", { headers: operator, body: { name: "bottles" } })).json.id;
    await service.call("addCamera", { headers: operator, body: { id: "cam-1", projectId, assemblyLineId: "line-1" } });
    const modelId = await addPlayedModel(service.services, projectId);
    await service.call("startModel", { headers: operator, params: { modelId } });
    await service.services.store.write(async (tx) => {
      await tx.recipients.confirm((await tx.recipients.ask(projectId, "qa@plant.example")).id);
      // Every verdict of the played model is surer than this, so that only rules mail.
      await tx.projects.change(projectId, { alertConfidence: 0, digestSeconds: 0 });
    });
  });
  after(() => service.close());

  const add = (name: "addRule" | "addTarget", body: object) =>
    service.call(name, { headers: operator, params: { projectId }, body });
  let grey = 0;
  const inspect = async () => {
    const query = { cameraid: "cam-1", assemblylineid: "line-1", imageid: "part-1" };
    const url = new URL((await service.call("getSignedUrl", { headers: operator, query })).json.uploadURL);
    const reply = await service.call("putImage", {
      params: { uploadId: url.pathname.split("/").at(-1) ?? "" },
      query: Object.fromEntries(url.searchParams),
      bytes: await greyJpeg(++grey),
    });
    const params = { inspectionId: reply.json.inspectionId };
    const detail = async () => (await service.call("getInspection", { headers: operator, params })).json;
    await until(async () => (await detail()).status === "inspected", "the picture is inspected");
    return detail();
  };

  test("two rules that hold for one inspection cause one mail that names both, and one message a target", async () => {
    const settings = { url: "http://127.0.0.1:9/nobody" };
    const target = (await add("addTarget", { kind: "webhook", name: "MES", settings })).json;
    assert.match(target.secret, /^whsec_/);
    const rules = [
      { kind: "defectConfidence", limit: 0.5, outcome: "mail" },
      { kind: "countOfLabel", limit: 0, label: "anomaly", outcome: "mail" },
      { kind: "everyVerdict", outcome: "target", targetId: target.id },
      { kind: "defectConfidence", limit: 0.1, outcome: "target", targetId: target.id },
      { kind: "defectConfidence", limit: 0.99, outcome: "mail" },
    ];
    for (const rule of rules) assert.equal((await add("addRule", rule)).status, 201);
    const { actions } = await inspect();
    assert.deepEqual(actions.map((action: { kind: string }) => action.kind).sort(), ["mail", "webhook"]);
    const due = await service.services.store.read.actions.due("mail", Number.MAX_SAFE_INTEGER, 5);
    assert.deepEqual(due[0]?.payload.reasons, ["A defect with a confidence of at least 50 %", "“anomaly” is found"]);
  });

  test("a rule that is switched off holds for nothing; a target that is removed takes its rules along", async () => {
    const list = async () => (await service.call("listRules", { headers: operator, params: { projectId } })).json.items;
    for (const { id } of (await list()) as { id: string }[]) {
      const params = { ruleId: id };
      await service.call("changeRule", { headers: operator, params, body: { isEnabled: false } });
    }
    // The model's own alert remains: a sure anomaly.
    assert.deepEqual(
      (await inspect()).actions.map(({ kind }: { kind: string }) => kind),
      ["mail"],
    );
    const [target] = (await service.call("listTargets", { headers: operator, params: { projectId } })).json.items;
    await service.call("removeTarget", { headers: operator, params: { targetId: target.id } });
    assert.equal((await list()).length, 3);
  });

  test("what is no rule, and what is no target, is refused with the reason and changes nothing", async () => {
    const refused: [object, "addRule" | "addTarget", string, RegExp][] = [
      [{ kind: "areaOfLabel", limit: 0.1, outcome: "review" }, "addRule", "RULE_INVALID", /needs a label/],
      [{ kind: "lowConfidence", limit: 1.5, outcome: "review" }, "addRule", "RULE_INVALID", /from 0 to 1, got 1.5/],
      [{ kind: "inspectionFailed", outcome: "review" }, "addRule", "RULE_INVALID", /no verdict/],
      [{ kind: "lowConfidence", limit: 0.5, outcome: "target" }, "addRule", "RULE_INVALID", /needs a targetId/],
      [{ kind: "everyVerdict", outcome: "mail", targetId: projectId }, "addRule", "RULE_INVALID", /has no targetId/],
      [{ kind: "everyVerdict", outcome: "target", targetId: projectId }, "addRule", "TARGET_NOT_FOUND", /target/],
      [{ kind: "no such", outcome: "mail" }, "addRule", "PARAMETER_INVALID", /defectConfidence/],
      [{ kind: "webhook", name: "x", settings: {} }, "addTarget", "TARGET_SETTINGS_INVALID", /"url"/],
      [{ kind: "webhook", name: "x", settings: { url: "ftp://x/" } }, "addTarget", "TARGET_SETTINGS_INVALID", /http/],
      [
        { kind: "webhook", name: "x", settings: { url: "http://x/" }, secret: "mine" },
        "addTarget",
        "TARGET_SECRET_MISPLACED",
        /made by the server/,
      ],
      [
        { kind: "mqtt", name: "x", settings: { url: "mqtt://x", topic: "a/#" } },
        "addTarget",
        "TARGET_SETTINGS_INVALID",
        /topic without/,
      ],
    ];
    for (const [body, name, code, words] of refused) {
      const reply = await add(name, body);
      assert.equal(reply.json.code, code, JSON.stringify(body));
      assert.match(reply.json.message, words);
    }
    assert.equal(
      (await service.call("listTargets", { headers: operator, params: { projectId } })).json.items.length,
      0,
    );
  });

  test("a project tells what deleting it would take, and takes its devices' tokens along", async () => {
    const admin = await service.tokenOf("admin");
    const body = { name: "camera 1", role: "device", cameraIds: ["cam-1"] };
    const token = (await service.call("createToken", { headers: admin, body })).json;
    const contents = (await service.call("getProjectContents", { headers: operator, params: { projectId } })).json;
    assert.deepEqual(
      { ...contents, inspectionBytes: 0, modelBytes: 0, undeliveredActions: 0 },
      {
        ...{ samples: 0, sampleBytes: 0, models: 1, modelBytes: 0, runningModelVersion: 1, jobs: 0, runningJobs: 0 },
        ...{ cameras: ["cam-1"], inspections: 2, inspectionBytes: 0, unfinishedInspections: 0 },
        ...{ recipients: 1, targets: 0, rules: 3, undeliveredActions: 0, tokens: ["camera 1"] },
      },
    );
    await service.call("deleteProject", { headers: admin, params: { projectId } });
    const { items } = (await service.call("listTokens", { headers: admin })).json;
    const left = items.find(({ id }: { id: string }) => id === token.id);
    assert.ok(left.revokedAt !== null && left.cameraIds.length === 0);
    const actions = (await service.call("listActions", { headers: operator })).json.items;
    assert.deepEqual(actions, []);
  });
});
