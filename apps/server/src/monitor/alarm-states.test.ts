/** States of alarms: CloudWatch's own tables of missing data, whole courses of time, restarts, late readings and clocks that are set. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { AlarmComparison, AlarmState, MissingData, Statistic } from "@sightline/api/monitoring";
import {
  type AlarmMemory,
  type AlarmRule,
  datapointOf,
  isBreaching,
  judge,
  look,
  neededFromMs,
  type ReadingSet,
} from "./alarm-states.js";

const minuteMs = 60_000;
/** Midnight UTC of some day. */
const startMs = Date.UTC(2026, 0, 5);
const at = (minutes: number, seconds = 3) => startMs + minutes * minuteMs + seconds * 1000;

const rule = (changes: Partial<AlarmRule> = {}): AlarmRule => ({
  statistic: "sum",
  comparison: ">=",
  threshold: 1,
  periodSeconds: 60,
  evaluationPeriods: 1,
  datapointsToAlarm: 1,
  missingData: "notBreaching",
  ...changes,
});

const set = (...readings: number[]): ReadingSet => ({
  samples: readings.length,
  sum: readings.reduce((sum, one) => sum + one, 0),
  minimum: Math.min(...readings),
  maximum: Math.max(...readings),
});

/** Reading sets by minute since the start. */
const sets = (minutes: Record<number, ReadingSet>) =>
  new Map(Object.entries(minutes).map(([minute, one]) => [startMs + Number(minute) * minuteMs, one]));

const fresh: AlarmMemory = { state: "INSUFFICIENT_DATA", judgedUntilMs: null };
const okAt = (minutes: number): AlarmMemory => ({ state: "OK", judgedUntilMs: startMs + minutes * minuteMs });

const treatments: readonly MissingData[] = ["missing", "ignore", "breaching", "notBreaching"];
type Row = readonly [periods: string, ...states: (AlarmState | null)[]];
const periodsOf = (text: string) => text.split(" ").map((mark) => (mark === "-" ? null : mark === "X"));

/** AWS, "Configuring how CloudWatch alarms treat missing data": range 5, columns as `treatments`; null keeps the state. */
const threeOfThree: readonly Row[] = [
  ["0 - X - X", "OK", "OK", "OK", "OK"],
  ["0 - - - -", "OK", "OK", "OK", "OK"],
  ["- - - - -", "INSUFFICIENT_DATA", null, "ALARM", "OK"],
  ["0 X X - X", "ALARM", "ALARM", "ALARM", "ALARM"],
  ["- - X - -", "ALARM", null, "ALARM", "OK"],
  // From the section on premature transitions: it waits, and so keeps its state.
  ["- - - - X", null, null, "ALARM", "OK"],
  ["- - - X -", null, null, "ALARM", "OK"],
  ["- - - X 0", "OK", "OK", "OK", "OK"],
  ["- - X - 0", "OK", "OK", "OK", "OK"],
];
const twoOfThree: readonly Row[] = [
  ["0 - X - X", "ALARM", "ALARM", "ALARM", "ALARM"],
  ["0 0 X 0 X", "ALARM", "ALARM", "ALARM", "ALARM"],
  ["0 - X - -", "OK", "OK", "ALARM", "OK"],
  ["- - - - 0", "OK", "OK", "ALARM", "OK"],
  ["- - - X -", "ALARM", null, "ALARM", "OK"],
  ["- - - - X", null, null, "ALARM", "OK"],
];

for (const [datapointsToAlarm, rows] of [
  [3, threeOfThree],
  [2, twoOfThree],
] as const) {
  for (const [periods, ...states] of rows) {
    for (const [index, missingData] of treatments.entries()) {
      test(`${datapointsToAlarm} of 3 over "${periods}" with missing data ${missingData} is ${states[index] ?? "as before"}`, () => {
        assert.equal(
          judge(periodsOf(periods), { evaluationPeriods: 3, datapointsToAlarm, missingData }),
          states[index] ?? null,
        );
      });
    }
  }
}

test("every mix of three periods without a gap is ALARM from so many breaches on, whatever is said of missing data", () => {
  for (let bits = 0; bits < 8; bits++) {
    const periods = [4, 2, 1].map((bit) => (bits & bit) !== 0);
    const breaches = periods.filter(Boolean).length;
    for (const datapointsToAlarm of [1, 2, 3]) {
      for (const missingData of treatments) {
        const expected = breaches >= datapointsToAlarm ? "ALARM" : "OK";
        assert.equal(judge(periods, { evaluationPeriods: 3, datapointsToAlarm, missingData }), expected);
      }
    }
  }
});

test("over every mix of three periods with gaps, breaching never judges milder and notBreaching never harsher than the rest", () => {
  const harshness = { OK: 0, INSUFFICIENT_DATA: 1, ALARM: 2 };
  const marks = [true, false, null];
  for (const a of marks)
    for (const b of marks)
      for (const c of marks)
        for (const datapointsToAlarm of [1, 2, 3]) {
          const of = (missingData: MissingData) =>
            judge([a, b, c], { evaluationPeriods: 3, datapointsToAlarm, missingData });
          const [missing, ignore, breaching, notBreaching] = treatments.map(of);
          const name = JSON.stringify([a, b, c, datapointsToAlarm]);
          assert.ok(breaching != null && notBreaching != null, name);
          for (const state of [missing, ignore]) {
            if (state == null) continue;
            assert.ok(harshness[state] <= harshness[breaching], name);
            assert.ok(harshness[state] >= harshness[notBreaching], name);
          }
        }
});

const values: readonly [Statistic, number][] = [
  ["sum", 6],
  ["average", 2],
  ["minimum", 1],
  ["maximum", 3],
  ["samples", 3],
];
for (const [statistic, expected] of values) {
  test(`the ${statistic} of 1, 2 and 3 is ${expected}, and of nothing it is nothing`, () => {
    assert.equal(datapointOf(statistic, set(1, 2, 3)), expected);
    assert.equal(datapointOf(statistic, undefined), null);
    assert.equal(datapointOf(statistic, { samples: 0, sum: 0, minimum: 0, maximum: 0 }), null);
  });
}

const atThreshold: readonly [AlarmComparison, boolean, boolean, boolean][] = [
  [">=", false, true, true],
  [">", false, false, true],
  ["<", true, false, false],
  ["<=", true, true, false],
];
for (const [comparison, ...expected] of atThreshold) {
  test(`${comparison} breaches below, at and above the threshold: ${expected.join(", ")}`, () => {
    assert.deepEqual(
      [0.9, 1, 1.1].map((value) => isBreaching(value, comparison, 1)),
      expected,
    );
  });
}

test("the first look says what is the case, and nothing of what was before", () => {
  const { memory, changes } = look(rule(), fresh, sets({ 3: set(1), 9: set(0) }), at(10));
  assert.deepEqual(memory, { state: "OK", judgedUntilMs: startMs + 10 * minuteMs });
  assert.deepEqual(
    changes.map(({ from, to, atMs }) => [from, to, atMs]),
    [["INSUFFICIENT_DATA", "OK", at(10)]],
  );
});

test("an anomaly rings at once, before its minute is over", () => {
  const readings = sets({ 10: set(0, 1, 0) });
  const { memory, changes } = look(rule(), okAt(10), readings, at(10, 20));
  assert.equal(memory.state, "ALARM");
  assert.equal(changes[0]?.atMs, at(10, 20));
  assert.equal(changes[0]?.evidence.isUnderWay, true);
});

test("an alarm that rang early stays on, look after look, until its own minute is over and a whole quiet one has followed", () => {
  const readings = sets({ 10: set(1), 11: set(0, 0), 12: set(0) });
  let memory: AlarmMemory = okAt(10);
  const course: [number, AlarmState][] = [];
  for (let second = 10 * 60; second < 13 * 60; second++) {
    const now = startMs + second * 1000;
    const result = look(rule(), memory, readings, now);
    memory = result.memory;
    for (const { to } of result.changes) course.push([second - 600, to]);
  }
  assert.deepEqual(course, [
    [0, "ALARM"],
    [122, "OK"],
  ]);
});

test("a sum that must not be low is only judged when its minute is over", () => {
  const low = rule({ comparison: "<", threshold: 5 });
  const readings = sets({ 9: set(9), 10: set(1) });
  assert.equal(look(low, okAt(10), readings, at(10, 20)).memory.state, "OK");
  assert.equal(look(low, okAt(10), readings, at(11)).memory.state, "ALARM");
});

test("an average is only judged when its minute is over; a minimum below its threshold rings at once", () => {
  const readings = sets({ 9: set(0), 10: set(1) });
  const average = rule({ statistic: "average", threshold: 0.5 });
  assert.equal(look(average, okAt(10), readings, at(10, 20)).memory.state, "OK");
  assert.equal(look(average, okAt(10), readings, at(11)).memory.state, "ALARM");
  const minimum = rule({ statistic: "minimum", comparison: "<=", threshold: 0.5 });
  assert.equal(look(minimum, okAt(10), sets({ 9: set(1), 10: set(0.2) }), at(10, 20)).memory.state, "ALARM");
});

test("a period is judged two seconds after its end, not while the last of it is still being recorded", () => {
  const silent = rule({ statistic: "samples", comparison: "<", threshold: 1, missingData: "breaching" });
  const readings = sets({ 9: set(0) });
  assert.equal(look(silent, okAt(10), readings, at(11, 1)).memory.state, "OK");
  assert.equal(look(silent, okAt(10), readings, at(11, 2)).memory.state, "ALARM");
});

test("two of three: one breach is not enough, the second rings, and it ends when only one is left", () => {
  const twoOf = rule({ evaluationPeriods: 3, datapointsToAlarm: 2, threshold: 2 });
  const readings = sets({ 1: set(2), 2: set(0), 3: set(5), 4: set(0), 5: set(0) });
  const states: AlarmState[] = [];
  let memory: AlarmMemory = okAt(1);
  for (let minute = 2; minute <= 7; minute++) {
    memory = look(twoOf, memory, readings, at(minute)).memory;
    states.push(memory.state);
  }
  // Minute 3 breaches while it is under way already, as its look is 3 s into minute 3.
  assert.deepEqual(states, ["OK", "ALARM", "ALARM", "OK", "OK", "OK"]);
});

test("after a restart each period that ended meanwhile is judged, so that no alarm is lost", () => {
  const readings = sets({ 10: set(0, 1), 11: set(0) });
  const { memory, changes } = look(rule(), okAt(10), readings, at(20));
  assert.equal(memory.state, "OK");
  assert.deepEqual(
    changes.map(({ from, to, atMs }) => [from, to, (atMs - startMs) / minuteMs]),
    [
      ["OK", "ALARM", 11],
      ["ALARM", "OK", 12],
    ],
  );
});

test("a restart between two looks at the same period changes nothing", () => {
  const readings = sets({ 10: set(1) });
  const first = look(rule(), okAt(10), readings, at(11));
  const second = look(rule(), first.memory, readings, at(11, 9));
  assert.deepEqual(second.memory, first.memory);
  assert.deepEqual(second.changes, []);
});

test("after a month off only the last day is judged period by period, quickly", () => {
  const { memory, changes } = look(rule({ missingData: "breaching" }), okAt(0), new Map(), at(30 * 1440));
  assert.equal(memory.state, "ALARM");
  assert.deepEqual(
    changes.map(({ atMs }) => (atMs - startMs) / minuteMs),
    [29 * 1440 + 1],
  );
});

test("a reading that comes late is counted as long as its period is the latest or in the window", () => {
  const early = look(rule(), okAt(10), sets({ 10: set(0) }), at(11));
  assert.equal(early.memory.state, "OK");
  assert.equal(look(rule(), early.memory, sets({ 10: set(0, 1) }), at(11, 30)).memory.state, "ALARM");
  const wide = rule({ evaluationPeriods: 5 });
  const judged = look(wide, okAt(10), sets({ 10: set(0) }), at(13));
  assert.equal(look(wide, judged.memory, sets({ 10: set(0, 1) }), at(14)).memory.state, "ALARM");
});

test("a clock that was set back judges what is the case at the new time and goes on from there", () => {
  const readings = sets({ 4: set(1), 5: set(0), 6: set(0) });
  const back = look(rule(), { state: "OK", judgedUntilMs: startMs + 500 * minuteMs }, readings, at(5));
  assert.deepEqual(back.memory, { state: "ALARM", judgedUntilMs: startMs + 5 * minuteMs });
  assert.equal(back.changes.length, 1);
  assert.equal(look(rule(), back.memory, readings, at(6)).memory.state, "OK");
});

test("readings from the future, left by a clock that ran ahead, ring nothing before their time", () => {
  assert.equal(look(rule(), okAt(10), sets({ 500: set(7) }), at(12)).memory.state, "OK");
});

test("with missing data ignored a state stays through a silence; with missing it becomes INSUFFICIENT_DATA", () => {
  const alarm: AlarmMemory = { state: "ALARM", judgedUntilMs: startMs };
  assert.equal(look(rule({ missingData: "ignore" }), alarm, new Map(), at(9)).memory.state, "ALARM");
  assert.equal(look(rule({ missingData: "missing" }), alarm, new Map(), at(9)).memory.state, "INSUFFICIENT_DATA");
});

test("the readings that a look asks for reach back over all periods that it judges", () => {
  const wide = rule({ evaluationPeriods: 3, periodSeconds: 300 });
  assert.equal(neededFromMs(wide, fresh, at(60)), startMs + 45 * minuteMs);
  // Periods ending at 35, 40 … 60 minutes, three each.
  assert.equal(neededFromMs(wide, okAt(30), at(60)), startMs + 20 * minuteMs);
});
