/** Kills whole trainings in the middle of an epoch, as a power cut would, and compares what comes out after going on. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const asks =
  "parameters of a training killed by SIGKILL in the middle of an epoch and resumed, against one never killed";

const root = join(import.meta.dirname, "..");
const data = join(root, "../shared/data");
const command = join(root, "apps/cli/dist/main.js");

/** Real pictures, few epochs: what is asked here is sameness, not accuracy. */
const trainings = [
  { method: "tiny", set: "station-two-state", epochs: 40, flags: ["--option", "size=48"] },
  { method: "finetune", set: "casting", epochs: 2, flags: ["--option", "size=96"] },
  { method: "detector", set: "bccd", epochs: 2, flags: ["--option", "side=128"] },
];

/** @param {{ say?: (line: string) => void, args?: readonly string[] }} options `--only=METHOD` runs one. */
export async function run({ say = console.error, args = [] } = {}) {
  const only = args.find((word) => word.startsWith("--only="))?.slice("--only=".length);
  const chosen = trainings.filter(({ method, set }) => (only ?? method) === method && existsSync(join(data, set)));
  if (chosen.length === 0) {
    say(`skipped: there are no such pictures in ${data}`);
    return [];
  }
  const place = mkdtempSync(join(tmpdir(), "sightline-resume-"));
  const results = [];
  try {
    for (const training of chosen) results.push(await compare(training, join(place, training.method), say));
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
  const same = results.filter(({ isSame }) => isSame).length;
  return [
    {
      what: `resume after kill -9 of all processes in the middle of an epoch (${results.map(({ told }) => told).join("; ")})`,
      asked: "final parameters identical",
      measured: `final parameters identical: ${same} of ${results.length}`,
      isMet: same === results.length,
    },
  ];
}

async function compare({ method, set, epochs, flags }, place, say) {
  const order = (name) => [
    ...["train", join(data, set), "--method", method, "--epochs", String(epochs), ...flags, "--seed", "1"],
    ...["--checkpoint-every", "0.1s", "--threads", "1"],
    ...["--runs", join(place, name), "--out", join(place, `${name}.onnx`)],
  ];
  say(`${method} on ${set}: ${epochs} epochs, not killed`);
  await sightline(order("whole")).ended;

  const runs = join(place, "killed");
  const started = sightline(order("killed"));
  const checkpoint = () => join(runs, readdirSync(runs)[0] ?? "", "checkpoint.bin");
  // Not before the second half: what has been learnt until then has to come back.
  const isAmidEpoch = () => {
    if (!existsSync(runs) || !existsSync(checkpoint())) return false;
    const { epoch, batch, step } = positionIn(checkpoint());
    const batches = (step - batch) / epoch;
    return epoch >= epochs / 2 && epoch < epochs && batch > 1 && batch < batches;
  };
  const group = -started.child.pid;
  for (;;) {
    if (started.child.exitCode !== null) throw new Error(`${method} ended before it could be killed.`);
    await new Promise((resolve) => setTimeout(resolve, 2));
    if (!isAmidEpoch()) continue;
    // Held still before it is killed: the next checkpoint may come between looking and killing.
    process.kill(group, "SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (isAmidEpoch()) break;
    process.kill(group, "SIGCONT");
  }
  process.kill(group, "SIGKILL");
  await started.ended.catch(() => {});
  const { epoch, batch } = positionIn(checkpoint());
  say(`${method}: killed; the checkpoint has ${epoch} epochs and ${batch} steps`);
  await sightline(["train", "--resume", readdirSync(runs)[0], "--runs", runs]).ended;
  const [whole, resumed] = await Promise.all([parameters(`${place}/whole.onnx`), parameters(`${place}/killed.onnx`)]);
  const isSame =
    whole.size > 0 && whole.size === resumed.size && [...whole].every(([key, value]) => resumed.get(key) === value);
  say(`${method}: ${isSame ? "the same" : "DIFFERENT"} in ${whole.size} tensors`);
  return { isSame, told: `\`${method}\` on ${set} ${counted(epoch, "epoch")} and ${counted(batch, "step")} in` };
}

/** All processes in a group of their own, so that one kill ends them together. */
function sightline(args) {
  const child = spawn(process.execPath, [command, ...args], { detached: true, stdio: ["ignore", "ignore", "pipe"] });
  let told = "";
  child.stderr.on("data", (part) => {
    told += part;
  });
  const ended = new Promise((resolve, reject) => {
    child.once("close", (code) => (code === 0 ? resolve() : reject(new Error(told))));
  });
  ended.catch(() => {});
  return { child, ended };
}

/** Epochs done and steps of the next one, from the checkpoint's header. */
function positionIn(file) {
  const bytes = readFileSync(file);
  return JSON.parse(bytes.toString("utf8", 12, 12 + bytes.readUInt32LE(8))).header;
}

async function parameters(file) {
  const { readOnnx } = await import(join(root, "packages/nn/dist/onnx-file.js"));
  const { initializers } = readOnnx(readFileSync(file));
  return new Map(
    [...initializers].map(([name, { data: values }]) => [name, Buffer.from(values.buffer).toString("base64")]),
  );
}

function counted(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
