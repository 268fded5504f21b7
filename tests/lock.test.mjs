/** The lock that keeps two `npm start` from installing at once. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { takeLock } from "../scripts/lock.mjs";

function folder(t) {
  const path = mkdtempSync(join(tmpdir(), "sightline-lock-"));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

test("a free lock is taken and given back without a trace", async (t) => {
  const path = folder(t);
  const release = await takeLock(join(path, "lock"));
  assert.equal(JSON.parse(readFileSync(join(path, "lock"), "utf8")).pid, process.pid);
  release();
  assert.deepEqual(readdirSync(path), []);
});

test("the lock of a dead process is taken over", async (t) => {
  const file = join(folder(t), "lock");
  const dead = spawn(process.execPath, ["--eval", ""]);
  await new Promise((ended) => dead.once("close", ended));
  writeFileSync(file, JSON.stringify({ pid: dead.pid, born: null }));
  const release = await takeLock(file, () => assert.fail("nobody to wait for"));
  release();
});

test("the lock of a process from before the last boot is taken over though its id lives again", {
  skip: !existsSync("/proc/self/stat") && "processes have no known time of birth on this platform",
}, async (t) => {
  const file = join(folder(t), "lock");
  writeFileSync(file, JSON.stringify({ pid: process.ppid, born: "an-older-boot 123" }));
  const release = await takeLock(file, () => assert.fail("nobody to wait for"));
  release();
});

test("a file that names nobody is taken over", async (t) => {
  const file = join(folder(t), "lock");
  writeFileSync(file, "not json");
  const release = await takeLock(file);
  release();
});

test("the lock of a living process is waited for, and said so once", async (t) => {
  const file = join(folder(t), "lock");
  const holder = spawn(process.execPath, ["--input-type=module", "--eval", holderScript(file)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await new Promise((held) => holder.stdout.once("data", held));
  const waits = [];
  const release = await takeLock(file, (pid) => {
    waits.push(pid);
    holder.stdin.end("release");
  });
  assert.deepEqual(waits, [holder.pid]);
  release();
});

/** Holds the lock until something comes in on stdin. */
function holderScript(file) {
  const module = join(import.meta.dirname, "../scripts/lock.mjs");
  return `
    import { takeLock } from ${JSON.stringify(module)};
    const release = await takeLock(${JSON.stringify(file)});
    console.log("held");
    process.stdin.once("data", () => { release(); process.exit(0); });
  `;
}

test("of many processes that find the same dead holder, one at a time gets the lock", async (t) => {
  const path = folder(t);
  const file = join(path, "lock");
  writeFileSync(file, JSON.stringify({ pid: 2 ** 22 + 1, born: null }));
  const module = join(import.meta.dirname, "../scripts/lock.mjs");
  const script = `
    import { existsSync, rmSync, writeFileSync } from "node:fs";
    import { takeLock } from ${JSON.stringify(module)};
    const inside = ${JSON.stringify(join(path, "inside"))};
    for (let i = 0; i < 3; i += 1) {
      const release = await takeLock(${JSON.stringify(file)});
      if (existsSync(inside)) process.exit(3);
      writeFileSync(inside, "");
      await new Promise((done) => setTimeout(done, 5));
      rmSync(inside);
      release();
    }`;
  const children = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ["--input-type=module", "--eval", script], { stdio: "inherit" }),
  );
  const codes = await Promise.all(children.map((child) => new Promise((ended) => child.once("close", ended))));
  assert.deepEqual(codes, [0, 0, 0, 0]);
});
