/**
 * One training step of MobileNetV2 (forward, backward, SGD with momentum, batch 32) against PyTorch's, in interleaved
 * rounds of the same run and with the same threads.
 */
import { spawn, spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { classes, definition } from "./mobilenet-v2.mjs";

export const asks = "a training step of MobileNetV2 against PyTorch: turbo and portable";

const dist = join(import.meta.dirname, "../packages/nn/dist");
const python = "/usr/bin/python3";
const batch = 32;
const threads = Math.min(2, availableParallelism());

const nets = [
  { width: 0.35, side: 96, atMost: 1.05, rounds: 7, steps: 5 },
  { width: 1, side: 96, atMost: 1.2, rounds: 5, steps: 3 },
  { width: 1, side: 224, atMost: 0.85, rounds: 3, steps: 1 },
];

/** @param {{ say?: (line: string) => void, args?: readonly string[] }} options */
export async function run({ say = console.error, args = [] } = {}) {
  const { chooseTargetWithReason } = await import(join(dist, "lowering/choose-target.js"));
  const { target, reason } = await chooseTargetWithReason({ threads });
  if (reason) say(`portable, because ${reason}`);
  const hasTorch = spawnSync(python, ["-c", "import torch"]).status === 0;
  const rows = [];
  for (const net of args.includes("--quick") ? nets.slice(0, 1) : nets) {
    const name = `training step, MobileNetV2-${net.width} @${net.side}, batch ${batch}, ${threads} threads`;
    const asked = `≤ ${net.atMost}x PyTorch's time`;
    const torch = hasTorch ? openTorch(net) : null;
    const fast = await openStep(net, target);
    const times = await interleaved(net, torch ? [fast, torch] : [fast]);
    fast.close();
    torch?.close();
    const portable = await openStep(net, { kind: "portable" });
    const [slow] = await interleaved({ ...net, rounds: 2 }, [portable]);
    portable.close();
    const [own, other] = times.map(median);
    say(`${name}: ${target.kind} ${own.toFixed(1)} ms, portable ${median(slow).toFixed(1)} ms`);
    if (other === undefined) {
      const measured = `${own.toFixed(1)} ms; no PyTorch here (apt-get install python3-torch)`;
      rows.push({ what: name, asked, measured, isMet: null });
      continue;
    }
    const ratio = median(times[0].map((time, round) => time / times[1][round]));
    const measured = `${ratio.toFixed(2)}x: ${own.toFixed(1)} ms (${target.kind}; portable ${median(slow).toFixed(0)}) against ${other.toFixed(1)} ms (PyTorch ${torch.version()})`;
    rows.push({ what: name, asked, measured, isMet: ratio <= net.atMost });
  }
  return rows;
}

/** Median step of each round, for each contender: ABAB…, so that both meet the same neighbours. */
async function interleaved({ rounds, steps }, contenders) {
  const times = contenders.map(() => []);
  for (const contender of contenders) await contender.measure(2);
  for (let round = 0; round < rounds; round++) {
    for (const [index, contender] of contenders.entries()) times[index].push(median(await contender.measure(steps)));
  }
  return times;
}

async function openStep({ width, side }, target) {
  const load = (path) => import(join(dist, path));
  const [layers, losses] = [await load("layers.js"), await load("losses.js")];
  const { stepGraph } = await load("training/step-graph.js");
  const { startingWeights, written } = await load("training/definition.js");
  const { firstState, Stepper } = await load("training/stepper.js");
  const { lower } = await load("lowering.js");
  const { openGraphSession } = await load("session/session.js");
  const { floatTensor } = await load("tensor.js");
  const { randomStream } = await load("random.js");

  const task = definition({ layers, losses, width, side });
  const weights = startingWeights(written(task, { mode: "evaluate", batch }).net, 1);
  const optimizer = { kind: "sgd", momentum: 0.9, weightDecay: 1e-4 };
  const step = stepGraph(task, weights, { batchSize: batch, optimizer });
  // Two spinning threads on an idle machine, as PyTorch's OpenMP threads spin.
  const session = await openGraphSession(lower(step.graph, target), { threads, spinning: true });
  const state = firstState(
    step,
    step.parameters.gather(weights.parameters),
    step.statistics.gather(weights.statistics),
  );
  const stepper = new Stepper(session, step, state, 1);
  const random = randomStream(1, "pictures");
  const targets = Float32Array.from({ length: batch * classes }, (_, index) =>
    Number(index % classes === Math.floor(index / classes) % classes),
  );
  const feeds = {
    pictures: floatTensor([batch, 3, side, side], Float32Array.from({ length: batch * 3 * side * side }, random)),
    targets: floatTensor([batch, classes], targets),
  };
  let count = 0;
  return {
    async measure(steps) {
      const times = [];
      for (let index = 0; index < steps; index++) {
        const start = performance.now();
        await stepper.step(feeds, ++count, 0.01);
        times.push(performance.now() - start);
      }
      return times;
    },
    close: () => session.dispose(),
  };
}

function openTorch({ width, side }) {
  const script = join(import.meta.dirname, "training-step-torch.py");
  const child = spawn(python, [script, width, side, batch, threads].map(String), {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let version = "";
  return {
    async measure(steps) {
      child.stdin.write(`${steps}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error("PyTorch ended before it answered.");
      const answer = JSON.parse(value);
      version = answer.version;
      return answer.times;
    },
    version: () => version,
    close: () => child.stdin.end(),
  };
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
