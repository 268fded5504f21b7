/** For the tests: runs the command as people do, in a process of its own, and makes what it works on. */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Writable } from "node:stream";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { encodeJpeg, encodePng } from "@sightline/dataset/image-file";
import { run } from "./program.js";
import type { ErrorStream } from "./progress.js";

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const bin = fileURLToPath(new URL("../bin/sightline.mjs", import.meta.url));

/** @param environment added to an environment without settings of Sightline's. */
export function sightline(args: readonly string[], environment: Record<string, string> = {}): Promise<Finished> {
  return startSightline(args, environment).finished;
}

/** @param isGroup in a process group of its own, so that all of it can be killed at once */
export function startSightline(args: readonly string[], environment: Record<string, string> = {}, isGroup = false) {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith("SIGHTLINE_") || name === "SIGHTLINE_BACKBONE",
  );
  const child = spawn(process.execPath, [bin, ...args], {
    env: { ...Object.fromEntries(inherited), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    detached: isGroup,
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    stdout += part;
  });
  child.stderr.setEncoding("utf8").on("data", (part: string) => {
    stderr += part;
  });
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
  return { child, finished, stderrSoFar: () => stderr, stdoutSoFar: () => stdout };
}

/** The same without a process of its own: for many quick cases. */
export async function sightlineHere(args: readonly string[]): Promise<Finished> {
  const written = { stdout: "", stderr: "" };
  const into = (name: keyof typeof written) =>
    new Writable({
      write(part, _encoding, done) {
        written[name] += String(part);
        done();
      },
    });
  const code = await run(args, "0.0.0", {
    stdout: into("stdout"),
    stderr: into("stderr") as unknown as ErrorStream,
    environment: {},
    signal: new AbortController().signal,
  });
  return { code, ...written };
}

/** What `--json` printed; fails when it is not exactly one line. */
export function oneJsonLine({ stdout, stderr }: Finished): Record<string, unknown> {
  if (!/^[^\n]+\n$/.test(stdout))
    throw new Error(`stdout is not exactly one line: ${JSON.stringify(stdout)}; stderr: ${stderr}`);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** The error that a failed command told with `--json`. */
export function errorOf(run: Finished): { code: string; message: string } {
  return oneJsonLine(run).error as { code: string; message: string };
}

/** Noise in which one of red, green and blue is strong. */
export function coloured(channel: number, index: number, side = 48): Promise<Uint8Array> {
  const value = (at: number) => (at % 3 === channel ? 180 : 40) + ((at * 7919 + index * 31) % 40);
  return encodePng({ width: side, height: side, data: new Uint8Array(side * side * 3).map((_, at) => value(at)) });
}

export async function temporaryFolder(t: Pick<TestContext, "after">): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-cli-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A JPEG of a dark disc on grey; with `scratch` a bright line runs across it. `index` moves it a little. */
export async function partPicture(index: number, hasScratch: boolean): Promise<Uint8Array> {
  const size = 96;
  const data = new Uint8Array(size * size * 3);
  const [centreX, centreY] = [48 + (index % 5) - 2, 48 + (index % 3) - 1];
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const isPart = Math.hypot(x - centreX, y - centreY) < 34;
      const isScratch = hasScratch && isPart && Math.abs(x - y + (index % 7) - 3) < 4;
      const level = isScratch ? 250 : isPart ? 60 + ((x * 7 + y * 3 + index) % 9) : 150 + ((x + y * 5 + index) % 7);
      data.fill(level, (y * size + x) * 3, (y * size + x) * 3 + 3);
    }
  }
  return encodeJpeg({ width: size, height: size, data }, 90);
}

/** Writes files below a folder. */
export async function writeFiles(folder: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

/** `train/` and `test/` with good and scratched parts. */
export async function writeDataset(folder: string, perLabel: { train: number; test: number }): Promise<void> {
  for (const [part, count] of Object.entries(perLabel)) {
    for (let index = 0; index < count; index++) {
      await writeFiles(folder, {
        [`${part}/good/${index}.jpg`]: await partPicture(index, false),
        [`${part}/scratched/${index}.jpg`]: await partPicture(index, true),
      });
    }
  }
}

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A server that answers what the test says: for the answers that a real one can't be brought to give. */
export async function fakeServer(t: TestContext, answer: (asked: Asked, reply: ServerResponse) => void) {
  const requests: Asked[] = [];
  const server = createServer(async (request, reply) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { method = "", url = "", headers } = request;
    const asked = { method, url, headers, body: Buffer.concat(parts) };
    requests.push(asked);
    answer(asked, reply);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { requests, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

export function answerJson(reply: ServerResponse, status: number, body: unknown): void {
  reply.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
