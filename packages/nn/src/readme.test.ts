import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const folder = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const examples = [...readme.matchAll(/```js\n(.*?)```\n\n```\n(.*?)```/gs)];

for (const [index, [, program = "", printed = ""]] of examples.entries()) {
  test(`the README's example ${index + 1} prints what the README says`, async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], {
      cwd: folder,
    });
    assert.notEqual(printed, "");
    assert.equal(stdout, printed);
  });
}
