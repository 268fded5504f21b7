/** Alarms over a real database: counted with the verdict, recorded with their actions, one time, whatever is restarted. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Alarm, AlarmSettings } from "@sightline/api/monitoring";
import type { Services } from "../services.js";
import {
  addLine,
  inspected,
  jpeg,
  openCore,
  openTestCore,
  playedModel,
  send,
  temporaryFolder,
  verdict,
} from "../test-fixtures.js";

/** A clock that stands until it is moved; it starts well inside a minute. */
function playedClock(startMs = Date.UTC(2026, 0, 5, 12, 0, 20)) {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    pass(seconds: number) {
      nowMs += seconds * 1000;
    },
  };
}

/** Looks come only when a test asks for them. */
const quiet = { monitor: { everySeconds: 60 } };
const anomalies: AlarmSettings = {
  name: "Many anomalies",
  metric: "anomalies",
  statistic: "sum",
  cameraId: null,
  comparison: ">=",
  threshold: 2,
  periodSeconds: 60,
  evaluationPeriods: 1,
  datapointsToAlarm: 1,
  missingData: "notBreaching",
  isOn: true,
  notifyOn: ["ALARM", "OK"],
  tells: null,
};

async function openLine(t: TestContext, score: () => number = () => 0.9) {
  const clock = playedClock();
  const core = await openTestCore(t, {
    config: quiet,
    now: clock.now,
    model: playedModel(() => verdict(score())),
  });
  const { projectId, modelId } = await addLine(core, ["quality@example.com"]);
  await core.deployments.start(modelId, "ada");
  const add = (changes: Partial<AlarmSettings> = {}) =>
    core.store.write((tx) => tx.alarms.insert(projectId, { ...anomalies, ...changes }));
  return { core, clock, projectId, add };
}

async function inspect(core: Services, ...greys: number[]) {
  for (const grey of greys) await inspected(core, await send(core, await jpeg(grey), `part-${grey}`));
}

async function alarmOf(core: Services, id: string): Promise<Alarm> {
  const alarm = await core.store.read.alarms.get(id);
  assert.ok(alarm);
  return alarm;
}

const alarmMails = async (core: Services) =>
  (await core.store.read.actions.list({ limit: 50 })).items
    .filter(({ summary }) => summary.includes("Alarm:"))
    .map(({ summary }) => summary);

test("every project gets the default alarm once: one anomaly in 60 s, silence is not breaching, nobody told", async (t) => {
  const { core, projectId } = await openLine(t);
  await core.alarmWatch.look();
  await core.alarmWatch.look();
  const alarms = await core.store.read.alarms.list(projectId);
  assert.equal(alarms.filter(({ name }) => name === "Anomalies").length, 1);
  const [given] = alarms;
  assert.ok(given);
  const { metric, statistic, comparison, threshold, periodSeconds, missingData, isOn, notifyOn, state } = given;
  assert.deepEqual(
    { metric, statistic, comparison, threshold, periodSeconds, missingData, isOn, notifyOn, state },
    {
      metric: "anomalies",
      statistic: "sum",
      comparison: ">=",
      threshold: 1,
      periodSeconds: 60,
      missingData: "notBreaching",
      isOn: true,
      notifyOn: [],
      state: "OK",
    },
  );
  await core.store.write((tx) => tx.alarms.remove(given.id));
  await core.alarmWatch.look();
  assert.equal(
    (await core.store.read.alarms.list(projectId)).some(({ name }) => name === "Anomalies"),
    false,
  );
});

test("an alarm rings within its minute, tells the recipients once, and is over after a quiet minute", async (t) => {
  const { core, clock, add } = await openLine(t);
  const id = await add();
  await core.alarmWatch.look();
  assert.equal((await alarmOf(core, id)).state, "OK");
  await inspect(core, 1);
  await core.alarmWatch.look();
  assert.equal((await alarmOf(core, id)).state, "OK");
  await inspect(core, 2);
  for (let i = 0; i < 3; i++) await core.alarmWatch.look();
  const ringing = await alarmOf(core, id);
  assert.equal(ringing.state, "ALARM");
  assert.equal(ringing.stateSince, new Date(clock.now()).toISOString());
  assert.match(ringing.reason, /The present 60 s: 2\./);
  clock.pass(60);
  await core.alarmWatch.look();
  assert.equal((await alarmOf(core, id)).state, "ALARM");
  clock.pass(60);
  await core.alarmWatch.look();
  assert.equal((await alarmOf(core, id)).state, "OK");
  assert.deepEqual(
    (await core.store.read.alarms.history(id)).map(({ from, to, isTold }) => [from, to, isTold]),
    [
      ["ALARM", "OK", true],
      ["OK", "ALARM", true],
      // The first look found that all was well, which is no news.
      ["INSUFFICIENT_DATA", "OK", false],
    ],
  );
  assert.equal((await alarmMails(core)).length, 2);
});

test("a target of the project is told of a change with what the alarm says, and one that is off is not", async (t) => {
  const { core, projectId, add } = await openLine(t);
  const settings = { url: "http://127.0.0.1:9/nobody" };
  const target = { projectId, kind: "webhook" as const, settings, sealedSecret: null };
  const told = await core.store.write((tx) => tx.targets.insert({ ...target, name: "mes" }));
  const off = await core.store.write((tx) => tx.targets.insert({ ...target, name: "off" }));
  await core.store.write((tx) => tx.targets.change(off, { isEnabled: false }));
  await add({ name: "Told", threshold: 1 });
  await inspect(core, 1);
  await core.alarmWatch.look();
  const messages = (await core.store.read.actions.list({ limit: 50 })).items.filter(({ kind }) => kind === "webhook");
  assert.deepEqual(
    messages.map(({ targetId, summary }) => [targetId, summary]),
    [[told, "ALARM - Alarm: Told Project: castings"]],
  );
});

test("a muted alarm changes its state and tells nobody until its time is over", async (t) => {
  const { core, clock, add } = await openLine(t);
  const id = await add({ notifyOn: ["ALARM"], threshold: 1 });
  await core.alarmWatch.look();
  await core.store.write((tx) => tx.alarms.mute(id, clock.now() + 150_000));
  await inspect(core, 1);
  await core.alarmWatch.look();
  assert.equal((await alarmOf(core, id)).state, "ALARM");
  assert.deepEqual(await alarmMails(core), []);
  clock.pass(180);
  await core.alarmWatch.look();
  await inspect(core, 2);
  await core.alarmWatch.look();
  assert.equal((await alarmMails(core)).length, 1);
});

test("an alarm of one camera does not hear the others", async (t) => {
  const { core, projectId, add } = await openLine(t);
  await core.store.write((tx) =>
    tx.cameras.insert({ id: "cam-2", projectId, name: "cam-2", assemblyLineId: "line-1" }),
  );
  const own = await add({ name: "own", cameraId: "cam-1", threshold: 1 });
  const other = await add({ name: "other", cameraId: "cam-2", threshold: 1 });
  await inspect(core, 1);
  await core.alarmWatch.look();
  assert.equal((await alarmOf(core, own)).state, "ALARM");
  assert.equal((await alarmOf(core, other)).state, "OK");
});

test("an alarm on silence rings when no picture comes, and ends with the next one", async (t) => {
  const { core, clock, add } = await openLine(t, () => 0.1);
  const id = await add({
    metric: "processed",
    comparison: "<",
    threshold: 1,
    missingData: "breaching",
    evaluationPeriods: 2,
    datapointsToAlarm: 2,
  });
  await inspect(core, 1);
  clock.pass(60);
  await core.alarmWatch.look();
  assert.equal((await alarmOf(core, id)).state, "OK");
  clock.pass(120);
  await core.alarmWatch.look();
  assert.equal((await alarmOf(core, id)).state, "ALARM");
  await inspect(core, 2);
  clock.pass(60);
  await core.alarmWatch.look();
  assert.equal((await alarmOf(core, id)).state, "OK");
});

test("a server that was killed after an anomaly and comes back ten minutes later has the alarm in its history, and tells it once", async (t) => {
  const folder = await temporaryFolder(t);
  const clock = playedClock();
  const model = playedModel(() => verdict(0.9));
  const first = await openCore(folder, { config: quiet, now: clock.now, model });
  const { projectId, modelId } = await addLine(first, ["quality@example.com"]);
  await first.deployments.start(modelId, "ada");
  const id = await first.store.write((tx) =>
    tx.alarms.insert(projectId, { ...anomalies, threshold: 1, notifyOn: ["ALARM"] }),
  );
  await first.alarmWatch.look();
  // Closed first, so that the verdict that follows is looked at by nobody.
  await first.alarmWatch.close();
  await inspect(first, 1);
  await first.close();
  clock.pass(600);
  for (let restart = 0; restart < 2; restart++) {
    const core = await openCore(folder, { config: quiet, now: clock.now, model });
    await core.alarmWatch.look();
    assert.equal((await alarmOf(core, id)).state, "OK");
    assert.deepEqual(
      (await core.store.read.alarms.history(id)).map(({ to, changedAt }) => [to, changedAt]),
      [
        ["OK", "2026-01-05T12:02:00.000Z"],
        ["ALARM", "2026-01-05T12:01:00.000Z"],
        ["OK", "2026-01-05T12:00:20.000Z"],
      ],
    );
    assert.equal((await alarmMails(core)).length, 1);
    await core.close();
  }
});

test("settings that change while a look is under way win over it", async (t) => {
  const { core, add } = await openLine(t);
  const id = await add();
  await core.alarmWatch.look();
  const [watched] = (await core.store.read.alarms.watched()).filter(({ alarm }) => alarm.id === id);
  assert.ok(watched);
  await core.store.write((tx) => tx.alarms.change(id, { ...anomalies, isOn: false }));
  const numbers = await core.store.write((tx) =>
    tx.alarms.recordLook(id, watched.revision, { state: "ALARM", reason: "old", judgedUntilMs: 0, changes: [] }),
  );
  assert.equal(numbers, undefined);
  assert.equal((await alarmOf(core, id)).reason, "It is switched off.");
});

test("pictures refused at a signed address are counted as invalid, per camera", async (t) => {
  const { core, clock, projectId } = await openLine(t);
  await assert.rejects(send(core, Buffer.from("no picture at all")), { code: "NOT_AN_IMAGE" });
  await core.refusals.close();
  const span = { projectId, fromMs: clock.now() - 3_600_000, toMs: clock.now() + 1 };
  const [camera] = await core.store.read.readings.counters(span);
  assert.deepEqual([camera?.cameraId, camera?.invalid, camera?.processed], ["cam-1", 1, 0]);
  assert.deepEqual(core.refusals.counted(), [{ projectId, cameraId: "cam-1", code: "NOT_AN_IMAGE", count: 1 }]);
});

test("readings are what was recorded: counts, anomalies, failures and times, kept when pictures are deleted", async (t) => {
  let score = 0.9;
  const { core, clock, projectId } = await openLine(t, () => {
    if (score < 0) throw new Error("The model broke.");
    return score;
  });
  await inspect(core, 1, 2);
  score = 0.1;
  await inspect(core, 3);
  score = -1;
  await inspect(core, 4);
  const span = { projectId, fromMs: clock.now() - 3_600_000, toMs: clock.now() + 1 };
  const counted = () => core.store.read.readings.counters(span);
  const [before] = await counted();
  assert.ok(before);
  const { processed, succeeded, failed, anomalies: found, anomalyShare, inferenceMsMean } = before;
  assert.deepEqual([processed, succeeded, failed, found], [4, 3, 1, 2]);
  assert.equal(anomalyShare, 2 / 3);
  assert.equal(inferenceMsMean, 1);
  await core.removal.inspections(await core.store.read.inspections.idsOf(projectId, 10));
  assert.deepEqual(await counted(), [before]);
  await core.store.write((tx) => tx.readings.removeOld(clock.now() + 3 * 86_400_000));
  assert.deepEqual(await counted(), []);
  const hours = await core.store.read.readings.sets({
    ...span,
    fromMs: clock.now() - 7_200_000,
    metric: "processed",
    periodSeconds: 3600,
  });
  assert.deepEqual(
    [...hours.values()].map(({ sum }) => sum),
    [4],
  );
});

test("the history keeps the latest changes and forgets the oldest", async (t) => {
  const { core, add } = await openLine(t);
  const id = await add();
  const { revision } = (await core.store.read.alarms.watched()).find(({ alarm }) => alarm.id === id) ?? { revision: 0 };
  const changes = Array.from({ length: 510 }, (_, index) => ({
    changedAtMs: index,
    from: "OK" as const,
    to: "ALARM" as const,
    reason: String(index),
    isTold: false,
  }));
  await core.store.write((tx) =>
    tx.alarms.recordLook(id, revision, { state: "ALARM", reason: "", judgedUntilMs: 0, changes }),
  );
  const history = await core.store.read.alarms.history(id);
  assert.deepEqual([history.length, history[0]?.reason, history.at(-1)?.reason], [500, "509", "10"]);
});

test("an alarm that names whom it tells, tells nobody else; once they are removed it tells nobody", async (t) => {
  const { core, clock, projectId, add } = await openLine(t);
  const { named, targetId } = await core.store.write(async (tx) => {
    const { id } = await tx.recipients.confirm((await tx.recipients.ask(projectId, "shift@example.com")).id);
    const target = { projectId, kind: "webhook", name: "MES", settings: { url: "http://127.0.0.1:9/" } } as const;
    await tx.targets.insert({ ...target, name: "another", sealedSecret: null });
    return { named: id, targetId: await tx.targets.insert({ ...target, sealedSecret: null }) };
  });
  const id = await add({ threshold: 1, tells: { recipientIds: [named], targetIds: [targetId] } });
  assert.deepEqual((await alarmOf(core, id)).tells, { recipientIds: [named], targetIds: [targetId] });
  await inspect(core, 1);
  await core.alarmWatch.look();
  const told = (await core.store.read.actions.list({ limit: 50 })).items.filter(({ summary }) =>
    summary.includes("Alarm: Many"),
  );
  assert.deepEqual(told.map(({ kind }) => kind).toSorted(), ["mail", "webhook"]);
  assert.ok(told.some(({ summary }) => summary.endsWith("→ shift@example.com")));
  assert.ok(told.some((action) => action.targetId === targetId));

  await core.store.write(async (tx) => {
    await tx.recipients.remove(named);
    await tx.targets.remove(targetId);
  });
  assert.deepEqual((await alarmOf(core, id)).tells, { recipientIds: [], targetIds: [] });
  clock.pass(120);
  await core.alarmWatch.look();
  assert.deepEqual(
    (await core.store.read.alarms.history(id)).map(({ to, isTold }) => [to, isTold]),
    [
      ["OK", false],
      ["ALARM", true],
    ],
  );
});

test("a camera that sends nothing any more rings the alarm on silence, and its next picture ends it", async (t) => {
  const { core, clock, projectId, add } = await openLine(t);
  await core.store.write((tx) =>
    tx.cameras.insert({ id: "cam-new", projectId, name: "not in use yet", assemblyLineId: "line-1" }),
  );
  const id = await add({ metric: "silence", statistic: "maximum", threshold: 600, missingData: "ignore" });
  const minute = async () => {
    await core.silenceWatch.look();
    await core.alarmWatch.look();
    const { state, reason } = await alarmOf(core, id);
    clock.pass(60);
    return { state, reason };
  };
  await inspect(core, 1);
  for (let i = 0; i < 10; i++) assert.notEqual((await minute()).state, "ALARM", `after ${i} minutes`);
  const ringing = await minute();
  assert.equal(ringing.state, "ALARM");
  assert.match(ringing.reason, /600 s/);
  await inspect(core, 2);
  await minute();
  assert.equal((await minute()).state, "OK");
  const counted = await core.store.read.readings.counters({ projectId, fromMs: 0, toMs: clock.now() });
  assert.deepEqual(
    counted.map(({ cameraId }) => cameraId),
    ["cam-1"],
  );
});
