/** Cursor paging over ids that sort by creation: newest first, stable while new rows arrive. */
import { errors } from "../errors.js";

export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

/** A cursor is the last id of the page before; anything else was not made here. */
export function checkCursor(cursor: string): string {
  if (!/^[0-9A-HJKMNP-TV-Z]{26}$/.test(cursor)) throw errors.cursorInvalid({});
  return cursor;
}

/** Cuts one row more than asked for off a list, and says where the next page starts. */
export function toPage<Row extends { id: string }, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(toItem), nextCursor: rows.length > limit && last !== undefined ? last.id : null };
}
