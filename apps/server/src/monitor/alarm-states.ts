/**
 * Which state an alarm is in: a pure function of its settings, what it was before, the readings and the clock.
 * The rules are CloudWatch's ("Configuring how CloudWatch alarms treat missing data"), with two differences: readings here
 * are never late, so an alarm looks at its evaluation periods and no further back; and it goes off as soon as the period
 * under way can no longer end without breaching, not a minute later.
 */
import type { AlarmComparison, AlarmSettings, AlarmState, MissingData, Statistic } from "@sightline/api/monitoring";

/** What one period's readings come to. */
export interface ReadingSet {
  readonly samples: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** Reading sets by the start of their period, epoch milliseconds; a period without readings is not there. */
export type ReadingSets = ReadonlyMap<number, ReadingSet>;

/** What the alarm's state is made of. */
export type AlarmRule = Pick<
  AlarmSettings,
  "statistic" | "comparison" | "threshold" | "periodSeconds" | "evaluationPeriods" | "datapointsToAlarm" | "missingData"
>;

/** What is remembered from one look to the next. */
export interface AlarmMemory {
  readonly state: AlarmState;
  /** End of the last period that was judged; `null` before the first look. */
  readonly judgedUntilMs: number | null;
}

export interface StateChange {
  /** When the state changed: the end of the period that changed it, or now. */
  readonly atMs: number;
  readonly from: AlarmState;
  readonly to: AlarmState;
  readonly evidence: Evidence;
}

/** What a judgement rests on. */
export interface Evidence {
  /** Values of the periods looked at, oldest first; `null` where a period has no readings. */
  readonly values: readonly (number | null)[];
  readonly breaching: number;
  readonly missing: number;
  /** The last value belongs to a period that is not over. */
  readonly isUnderWay: boolean;
}

export interface Look {
  readonly memory: AlarmMemory;
  readonly evidence: Evidence;
  readonly changes: readonly StateChange[];
}

/** A period is judged this long after its end: what was being recorded at that moment is counted with it. */
export const settleMs = 2000;
/** After a pause (the server was stopped) no more than so many periods are judged one by one. */
const mostCaughtUp = 1440;

export function datapointOf(statistic: Statistic, set: ReadingSet | undefined): number | null {
  if (set === undefined || set.samples === 0) return null;
  switch (statistic) {
    case "sum":
      return set.sum;
    case "average":
      return set.sum / set.samples;
    case "minimum":
      return set.minimum;
    case "maximum":
      return set.maximum;
    case "samples":
      return set.samples;
  }
}

export function isBreaching(value: number, comparison: AlarmComparison, threshold: number): boolean {
  switch (comparison) {
    case ">=":
      return value >= threshold;
    case ">":
      return value > threshold;
    case "<":
      return value < threshold;
    case "<=":
      return value <= threshold;
  }
}

/** Whether a period that breaches already still breaches whatever else is read in it. No metric has negative readings. */
function isSettled(statistic: Statistic, comparison: AlarmComparison): boolean {
  const isUpward = comparison === ">=" || comparison === ">";
  if (statistic === "minimum") return !isUpward;
  return isUpward && statistic !== "average";
}

/**
 * The state that periods call for; `null` where it stays what it is.
 * @param periods oldest first: true breaches, false does not, `null` is missing. May reach further back than the evaluation
 * periods; then the latest real ones are taken, and missing ones only where there are too few.
 */
export function judge(
  periods: readonly (boolean | null)[],
  {
    evaluationPeriods,
    datapointsToAlarm,
    missingData,
  }: Pick<AlarmRule, "evaluationPeriods" | "datapointsToAlarm"> & { missingData: MissingData },
): AlarmState | null {
  const real = periods.filter((period) => period !== null).slice(-evaluationPeriods);
  const filled = evaluationPeriods - real.length;
  const breaching = real.filter(Boolean).length + (missingData === "breaching" ? filled : 0);
  if (breaching >= datapointsToAlarm) return "ALARM";
  if (filled === 0 || missingData === "breaching" || missingData === "notBreaching") return "OK";
  if (real.includes(false)) return "OK";
  if (missingData === "ignore") return null;
  if (real.length === 0) return "INSUFFICIENT_DATA";
  // Nothing but breaching and missing periods. The next one may be within the threshold, so the alarm waits until the
  // oldest breach is as old as the datapoints it takes.
  const age = periods.length - periods.indexOf(true);
  return age >= datapointsToAlarm ? "ALARM" : null;
}

/** The last period that is over and settled ends here. */
function lastEnd(nowMs: number, periodMs: number): number {
  return Math.floor((nowMs - settleMs) / periodMs) * periodMs;
}

/** The readings that a look needs start here. */
export function neededFromMs(rule: AlarmRule, memory: AlarmMemory, nowMs: number): number {
  const periodMs = rule.periodSeconds * 1000;
  const ends = endsToJudge(memory, lastEnd(nowMs, periodMs), periodMs);
  return (ends[0] ?? 0) - rule.evaluationPeriods * periodMs;
}

/** Ends of the periods not yet judged, the latest one always: until the next ends, it is looked at again. */
function endsToJudge({ judgedUntilMs }: AlarmMemory, latest: number, periodMs: number): number[] {
  // The first look, and a clock that was set back: only what is the case now.
  if (judgedUntilMs === null || judgedUntilMs > latest) return [latest];
  const pending = Math.min(mostCaughtUp, Math.floor((latest - judgedUntilMs) / periodMs));
  const ends = Array.from({ length: pending }, (_, index) => latest - (pending - 1 - index) * periodMs);
  return ends.length === 0 ? [latest] : ends;
}

function evidenceAt(rule: AlarmRule, sets: ReadingSets, endMs: number, isUnderWay: boolean): Evidence {
  const periodMs = rule.periodSeconds * 1000;
  const values = Array.from({ length: rule.evaluationPeriods }, (_, index) =>
    datapointOf(rule.statistic, sets.get(endMs - (rule.evaluationPeriods - index) * periodMs)),
  );
  const breaching = values.filter((value) => value !== null && isBreaching(value, rule.comparison, rule.threshold));
  const missing = values.filter((value) => value === null).length;
  return { values, breaching: breaching.length, missing, isUnderWay };
}

const stateOf = (rule: AlarmRule, { values }: Evidence): AlarmState | null =>
  judge(
    values.map((value) => (value === null ? null : isBreaching(value, rule.comparison, rule.threshold))),
    rule,
  );

/** Looks at the readings. Periods that ended since the last look are judged one by one, so that a restart hides nothing. */
export function look(rule: AlarmRule, memory: AlarmMemory, sets: ReadingSets, nowMs: number): Look {
  const periodMs = rule.periodSeconds * 1000;
  const latest = lastEnd(nowMs, periodMs);
  const changes: StateChange[] = [];
  let { state } = memory;
  const turn = (to: AlarmState | null, evidence: Evidence, atMs: number): void => {
    if (to === null || to === state) return;
    changes.push({ atMs, from: state, to, evidence });
    state = to;
  };

  for (const endMs of endsToJudge(memory, latest, periodMs)) {
    if (endMs === latest) break;
    const evidence = evidenceAt(rule, sets, endMs, false);
    turn(stateOf(rule, evidence), evidence, endMs);
  }
  const evidence = current(rule, sets, latest, nowMs);
  turn(stateOf(rule, evidence), evidence, nowMs);
  return { memory: { state, judgedUntilMs: latest }, evidence, changes };
}

/** The periods that speak for now: those that are over, or the ones with the period under way where that has breached for good. */
function current(rule: AlarmRule, sets: ReadingSets, latest: number, nowMs: number): Evidence {
  const periodMs = rule.periodSeconds * 1000;
  if (isSettled(rule.statistic, rule.comparison)) {
    // Two are not judged yet while the one that has just ended settles.
    for (let endMs = (Math.floor(nowMs / periodMs) + 1) * periodMs; endMs > latest; endMs -= periodMs) {
      const evidence = evidenceAt(rule, sets, endMs, true);
      const newest = evidence.values.at(-1) ?? null;
      const breaches = newest !== null && isBreaching(newest, rule.comparison, rule.threshold);
      if (breaches && stateOf(rule, evidence) === "ALARM") return evidence;
    }
  }
  return evidenceAt(rule, sets, latest, false);
}
