/** Kills a real server again and again while cameras send to it, and counts in the records what became of every picture it had answered for. */
import { spawn } from "node:child_process";
import { createHash, randomInt } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { encodeJpeg } from "../packages/dataset/dist/image-file.js";
import { readTrainingPart } from "../packages/dataset/dist/training-part.js";
import { train } from "../packages/models/dist/train.js";
import { castingDataset } from "../packages/simulator/dist/casting.js";
import { adminToken, caller, plainEnvironment, root, startServer } from "./server-process.mjs";

const main = join(root, "apps/server/dist/main.js");

/** The same numbers for the same seed (mulberry32), so that a failed run can be had again. */
function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** A small real model, and pictures to send: rendered castings, good and defective. */
async function prepare(folder, seed) {
  const pictures = [];
  let number = 0;
  for (const { image, label } of castingDataset({ seed, normals: 20, anomalies: 12 })) {
    const bytes = await encodeJpeg(image, 88);
    mkdirSync(join(folder, label), { recursive: true });
    writeFileSync(join(folder, label, `${number++}.jpg`), bytes);
    pictures.push(Buffer.from(bytes));
  }
  const labelled = await readTrainingPart(folder);
  const { bytes } = await train({ pictures: labelled, method: "patchcore", seed: 1, threads: 1 });
  return { pictures, model: bytes };
}

/**
 * @param rounds how often the server is killed while it runs; each restart may be killed too, at a random instant of its start
 * @returns what was answered and what the records say
 */
export async function killRounds({ folder, rounds, seed = randomInt(2 ** 31), uploaders = 8, say = () => {} }) {
  say(`seed ${seed}`);
  const random = seededRandom(seed);
  const data = join(folder, "data");
  const port = await freePort();
  const { pictures, model } = await prepare(join(folder, "castings"), seed % 1000);
  const start = () => startServer({ data, args: ["--empty", "--port", String(port), "--log-level", "warn"] });

  let server = await start();
  const { token } = await adminToken(server);
  const api = caller(server, token);
  const project = await api("POST", "/api/projects", { name: "kill", recipients: ["quality@example.com"] });
  // Each alert by itself, to somebody who has confirmed: there is no mail server here to send the question.
  await api("PATCH", `/api/projects/${project.id}`, { digestSeconds: 0 });
  const database = new (openDriver())(join(data, "sightline.db"));
  database.exec("UPDATE recipients SET status = 'confirmed'");
  database.close();
  for (let line = 0; line < uploaders; line++) {
    await api("POST", "/api/cameras", { id: `cam-${line}`, projectId: project.id, assemblyLineId: "line-1" });
  }
  const added = await api("POST", `/api/projects/${project.id}/models`, new Uint8Array(model), {
    "content-type": "application/octet-stream",
  });
  await api("POST", `/api/models/${added.id}/start`);

  /** Image id → inspection id, of every picture answered with 200. */
  const answered = new Map();
  const refused = [];
  let isOver = false;
  let sent = 0;

  /** Sends picture after picture; one without an answer is sent again to the same address, as a good camera does. */
  async function camera(line) {
    for (let number = 0; !isOver; number++) {
      const imageId = `image-${line}-${number}`;
      // Some pictures are the same bytes: stored once, inspected each time.
      const bytes = pictures[Math.floor(random() * pictures.length)];
      const address = await insistently(async () => {
        const query = `cameraid=cam-${line}&assemblylineid=line-1&imageid=${imageId}`;
        const reply = await fetch(`http://127.0.0.1:${port}/getsignedurl?${query}`, {
          headers: { authorizationToken: token },
        });
        return { reply, value: await reply.json() };
      });
      if (address === undefined) return;
      sent++;
      const accepted = await insistently(async () => {
        const reply = await fetch(address.uploadURL, {
          method: "PUT",
          headers: { "content-type": "image/jpeg" },
          body: bytes,
        });
        return { reply, value: await reply.json() };
      });
      if (accepted === undefined) return;
      answered.set(imageId, accepted.inspectionId);
    }
  }

  /** Until there is an answer, or the rounds are over. */
  async function insistently(ask) {
    for (;;) {
      try {
        const { reply, value } = await ask();
        if (reply.ok) return value;
        refused.push(`${reply.status} ${value.code}`);
      } catch {
        // Killed in between: nobody promised anything.
      }
      if (isOver) return undefined;
      await sleep(20);
    }
  }

  /** A server that never gets to say that it runs, or only just. */
  function startAndKill(afterMs) {
    const args = [main, "--data", data, "--port", String(port), "--empty", "--log-level", "warn"];
    const child = spawn(process.execPath, args, { env: plainEnvironment(), stdio: "ignore" });
    const closed = new Promise((resolve) => child.once("close", resolve));
    const timer = setTimeout(() => child.kill("SIGKILL"), afterMs);
    return closed.finally(() => clearTimeout(timer));
  }

  const cameras = Array.from({ length: uploaders }, (_, line) => camera(line));
  let kills = 0;
  let killsWhileStarting = 0;
  async function kill() {
    server.child.kill("SIGKILL");
    await server.closed;
    kills++;
  }
  for (let round = 0; round < rounds; round++) {
    await sleep(100 + random() * 1400);
    await kill();
    // Every other restart is killed itself, before or while it takes up what was left.
    while (random() < 0.5) {
      await startAndKill(random() * 900);
      killsWhileStarting++;
    }
    server = await start();
    say(`round ${round + 1} of ${rounds}: ${answered.size} pictures answered so far`);
  }
  // Whoever waits for an answer gets it from the last server.
  await sleep(500);
  isOver = true;
  await Promise.all(cameras);
  const left = await untilInspected(server, token, project.id);
  const code = await server.stop();

  const counts = countRecords(data, answered);
  return { seed, kills, killsWhileStarting, sent, answered: answered.size, refused, left, exitCode: code, ...counts };
}

/** Waits until nothing is queued. @returns how many were still queued when patience ended */
async function untilInspected(server, token, projectId) {
  const api = caller(server, token);
  let queued = Number.POSITIVE_INFINITY;
  for (let wait = 0; wait < 1200 && queued > 0; wait++) {
    queued = (await api("GET", `/api/stats?project=${projectId}`)).totals.queued;
    if (queued > 0) await sleep(100);
  }
  return queued;
}

/** Reads the database and the files of a stopped server. */
function countRecords(data, answered) {
  const database = new (openDriver())(join(data, "sightline.db"));
  try {
    const rows = database
      .prepare("SELECT id, image_id, status, image_sha256, heat_map_sha256, is_anomalous, confidence FROM inspections")
      .all();
    const ofImage = groupBy(rows);
    const isOnce = ([imageId, inspectionId]) => {
      const found = ofImage.get(imageId) ?? [];
      return found.length === 1 && found[0].id === inspectionId && found[0].status === "inspected";
    };
    const wrong = [...answered]
      .filter((entry) => !isOnce(entry))
      .map(([imageId]) => ({ imageId, rows: ofImage.get(imageId) ?? [] }));
    const damaged = new Set(
      rows
        .flatMap((row) => [row.image_sha256, row.heat_map_sha256])
        .filter((sha256) => sha256 !== null && !isWhole(data, sha256)),
    );
    const mails = database.prepare("SELECT inspection_id FROM actions WHERE inspection_id IS NOT NULL").all();
    // Three of the four cases of a verdict are told: only a good part that the model is sure of is not.
    const alerts = rows.filter((row) => row.is_anomalous === 1 || row.confidence < 0.2).length;
    const [check] = database.prepare("PRAGMA integrity_check").all();
    return {
      records: rows.length,
      unfinished: rows.filter((row) => row.status !== "inspected").length,
      wrong,
      damaged: [...damaged],
      alerts,
      mails: mails.length,
      mailsTwice: mails.length - new Set(mails.map((mail) => mail.inspection_id)).size,
      integrity: check.integrity_check,
    };
  } finally {
    database.close();
  }
}

function groupBy(rows) {
  const groups = new Map();
  for (const row of rows) groups.set(row.image_id, [...(groups.get(row.image_id) ?? []), row]);
  return groups;
}

function isWhole(data, sha256) {
  try {
    const bytes = readFileSync(join(data, "blobs", sha256.slice(0, 2), sha256));
    return createHash("sha256").update(bytes).digest("hex") === sha256;
  } catch {
    return false;
  }
}

/** The server's own. */
const openDriver = () => createRequire(join(root, "apps/server/package.json"))("libsql");
