/** What both comparisons of a training step share: our step, others in processes of their own, rounds. Not a workload itself. */
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { classes, definition } from "./mobilenet-v2.mjs";

export const batch = 32;
export const threads = Math.min(2, availableParallelism());

const dist = join(import.meta.dirname, "../packages/nn/dist");

export async function chosenTarget(say) {
  const { chooseTargetWithReason } = await import(join(dist, "lowering/choose-target.js"));
  const { target, reason } = await chooseTargetWithReason({ threads });
  if (reason) say(`portable, because ${reason}`);
  return target;
}

/** Median step of each round, for each contender: ABAB…, so that both meet the same neighbours. */
export async function interleaved({ rounds, steps, warmUp = 2 }, contenders) {
  const times = contenders.map(() => []);
  for (const contender of contenders) await contender.measure(warmUp);
  for (let round = 0; round < rounds; round++) {
    for (const [index, contender] of contenders.entries()) times[index].push(median(await contender.measure(steps)));
  }
  return times;
}

export async function openStep({ width, side }, target) {
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

/** A contender in a process of its own: a line with a number of steps in, a line of JSON with their times out. */
export function openChild(command, args) {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let version = "";
  return {
    async measure(steps) {
      if (steps === 0) return [];
      child.stdin.write(`${steps}\n`);
      for (;;) {
        const { value, done } = await lines.next();
        if (done) throw new Error(`${command} ${args[0]} ended before it answered.`);
        // TensorFlow.js greets first.
        if (!value.startsWith("{")) continue;
        const answer = JSON.parse(value);
        version = answer.version;
        return answer.times;
      }
    },
    version: () => version,
    close: () => child.stdin.end(),
  };
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
