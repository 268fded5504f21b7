/** `sightline doctor`: looks at everything Sightline needs on this machine and says how to fix what is missing. */
import { constants } from "node:fs";
import { access, mkdtemp, rm, stat, statfs } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ApiCallError, createClient } from "@sightline/client/client";
import type { Command } from "commander";
import { problemOf } from "../cli-error.js";
import { wholeNumber } from "../flag-values.js";
import { counted, type Outcome, sized } from "../outcome.js";
import { dataFolderOf } from "../server-connection.js";
import { type Act, type Context, withJson } from "../verb.js";

export function register(command: Command, act: Act): void {
  withJson(command)
    .description("Check this machine for what Sightline needs and print what fixes each problem.")
    .option("--data <folder>", "the data folder that a server here uses or will use")
    .option("--port <number>", "the port that a server here uses or will use", wholeNumber(0, 65_535), 8080)
    .option("--host <address>", "the address that it listens on", "127.0.0.1")
    .option("--server <url>", "also check that this server answers (or SIGHTLINE_SERVER)")
    .action(act(doctor));
}

interface Options {
  readonly data?: string;
  readonly port: number;
  readonly host: string;
  readonly server?: string;
}

interface Check {
  readonly name: string;
  readonly isOk: boolean;
  /** What was found. */
  readonly found: string;
  /** The command or step that fixes it. */
  readonly fix: string | null;
}

/** What a check finds; a problem comes with its fix. */
type Finding = { readonly found: string; readonly fix?: string };
type Look = () => Promise<Finding>;

async function doctor(context: Context, options: Options): Promise<Outcome> {
  const folder = dataFolderOf(options, context);
  const server = options.server ?? context.environment.SIGHTLINE_SERVER;
  const looks: Record<string, Look> = {
    "Node.js": checkNode,
    "ONNX Runtime": checkOnnxRuntime,
    "picture decoder": checkDecoder,
    database: checkDatabase,
    backbone: () => checkBackbone(folder),
    "data folder": () => checkFolder(folder),
    "disk space": () => checkDisk(folder),
    port: () => checkPort(options.host, options.port),
    ...(server === undefined ? {} : { server: () => checkServer(server) }),
  };
  const checks: Check[] = [];
  for (const [name, look] of Object.entries(looks)) {
    const { found, fix = null } = await look().catch((error: unknown) => failed(name, error));
    checks.push({ name, isOk: fix === null, found, fix });
  }
  const wrong = checks.filter((check) => !check.isOk);
  return {
    text: checks.map(lineOf).join("\n"),
    json: { ok: wrong.length === 0, checks },
    error:
      wrong.length === 0
        ? undefined
        : {
            code: "CHECKS_FAILED",
            message: `${counted(wrong.length, "check")} failed: ${wrong.map(({ name }) => name).join(", ")}.`,
          },
  };
}

function lineOf({ name, isOk, found, fix }: Check): string {
  const line = `${isOk ? "ok   " : "FAIL "} ${name.padEnd(16)} ${found}`;
  return fix === null ? line : `${line}\n      fix: ${fix}`;
}

const reinstall =
  "npm ci && npm run build   (in the repository; on the machine and with the Node.js that runs Sightline)";

function failed(name: string, error: unknown): Finding {
  return { found: `${problemOf(error).message}`, fix: `see the message; if it stays, ${reinstall} (${name})` };
}

async function checkNode(): Promise<Finding> {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const found = `${process.version}, ${process.platform} ${process.arch}`;
  const isNewEnough = major > 20 || (major === 20 && minor >= 19);
  return isNewEnough ? { found } : { found, fix: "install Node.js 20.19 or newer: https://nodejs.org/" };
}

async function checkOnnxRuntime(): Promise<Finding> {
  const { writeOnnx } = await import("@sightline/nn/onnx-file");
  const { standardOpset } = await import("@sightline/nn/graph");
  const { floatTensor } = await import("@sightline/nn/tensor");
  const { openSession } = await import("@sightline/nn/session/session");
  const value = (name: string) => ({ name, type: "float32", dims: [1] }) as const;
  const bytes = writeOnnx({
    name: "doctor",
    inputs: [value("x")],
    outputs: [value("y")],
    initializers: new Map(),
    nodes: [{ name: "negate", operator: "Neg", inputs: ["x"], outputs: ["y"], attributes: {} }],
    metadata: new Map(),
    opset: standardOpset,
  });
  try {
    const session = await openSession(bytes, { threads: 1 });
    const { y } = await session.run({ x: floatTensor([1], [2]) });
    await session.dispose();
    return Number(y?.data[0]) === -2 ? { found: "loads and computes" } : { found: "computes nonsense", fix: reinstall };
  } catch (error) {
    return { found: problemOf(error).message, fix: reinstall };
  }
}

async function checkDecoder(): Promise<Finding> {
  try {
    const { decodeImage, encodePng } = await import("@sightline/dataset/image-file");
    const pixel = { width: 1, height: 1, data: Uint8Array.of(1, 2, 3) };
    const { data } = await decodeImage(await encodePng(pixel));
    return data.join() === "1,2,3" ? { found: "loads and decodes" } : { found: "decodes nonsense", fix: reinstall };
  } catch (error) {
    return { found: problemOf(error).message, fix: reinstall };
  }
}

async function checkDatabase(): Promise<Finding> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-doctor-"));
  try {
    const { openDatabase } = await import("@sightline/server/database");
    await openDatabase(folder).close();
    return { found: "loads and writes" };
  } catch (error) {
    return { found: problemOf(error).message, fix: reinstall };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function checkBackbone(dataFolder: string): Promise<Finding> {
  try {
    const { backboneFile, readBackbone } = await import("@sightline/models/backbone");
    const { checkFingerprint } = await import("@sightline/models/backbone-fingerprint");
    const file = backboneFile({ dataFolder });
    await checkFingerprint(readBackbone({ dataFolder }));
    const { checkAdded, listBackbones } = await import("@sightline/models/backbone-store");
    const added = await listBackbones(dataFolder);
    for (const one of added) await checkAdded(one);
    const more = added.length === 0 ? "" : `; added: ${added.map(({ name }) => name).join(", ")}, as they were`;
    return { found: `${file}, fingerprint as expected${more}` };
  } catch (error) {
    const { message } = problemOf(error);
    const isAdded = message.includes("Add it again");
    const fix = isAdded
      ? "sightline backbone add NAME   (or: sightline backbone remove NAME)"
      : "npm run build   (in the repository)";
    return { found: message, fix };
  }
}

/** The folder itself or, while there is none, the nearest one above that exists. */
async function existing(folder: string): Promise<string> {
  for (let at = folder; ; at = dirname(at)) {
    if (await stat(at).catch(() => null)) return at;
    if (at === dirname(at)) return at;
  }
}

async function checkFolder(folder: string): Promise<Finding> {
  const at = await existing(folder);
  if (!(await stat(at)).isDirectory()) {
    return { found: `"${at}" is a file, so "${folder}" can't be a folder`, fix: "name another folder with --data" };
  }
  try {
    await access(at, constants.W_OK);
    // Asking for access is not enough on read-only disks and for root: write something.
    const probe = await mkdtemp(join(at, ".sightline-doctor-"));
    await rm(probe, { recursive: true });
  } catch (error) {
    return {
      found: `"${at}" is not writable (${problemOf(error).message})`,
      fix: `sudo chown -R "$USER" "${at}"   (or name another folder with --data)`,
    };
  }
  return { found: at === folder ? `${folder}, writable` : `${folder} does not exist yet; "${at}" is writable` };
}

/** The server's own floor, below which it refuses uploads, and room to train a model. */
const minFreeBytes = 500_000_000;

async function checkDisk(folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(await existing(folder));
  const free = bavail * bsize;
  const found = `${sized(free)} free`;
  if (free >= minFreeBytes) return { found };
  return {
    found,
    fix: `free at least ${sized(minFreeBytes)} on the disk of "${folder}", or name another folder with --data`,
  };
}

async function checkPort(host: string, port: number): Promise<Finding> {
  const code = await new Promise<string | null>((done) => {
    const probe = createServer();
    probe.once("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => done(null)));
  });
  if (code === null) return { found: `${host}:${port} is free` };
  if (code === "EADDRINUSE") {
    const health = await healthOf(`http://${host === "0.0.0.0" ? "127.0.0.1" : host}:${port}`).catch(() => null);
    if (health !== null) return { found: `Sightline ${health.version} runs at ${host}:${port}` };
    return {
      found: `${host}:${port} is used by another program`,
      fix: `sightline serve --port ${port < 65_535 ? port + 1 : 8081}   (or stop the other program)`,
    };
  }
  const other = code === "EACCES" ? "sightline serve --port 8080" : "sightline serve --host 127.0.0.1";
  return { found: `${host}:${port} can't be listened on (${code})`, fix: other };
}

function healthOf(url: string) {
  return createClient({ url, timeoutMs: 5_000 }).call("getHealth");
}

async function checkServer(url: string): Promise<Finding> {
  try {
    const { status, version, reasons } = await healthOf(url);
    if (status === "ok") return { found: `${url} answers, version ${version}` };
    return { found: `${url} is ${status}: ${reasons.join("; ")}`, fix: "see the reasons and the server's log" };
  } catch (error) {
    const fix =
      error instanceof ApiCallError && error.status === 0 ? "sightline serve   (on that machine)" : "check --server";
    return { found: problemOf(error).message, fix };
  }
}
