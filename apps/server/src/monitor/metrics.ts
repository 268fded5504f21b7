/** What Prometheus reads: counts of outcomes as they happen, and the state of the queues when it asks. */
import { AlarmState } from "@sightline/api/monitoring";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { LiveFeed } from "../live-feed.js";
import type { Store } from "../store/store.js";
import type { Refusals } from "./refusals.js";

export interface Metrics {
  /** Counts the answer given to one upload. */
  countUpload(status: number): void;
  /** In Prometheus' text format. */
  text(): Promise<string>;
  readonly contentType: string;
  close(): void;
}

/** Seconds: from a small picture on a fast core to a model that takes its time. */
const SECONDS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];

export function createMetrics({
  store,
  feed,
  refusals,
  liveListeners,
}: {
  readonly store: Store;
  readonly feed: LiveFeed;
  readonly refusals: Pick<Refusals, "counted">;
  readonly liveListeners: () => number;
}): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: "sightline_" });
  const registers = [registry];

  const inspections = new Counter({
    name: "sightline_inspections_total",
    help: "Inspections that ended since the service started",
    labelNames: ["project", "camera", "verdict", "status"],
    registers,
  });
  const anomalies = new Counter({
    name: "sightline_anomalies_total",
    help: "Inspected pictures with an anomaly since the service started",
    labelNames: ["project", "camera"],
    registers,
  });
  const invalid = new Counter({
    name: "sightline_invalid_pictures_total",
    help: "Pictures refused at their signed address for what they are, since the service started",
    labelNames: ["project", "camera", "reason"],
    registers,
  });
  const alarms = new Gauge({
    name: "sightline_alarm_state",
    help: "1 at the state that an alarm is in, 0 at the others; alarms that are off are not told",
    labelNames: ["project", "alarm", "state"],
    registers,
  });
  const drifts = new Gauge({
    name: "sightline_drift",
    help: "How far a camera's latest pictures are from the training's, in scores and in looks; from 1 on it is no chance",
    labelNames: ["project", "camera", "of"],
    registers,
  });
  const lastPictures = new Gauge({
    name: "sightline_camera_last_picture_timestamp_seconds",
    help: "When a camera's last picture came, in seconds since 1970; cameras that never sent one are not told",
    labelNames: ["project", "camera"],
    registers,
  });
  const inference = new Histogram({
    name: "sightline_inference_seconds",
    help: "Time a model took for one picture",
    labelNames: ["project"],
    buckets: SECONDS,
    registers,
  });
  const endToEnd = new Histogram({
    name: "sightline_inspection_seconds",
    help: "Time from a picture's acceptance to its verdict",
    labelNames: ["project"],
    buckets: SECONDS,
    registers,
  });
  const uploads = new Counter({
    name: "sightline_uploads_total",
    help: "Answers to uploads by HTTP status",
    labelNames: ["status"],
    registers,
  });
  const pictures = new Gauge({
    name: "sightline_pictures",
    help: "Pictures accepted and not yet inspected: queued (a model runs) or waiting (none does)",
    labelNames: ["status"],
    registers,
  });
  const outbox = new Gauge({
    name: "sightline_actions",
    help: "Outgoing actions by state",
    labelNames: ["status"],
    registers,
  });
  new Gauge({
    name: "sightline_live_listeners",
    help: "Open live connections",
    registers,
    collect() {
      this.set(liveListeners());
    },
  });

  const projectNames = new Map<string, string>();
  const nameOf = async (projectId: string): Promise<string> => {
    const known = projectNames.get(projectId);
    if (known !== undefined) return known;
    const name = (await store.read.projects.get(projectId))?.name ?? projectId;
    projectNames.set(projectId, name);
    return name;
  };

  const unsubscribe = feed.subscribe((event) => {
    if (event.type !== "inspection") return;
    const { inspection } = event;
    if (inspection.status !== "inspected" && inspection.status !== "failed") return;
    void nameOf(inspection.projectId).then((project) => {
      const { cameraId: camera, label, status } = inspection;
      inspections.inc({ project, camera, verdict: label ?? "none", status });
      // A camera without anomalies is at 0, so that a rate can be formed from the first one on.
      if (inspection.isAnomalous !== null) anomalies.inc({ project, camera }, inspection.isAnomalous ? 1 : 0);
      if (inspection.inferenceMs !== null) inference.observe({ project }, inspection.inferenceMs / 1000);
      if (inspection.inspectedAt !== null) {
        const elapsedMs = Date.parse(inspection.inspectedAt) - Date.parse(inspection.receivedAt);
        endToEnd.observe({ project }, Math.max(0, elapsedMs) / 1000);
      }
    }, ignoreClosedStore);
  });

  const readState = async (): Promise<void> => {
    const unfinished = await store.read.inspections.countUnfinished();
    for (const [status, count] of Object.entries(unfinished)) pictures.set({ status }, count);
    const actions = await store.read.actions.countByStatus();
    for (const [status, count] of Object.entries(actions)) outbox.set({ status }, count);
    const refused = refusals.counted();
    const projects = await Promise.all(refused.map(({ projectId }) => nameOf(projectId)));
    const watched = await store.read.alarms.watched();
    const drifted = await store.read.drifts.list();
    const cameras = (await store.read.cameras.list()).filter(({ lastImageAt }) => lastImageAt !== null);
    const owners = await Promise.all(cameras.map(({ projectId }) => nameOf(projectId)));
    const homes = await Promise.all(drifted.map(({ projectId }) => nameOf(projectId)));
    // Nothing is awaited from here on, so that two who ask at the same time don't count twice.
    invalid.reset();
    for (const [index, { cameraId: camera, code: reason, count }] of refused.entries())
      invalid.inc({ project: projects[index] ?? "", camera, reason }, count);
    drifts.reset();
    for (const [index, { cameraId: camera, scoreDrift, pictureDrift, featureDrift }] of drifted.entries()) {
      const project = homes[index] ?? "";
      if (scoreDrift !== null) drifts.set({ project, camera, of: "scores" }, scoreDrift);
      if (pictureDrift !== null) drifts.set({ project, camera, of: "pictures" }, pictureDrift);
      if (featureDrift !== null) drifts.set({ project, camera, of: "features" }, featureDrift);
    }
    lastPictures.reset();
    for (const [index, { id: camera, lastImageAt }] of cameras.entries())
      lastPictures.set({ project: owners[index] ?? "", camera }, Date.parse(lastImageAt ?? "") / 1000);
    alarms.reset();
    for (const { alarm } of watched) {
      const { projectName: project, name } = alarm;
      for (const state of AlarmState.options)
        alarms.set({ project, alarm: name, state }, state === alarm.state ? 1 : 0);
    }
  };

  return {
    countUpload: (status) => uploads.inc({ status: String(status) }),
    async text() {
      await readState();
      return registry.metrics();
    },
    contentType: registry.contentType,
    close() {
      unsubscribe();
      registry.clear();
    },
  };
}

/** The last events of a service that is closing find no records any more: nobody reads these counts. */
function ignoreClosedStore(): void {}
