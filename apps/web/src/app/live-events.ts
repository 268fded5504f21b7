/** What each live event changes in the query cache; pure bookkeeping, no connection. */

import type { Inspection } from "@sightline/api/inspections";
import type { Job, TrainingHistory, TrainingPoint } from "@sightline/api/jobs";
import type { LiveEvent } from "@sightline/api/live";
import type { RouteName } from "@sightline/api/routes";
import type { System } from "@sightline/api/service";
import type { QueryClient } from "@tanstack/react-query";

export interface InspectionFilter {
  project?: string | undefined;
  camera?: string | undefined;
  line?: string | undefined;
  verdict?: string | undefined;
  status?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  cursor?: string | undefined;
  limit?: number | undefined;
}

export function matches(inspection: Inspection, filter: InspectionFilter): boolean {
  const { project, camera, line, verdict, status, from, to } = filter;
  return (
    (project === undefined || project === inspection.projectId) &&
    (camera === undefined || camera === inspection.cameraId) &&
    (line === undefined || line === inspection.assemblyLineId) &&
    (verdict === undefined || verdict === inspection.label || inspection.labels.includes(verdict)) &&
    (status === undefined || status === inspection.status) &&
    (from === undefined || inspection.receivedAt >= from) &&
    (to === undefined || inspection.receivedAt < to)
  );
}

/** Puts an inspection where it belongs in a newest-first list: replaces the older state of itself, or comes in by its id (ULIDs sort by time). */
export function place(items: readonly Inspection[], inspection: Inspection, limit: number): Inspection[] {
  const others = items.filter((item) => item.id !== inspection.id);
  const at = others.findIndex((item) => item.id < inspection.id);
  const index = at === -1 ? others.length : at;
  if (index >= limit && others.length === items.length) return [...items];
  return [...others.slice(0, index), inspection, ...others.slice(index)].slice(0, limit);
}

/** Routes whose answers an event makes stale; the caller slows these down, since a line sends one event a second. */
export function staleBy(event: LiveEvent): readonly RouteName[] {
  switch (event.type) {
    case "hello":
      return [];
    case "inspection":
      return event.inspection.status === "inspected" || event.inspection.status === "failed"
        ? ["getStats", "getMonitoring", "getReadings", "listCameras", "listActions"]
        : ["getStats"];
    case "inspectionDeleted":
      return ["getStats"];
    case "job":
      return isOver(event.job) ? ["listJobs", "listModels", "listProjects", "getProject"] : ["listJobs"];
    case "project":
      return [
        "listProjects",
        "getProject",
        "listModels",
        "listCameras",
        "listSamples",
        "getThresholdHistory",
        "getDeployments",
        "listRecipients",
        "getModel",
      ];
    case "reviews":
      return ["listReviews", "listTrials", "getTrial"];
    case "evaluation":
      return ["listEvaluations", "getEvaluation"];
    case "comparison":
      return ["listComparisons"];
    case "sampleLine":
      return ["listProjects", "listModels", "listCameras"];
    case "alarm":
      return ["listAlarms", "getAlarm", "getAlarmHistory"];
  }
}

/** Nothing more comes of it by itself: ended, or stopped until a person goes on with it. */
export function isOver(job: Job): boolean {
  return job.status !== "queued" && job.status !== "running";
}

/** A point comes at the end, or again where an epoch was trained again after a resume. */
export function withPoint(points: readonly TrainingPoint[], point: TrainingPoint): TrainingPoint[] {
  if (points.at(-1)?.epoch === point.epoch && points.at(-1)?.elapsedSeconds === point.elapsedSeconds)
    return [...points];
  return [...points.filter(({ epoch }) => epoch < point.epoch), point];
}

type Page = { items: Inspection[]; nextCursor: string | null };

/** Applies the event to the answers already in the cache. */
export function applyEvent(queries: QueryClient, event: LiveEvent): void {
  if (event.type === "inspection") {
    const { inspection } = event;
    for (const [key, page] of queries.getQueriesData<Page>({ queryKey: ["listInspections"] })) {
      const filter = (key[1] as { query?: InspectionFilter }).query ?? {};
      if (page === undefined || filter.cursor !== undefined) continue;
      const limit = Math.max(filter.limit ?? 50, 1);
      const items = matches(inspection, filter)
        ? place(page.items, inspection, limit)
        : page.items.filter((item) => item.id !== inspection.id);
      queries.setQueryData<Page>(key, { ...page, items });
    }
    const key = ["getInspection", { params: { inspectionId: inspection.id } }];
    queries.setQueryData<object>(key, (old: object | undefined) => (old ? { ...old, ...inspection } : undefined));
  } else if (event.type === "inspectionDeleted") {
    for (const [key, page] of queries.getQueriesData<Page>({ queryKey: ["listInspections"] })) {
      if (page === undefined) continue;
      queries.setQueryData<Page>(key, {
        ...page,
        items: page.items.filter((item) => item.id !== event.inspectionId),
      });
    }
  } else if (event.type === "job") {
    queries.setQueryData(["getJob", { params: { jobId: event.job.id } }], event.job);
    const { latest } = event.job;
    if (latest !== null) {
      queries.setQueryData<TrainingHistory>(
        ["getJobHistory", { params: { jobId: event.job.id } }],
        (old) => old && { ...old, points: withPoint(old.points, latest) },
      );
    }
    for (const [key, list] of queries.getQueriesData<{ items: Job[] }>({ queryKey: ["listJobs"] })) {
      if (list === undefined) continue;
      const items = list.items.map((job) => (job.id === event.job.id ? event.job : job));
      queries.setQueryData(key, { ...list, items });
    }
  } else if (event.type === "sampleLine") {
    queries.setQueryData<System>(["getSystem", {}], (old) => old && { ...old, sampleLine: event.sampleLine });
  }
}
