/** The statements that count results by time, place, verdict or defect: a row of the table below for each dimension. */
import type { AnalyticsCounts, AnalyticsDimension, AnalyticsGroup } from "@sightline/api/analytics";
import { toTime } from "../ids.js";
import type { Statement } from "./duckdb.js";
import type { Cell, SqlValue, Table } from "./duckdb-messages.js";
import { rowColumns } from "./result-record.js";
import { pictureKey, quoted, quotedList, readFiles } from "./result-sql.js";
import type { Shift } from "./shifts.js";

export interface ResultFilter {
  readonly cameraId?: string | undefined;
  readonly assemblyLineId?: string | undefined;
  readonly verdict?: string | undefined;
  readonly defect?: string | undefined;
  readonly modelVersion?: number | undefined;
  /** Received at or after, epoch milliseconds. */
  readonly fromMs: number;
  /** Received before. */
  readonly toMs: number;
}

export interface CountQuery {
  readonly filter: ResultFilter;
  /** Parquet files of results; their projects and days have been chosen already. */
  readonly files: readonly string[];
  /** Parquet file of what people said; `null` when nobody said anything. */
  readonly truths: string | null;
  readonly groupBy: readonly AnalyticsDimension[];
  readonly timeZone: string;
  readonly shifts: readonly Shift[];
  readonly limit: number;
}

/** Seconds. Time zones differ by quarters of an hour, so that results counted by these can be told in any zone. */
const QUARTER = 900;
/** Converting a million times to local time takes a second; converting the few quarters takes none. */
const localTime = (timeZone: string) => `timezone(${quoted(timeZone)}, to_timestamp(quarter * ${QUARTER}))`;
const minuteOfDay = "(hour(local_time) * 60 + minute(local_time))";

interface Dimension {
  /** Of a result; dimensions of time have none, their results are counted by quarters first. */
  readonly ofResult?: string;
  /** Of a quarter, for dimensions of time. */
  readonly ofQuarter?: (query: CountQuery) => string;
  readonly toKey?: (cell: Cell) => string | number | null;
}

const dimensions: Readonly<Record<AnalyticsDimension, Dimension>> = {
  hour: {
    ofQuarter: () => `quarter * ${QUARTER} - minute(local_time) * 60`,
    toKey: (cell) => toTime(Number(cell) * 1000),
  },
  day: {
    // A shift that goes on after midnight belongs to the day when it began.
    ofQuarter: ({ groupBy, shifts }) =>
      groupBy.includes("shift")
        ? `strftime(local_time - to_minutes(case when ${minuteOfDay} < ${shifts[0]?.startsAtMinute ?? 0} then 1440 else 0 end), '%Y-%m-%d')`
        : "strftime(local_time, '%Y-%m-%d')",
  },
  hourOfDay: { ofQuarter: () => "hour(local_time)" },
  shift: {
    ofQuarter: ({ shifts }) => {
      const cases = shifts
        .toReversed()
        .map(({ name, startsAtMinute }) => `when ${minuteOfDay} >= ${startsAtMinute} then ${quoted(name)}`);
      return `case ${cases.join(" ")} else ${quoted(shifts.at(-1)?.name ?? "")} end`;
    },
  },
  project: { ofResult: "ProjectId" },
  camera: { ofResult: "CameraId" },
  line: { ofResult: "AssemblyLineId" },
  model: { ofResult: "ModelVersion" },
  verdict: { ofResult: "Label" },
  defect: { ofResult: "defect" },
  confidence: { ofResult: "least(floor(Confidence * 20), 19) / 20" },
};

/** What is counted in each cell, and how cells are added up. */
const counts = {
  inspected: "count(*)",
  judged: "count(IsAnomalous)",
  anomalous: "count(*) filter (where IsAnomalous)",
  firstJudged: "count(IsAnomalous) filter (where not IsRepeat)",
  firstNormal: "count(*) filter (where not IsAnomalous and not IsRepeat)",
  confidences: "count(Confidence)",
  confidenceSum: "coalesce(sum(Confidence), 0)",
  timed: "count(InferenceMs)",
  inferenceMsSum: "coalesce(sum(InferenceMs), 0)",
  confirmed: "count(IsAnomaly) filter (where IsAnomalous is not null)",
  confirmedAnomalous: "count(*) filter (where IsAnomaly and IsAnomalous is not null)",
  escapes: "count(*) filter (where IsAnomaly and not IsAnomalous)",
  falseRejects: "count(*) filter (where not IsAnomaly and IsAnomalous)",
} as const;
type Count = keyof typeof counts;
const countNames = Object.keys(counts) as Count[];

/** The rows of all files with every column that there is, whatever files there are and however old they are. */
function tableOf(files: readonly string[]): string {
  const columns = Object.entries({ ...rowColumns, [pictureKey.name]: pictureKey.type }).map(
    ([name, type]) => `null::${type === "time" ? "timestamptz" : type} as ${name}`,
  );
  const none = `select ${columns.join(", ")} where false`;
  return files.length === 0 ? `(${none})` : `(${none} union all by name from ${readFiles(files)})`;
}

/**
 * The rows with what people said of their pictures. DuckDB skips whole files by what they say of their columns, so each of the
 * two halves reads only files of its kind, and the hashes of pictures are read in old ones alone.
 */
function toldTable(files: readonly string[], truths: string): string {
  const { name } = pictureKey;
  const half = (condition: string, match: string) =>
    `select half.*, truth.IsAnomaly from (from ${tableOf(files)} where ${name} ${condition}) as half
       left join read_parquet(${quoted(truths)}) as truth on ${match}`;
  return `(${half("is not null", `truth.${name} = half.${name}`)}
    union all ${half("is null", "truth.ProjectId = half.ProjectId and truth.ImageSha256 = half.ImageSha256")})`;
}

/** Where the results of a filter come from, with the filter's values. Its rows are called `result`. */
function selected(table: string, filter: ResultFilter): { from: string; where: string; values: SqlValue[] } {
  const values: SqlValue[] = [];
  const value = (given: SqlValue) => `$${values.push(given)}`;
  const conditions = [
    `result.DateTime >= to_timestamp(${value(filter.fromMs / 1000)})`,
    `result.DateTime < to_timestamp(${value(filter.toMs / 1000)})`,
  ];
  if (filter.cameraId !== undefined) conditions.push(`result.CameraId = ${value(filter.cameraId)}`);
  if (filter.assemblyLineId !== undefined) conditions.push(`result.AssemblyLineId = ${value(filter.assemblyLineId)}`);
  if (filter.verdict !== undefined) conditions.push(`result.Label = ${value(filter.verdict)}`);
  if (filter.defect !== undefined) conditions.push(`list_contains(result.Defects, ${value(filter.defect)})`);
  if (filter.modelVersion !== undefined) conditions.push(`result.ModelVersion = ${value(filter.modelVersion)}`);
  return { from: `${table} as result`, where: conditions.join(" and "), values };
}

/** Counts in two steps: results into cells, cells into groups. */
export function countResults(query: CountQuery): Statement {
  const { files, groupBy, truths, timeZone } = query;
  const table = truths === null ? tableOf(files) : toldTable(files, truths);
  const { from, where, values } = selected(table, query.filter);
  const isOverTime = groupBy.some((name) => dimensions[name].ofQuarter !== undefined);
  const ofResults = groupBy.flatMap((name) => {
    const { ofResult } = dimensions[name];
    return ofResult === undefined ? [] : [`${ofResult} as ${name}_key`];
  });
  // A row for each defect.
  const source = groupBy.includes("defect")
    ? `(select *, unnest(result.Defects) as defect from ${from} where ${where}) as result`
    : from;
  const cellColumns = [
    ...ofResults,
    ...(isOverTime ? [`epoch_ms(DateTime) // ${QUARTER * 1000} as quarter`] : []),
    ...countNames.map((name) => `${countOf(name, truths)} as "${name}"`),
  ];
  const groupColumns = groupBy.map((name) => `${dimensions[name].ofQuarter?.(query) ?? `${name}_key`} as "${name}"`);
  const sums = countNames.map((name) => `sum("${name}")::double as "${name}"`);
  const sql = `
    with cells as (select ${cellColumns.join(", ")} from ${source} where ${where} group by all),
      placed as (select *${isOverTime ? `, ${localTime(timeZone)} as local_time` : ""} from cells)
    select ${[...groupColumns, ...sums].join(", ")} from placed
    ${groupBy.length > 0 ? "group by all order by all" : ""}`;
  return { sql, values };
}

function countOf(name: Count, truths: string | null): string {
  return truths === null && /\bIsAnomaly\b/.test(counts[name]) ? "0" : counts[name];
}

/** The groups that `countResults` answers; without a dimension exactly one, of zeros where there is nothing. */
export function toGroups({ rows }: Pick<Table, "rows">, groupBy: readonly AnalyticsDimension[]): AnalyticsGroup[] {
  return rows.map((row) => {
    const key: AnalyticsGroup["key"] = {};
    for (const [index, name] of groupBy.entries()) {
      const cell = row[index] ?? null;
      const { toKey } = dimensions[name];
      key[name] = cell === null ? null : toKey ? toKey(cell) : typeof cell === "number" ? cell : String(cell);
    }
    const sum = (name: Count) => Number(row[groupBy.length + countNames.indexOf(name)] ?? 0);
    const mean = (total: Count, number: Count) => (sum(number) === 0 ? null : sum(total) / sum(number));
    const counted: AnalyticsCounts = {
      inspected: sum("inspected"),
      judged: sum("judged"),
      anomalous: sum("anomalous"),
      firstJudged: sum("firstJudged"),
      firstNormal: sum("firstNormal"),
      confidenceMean: mean("confidenceSum", "confidences"),
      inferenceMsMean: mean("inferenceMsSum", "timed"),
      confirmed: sum("confirmed"),
      confirmedAnomalous: sum("confirmedAnomalous"),
      escapes: sum("escapes"),
      falseRejects: sum("falseRejects"),
    };
    return { key, ...counted };
  });
}

/** Copies the results of a filter into a file. In CSV a list is one cell, its items set apart by semicolons. */
export function exportResults(
  files: readonly string[],
  filter: ResultFilter,
  format: "csv" | "parquet",
  target: string,
): Statement {
  const { from, where, values } = selected(tableOf(files), filter);
  const cell = (name: string, type: string) => {
    if (format === "parquet") return `result.${name}`;
    if (type === "varchar[]") return `array_to_string(result.${name}, '; ') as ${name}`;
    if (type === "time") return `strftime(timezone('UTC', result.${name}), '%Y-%m-%dT%H:%M:%S.%gZ') as ${name}`;
    return `result.${name}`;
  };
  const columns = Object.entries(rowColumns).map(([name, type]) => cell(name, type));
  const options = format === "csv" ? "(format csv, header)" : "(format parquet, compression zstd)";
  return {
    sql: `copy (select ${columns.join(", ")} from ${from} where ${where}) to ${quoted(target)} ${options}`,
    values,
  };
}

/** What the SQL box sees: two tables, and nothing of the machine around them. */
export function sandbox(files: readonly string[], truths: string | null): string[] {
  const noTruths =
    "select null::varchar as ProjectId, null::varchar as Project, null::varchar as ImageSha256, null::varchar[] as Labels, null::boolean as IsAnomaly where false";
  const readable = truths === null ? files : [...files, truths];
  return [
    `create view results as select * exclude (${pictureKey.name}) from ${tableOf(files)}`,
    `create view truths as ${truths === null ? noTruths : `select * exclude (${pictureKey.name}) from read_parquet(${quoted(truths)})`}`,
    // Only these files can be read from now on, nothing can be loaded or fetched, and no statement can change that.
    `set allowed_paths = ${quotedList(readable)}`,
    "set enable_external_access = false",
    "set lock_configuration = true",
  ];
}
