/** What the records keep of a model file: everything its manifest says that pages and lists show. */
import type { Manifest } from "@sightline/models/model-file";
import type { NewModel } from "../store/models.js";

export function modelRecord(
  manifest: Manifest,
  file: {
    readonly projectId: string;
    readonly sha256: string;
    readonly sizeBytes: number;
    readonly source: NewModel["source"];
  },
): NewModel {
  return {
    ...file,
    method: manifest.method,
    task: manifest.task,
    labels: manifest.labels,
    trainImages: manifest.dataset.images,
    metrics: manifest.metrics === null ? null : apiMetrics(manifest.metrics),
    candidates: manifest.candidates.map((candidate) => ({ ...candidate, foldScores: [...candidate.foldScores] })),
    scores: manifest.scores,
    roc: manifest.roc,
  };
}

/** Field by field: a manifest from another version may say more than callers are promised, or less. */
export function apiMetrics(metrics: NonNullable<Manifest["metrics"]>): NonNullable<NewModel["metrics"]> {
  const { source, images, accuracy, precision, recall, f1, auroc, ece, mAP50, mAP50_95, perLabel, defects } = metrics;
  const { labels, counts } = metrics.confusion;
  return {
    ...{ source, images, accuracy, precision, recall, f1, auroc, ece },
    confusion: { labels: [...labels], counts: counts.map((row) => [...row]) },
    mAP50,
    mAP50_95,
    perLabel: perLabel.map((row) => ({ ...row })),
    ...(defects && { defects: defects.map((row) => ({ ...row })) }),
  };
}
