/** Bad input to a starting server: settings, port, data folder, disk. Each ends with a clear text and leaves nothing changed. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statfsSync, writeFileSync, writeSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import test from "node:test";
import { jpeg } from "./pictures.mjs";
import { adminToken, atEnd, caller, keptState, runServer, startServer, temporaryFolder } from "./server-process.mjs";

const wrongSettings = [
  ["an unknown key in sightline.json", { file: '{"prot": 9}' }, /"prot".*not known\. Did you mean "port"\?/],
  [
    "an unknown key one level down",
    { file: '{"retention": {"dayz": 9}}' },
    /"retention\.dayz".*Did you mean "retention\.days"\?/,
  ],
  ["a key at the wrong level", { file: '{"days": 9}' }, /"days".*Did you mean "retention\.days"\?/],
  ["a value out of range", { file: '{"port": 70000}' }, /"port".*65535/],
  ["a value of a wrong type", { file: '{"retention": {"days": "many"}}' }, /"retention\.days".*number/i],
  ["a sightline.json that is not JSON", { file: "{port: 9" }, /sightline\.json.*JSON/],
  ["an unknown flag", { args: ["--prot", "9"] }, /--prot.*Did you mean.*--port\?/],
  [
    "a wrong value in the environment",
    { env: { SIGHTLINE_PORT: "http" } },
    /"port".*SIGHTLINE_PORT|SIGHTLINE_PORT.*"port"|"port"/,
  ],
];
for (const [what, { file, args = [], env = {} }, says] of wrongSettings) {
  test(`${what} stops the start and is named`, async (t) => {
    const data = temporaryFolder(t, "settings");
    if (file !== undefined) writeFileSync(join(data, "sightline.json"), file);
    const port = env.SIGHTLINE_PORT === undefined ? ["--port", "0"] : [];
    const { code, text } = await runServer(["--data", data, ...port, "--empty", ...args], {
      env: { ...process.env, ...env },
    });
    assert.match(text, says);
    assert.equal(code, 2, text);
    assert.deepEqual(readdirSync(data), file === undefined ? [] : ["sightline.json"]);
  });
}

test("a port in use stops the start, names the port, and leaves the data folder usable", async (t) => {
  const data = temporaryFolder(t, "port");
  const other = createServer().listen(0, "127.0.0.1");
  atEnd(t, () => other.close());
  await new Promise((listening) => other.once("listening", listening));
  const { port } = other.address();
  const { code, text } = await runServer(["--data", data, "--port", String(port), "--empty"]);
  assert.match(text, new RegExp(`Port ${port} on 127\\.0\\.0\\.1 is in use`));
  assert.equal(code, 1);
  const server = await startServer({ data, args: ["--empty"] });
  await server.stop();
});

test("a data folder under a regular file is refused by name", async (t) => {
  const folder = temporaryFolder(t, "file");
  writeFileSync(join(folder, "file"), "a file, not a folder");
  const data = join(folder, "file", "data");
  const { code, text } = await runServer(["--data", data, "--port", "0", "--empty"]);
  assert.match(text, /data folder .*file\/data can't be written/);
  assert.equal(code, 1);
  assert.deepEqual(readdirSync(folder), ["file"]);
});

test("a data folder that another server uses is refused and stays whole", async (t) => {
  const data = temporaryFolder(t, "shared");
  const first = await startServer({ data, args: ["--empty"] });
  atEnd(t, () => first.stop());
  const stateBefore = keptState(data);
  const { code, text } = await runServer(["--data", data, "--port", "0", "--empty"]);
  assert.match(text, new RegExp(`in use by the server with process id ${first.child.pid}`));
  assert.equal(code, 1);
  assert.equal(keptState(data), stateBefore);
  assert.equal((await fetch(`${first.url}/healthz`)).status, 200);
});

test("after a kill -9 the data folder is not taken for one in use", async (t) => {
  const data = temporaryFolder(t, "killed");
  const first = await startServer({ data, args: ["--empty"] });
  first.child.kill("SIGKILL");
  await first.closed;
  const second = await startServer({ data, args: ["--empty"] });
  assert.equal(await second.stop(), 0);
});

/** A disk of that many MB, or why there can be none. */
function smallDisk(t, megabytes) {
  const folder = temporaryFolder(t, "disk");
  const disk = join(folder, "disk");
  mkdirSync(disk);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", disk], { encoding: "utf8" });
  if (mounted.error !== undefined || mounted.status !== 0)
    return { skip: `mounting a small disk is not permitted here: ${mounted.stderr}` };
  atEnd(t, () => spawnSync("umount", ["--lazy", disk]));
  return { disk };
}

/** A project with one camera, and a way to send it a picture. */
async function camera(server) {
  const { token } = await adminToken(server);
  const api = caller(server, token);
  const { id } = await api("POST", "/api/projects", { name: "castings" });
  await api("POST", "/api/cameras", { id: "cam-1", projectId: id, assemblyLineId: "line-1" });
  return async (imageId, bytes) => {
    const { uploadURL } = await api("GET", `/getsignedurl?cameraid=cam-1&assemblylineid=line-1&imageid=${imageId}`);
    const put = () => fetch(uploadURL, { method: "PUT", headers: { "content-type": "image/jpeg" }, body: bytes });
    return { put, url: uploadURL };
  };
}

for (const [what, args] of [
  ["below the free-space floor", ["--min-free-disk-bytes", "20000000"]],
  ["really full", ["--min-free-disk-bytes", "0"]],
]) {
  test(`a disk that is ${what} answers DISK_FULL, stores nothing, and takes the picture when there is room again`, async (t) => {
    const { disk, skip } = smallDisk(t, 48);
    if (skip !== undefined) return t.skip(skip);
    const data = join(disk, "data");
    const server = await startServer({ data, args: ["--empty", ...args] });
    atEnd(t, () => server.stop());
    const send = await camera(server);
    const { put } = await send("part-1", await jpeg({ width: 600, height: 600 }));
    const stateBefore = keptState(data);
    const filler = join(disk, "filler");
    fill(disk, filler);
    const refusedReply = await put();
    const { code, message } = await refusedReply.json();
    assert.deepEqual([refusedReply.status, code], [507, "DISK_FULL"], message);
    rmSync(filler);
    assert.equal(keptState(data), stateBefore);
    const accepted = await put();
    assert.equal(accepted.status, 200, await accepted.text());
  });
}

/** Leaves less than one block free, although the server writes beside it. */
function fill(disk, file) {
  const block = Buffer.alloc(statfsSync(disk).bsize);
  const descriptor = openSync(file, "w");
  try {
    assert.throws(() => {
      for (;;) writeSync(descriptor, block);
    }, /ENOSPC/);
  } finally {
    closeSync(descriptor);
  }
}
