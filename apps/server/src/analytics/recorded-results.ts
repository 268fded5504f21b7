/** For tests and benches: verdicts put straight into the records, at times and with labels of one's choice. */
import type { NewId } from "../ids.js";
import type { Store } from "../store/store.js";

export interface PlayedResult {
  readonly projectId: string;
  readonly receivedAtMs: number;
  readonly cameraId?: string;
  readonly assemblyLineId?: string;
  readonly imageId?: string;
  readonly label?: string;
  readonly labels?: readonly string[];
  readonly anomalies?: readonly { readonly label: string; readonly areaFraction: number }[];
  readonly isAnomalous?: boolean | null;
  readonly confidence?: number;
  readonly imageSha256?: string;
}

/** @returns the inspection's id */
export async function recordResult(core: { store: Store; newId: NewId }, result: PlayedResult): Promise<string> {
  const { store, newId } = core;
  const id = newId();
  const { label = "normal", isAnomalous = label !== "normal" } = result;
  await store.write(async (tx) => {
    await tx.inspections.insert({
      id,
      uploadId: newId(),
      uploadExpiresAtMs: result.receivedAtMs,
      projectId: result.projectId,
      cameraId: result.cameraId ?? "cam-1",
      assemblyLineId: result.assemblyLineId ?? "line-1",
      imageId: result.imageId ?? id,
      capturedAtMs: null,
      receivedAtMs: result.receivedAtMs,
      status: "queued",
      picture: { sha256: result.imageSha256 ?? id, bytes: 100, format: "jpeg", width: 16, height: 12 },
    });
    await tx.inspections.record(id, {
      label,
      labels: result.labels ?? [label],
      detections: [],
      isAnomalous,
      score: isAnomalous === null ? null : isAnomalous ? 0.9 : 0.1,
      confidence: result.confidence ?? 0.8,
      modelId: "",
      modelVersion: 1,
      threshold: 0.5,
      inferenceMs: 10,
      attempts: 1,
      heatMapSha256: null,
      anomalies: result.anomalies?.map((kind) => ({ colour: "#FFFFFF", ...kind })) ?? null,
      labelMapSha256: null,
    });
  });
  return id;
}
