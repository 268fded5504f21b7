/** The statements that write Parquet files: from lines, from other files, without some rows. */
import type { Statement } from "./duckdb.js";
import { rowColumns } from "./result-record.js";

/** A text as DuckDB reads it in a statement. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
export const quotedList = (texts: readonly string[]): string => `[${texts.map(quoted).join(", ")}]`;

const parquet = "(format parquet, compression zstd)";

/** @param lines a file of `rowLine`s */
export function writeRows(lines: string, target: string): Statement {
  const entries = Object.entries(rowColumns);
  const read = entries.map(([name, type]) => `${name}: '${type === "time" ? "bigint" : type}'`).join(", ");
  const cells = entries.map(([name, type]) => (type === "time" ? `to_timestamp(${name} / 1000.0) as ${name}` : name));
  return {
    sql: `copy (select ${cells.join(", ")} from read_json(${quoted(lines)}, format = 'newline_delimited', columns = {${read}})) to ${quoted(target)} ${parquet}`,
  };
}

/** The rows of several files in one, in their order. */
export function mergeFiles(sources: readonly string[], target: string): Statement {
  return { sql: `copy (select * from read_parquet(${quotedList(sources)})) to ${quoted(target)} ${parquet}` };
}

/** A file without the rows of some inspections. */
export function withoutRows(source: string, inspectionIds: readonly string[], target: string): Statement {
  return {
    sql: `copy (select * from read_parquet(${quoted(source)}) where InspectionId not in (${inspectionIds.map(quoted).join(", ")})) to ${quoted(target)} ${parquet}`,
  };
}

/** What a file holds: rows, and the receive times of the first and the last in epoch milliseconds. */
export function contentOf(file: string): Statement {
  return {
    sql: `select count(*), epoch_ms(min(DateTime)), epoch_ms(max(DateTime)) from read_parquet(${quoted(file)})`,
  };
}

/** @param lines a file with one truth a line: ProjectId, ImageSha256, Labels, IsAnomaly */
export function writeTruths(lines: string, target: string): Statement {
  const columns =
    "{ProjectId: 'varchar', Project: 'varchar', ImageSha256: 'varchar', Labels: 'varchar[]', IsAnomaly: 'boolean'}";
  return {
    sql: `copy (select * from read_json(${quoted(lines)}, format = 'newline_delimited', columns = ${columns})) to ${quoted(target)} ${parquet}`,
  };
}
