/** Monitoring over HTTP: alarms made, changed, muted and deleted, their refusals, counters and metrics over time. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { AlarmSettings } from "@sightline/api/monitoring";
import { addPlayedModel, greyJpeg, openTestService, type TestService } from "../test-service.js";

const settings: AlarmSettings = {
  name: "Silent camera",
  metric: "processed",
  statistic: "sum",
  cameraId: "cam-m",
  comparison: "<",
  threshold: 1,
  periodSeconds: 300,
  evaluationPeriods: 1,
  datapointsToAlarm: 1,
  missingData: "breaching",
  isOn: true,
  notifyOn: ["ALARM"],
  tells: null,
};

describe("monitoring", () => {
  let service: TestService;
  let operator: Record<string, string>;
  let viewer: Record<string, string>;
  let projectId: string;
  const add = (body: object) =>
    service.call("addAlarm", { headers: operator, params: { projectId }, body: body as AlarmSettings });

  before(async () => {
    service = await openTestService();
    operator = await service.tokenOf("operator");
    viewer = await service.tokenOf("viewer");
    projectId = (await service.call("createProject", { headers: operator, body: { name: "watched" } })).json.id;
    await service.call("addCamera", { headers: operator, body: { id: "cam-m", projectId, assemblyLineId: "line-m" } });
  });
  after(() => service.close());

  test("an alarm is made, evaluated at once, read, changed, muted and deleted", async () => {
    const made = await add(settings);
    assert.equal(made.status, 201);
    assert.deepEqual([made.json.state, made.json.projectName, made.json.mutedUntil], ["ALARM", "watched", null]);
    assert.match(made.json.reason, /The last 5 min: nothing was read/);
    const params = { alarmId: made.json.id as string };
    assert.deepEqual((await service.call("getAlarm", { headers: viewer, params })).json, made.json);

    const body = { ...settings, missingData: "notBreaching" as const, threshold: 2 };
    const changed = await service.call("changeAlarm", { headers: operator, params, body });
    assert.deepEqual([changed.json.state, changed.json.threshold], ["OK", 2]);
    const history = await service.call("getAlarmHistory", { headers: viewer, params });
    assert.deepEqual(
      history.json.items.map(({ from, to }: { from: string; to: string }) => [from, to]),
      [
        ["ALARM", "OK"],
        ["INSUFFICIENT_DATA", "ALARM"],
      ],
    );

    const until = "2099-01-01T00:00:00.000Z";
    assert.equal(
      (await service.call("muteAlarm", { headers: operator, params, body: { until } })).json.mutedUntil,
      until,
    );
    const loud = await service.call("muteAlarm", { headers: operator, params, body: { until: null } });
    assert.equal(loud.json.mutedUntil, null);

    assert.equal((await service.call("removeAlarm", { headers: operator, params })).status, 204);
    assert.equal((await service.call("getAlarm", { headers: viewer, params })).json.code, "ALARM_NOT_FOUND");
    assert.equal((await service.call("getAlarmHistory", { headers: viewer, params })).status, 404);
  });

  test("every project has its default alarm, and it is listed with the others", async () => {
    await service.services.alarmWatch.look();
    const listed = await service.call("listAlarms", { headers: viewer, query: { project: projectId } });
    assert.ok(listed.json.items.some(({ name }: { name: string }) => name === "Anomalies"));
  });

  test("a name is used once in a project, whatever its capitals; an alarm may keep its own", async () => {
    const first = await add({ ...settings, name: "Twice" });
    assert.equal((await add({ ...settings, name: "TWICE" })).json.code, "ALARM_EXISTS");
    const params = { alarmId: first.json.id as string };
    const body = { ...settings, name: "twice" };
    assert.equal((await service.call("changeAlarm", { headers: operator, params, body })).json.name, "twice");
  });

  test("an alarm names recipients and targets of its own project only", async () => {
    const other = (await service.call("createProject", { headers: operator, body: { name: "other" } })).json.id;
    const ask = (owner: string, address: string) =>
      service.call("addRecipient", { headers: operator, params: { projectId: owner }, body: { address } });
    const own = (await ask(projectId, "own@example.com")).json.id as string;
    const foreign = (await ask(other, "foreign@example.com")).json.id as string;
    let names = 0;
    const naming = (tells: object | null) => add({ ...settings, name: `Names ${++names}`, tells });
    assert.deepEqual((await naming(null)).json.tells, null);
    const made = await naming({ recipientIds: [own], targetIds: [] });
    assert.deepEqual(made.json.tells, { recipientIds: [own], targetIds: [] });
    assert.equal((await naming({ recipientIds: [foreign], targetIds: [] })).json.code, "RECIPIENT_NOT_FOUND");
    assert.equal((await naming({ recipientIds: [], targetIds: [own] })).json.code, "TARGET_NOT_FOUND");
    const { tells: _, ...unnamed } = settings;
    const body = { ...unnamed, name: "As programs said it before" } as AlarmSettings;
    const params = { alarmId: made.json.id as string };
    assert.equal((await service.call("changeAlarm", { headers: operator, params, body })).json.tells, null);
  });

  const refused: readonly [title: string, changes: object, message: RegExp][] = [
    [
      "more datapoints than periods",
      { datapointsToAlarm: 2 },
      /"datapointsToAlarm".*at most evaluationPeriods \(1\), got 2/,
    ],
    ["a window of more than a day", { evaluationPeriods: 300 }, /"evaluationPeriods".*at most 288 periods of 300 s/],
    ["a window of more than a week", { periodSeconds: 3600, evaluationPeriods: 169 }, /at most 168 periods/],
    ["half a minute", { periodSeconds: 90 }, /"periodSeconds"/],
    [
      "a statistic that means nothing",
      { statistic: "average" },
      /"statistic".*one of "sum" for the metric "processed"/,
    ],
    ["an unknown metric", { metric: "anomaly" }, /"metric".*one of "anomalies"/],
    ["a field that is not known", { treshold: 1 }, /"treshold".*Did you mean "threshold"\?/],
  ];
  for (const [title, changes, message] of refused) {
    test(`${title} is refused by name`, async () => {
      const reply = await add({ ...settings, name: title, ...changes });
      assert.equal(reply.status, 400);
      assert.match(reply.json.message, message);
    });
  }

  test("a camera of another project is refused", async () => {
    assert.equal((await add({ ...settings, name: "elsewhere", cameraId: "cam-x" })).json.code, "CAMERA_NOT_FOUND");
  });

  test("counters and a metric over time tell what was inspected, in whole periods", async () => {
    const modelId = await addPlayedModel(service.services, projectId);
    await service.call("startModel", { headers: operator, params: { modelId } });
    for (const grey of [1, 2, 3]) {
      const query = { cameraid: "cam-m", assemblylineid: "line-m", imageid: `part-${grey}` };
      const { uploadURL } = (await service.call("getSignedUrl", { headers: operator, query })).json;
      const { pathname, search } = new URL(uploadURL);
      const headers = { host: "127.0.0.1", "content-type": "image/jpeg" };
      const payload = Buffer.from(await greyJpeg(grey));
      const put = await service.http.app.inject({ method: "PUT", url: pathname + search, headers, payload });
      assert.equal(put.statusCode, 200);
    }
    const counters = async () =>
      (await service.call("getMonitoring", { headers: viewer, query: { project: projectId } })).json;
    while ((await counters()).totals.processed < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    const { totals, cameras } = await counters();
    assert.deepEqual(
      [totals.processed, totals.succeeded, totals.failed, totals.anomalies, totals.invalid, totals.anomalyShare],
      [3, 3, 0, 3, 0, 1],
    );
    assert.deepEqual(
      cameras.map(({ cameraId }: { cameraId: string }) => cameraId),
      ["cam-m"],
    );

    const query = { project: projectId, metric: "anomalies" as const, statistic: "sum" as const, period: "60" };
    const { points, periodSeconds } = (await service.call("getReadings", { headers: viewer, query })).json;
    assert.equal(periodSeconds, 60);
    assert.ok(points.every(({ startsAt }: { startsAt: string }) => Date.parse(startsAt) % 60_000 === 0));
    const sum = points.reduce((total: number, { value }: { value: number | null }) => total + (value ?? 0), 0);
    assert.deepEqual([sum, points.some(({ value }: { value: number | null }) => value === null)], [3, true]);
  });

  test("more datapoints than one answer holds are refused", async () => {
    const query = {
      project: projectId,
      metric: "failed" as const,
      statistic: "sum" as const,
      from: "2020-01-01T00:00:00.000Z",
    };
    const reply = await service.call("getReadings", { headers: viewer, query });
    assert.match(reply.json.message, /at most 2000 periods/);
  });

  test("a time that ends before it begins is refused", async () => {
    const query = { from: "2026-01-02T00:00:00.000Z", to: "2026-01-01T00:00:00.000Z" };
    assert.equal((await service.call("getMonitoring", { headers: viewer, query })).status, 400);
  });

  test("Prometheus is told the counters and the states of alarms", async () => {
    await service.services.alarmWatch.look();
    const headers = { host: "127.0.0.1", ...viewer };
    const { body } = await service.http.app.inject({ method: "GET", url: "/metrics", headers });
    const text = body
      .split("\n")
      .filter((line) => /^sightline_(anomalies|alarm)/.test(line))
      .join("\n");
    assert.match(text, /sightline_anomalies_total\{project="watched",camera="cam-m"\} 3/);
    assert.match(text, /sightline_alarm_state\{project="watched",alarm="Anomalies",state="ALARM"\} 1/);
    assert.match(text, /sightline_alarm_state\{project="watched",alarm="Anomalies",state="OK"\} 0/);
  });
});
