/** A model's metrics said as a person on the shop floor would say them. */
import type { Metrics } from "@sightline/api/schemas";
import { percent, plural } from "../../components/format.js";

const normalNames = new Set(["normal", "good", "ok", "normals", "pass"]);

/** "Finds 19 of 20 defects and rejects 1 of 20 good parts." */
export function inPlainWords({ confusion }: Metrics, task: "anomaly" | "classification"): string {
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
