/** What live events do to the answers in the cache. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Inspection } from "@sightline/api/inspections";
import { QueryClient } from "@tanstack/react-query";
import { applyEvent, matches, place, staleBy } from "./live-events.js";

const id = (number: number) => `01J0000000000000000000000${number}`;

function inspection(number: number, change: Partial<Inspection> = {}): Inspection {
  return {
    id: id(number),
    projectId: id(0),
    cameraId: "cam-1",
    assemblyLineId: "line-1",
    imageId: `image-${number}`,
    status: "inspected",
    capturedAt: null,
    receivedAt: `2026-05-01T12:00:0${number}.000Z`,
    inspectedAt: null,
    label: "normal",
    labels: ["normal"],
    detections: [],
    isAnomalous: false,
    score: 0.1,
    confidence: 0.8,
    modelId: null,
    modelVersion: null,
    threshold: 0.5,
    inferenceMs: 10,
    hasHeatMap: false,
    anomalies: null,
    hasLabelMap: false,
    attempts: 1,
    failure: null,
    imageSha256: "",
    imageBytes: 1,
    imageWidth: 8,
    imageHeight: 8,
    ...change,
  };
}

const key = (query: object) => ["listInspections", { query }];
const idsOf = (queries: QueryClient, query: object) =>
  queries.getQueryData<{ items: Inspection[] }>(key(query))?.items.map((item) => item.id);

test("a new inspection comes in front and the oldest leaves when the list is full", () => {
  const items = place([inspection(3), inspection(2)], inspection(4), 2);
  assert.deepEqual(
    items.map((item) => item.id),
    [id(4), id(3)],
  );
});

test("a late event takes its place by time and does not push out a newer one", () => {
  assert.deepEqual(
    place([inspection(3), inspection(1)], inspection(2), 3).map((item) => item.id),
    [id(3), id(2), id(1)],
  );
  assert.deepEqual(
    place([inspection(3), inspection(2)], inspection(1), 2).map((item) => item.id),
    [id(3), id(2)],
  );
});

test("a verdict replaces the queued state of the same inspection", () => {
  const items = place([inspection(2, { status: "queued", label: null })], inspection(2), 10);
  assert.equal(items.length, 1);
  assert.equal(items[0]?.status, "inspected");
});

test("each list takes only what matches its filter, and drops what no longer does", () => {
  const queries = new QueryClient();
  queries.setQueryData(key({ limit: 10 }), { items: [], nextCursor: null });
  queries.setQueryData(key({ status: "queued", limit: 10 }), {
    items: [inspection(1, { status: "queued" })],
    nextCursor: null,
  });
  applyEvent(queries, { type: "inspection", inspection: inspection(1) });
  assert.deepEqual(idsOf(queries, { limit: 10 }), [id(1)]);
  assert.deepEqual(idsOf(queries, { status: "queued", limit: 10 }), []);
  applyEvent(queries, { type: "inspectionDeleted", inspectionId: id(1) });
  assert.deepEqual(idsOf(queries, { limit: 10 }), []);
  queries.clear();
});

test("filters compare camera, line, verdict and time", () => {
  const one = inspection(5, { label: "anomaly" });
  assert.equal(matches(one, { camera: "cam-1", line: "line-1", verdict: "anomaly" }), true);
  assert.equal(matches(one, { camera: "cam-2" }), false);
  assert.equal(matches(one, { from: "2026-05-01T12:00:05.000Z" }), true);
  assert.equal(matches(one, { to: "2026-05-01T12:00:05.000Z" }), false);
});

test("a finished training makes models and projects load again, a running one does not", () => {
  const job = {
    id: id(1),
    kind: "train" as const,
    projectId: id(0),
    progress: 0.5,
    step: "",
    method: "auto" as const,
    secondsLeft: null,
    latest: null,
    canStop: false,
    createdAt: "2026-05-01T12:00:00.000Z",
    startedAt: null,
    endedAt: null,
    modelId: null,
    error: null,
  };
  assert.ok(!staleBy({ type: "job", job: { ...job, status: "running" } }).includes("listModels"));
  assert.ok(staleBy({ type: "job", job: { ...job, status: "succeeded" } }).includes("listModels"));
});
