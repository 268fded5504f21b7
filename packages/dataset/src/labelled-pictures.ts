/** Puts the contents of a dataset's part together as the rest of Sightline knows them. */
import type { LabelledPictures, Task } from "./dataset.js";
import { DatasetError } from "./dataset-error.js";
import type { Layout, PartContents } from "./formats/format.js";

/** Names of the good label, in lower case. */
const normalNames = new Set(["good", "ok", "normal", "normals", "pass"]);

/** The one label that means "good"; `null` when none or several do. */
export function findNormalLabel(labels: readonly string[]): string | null {
  const normal = labels.filter((label) => normalNames.has(label.trim().toLowerCase()));
  return normal.length === 1 ? (normal[0] ?? null) : null;
}

/** Throws DatasetError `DATASET_EMPTY`. `folder` is for the message. */
export function labelledPictures(
  folder: string,
  contents: Pick<PartContents, "samples" | "skipped" | "boxNotes" | "maskNotes"> &
    Partial<Pick<PartContents, "labels">>,
  normalLabel: string | null,
  layoutTask: Layout["task"] = "byLabels",
): LabelledPictures {
  const { samples, skipped, boxNotes = [], maskNotes = [] } = contents;
  if (samples.length === 0) {
    const reasons = skipped.slice(0, 3).map(({ name, reason }) => `${name}: ${reason}`);
    throw new DatasetError(
      "DATASET_EMPTY",
      `"${folder}" holds no usable picture${skipped.length > 0 ? ` (${skipped.length} files skipped: ${reasons.join("; ")}${skipped.length > 3 ? "; …" : ""})` : ""}. ` +
        "Put JPEG or PNG files into a folder per label.",
    );
  }
  if (layoutTask !== "byLabels") {
    const labels = contents.labels ?? labelsUsed(samples);
    return { task: layoutTask, labels, normalLabel: null, samples, skipped, ...(boxNotes.length > 0 && { boxNotes }) };
  }
  const task: Task = normalLabel === null ? "classification" : "anomaly";
  const others = [...new Set(samples.map(({ label }) => label))].filter((label) => label !== normalLabel).sort();
  const labels = normalLabel === null ? others : [normalLabel, ...others];
  return { task, labels, normalLabel, samples, skipped, ...(maskNotes.length > 0 && { maskNotes }) };
}

function labelsUsed(samples: PartContents["samples"]): string[] {
  const used = samples.flatMap((sample) => [
    ...(sample.labels ?? []),
    ...(sample.boxes ?? []).map(({ label }) => label),
  ]);
  return [...new Set(used)].sort();
}
