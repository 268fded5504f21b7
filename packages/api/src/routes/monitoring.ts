/** Routes: watched metrics, drift and alarms. */
import { z } from "zod";
import {
  Alarm,
  AlarmChange,
  AlarmSettings,
  CameraDrift,
  Metric,
  Monitoring,
  PeriodSeconds,
  Readings,
  Statistic,
} from "../monitoring.js";
import { Id, PlantId, Time } from "../words.js";
import { list, operator, projectId, route, viewer } from "./route.js";

const alarmId = z.strictObject({ alarmId: Id });

export const monitoringRoutes = {
  getMonitoring: route("GET", "/api/monitoring", {
    summary: "Counters of a time: processed, succeeded, failed, anomalies, invalid; in all and per camera",
    access: viewer,
    query: z.strictObject({
      project: Id.optional(),
      camera: PlantId.optional(),
      from: Time.optional().describe("Default: one hour before `to`"),
      to: Time.optional().describe("Default: now"),
    }),
    reply: Monitoring,
  }),
  getReadings: route("GET", "/api/readings", {
    summary: "A watched metric over time, one datapoint a period; minutes are kept for two days, hours for 400",
    access: viewer,
    query: z.strictObject({
      project: Id,
      camera: PlantId.optional(),
      metric: Metric,
      statistic: Statistic,
      period: z.coerce.number().pipe(PeriodSeconds).default(60).describe("Seconds, whole minutes"),
      from: Time.optional().describe("Default: 60 periods before `to`"),
      to: Time.optional().describe("Default: now"),
    }),
    reply: Readings,
  }),
  listDrifts: route("GET", "/api/drifts", {
    summary: "Drift and health of each camera, as its latest pictures tell",
    access: viewer,
    query: z.strictObject({ project: Id.optional() }),
    reply: list(CameraDrift),
  }),
  listAlarms: route("GET", "/api/alarms", {
    summary: "Alarms with their states",
    access: viewer,
    query: z.strictObject({ project: Id.optional() }),
    reply: list(Alarm),
  }),
  addAlarm: route("POST", "/api/projects/:projectId/alarms", {
    summary: "Watch a metric of a project",
    access: operator,
    params: projectId,
    body: AlarmSettings,
    status: 201,
    reply: Alarm,
  }),
  getAlarm: route("GET", "/api/alarms/:alarmId", {
    summary: "One alarm",
    access: viewer,
    params: alarmId,
    reply: Alarm,
  }),
  changeAlarm: route("PUT", "/api/alarms/:alarmId", {
    summary: "Give an alarm other settings; its state stays until it is evaluated by them",
    access: operator,
    params: alarmId,
    body: AlarmSettings,
    reply: Alarm,
  }),
  muteAlarm: route("PUT", "/api/alarms/:alarmId/mute", {
    summary: "Tell nobody of changes until a time; null: tell again",
    access: operator,
    params: alarmId,
    body: z.strictObject({ until: Time.nullable() }),
    reply: Alarm,
  }),
  removeAlarm: route("DELETE", "/api/alarms/:alarmId", {
    summary: "Delete an alarm with its history",
    access: operator,
    params: alarmId,
  }),
  getAlarmHistory: route("GET", "/api/alarms/:alarmId/history", {
    summary: "Changes of an alarm's state, newest first; the last 500",
    access: viewer,
    params: alarmId,
    reply: list(AlarmChange),
  }),
};
