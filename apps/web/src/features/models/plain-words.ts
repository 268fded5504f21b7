/** A model's metrics said as a person on the shop floor would say them. */
import type { Task } from "@sightline/api/methods";
import type { Metrics } from "@sightline/api/models";
import { percent, plural } from "../../components/format.js";

const normalNames = new Set(["normal", "good", "ok", "normals", "pass"]);

/** "Finds 19 of 20 defects and rejects 1 of 20 good parts." */
export function inPlainWords(metrics: Metrics, task: Task): string {
  if (metrics.images === 0) return "It was not tested: no picture was kept for a test.";
  if (task === "multilabel" || task === "detection") return foundWords(metrics, task);
  const { confusion } = metrics;
  const { labels, counts } = confusion;
  const total = counts.flat().reduce((sum, one) => sum + one, 0);
  if (total === 0) return "It was not tested: no picture was kept for a test.";
  const normal = labels.findIndex((label) => normalNames.has(label.toLowerCase()));
  if (task === "anomaly" && normal !== -1) return anomalyWords(counts, normal);
  const right = counts.reduce((sum, row, index) => sum + (row[index] ?? 0), 0);
  const worst = worstConfusion(counts);
  const start = `Names ${right} of ${total} pictures correctly (${percent(right / total)}).`;
  if (worst === undefined) return start;
  return `${start} Its most frequent mistake: it takes “${labels[worst.truth]}” for “${labels[worst.answer]}” (${worst.count} of ${worst.of}).`;
}

/** Several labels or boxes: what is found of what was there. */
function foundWords({ accuracy, mAP50, perLabel }: Metrics, task: "multilabel" | "detection"): string {
  const measured = perLabel.filter((row) => row.truths > 0 && row.recall !== null);
  const truths = measured.reduce((sum, row) => sum + row.truths, 0);
  const found = Math.round(measured.reduce((sum, row) => sum + row.truths * (row.recall ?? 0), 0));
  const things = task === "detection" ? plural(truths, "object") : plural(truths, "label");
  const start =
    truths === 0
      ? task === "detection"
        ? `Its mean average precision is ${percent(mAP50)}.`
        : `${percent(accuracy)} of its yes-or-no answers are right.`
      : `Finds ${found === truths ? "all" : `${found} of`} ${things}.`;
  const worst = measured.toSorted((a, b) => (a.recall ?? 0) - (b.recall ?? 0))[0];
  if (worst === undefined || measured.length < 2 || (worst.recall ?? 1) > 0.95) return start;
  return `${start} It is weakest at “${worst.label}” (${percent(worst.recall)} of ${worst.truths}).`;
}

function anomalyWords(counts: readonly (readonly number[])[], normal: number): string {
  const sum = (values: readonly number[]) => values.reduce((all, one) => all + one, 0);
  const goodRow = counts[normal] ?? [];
  const good = sum(goodRow);
  const rejected = good - (goodRow[normal] ?? 0);
  const defectRows = counts.filter((_, truth) => truth !== normal);
  const defects = sum(defectRows.map(sum));
  const found = defects - sum(defectRows.map((row) => row[normal] ?? 0));
  const rejects =
    rejected === 0
      ? `rejects none of ${plural(good, "good part")}`
      : `rejects ${rejected} of ${plural(good, "good part")}`;
  if (defects === 0) return `It ${rejects}. Without defective pictures, how many defects it finds is not known.`;
  const finds =
    found === defects ? `Finds all ${plural(defects, "defect")}` : `Finds ${found} of ${plural(defects, "defect")}`;
  return good === 0 ? `${finds}.` : `${finds} and ${rejects}.`;
}

function worstConfusion(counts: readonly (readonly number[])[]) {
  let worst: { truth: number; answer: number; count: number; of: number } | undefined;
  for (const [truth, row] of counts.entries()) {
    for (const [answer, count] of row.entries()) {
      if (truth === answer || count <= (worst?.count ?? 0)) continue;
      worst = { truth, answer, count, of: row.reduce((sum, one) => sum + one, 0) };
    }
  }
  return worst;
}

export function basisOf({ source, images }: Pick<Metrics, "source" | "images">): string {
  const caution = images < 20 ? " So few give a first impression, not more." : "";
  const basis =
    source === "test"
      ? `Measured on ${plural(images, "picture")} that took no part in the training.`
      : `Measured on ${plural(images, "picture")}, each judged by a model that had not seen it.`;
  return basis + caution;
}
