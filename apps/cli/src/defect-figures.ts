/** How training and evaluation show what a model reached on each kind of defect. */
import type { Metrics } from "@sightline/models/metrics";
import { rounded, table } from "./outcome.js";

export function defectFigures(defects: NonNullable<Metrics["defects"]>): string[] {
  const isTest = defects[0]?.source === "test";
  const rows = defects.map((row) => [
    row.label,
    row.images,
    ...[row.precision, row.recall, row.f1, row.iou, row.meanIou].map((figure) => rounded(figure)),
  ]);
  return [
    `defects, to the pixel, ${isTest ? "on the test's masks" : "on training masks held out in turn"}:`,
    table(["defect", "pictures", "precision", "recall", "f1", "IoU", "mean IoU"], rows),
  ];
}
