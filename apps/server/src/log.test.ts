import assert from "node:assert/strict";
import { test } from "node:test";
import { openLog, readableLine } from "./log.js";

test("on a terminal an entry is one line: time, level, message, fields, and the stack of an error below it", () => {
  const lines: string[] = [];
  const terminal = { isTTY: true, write: (text: string) => lines.push(text) } as unknown as NodeJS.WriteStream;
  const log = openLog("info", terminal);
  log.debug("not asked for");
  log.info({ url: "http://127.0.0.1:8080", cameras: 2 }, "Listening");
  log.error({ err: new Error("no space left") }, "A picture was not stored");
  assert.match(lines[0] ?? "", /^\d\d:\d\d:\d\d info {2}Listening url=http:\/\/127\.0\.0\.1:8080 cameras=2\n$/);
  assert.match(lines[1] ?? "", /^\d\d:\d\d:\d\d error A picture was not stored\nError: no space left\n {4}at /);
  assert.equal(lines.length, 2);
});

test("an entry without a message or fields is still a line", () => {
  assert.equal(readableLine('{"level":40,"time":"2026-01-02T03:04:05.678Z"}'), "03:04:05 warn  \n");
});
