/** The statements that write Parquet files: from lines, from other files, without some rows. */
import type { Statement } from "./duckdb.js";
import { rowColumns } from "./result-record.js";

/** A text as DuckDB reads it in a statement. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
export const quotedList = (texts: readonly string[]): string => `[${texts.map(quoted).join(", ")}]`;

const parquet = "(format parquet, compression zstd)";

/** Rows of several files, older ones among them with fewer columns. */
export const readFiles = (files: readonly string[]): string =>
  `read_parquet(${quotedList(files)}, union_by_name = true)`;

/**
 * Which picture of which project a row is about, as a number: joining a million rows by it takes a tenth of the time that
 * the 64 characters of the hash take. 64 bits of MD5: among a billion rows and ten million truths one in 2,000 such plants
 * would count one picture wrongly. Files written before there was such a column have none.
 */
export const pictureKey = {
  name: "PictureKey",
  type: "ubigint",
  sql: "md5_number_lower(ProjectId || ImageSha256)",
} as const;

/** @param lines a file of `rowLine`s */
export function writeRows(lines: string, target: string): Statement {
  const entries = Object.entries(rowColumns);
  const read = entries.map(([name, type]) => `${name}: '${type === "time" ? "bigint" : type}'`).join(", ");
  const cells = entries.map(([name, type]) => (type === "time" ? `to_timestamp(${name} / 1000.0) as ${name}` : name));
  cells.push(`${pictureKey.sql} as ${pictureKey.name}`);
  return {
    sql: `copy (select ${cells.join(", ")} from read_json(${quoted(lines)}, format = 'newline_delimited', columns = {${read}})) to ${quoted(target)} ${parquet}`,
  };
}

/** The rows of several files in one, in their order. */
export function mergeFiles(sources: readonly string[], target: string): Statement {
  return { sql: `copy (select * from ${readFiles(sources)}) to ${quoted(target)} ${parquet}` };
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
    sql: `copy (select *, ${pictureKey.sql} as ${pictureKey.name} from read_json(${quoted(lines)}, format = 'newline_delimited', columns = ${columns})) to ${quoted(target)} ${parquet}`,
  };
}
