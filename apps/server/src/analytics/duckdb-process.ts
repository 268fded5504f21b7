/** The DuckDB process: opens a database in memory, runs one statement after the other, answers. Started by duckdb.ts. */
import { constants, setPriority } from "node:os";
import { type DuckDBConnection, DuckDBInstance, type JS, StatementType } from "@duckdb/node-api";
import type { Cell, DuckDbAnswer, DuckDbOrder, OpenOrder, Refusal, RunOrder, Table } from "./duckdb-messages.js";

/** Inspection comes first: the scheduler gives this process what is left. */
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

// Without its service it has nobody to work for.
process.on("disconnect", () => process.exit(0));

let opened: Promise<DuckDBConnection> | undefined;
let selectOnly = true;
let last: Promise<void> = Promise.resolve();

process.on("message", (order: DuckDbOrder) => {
  if (order.kind === "open") {
    selectOnly = order.selectOnly;
    opened = open(order);
    // A database that does not open is told with the first statement.
    const tell = () => process.send?.({ kind: "opened" } satisfies DuckDbAnswer);
    opened.then(tell, tell);
  } else if (order.kind === "run") last = last.then(() => obey(order));
  else void opened?.then((connection) => connection.interrupt());
});

async function open(order: OpenOrder): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(":memory:", {
    max_memory: `${order.maxMemoryMegabytes}MB`,
    threads: String(order.threads),
    temp_directory: order.spillFolder ?? "",
    // Nothing is ever fetched: what is needed is linked into the library.
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    allow_community_extensions: "false",
  });
  const connection = await instance.connect();
  for (const statement of order.setup) await connection.run(statement);
  return connection;
}

async function obey(order: RunOrder): Promise<void> {
  const { id } = order;
  let answer: DuckDbAnswer;
  try {
    if (opened === undefined) throw new Error("No database was opened.");
    answer = { kind: "table", id, table: await run(await opened, order) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    answer = { kind: "refused", id, why: reasonOf(error, message), message };
  }
  process.send?.(answer);
}

class NotSelect extends Error {}

function reasonOf(error: unknown, message: string): Refusal {
  if (error instanceof NotSelect) return "notSelect";
  if (message.startsWith("INTERRUPT")) return "interrupted";
  if (/^Out of Memory/i.test(message)) return "memory";
  return "sql";
}

async function run(connection: DuckDBConnection, order: RunOrder): Promise<Table> {
  const statements = await connection.extractStatements(order.sql);
  if (statements.count !== 1) throw new NotSelect(`There are ${statements.count} statements.`);
  const statement = await statements.prepare(0);
  // EXPLAIN is none either: EXPLAIN ANALYZE runs what it explains.
  if (selectOnly && statement.statementType !== StatementType.SELECT) {
    throw new NotSelect(`This is ${StatementType[statement.statementType] ?? "another statement"}.`);
  }
  if (order.values.length > 0) statement.bind([...order.values]);
  const reader = await statement.streamAndReadUntil(order.maxRows + 1);
  const types = reader.columnTypes();
  const columns = reader.columnNames().map((name, index) => ({ name, type: String(types[index]) }));
  const rows: Cell[][] = [];
  let bytes = 0;
  let isTruncated = false;
  for (const row of reader.getRowsJS()) {
    const cells = row.map(toCell);
    bytes += JSON.stringify(cells).length;
    if (rows.length >= order.maxRows || bytes > order.maxBytes) {
      isTruncated = true;
      break;
    }
    rows.push(cells);
  }
  return { columns, rows, isTruncated };
}

/** Whole numbers beyond what JSON's readers keep exact stay text. */
function toCell(value: JS): Cell {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value.toString();
  }
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map(toCell);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, toCell(part as JS)]));
}
