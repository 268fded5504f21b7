/** The alarms that every project starts with; a person changes or deletes them like any other. */
import type { AlarmSettings } from "@sightline/api/monitoring";

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
  },
};
