/** The whole server in this process: it starts, is one per data folder, and stops without breaking off what it was asked. */
import assert from "node:assert/strict";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { pino } from "pino";
import { parseConfig } from "./config.js";
import { type RunningServer, start } from "./start.js";
import { jpeg, playedModel, temporaryFolder } from "./test-fixtures.js";

async function startIn(t: TestContext, dataFolder: string, more: { port?: number } = {}): Promise<RunningServer> {
  const config = parseConfig({ dataFolder, port: 0, empty: true, minFreeDiskBytes: 0, ...more });
  const server = await start(config, { log: pino({ level: "silent" }), openPredictor: playedModel().open });
  t.after(() => server.close());
  return server;
}

/** Headers of a browser that has used the sign-in link. */
async function signIn(server: RunningServer): Promise<Record<string, string>> {
  const reply = await fetch(server.signInLink, { redirect: "manual" });
  assert.equal(reply.status, 303);
  const cookie = reply.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  return { cookie, origin: server.url, "content-type": "application/json" };
}

test("a started server is well, signs one person in by its link, and stops", async (t) => {
  const folder = await temporaryFolder(t);
  const server = await startIn(t, folder);
  assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
  await signIn(server);
  assert.equal((await fetch(server.signInLink, { redirect: "manual" })).status, 401);
  await server.close();
  await server.close();
  await assert.rejects(fetch(`${server.url}/healthz`));
  const log = join(folder, "sightline.db-wal");
  assert.ok(!existsSync(log) || statSync(log).size === 0, "a stopped server's records are whole in their one file");
});

test("what a server was told is there for the next one in the same folder", async (t) => {
  const folder = await temporaryFolder(t);
  const first = await startIn(t, folder);
  const headers = await signIn(first);
  const body = JSON.stringify({ name: "castings" });
  assert.equal((await fetch(`${first.url}/api/projects`, { method: "POST", headers, body })).status, 201);
  await first.close();
  const second = await startIn(t, folder);
  const { cookie } = await signIn(second);
  const reply = await fetch(`${second.url}/api/projects`, { headers: { cookie: cookie ?? "" } });
  const { items } = (await reply.json()) as { items: { name: string }[] };
  assert.deepEqual(
    items.map((project) => project.name),
    ["castings"],
  );
});

test("a second server in the same folder is refused, and the first goes on", async (t) => {
  const folder = await temporaryFolder(t);
  const first = await startIn(t, folder);
  await assert.rejects(startIn(t, folder), { code: "DATA_FOLDER_IN_USE" });
  assert.equal((await fetch(`${first.url}/healthz`)).status, 200);
});

test("a port in use is refused and lets the data folder go", async (t) => {
  const folder = await temporaryFolder(t);
  const first = await startIn(t, await temporaryFolder(t));
  const port = Number(new URL(first.url).port);
  await assert.rejects(startIn(t, folder, { port }), { code: "PORT_IN_USE", message: new RegExp(`Port ${port} `) });
  await startIn(t, folder);
});

test("a data folder that can't be one is refused by name", async (t) => {
  const folder = await temporaryFolder(t);
  writeFileSync(join(folder, "file"), "");
  await assert.rejects(startIn(t, join(folder, "file", "data")), { code: "DATA_FOLDER_UNUSABLE" });
});

test("a picture that is half sent when the server is asked to stop still gets its answer", async (t) => {
  const folder = await temporaryFolder(t);
  const server = await startIn(t, folder);
  const headers = await signIn(server);
  const post = async (path: string, body: object) =>
    (await fetch(server.url + path, { method: "POST", headers, body: JSON.stringify(body) })).json();
  const { id: projectId } = (await post("/api/projects", { name: "castings" })) as { id: string };
  await post("/api/cameras", { id: "cam-1", projectId, assemblyLineId: "line-1" });
  const ask = `${server.url}/getsignedurl?cameraid=cam-1&assemblylineid=line-1&imageid=part-1`;
  const { uploadURL } = (await (await fetch(ask, { headers })).json()) as { uploadURL: string };
  const bytes = await jpeg(1, 64, 64);
  const put = request(uploadURL, {
    method: "PUT",
    headers: { "content-type": "image/jpeg", "content-length": bytes.length },
  });
  const status = new Promise((resolve, reject) => {
    put.on("response", (response) => resolve(response.resume().statusCode));
    put.on("error", reject);
  });
  put.write(bytes.subarray(0, 100));
  // The server has read the head of the request when it answers another one that came later.
  await fetch(`${server.url}/healthz`);
  const closing = server.close();
  put.end(bytes.subarray(100));
  assert.equal(await status, 200);
  await closing;
});
