/** `npm run bench -- promotion`: versions take over and roll back while requests come in; none of them may fail. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { casting, load, quantile, readPictures, startServer, trainVersion } from "./bench-server.mjs";

export const asks = "promotions and rollbacks under 50 requests a second: 0 failed";

/** Requests a second: twenty pictures through the signed door are forty, and ten ask the running version. */
const uploadsPerSecond = 20;
const predictsPerSecond = 10;

/** @param {{ say?: (line: string) => void, args?: readonly string[] }} options `--quick`: ten seconds instead of forty. */
export async function run({ say = console.error, args = [] } = {}) {
  if (!existsSync(casting)) {
    say(`skipped: there is no ${casting}`);
    return [];
  }
  const dataFolder = mkdtempSync(join(tmpdir(), "sightline-promotion-"));
  const server = await startServer(dataFolder);
  try {
    return await measure({ server, say, seconds: args.includes("--quick") ? 10 : 40 });
  } finally {
    await server.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  }
}

async function measure({ server, say, seconds }) {
  const { createClient } = await load("packages/client/dist/client.js");
  const client = createClient({ url: server.url, token: server.token });
  const { id: projectId } = await client.call("createProject", { body: { name: "bench" } });
  await client.call("addCamera", { body: { id: "cam-0", projectId, assemblyLineId: "line-1" } });
  const [normal, anomaly] = [readPictures("train/normal"), readPictures("train/anomaly")];
  say("training two versions");
  const parts = (from, to) => ({ normal: normal.slice(from, to), anomaly: anomaly.slice(from, to) });
  const first = await trainVersion(client, projectId, parts(0, 40));
  const second = await trainVersion(client, projectId, parts(40, 50));
  await client.call("startModel", { params: { modelId: first } });
  const pictures = [...readPictures("test/normal"), ...readPictures("test/anomaly")];

  const failures = [];
  const latencies = [];
  const inspections = [];
  const answeredBy = new Map();
  let requests = 0;
  const timed = async (what, call) => {
    requests++;
    const beganAt = performance.now();
    try {
      return await call();
    } catch (error) {
      failures.push(`${what}: ${error.message}`);
      return undefined;
    } finally {
      latencies.push(performance.now() - beganAt);
    }
  };
  const send = async (i) => {
    const query = { cameraid: "cam-0", assemblylineid: "line-1", imageid: `part-${i}` };
    const signed = await timed("getsignedurl", () => client.call("getSignedUrl", { query }));
    if (signed === undefined) return;
    const bytes = pictures[i % pictures.length];
    const put = await timed("PUT", () => client.putSigned(signed.uploadURL, bytes, { contentType: "image/jpeg" }));
    if (put !== undefined) inspections.push(put.inspectionId);
  };
  const ask = async (i) => {
    const bytes = pictures[(i * 7) % pictures.length];
    const call = { params: { projectId }, query: { heatmap: "false" }, bytes, contentType: "image/jpeg" };
    const answer = await timed("predict", () => client.call("predictWithRunning", call));
    if (answer) answeredBy.set(answer.modelVersion, (answeredBy.get(answer.modelVersion) ?? 0) + 1);
  };

  say(`${2 * uploadsPerSecond + predictsPerSecond} requests a second for ${seconds} s, a switch every two seconds`);
  const switches = { promoted: 0, rolledBack: 0 };
  let isOver = false;
  const switching = (async () => {
    while (!isOver) {
      await sleep(2000);
      await client.call("startModel", { params: { modelId: second } });
      switches.promoted++;
      await sleep(2000);
      await client.call("rollBack", { params: { projectId } });
      switches.rolledBack++;
    }
  })();
  await Promise.all([
    everyMs(1000 / uploadsPerSecond, uploadsPerSecond * seconds, send),
    everyMs(1000 / predictsPerSecond, predictsPerSecond * seconds, ask),
  ]);
  isOver = true;
  await switching;
  const { failed, lost, byVersion } = await outcome(client, inspections);
  for (const failure of failures.slice(0, 5)) say(failure);
  const counts = [...answeredBy].sort().map(([version, count]) => `${count} by version ${version}`);
  return [
    {
      what: `requests during ${switches.promoted} promotions and ${switches.rolledBack} rollbacks: failed`,
      asked: "0",
      measured: `${failures.length} of ${requests} (p95 ${quantile(latencies, 0.95).toFixed(0)} ms; asked directly ${counts.join(", ")})`,
      isMet: failures.length === 0 && answeredBy.size === 2,
    },
    {
      what: "inspections of the pictures sent meanwhile: failed or lost",
      asked: "0",
      measured: `${failed + lost} of ${inspections.length} (by version: ${[...byVersion].sort().join("; ")})`,
      isMet: failed + lost === 0 && byVersion.size === 2,
    },
  ];
}

/** Starts work at fixed times, whatever became of the work before. */
async function everyMs(pauseMs, count, work) {
  const beganAt = performance.now();
  const all = [];
  for (let i = 0; i < count; i++) {
    await sleep(Math.max(0, beganAt + i * pauseMs - performance.now()));
    all.push(work(i));
  }
  await Promise.all(all);
}

/** Waits until nothing is queued; then how each ended. */
async function outcome(client, ids) {
  for (;;) {
    const { items } = await client.call("listInspections", { query: { status: "queued", limit: 1 } });
    if (items.length === 0) break;
    await sleep(200);
  }
  const byVersion = new Map();
  let failed = 0;
  let lost = 0;
  for (const inspectionId of ids) {
    const { status, modelVersion } = await client
      .call("getInspection", { params: { inspectionId } })
      .catch(() => ({ status: "lost", modelVersion: null }));
    if (status === "inspected") byVersion.set(modelVersion, (byVersion.get(modelVersion) ?? 0) + 1);
    else if (status === "failed") failed++;
    else lost++;
  }
  return { failed, lost, byVersion };
}
