/** What pictures are told apart by: columns of a CSV file, the folders they lie in, and the kind of defect they were labelled with. */
import type { Sample } from "@sightline/dataset/dataset";
import { ModelError } from "../model-error.js";
import { quantile } from "../threshold.js";

export type SlicesOf = (sample: Pick<Sample, "name" | "label">) => Readonly<Record<string, string>>;

/** Columns that name the picture. */
const nameColumns = ["picture", "name", "file", "image", "path"];
/** More different numbers than this are told by their quarter. */
const mostNumbers = 12;
const hourMs = 3_600_000;

/**
 * Folders between the label's and the picture, and in an anomaly task the kinds of defects, where there are several.
 */
export function slicesByFolder(samples: readonly Sample[], normalLabel: string | null): SlicesOf {
  const kinds = new Set(samples.map(({ label }) => label).filter((label) => label !== normalLabel));
  const isByKind = normalLabel !== null && kinds.size > 1;
  const folders = new Set(samples.map(({ name }) => folderOf(name)));
  const pairs = new Set(samples.map(({ name, label }) => JSON.stringify([folderOf(name), label])));
  const labels = new Set(samples.map(({ label }) => label));
  // One folder a label says nothing that the label doesn't.
  const isByFolder = folders.size > 1 && !(pairs.size === folders.size && folders.size === labels.size);
  return ({ name, label }) => ({
    ...(isByKind && { kind: label }),
    ...(isByFolder && { folder: folderOf(name) }),
  });
}

function folderOf(name: string): string {
  return name.includes("/") ? name.slice(0, name.lastIndexOf("/")) : ".";
}

/**
 * Columns of a CSV file with a header: the column `picture` (or `name`, `file`, `image`, `path`; else the first) names the
 * picture by its path in the dataset, the end of that path, or its file name. Times are told by their day, or by their hour
 * where all are of at most two days; many different numbers by their quarter.
 *
 * @throws ModelError `SLICES_INVALID`
 *
 * @example
 * slicesFromCsv("picture,camera\na.png,north\nb.png,south", "slices.csv")({ name: "good/a.png", label: "good" }) // { camera: "north" }
 */
export function slicesFromCsv(text: string, file: string): SlicesOf {
  const [titles = [], ...rows] = parseCsv(text);
  const names = titles.map((title) => title.trim().toLowerCase());
  const found = names.findIndex((name) => nameColumns.includes(name));
  const nameAt = Math.max(0, found);
  if (titles.length < 2 || rows.length === 0)
    throw new ModelError(
      "SLICES_INVALID",
      `"${file}" must have a line of titles, such as picture,camera,time, and a line for each picture; got ${titles.length} columns and ${rows.length} lines.`,
    );
  const odd = rows.findIndex((row) => row.length !== titles.length);
  if (odd >= 0)
    throw new ModelError(
      "SLICES_INVALID",
      `Line ${odd + 2} of "${file}" has ${rows[odd]?.length} cells, its titles are ${titles.length}. Put text with commas in quotes.`,
    );
  const columns = titles.flatMap((title, k) =>
    k === nameAt ? [] : [{ title: title.trim(), values: grouped(rows.map((row) => (row[k] as string).trim())) }],
  );
  const bySlices = new Map<string, Record<string, string> | null>();
  for (const [i, row] of rows.entries()) {
    const slices = Object.fromEntries(
      columns.flatMap(({ title, values }) => (values[i] === "" ? [] : [[title, values[i] as string]])),
    );
    const name = (row[nameAt] as string).trim().replaceAll("\\", "/").replace(/^\.\//, "");
    // A picture is found by any end of its path; an end that two share finds neither.
    for (const end of endsOf(name)) bySlices.set(end, bySlices.has(end) && end !== name ? null : slices);
  }
  return ({ name }) => {
    for (const end of endsOf(name)) {
      const slices = bySlices.get(end);
      if (slices) return slices;
    }
    return {};
  };
}

/** `a/b/c.png`, `b/c.png`, `c.png`. */
function endsOf(path: string): string[] {
  const parts = path.split("/");
  return parts.map((_, i) => parts.slice(i).join("/"));
}

/** Values that are too many to be slices, by what they have in common. */
function grouped(values: readonly string[]): string[] {
  const given = values.filter((value) => value !== "");
  if (given.length > 0 && given.every(isTime)) return timeSlices(values);
  const numbers = given.map(Number);
  if (new Set(given).size <= mostNumbers || numbers.some((number) => !Number.isFinite(number))) return [...values];
  const sorted = Float64Array.from(numbers).sort();
  const cuts = [0.25, 0.5, 0.75].map((fraction) => quantile(sorted, fraction));
  const edges = [sorted[0] as number, ...cuts, sorted.at(-1) as number].map((edge) => Number(edge.toPrecision(4)));
  return values.map((value) => {
    if (value === "") return "";
    const quarter = cuts.filter((cut) => Number(value) > cut).length;
    return `${edges[quarter]} to ${edges[quarter + 1]}`;
  });
}

/** A date, with or without a time, as ISO 8601 writes them. */
function isTime(value: string): boolean {
  return (
    /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/.test(value) &&
    !Number.isNaN(Date.parse(value))
  );
}

/**
 * Times (ISO 8601; empty where there is none) by their day, or by their hour where all are of at most two days. As written, in
 * the zone they are written in: a shift's hours are those of its clock.
 */
export function timeSlices(values: readonly string[]): string[] {
  const times = values.filter((value) => value !== "").map((value) => Date.parse(value));
  const isShort = Math.max(...times) - Math.min(...times) <= 48 * hourMs && values.some((value) => value.length > 10);
  return values.map((value) =>
    isShort && value.length > 10 ? `${value.slice(0, 13).replace(" ", "T")}:00` : value.slice(0, 10),
  );
}

/** RFC 4180, with commas, semicolons or tabs: whichever the first line has most. */
function parseCsv(text: string): string[][] {
  const clean = text.replace(/^\uFEFF/, "");
  const head = clean.slice(0, clean.search(/\r?\n|$/));
  const separator = [",", ";", "\t"].reduce((best, one) =>
    head.split(one).length > head.split(best).length ? one : best,
  );
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let isQuoted = false;
  for (let i = 0; i < clean.length; i++) {
    const character = clean[i] as string;
    if (isQuoted) {
      if (character !== '"') cell += character;
      else if (clean[i + 1] === '"') cell += clean[++i];
      else isQuoted = false;
    } else if (character === '"' && cell === "") isQuoted = true;
    else if (character === separator) {
      row.push(cell);
      cell = "";
    } else if (character === "\n") {
      rows.push([...row, cell.replace(/\r$/, "")]);
      row = [];
      cell = "";
    } else cell += character;
  }
  if (cell !== "" || row.length > 0) rows.push([...row, cell]);
  return rows.filter((cells) => cells.length > 1 || cells[0] !== "");
}
