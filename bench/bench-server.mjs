/** What the workloads on a real server share: the server as a process, its pictures, uploads, trainings, verdicts told live. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";

export const root = join(import.meta.dirname, "..");
export const casting = join(root, "../shared/data/casting");
/** A module of the built packages. */
export const load = (name) => import(join(root, name));

export const quantile = (times, share) =>
  [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))];

/** The pictures of one of the casting dataset's folders. */
export function readPictures(folder) {
  const path = join(casting, folder);
  return readdirSync(path)
    .sort()
    .map((name) => new Uint8Array(readFileSync(join(path, name))));
}

/** One picture through the signed door. @returns the inspection's id */
export async function upload(client, cameraId, imageId, bytes) {
  const query = { cameraid: cameraId, assemblylineid: "line-1", imageid: imageId };
  const { uploadURL } = await client.call("getSignedUrl", { query });
  const { inspectionId } = await client.putSigned(uploadURL, bytes, { contentType: "image/jpeg" });
  return inspectionId;
}

/** Waits for a training's end. */
export async function ended(client, { id }) {
  for (;;) {
    const job = await client.call("getJob", { params: { jobId: id } });
    if (job.status === "succeeded" || job.status === "cancelled") return job;
    if (job.status === "failed") throw new Error(`The training failed: ${job.error.message}`);
    await sleep(200);
  }
}

/** Puts labelled pictures into a project and trains. @returns the version's id */
export async function trainVersion(client, projectId, byLabel) {
  for (const [label, files] of Object.entries(byLabel)) {
    for (const bytes of files) {
      await client.call("addSample", {
        params: { projectId },
        query: { label, part: "train" },
        bytes,
        contentType: "image/jpeg",
      });
    }
  }
  const { modelId } = await ended(client, await client.call("startTraining", { params: { projectId }, body: {} }));
  return modelId;
}

/** How many pictures a second the bare predictor answers, four at a time. */
export async function predictRateOf(client, modelId, pictures) {
  const { openPredictor } = await load("packages/models/dist/predictor.js");
  const { bytes: model } = await client.call("getModelFile", { params: { modelId }, timeoutMs: 120_000 });
  const predictor = await openPredictor(model);
  const beganAt = performance.now();
  const queue = [...pictures];
  const predict = async () => {
    for (let bytes = queue.shift(); bytes !== undefined; bytes = queue.shift()) await predictor.predict(bytes);
  };
  await Promise.all(Array.from({ length: 4 }, predict));
  const rate = pictures.length / ((performance.now() - beganAt) / 1000);
  await predictor.close();
  return rate;
}

/** Verdicts as they are told live. */
export async function openFeed({ url, token }) {
  const socket = new WebSocket(`${url.replace("http", "ws")}/api/live`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const ended = new Map();
  const waiting = new Map();
  socket.on("message", (data) => {
    const event = JSON.parse(String(data));
    if (event.type !== "inspection" || !["inspected", "failed"].includes(event.inspection.status)) return;
    ended.set(event.inspection.id, event.inspection);
    waiting.get(event.inspection.id)?.(event.inspection);
  });
  await new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  return {
    verdictOf: (id) =>
      ended.has(id) ? Promise.resolve(ended.get(id)) : new Promise((resolve) => waiting.set(id, resolve)),
    close: () => socket.close(),
  };
}

/** A server of its own on a free port, without the sample line. */
export async function startServer(dataFolder) {
  const program = join(root, "apps/server/dist/main.js");
  const child = spawn(
    process.execPath,
    [program, "--data", dataFolder, "--port", "0", "--empty", "--log-level", "warn"],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const url = await new Promise((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += chunk;
      const found = /Sightline runs at (\S+)/.exec(text);
      if (found) resolve(found[1]);
    });
    exited.then(() => reject(new Error(`The server ended before it listened: ${text}`)));
  });
  const token = readFileSync(join(dataFolder, "local-admin-token"), "utf8").trim();
  return {
    url,
    token,
    async stop() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}
