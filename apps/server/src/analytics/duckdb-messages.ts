/** What the service and its DuckDB process say to each other. */

/** The first message: how the database is opened. */
export interface OpenOrder {
  readonly kind: "open";
  /** DuckDB's own limit for what a statement holds in memory. */
  readonly maxMemoryMegabytes: number;
  readonly threads: number;
  /** Where a sort that does not fit may put what it sorts; `null`: nowhere, such a statement is refused. */
  readonly spillFolder: string | null;
  /** Run before anything else. */
  readonly setup: readonly string[];
  /** Refuse everything that is not one SELECT. */
  readonly selectOnly: boolean;
}

export interface RunOrder {
  readonly kind: "run";
  readonly id: number;
  readonly sql: string;
  readonly values: readonly SqlValue[];
  readonly maxRows: number;
  readonly maxBytes: number;
}

export interface InterruptOrder {
  readonly kind: "interrupt";
}

export type DuckDbOrder = OpenOrder | RunOrder | InterruptOrder;

/** What takes the place of `$1`, `$2` … in a statement. */
export type SqlValue = string | number | boolean | null;
/** A cell as JSON tells it. */
export type Cell = string | number | boolean | null | readonly Cell[] | { readonly [key: string]: Cell };

export interface Table {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly Cell[])[];
  /** There were more rows. */
  readonly isTruncated: boolean;
}

/** Why a statement did not give a table. */
export type Refusal = "sql" | "notSelect" | "memory" | "interrupted" | "crashed";

export type DuckDbAnswer =
  /** The database is open, or said why not: only now is a statement's time counted. */
  | { readonly kind: "opened" }
  | { readonly kind: "table"; readonly id: number; readonly table: Table }
  | { readonly kind: "refused"; readonly id: number; readonly why: Refusal; readonly message: string };
