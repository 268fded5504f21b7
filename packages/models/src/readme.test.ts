import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { encodeJpeg } from "@sightline/dataset/image-file";

const packageFolder = fileURLToPath(new URL("..", import.meta.url));

/** A dark disc on grey; with `hasScratch` a bright line across it. */
function part(index: number, hasScratch: boolean): Promise<Uint8Array> {
  const data = new Uint8Array(96 * 96 * 3);
  for (let y = 0; y < 96; y++)
    for (let x = 0; x < 96; x++) {
      const isPart = Math.hypot(x - 46 - (index % 5), y - 47 - (index % 3)) < 34;
      const isScratch = hasScratch && isPart && Math.abs(x - y + (index % 7) - 3) < 4;
      const level = isScratch ? 250 : isPart ? 60 + ((x * 7 + y * 3 + index) % 9) : 150 + ((x + y * 5 + index) % 7);
      data.fill(level, (y * 96 + x) * 3, (y * 96 + x) * 3 + 3);
    }
  return encodeJpeg({ width: 96, height: 96, data }, 90);
}

test("the README's example prints what the README says", async (t) => {
  const readme = await readFile(join(packageFolder, "README.md"), "utf8");
  const [, program = "", printed = ""] = /```js\n(.*?)```\n\n```\n(.*?)```/s.exec(readme) ?? [];
  assert.notEqual(printed, "");
  const folder = await mkdtemp(join(tmpdir(), "sightline-readme-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (let i = 0; i < 20; i++)
    for (const [label, isScratched] of [
      ["good", false],
      ["scratched", true],
    ] as const) {
      const file = join(folder, "parts", i < 12 ? "train" : "test", label, `${i < 12 ? i : i - 12}.jpg`);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, await part(i, isScratched));
    }
  await symlink(join(packageFolder, "../../node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "example.mjs"), program);
  const { stdout } = await promisify(execFile)(process.execPath, ["example.mjs"], { cwd: folder });
  assert.equal(stdout, printed);
});

test("the README's table names every method and where its page is", async () => {
  const { methodNames } = await import("./method-names.js");
  const readme = await readFile(join(packageFolder, "README.md"), "utf8");
  const rows = [...readme.matchAll(/^\| \[`(\w+)`\]\((\S+)\) \|/gm)].map(([, name = "", page = ""]) => ({
    name,
    page,
  }));
  assert.deepEqual(rows.map(({ name }) => name).sort(), [...methodNames].sort());
  assert.ok(rows.every(({ name, page }) => page === `src/${name}/README.md`));
});
