/** Runs the shell commands of the README and the guides, in order, as a person would type them: on real parts, against a real server. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import test from "node:test";
import { part } from "./pictures.mjs";
import { adminToken, atEnd, collect, plainEnvironment, root, startServer, temporaryFolder } from "./server-process.mjs";

/** Pages whose `sh` blocks all run; a block that starts with one of these changes the machine and is left out. */
const pages = [
  "README.md",
  "docs/guide/evaluate-a-dataset.md",
  "docs/guide/first-project.md",
  "docs/guide/connect-a-camera.md",
];
const notHere = [/^npm (start|test)/];

function blocks(page) {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)]
    .map(([, block]) => block)
    .filter((block) => !notHere.some((words) => words.test(block)));
}

/** A folder with a dataset called `parts`, and a `npx` that finds this repository's command line. */
async function workplace(t) {
  const folder = temporaryFolder(t, "snippets");
  const write = (name, bytes) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  };
  for (let seed = 1; seed <= 10; seed += 1) {
    write(`parts/train/good/${seed}.jpg`, await part({ isBad: false, seed }));
    write(`parts/train/bad/${seed}.jpg`, await part({ isBad: true, seed: 100 + seed }));
    if (seed > 4) continue;
    write(`parts/test/good/${seed}.jpg`, await part({ isBad: false, seed: 200 + seed }));
    write(`parts/test/bad/${seed}.jpg`, await part({ isBad: true, seed: 300 + seed }));
  }
  write("part.jpg", await part({ isBad: true, seed: 400 }));
  const cli = join(root, "apps/cli/bin/sightline.mjs");
  write(
    "bin/npx",
    `#!/bin/sh\n[ "$1 $2" = "--no-install sightline" ] || exit 99\nshift 2\nexec "${process.execPath}" "${cli}" "$@"\n`,
  );
  chmodSync(join(folder, "bin/npx"), 0o755);
  return folder;
}

function runShell(script, folder, variables) {
  const env = plainEnvironment({ ...variables, PATH: `${join(folder, "bin")}:${process.env.PATH}` });
  return collect(spawn("bash", ["-eu", "-o", "pipefail", "-c", script], { cwd: folder, env }), 300_000);
}

test("the commands of the README and the guides do what the pages say", async (t) => {
  const folder = await workplace(t);
  const server = await startServer({ data: join(folder, "data"), args: ["--empty"] });
  atEnd(t, () => server.stop());
  const { token } = await adminToken(server);
  let variables = { SIGHTLINE_SERVER: server.url, SIGHTLINE_TOKEN: token };
  for (const page of pages) {
    for (const [index, block] of blocks(page).entries()) {
      await t.test(`${page}, block ${index + 1}: ${block.trim().split("\n")[0]}`, async () => {
        const script = block
          .replaceAll("http://127.0.0.1:8080", server.url)
          .replaceAll("SIGHTLINE_TOKEN=…", `SIGHTLINE_TOKEN=${token}`)
          .replaceAll("DIRECTORY", "parts/test/good")
          // The page trains twice; the second time the file is there.
          .replaceAll(/^(npx .* train .*)$/gm, "$1 --force");
        const { code, text, out } = await runShell(script, folder, variables);
        assert.equal(code, 0, text);
        variables = { ...variables, ...learned(out) };
      });
    }
  }
});

/** What a person would copy from one answer into the next command. */
function learned(text) {
  const url = /"uploadURL":"([^"]+)"/.exec(text)?.[1];
  const secret = /\b(sl_[A-Za-z0-9_-]{20,}|[A-Za-z0-9_-]{40,})\b/.exec(text)?.[1];
  return { ...(url && { UPLOAD_URL: url }), ...(secret && url === undefined && { DEVICE_TOKEN: secret }) };
}
