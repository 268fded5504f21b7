/** Monitoring: counters, watched metrics over time, alarms with their states and histories. */
import type { AlarmSettings, Counters } from "@sightline/api/monitoring";
import { errors } from "../../errors.js";
import { fromTime, toTime } from "../../ids.js";
import { datapointOf } from "../../monitor/alarm-states.js";
import type { CameraCounters } from "../../store/readings.js";
import type { Handlers } from "../handlers.js";
import type { RouteDeps } from "./deps.js";
import { existing } from "./existing.js";

const hourMs = 3_600_000;
/** Of one answer. */
const mostDatapoints = 2000;

export function monitoringRoutes({ services }: RouteDeps) {
  const { store, live, alarmWatch, now } = services;
  const alarm = async (id: string) => existing(await store.read.alarms.get(id), errors.alarmNotFound, id);
  const tellChanged = (projectId: string, alarmId: string) => live.publish({ type: "alarm", projectId, alarmId });

  type Read = Pick<typeof store.read, "projects" | "alarms" | "cameras" | "recipients" | "targets">;

  /** @throws ServerError PROJECT_NOT_FOUND, ALARM_EXISTS, CAMERA_NOT_FOUND, RECIPIENT_NOT_FOUND, TARGET_NOT_FOUND. */
  async function checkSettings(
    read: Read,
    projectId: string,
    { name, cameraId, tells }: AlarmSettings,
    alarmId?: string,
  ): Promise<void> {
    const project = existing(await read.projects.get(projectId), errors.projectNotFound, projectId);
    const named = await read.alarms.getByName(projectId, name);
    if (named !== undefined && named.id !== alarmId) throw errors.alarmExists({ name, projectName: project.name });
    if (cameraId !== null && (await read.cameras.get(cameraId))?.projectId !== projectId)
      throw errors.cameraNotFound({ id: cameraId });
    for (const id of tells?.recipientIds ?? [])
      if ((await read.recipients.get(id))?.projectId !== projectId) throw errors.recipientNotFound({ id });
    for (const id of tells?.targetIds ?? [])
      if ((await read.targets.get(id))?.projectId !== projectId) throw errors.targetNotFound({ id });
  }

  return {
    getMonitoring: async ({ query: { project, camera, from, to } }) => {
      const { fromMs, toMs } = spanOf(from, to, hourMs, now());
      const cameras = await store.read.readings.counters({ projectId: project, cameraId: camera, fromMs, toMs });
      return { from: toTime(fromMs), to: toTime(toMs), totals: totalOf(cameras), cameras: [...cameras] };
    },

    getReadings: async ({ query: { project, camera, metric, statistic, period, from, to } }) => {
      const periodMs = period * 1000;
      const span = spanOf(from, to, 60 * periodMs, now());
      // Whole periods, as alarms judge them.
      const firstMs = Math.floor(span.fromMs / periodMs) * periodMs;
      const length = Math.ceil((span.toMs - firstMs) / periodMs);
      if (length > mostDatapoints) {
        const problem = `expected at most ${mostDatapoints} periods between "from" and "to", got ${length}`;
        throw errors.parameterInvalid({ name: "period", where: "query", problem });
      }
      const sets = await store.read.readings.sets({
        projectId: project,
        cameraId: camera,
        metric,
        periodSeconds: period,
        fromMs: firstMs,
        toMs: span.toMs,
      });
      const points = Array.from({ length }, (_, index) => {
        const set = sets.get(firstMs + index * periodMs);
        const startsAt = toTime(firstMs + index * periodMs);
        return { startsAt, value: datapointOf(statistic, set), samples: set?.samples ?? 0 };
      });
      return { metric, statistic, periodSeconds: period, from: toTime(firstMs), to: toTime(span.toMs), points };
    },

    listDrifts: async ({ query }) => ({ items: await store.read.drifts.list(query.project) }),

    listAlarms: async ({ query }) => ({ items: await store.read.alarms.list(query.project) }),

    addAlarm: async ({ params: { projectId }, body }) => {
      const id = await store.write(async (tx) => {
        await checkSettings(tx, projectId, body);
        return tx.alarms.insert(projectId, body);
      });
      await alarmWatch.look();
      tellChanged(projectId, id);
      return alarm(id);
    },

    getAlarm: ({ params }) => alarm(params.alarmId),

    changeAlarm: async ({ params: { alarmId }, body }) => {
      const projectId = await store.write(async (tx) => {
        const present = existing(await tx.alarms.get(alarmId), errors.alarmNotFound, alarmId);
        await checkSettings(tx, present.projectId, body, alarmId);
        await tx.alarms.change(alarmId, body);
        return present.projectId;
      });
      await alarmWatch.look();
      tellChanged(projectId, alarmId);
      return alarm(alarmId);
    },

    muteAlarm: async ({ params: { alarmId }, body: { until } }) => {
      const { projectId } = await alarm(alarmId);
      await store.write((tx) => tx.alarms.mute(alarmId, until === null ? null : fromTime(until)));
      tellChanged(projectId, alarmId);
      return alarm(alarmId);
    },

    removeAlarm: async ({ params: { alarmId } }) => {
      const { projectId } = await alarm(alarmId);
      await store.write((tx) => tx.alarms.remove(alarmId));
      tellChanged(projectId, alarmId);
    },

    getAlarmHistory: async ({ params: { alarmId } }) => {
      await alarm(alarmId);
      return { items: await store.read.alarms.history(alarmId) };
    },
  } satisfies Partial<Handlers>;
}

/** @throws ServerError PARAMETER_INVALID when it ends before it begins. */
function spanOf(from: string | undefined, to: string | undefined, usualMs: number, nowMs: number) {
  const toMs = to === undefined ? nowMs : fromTime(to);
  const fromMs = from === undefined ? toMs - usualMs : fromTime(from);
  if (fromMs < toMs) return { fromMs, toMs };
  const problem = `expected a time before "to", got ${from}`;
  throw errors.parameterInvalid({ name: "from", where: "query", problem });
}

function totalOf(cameras: readonly CameraCounters[]): Counters {
  const sum = (of: (camera: CameraCounters) => number) => cameras.reduce((total, camera) => total + of(camera), 0);
  const judged = cameras.filter((camera) => camera.anomalyShare !== null);
  const weighted = (own: readonly CameraCounters[], of: (camera: CameraCounters) => number | null) => {
    const weight = own.reduce((total, camera) => total + camera.succeeded, 0);
    return weight === 0
      ? null
      : own.reduce((total, camera) => total + (of(camera) ?? 0) * camera.succeeded, 0) / weight;
  };
  return {
    processed: sum((camera) => camera.processed),
    succeeded: sum((camera) => camera.succeeded),
    failed: sum((camera) => camera.failed),
    anomalies: sum((camera) => camera.anomalies),
    invalid: sum((camera) => camera.invalid),
    anomalyShare: weighted(judged, (camera) => camera.anomalyShare),
    inferenceMsMean: weighted(cameras, (camera) => camera.inferenceMsMean),
    inspectionMsMean: weighted(cameras, (camera) => camera.inspectionMsMean),
  };
}
