/** The text of a `.lst` file, line by line, and of the `labels.txt` that names its columns. */
import { DatasetError } from "../dataset-error.js";

export interface ListRow {
  /** In the file, from 1. */
  readonly line: number;
  /** The picture's path as the list has it. */
  readonly listed: string;
  /** For each label whether it holds. */
  readonly holds: readonly boolean[];
}

export interface List {
  readonly rows: readonly ListRow[];
  /** Names of the labels from a first line `id …`; `null`: there is none. */
  readonly header: readonly string[] | null;
  /** How many labels there are. */
  readonly columns: number;
}

/**
 * `shown` is the file for messages. MXNet's own tool writes labels as `0.000000`: every way of writing 0 and 1 counts.
 * Throws DatasetError `DATASET_LABELS_INVALID`.
 */
export function readList(text: string, shown: string): List {
  const rows: ListRow[] = [];
  let header: readonly string[] | null = null;
  let columns = 0;
  for (const [i, content] of withoutMark(text).split(/\r?\n/).entries()) {
    if (content.trim() === "") continue;
    const line = i + 1;
    const fields = content.split("\t");
    if (fields.length < 3) {
      throw refuse(
        `${shown}, line ${line}`,
        `must be number, labels and picture between TABs, got "${short(content)}"`,
      );
    }
    const labels = fields.slice(1, -1);
    if (columns === 0) columns = labels.length;
    if (labels.length !== columns) {
      throw refuse(`${shown}, line ${line}`, `must have ${columns} labels like the lines before, got ${labels.length}`);
    }
    if (rows.length === 0 && header === null && /^#?\s*(id|index)$/i.test((fields[0] as string).trim())) {
      header = checkedNames(labels, `${shown}, line ${line}`);
      continue;
    }
    const listed = (fields.at(-1) as string).trim();
    if (listed === "") throw refuse(`${shown}, line ${line}`, "must end with the picture's path, got none");
    const holds = labels.map((field, k) => {
      const value = field.trim() === "" ? Number.NaN : Number(field);
      if (value === 0 || value === 1) return value === 1;
      throw refuse(`${shown}, line ${line}`, `must have 0 or 1 in column ${k + 2}, got "${short(field)}"`);
    });
    rows.push({ line, listed, holds });
  }
  if (rows.length === 0) throw refuse(shown, "must list a picture, got none");
  return { rows, header, columns };
}

/** A name a line. Throws DatasetError `DATASET_LABELS_INVALID`. */
export function readLabelNames(text: string, shown: string): readonly string[] {
  const lines = withoutMark(text).trimEnd().split(/\r?\n/);
  return checkedNames(lines, shown);
}

export function refuse(where: string, what: string): DatasetError {
  return new DatasetError("DATASET_LABELS_INVALID", `"${where}" ${what}. Correct it and try again.`);
}

function checkedNames(names: readonly string[], shown: string): readonly string[] {
  const labels = names.map((name) => name.trim());
  if (labels.includes("")) throw refuse(shown, "must name every label, got an empty name");
  const twice = labels.find((name, k) => labels.indexOf(name) !== k);
  if (twice !== undefined) throw refuse(shown, `must name each label once, got "${twice}" twice`);
  return labels;
}

function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, "");
}

function short(text: string): string {
  const trimmed = text.trim();
  return trimmed.length > 60 ? `${trimmed.slice(0, 59)}…` : trimmed;
}
