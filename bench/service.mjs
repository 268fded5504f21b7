/** `npm run bench -- service`: a real server under load: 300 pictures from 8 cameras, and inspection while a training runs. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  casting,
  ended,
  load,
  openFeed,
  predictRateOf,
  quantile,
  readPictures as read,
  startServer,
  trainVersion,
  upload,
} from "./bench-server.mjs";

export const asks =
  "300 pictures from 8 keep-alive uploaders against the bare predict rate; inspection time while a training runs";

const uploaders = 8;
/** Between two pictures of the line whose times are taken: three a second. */
const everyMs = 333;

/** @param {{ say?: (line: string) => void, args?: readonly string[] }} options `--quick`: fewer pictures. */
export async function run({ say = console.error, args = [] } = {}) {
  if (!existsSync(casting)) {
    say(`skipped: there is no ${casting}`);
    return [];
  }
  const isQuick = args.includes("--quick");
  const dataFolder = mkdtempSync(join(tmpdir(), "sightline-service-"));
  const server = await startServer(dataFolder);
  try {
    return await measure({ server, say, pictures: isQuick ? 120 : 300, timed: isQuick ? 30 : 100 });
  } finally {
    await server.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  }
}

async function measure({ server, say, pictures, timed }) {
  const { createClient } = await load("packages/client/dist/client.js");
  const client = createClient({ url: server.url, token: server.token });
  const { id: projectId } = await client.call("createProject", { body: { name: "bench" } });
  for (let i = 0; i < uploaders; i++) {
    await client.call("addCamera", { body: { id: `cam-${i}`, projectId, assemblyLineId: "line-1" } });
  }
  const training = { normal: read("train/normal"), anomaly: read("train/anomaly") };
  say("adding 2 × 80 labelled pictures and training");
  const train = async () => ended(client, await client.call("startTraining", { params: { projectId }, body: {} }));
  const modelId = await trainVersion(client, projectId, {
    normal: training.normal.slice(0, 80),
    anomaly: training.anomaly.slice(0, 80),
  });
  await client.call("startModel", { params: { modelId } });
  const { method } = await client.call("getModel", { params: { modelId } });

  const feed = await openFeed(server);
  const all = [...training.normal, ...training.anomaly, ...read("test/normal"), ...read("test/anomaly")].slice(
    0,
    pictures,
  );
  const rows = await throughput({ client, feed, modelId, method, all, say });
  rows.push(...(await latency({ client, feed, projectId, train, all, timed, say })));
  feed.close();
  return rows;
}

/** All pictures through the signed door as fast as eight senders go, until the last verdict; then the same pictures through the bare predictor. */
async function throughput({ client, feed, modelId, method, all, say }) {
  say(`sending ${all.length} pictures with ${uploaders} uploaders`);
  const waiting = all.map((bytes, i) => ({ bytes, i }));
  const verdicts = [];
  const beganAt = performance.now();
  const send = async (_, camera) => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      verdicts.push(feed.verdictOf(await upload(client, `cam-${camera}`, `load-${next.i}`, next.bytes)));
    }
  };
  await Promise.all(Array.from({ length: uploaders }, send));
  const acceptedAt = performance.now();
  const inspected = (await Promise.all(verdicts)).filter(({ status }) => status === "inspected").length;
  const serviceRate = all.length / ((performance.now() - beganAt) / 1000);
  const acceptRate = all.length / ((acceptedAt - beganAt) / 1000);

  say("the same pictures through the bare predictor");
  const predictRate = await predictRateOf(client, modelId, all);
  const share = serviceRate / predictRate;
  return [
    {
      what: `${all.length} pictures from ${uploaders} uploaders: inspected`,
      asked: `${all.length}`,
      measured: `${inspected}`,
      isMet: inspected === all.length,
    },
    {
      what: `end to end against bare \`predict\` (${method}, same run; the service also draws heat maps of defects)`,
      asked: "≥ 0.5",
      measured: `${share.toFixed(2)} (${serviceRate.toFixed(0)} of ${predictRate.toFixed(0)} a second; accepted ${acceptRate.toFixed(0)} a second)`,
      isMet: share >= 0.5,
    },
  ];
}

/** From the first byte sent to the verdict heard, three pictures a second: idle, then while trainings run. */
async function latency({ client, feed, projectId, train, all, timed, say }) {
  const line = async (count, isOver) => {
    const times = [];
    for (let i = 0; i < count && !isOver(); i++) {
      const beganAt = performance.now();
      const id = await upload(client, "cam-0", `timed-${i}`, all[i % all.length]);
      await feed.verdictOf(id);
      times.push(performance.now() - beganAt);
      await sleep(Math.max(0, everyMs - (performance.now() - beganAt)));
    }
    return times;
  };
  say(`timing ${timed} pictures on an idle service`);
  const idle = await line(timed, () => false);
  const busy = [];
  for (let round = 0; round < 6 && busy.length < timed; round++) {
    say(`timing pictures while training ${round + 1} runs`);
    let isOver = false;
    const job = train().finally(() => {
      isOver = true;
    });
    busy.push(...(await line(timed, () => isOver)));
    await stopTraining(client, projectId);
    await job.catch(() => {});
  }
  const [idleMs, busyMs] = [quantile(idle, 0.95), quantile(busy, 0.95)];
  const factor = busyMs / idleMs;
  return [
    {
      what: `inspection p95 while a training runs, against idle (${busy.length} and ${idle.length} pictures, 3 a second)`,
      asked: "≤ 3",
      measured: `${factor.toFixed(2)} (${busyMs.toFixed(0)} ms against ${idleMs.toFixed(0)} ms; p50 ${quantile(busy, 0.5).toFixed(0)} and ${quantile(idle, 0.5).toFixed(0)} ms)`,
      isMet: factor <= 3,
    },
  ];
}

async function stopTraining(client, projectId) {
  const { items } = await client.call("listJobs", { query: { project: projectId } });
  const running = items.find(({ endedAt }) => endedAt === null);
  if (running) await client.call("cancelJob", { params: { jobId: running.id } });
}
