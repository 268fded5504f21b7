/** The alarms that every project starts with; a person changes or deletes them like any other. */
import type { AlarmSettings } from "@sightline/api/monitoring";

/** The worst camera of the project, for an hour. */
const drift = {
  statistic: "maximum",
  cameraId: null,
  comparison: ">=",
  threshold: 1,
  periodSeconds: 1800,
  evaluationPeriods: 2,
  datapointsToAlarm: 2,
  missingData: "ignore",
  isOn: true,
  notifyOn: ["ALARM", "OK"],
  tells: null,
} satisfies Omit<AlarmSettings, "name" | "metric">;

/** By kind; a kind's name is stored and never changes. */
export const defaultAlarms: Readonly<Record<string, AlarmSettings>> = {
  // On, so that its state and history are there from the start; it tells nobody, as each defect is mailed by itself.
  anomalies: {
    name: "Anomalies",
    metric: "anomalies",
    statistic: "sum",
    cameraId: null,
    comparison: ">=",
    threshold: 1,
    periodSeconds: 60,
    evaluationPeriods: 1,
    datapointsToAlarm: 1,
    missingData: "notBreaching",
    isOn: true,
    notifyOn: [],
    tells: null,
  },
  // An hour apart from what was trained on: slow, so that one odd batch rings nothing.
  scoreDrift: { ...drift, name: "Drift of scores", metric: "scoreDrift" },
  pictureDrift: { ...drift, name: "Drift of pictures", metric: "pictureDrift" },
  featureDrift: { ...drift, name: "Drift of features", metric: "featureDrift" },
};
