/** From the address to the server's query. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { queryOf } from "./filters.js";

test("a span becomes a beginning, and unknown words are left out instead of refused", () => {
  const now = Date.parse("2026-05-01T12:00:00.000Z");
  assert.deepEqual(queryOf({ camera: "cam-1", since: "1h", status: "failed" }, now), {
    camera: "cam-1",
    status: "failed",
    from: "2026-05-01T11:00:00.000Z",
  });
  assert.deepEqual(queryOf({ since: "yesterday", status: "odd" }, now), {});
});
