/** A lock between processes on one machine: a file naming its holder, taken over when the holder has died. */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Waits until the lock is ours and returns the function that gives it back. `onWait` is told once whose turn it is. */
export async function takeLock(file, onWait = () => {}) {
  mkdirSync(dirname(file), { recursive: true });
  const mine = JSON.stringify({ pid: process.pid, born: bornAt(process.pid) });
  for (let waited = false; !tryTake(file, mine); ) {
    const theirs = read(file);
    if (theirs === undefined) continue;
    const holder = parse(theirs);
    if (holder === undefined || !isAlive(holder)) {
      removeStale(file, theirs);
      continue;
    }
    if (!waited) onWait(holder.pid);
    waited = true;
    await sleep(250);
  }
  return () => {
    if (read(file) === mine) rmSync(file, { force: true });
  };
}

/** Written aside and linked into place: the file never exists without its holder's name in it. */
function tryTake(file, mine) {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, mine);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Two waiters may find the same dead holder; the one that comes second must not remove the lock of the first. */
function removeStale(file, theirs) {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (error.code === "ENOENT") return;
    throw error;
  }
  if (read(aside) !== theirs) {
    try {
      linkSync(aside, file);
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
  }
  rmSync(aside, { force: true });
}

function read(file) {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

function parse(text) {
  try {
    const holder = JSON.parse(text);
    return Number.isInteger(holder.pid) ? holder : undefined;
  } catch {
    return undefined;
  }
}

function isAlive({ pid, born }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== "EPERM") return false;
  }
  const now = bornAt(pid);
  // A process id is used again after a while, at the latest after a reboot; its time of birth is not.
  return born === null || now === null || born === now;
}

/** Boot and start time of a process where the system tells (Linux), else null. */
function bornAt(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()} ${fields[19]}`;
  } catch {
    return null;
  }
}
