/**
 * One training step of MobileNetV2-0.35 at 96 pixels against TensorFlow.js's, in interleaved rounds of the same run. It is no
 * dependency of the project: it is taken from .cache/tfjs, where `--install` has npm install it (300 MB).
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { batch, chosenTarget, interleaved, median, openChild, openStep } from "./training-step-contenders.mjs";

export const asks =
  "a training step of MobileNetV2 against TensorFlow.js (--install: npm installs it into .cache/tfjs)";

const net = { width: 0.35, side: 96 };

const tensorFlow = {
  folder: join(import.meta.dirname, "../.cache/tfjs"),
  packages: ["@tensorflow/tfjs@4.22.0", "@tensorflow/tfjs-backend-wasm@4.22.0"],
  atLeast: 40,
};

/** training-step-tfjs-net.mjs says what each backend is. The first is slow: one step of it is enough. */
const tensorFlowRuns = [
  { backend: "cpu", what: "its cpu backend", warmUp: 0, rounds: 1 },
  { backend: "wasm", what: "its wasm backend, missing gradients added", warmUp: 1, rounds: 3 },
  { backend: "wasm-hand", what: "its wasm backend, every layer rewritten around slow kernels", warmUp: 1, rounds: 3 },
];

/** @param {{ say?: (line: string) => void, args?: readonly string[] }} options */
export async function run({ say = console.error, args = [] } = {}) {
  const name = `training step, MobileNetV2-${net.width} @${net.side}, batch ${batch}, against TensorFlow.js`;
  const asked = `≥ ${tensorFlow.atLeast}x faster than its best backend`;
  const missing = installed(tensorFlow, { isAllowed: args.includes("--install"), say });
  if (missing) return [{ what: name, asked, measured: `skipped: ${missing}`, isMet: null }];
  const target = await chosenTarget(say);
  const own = await openStep(net, target);
  // Several of our steps beside one of theirs: ours are too short to be measured singly.
  const ours = { measure: (steps) => own.measure(5 * steps) };
  await ours.measure(1);
  const results = [];
  for (const { backend, what, warmUp, rounds } of tensorFlowRuns) {
    const other = openChild(process.execPath, [
      join(import.meta.dirname, "training-step-tfjs-net.mjs"),
      tensorFlow.folder,
      ...[backend, net.width, net.side, batch].map(String),
    ]);
    const times = await interleaved({ rounds, steps: 1, warmUp }, [ours, other]);
    other.close();
    const [ownMs, otherMs] = times.map(median);
    say(`${what}: ${otherMs.toFixed(0)} ms against ${ownMs.toFixed(1)} ms`);
    const ratio = median(times[1].map((time, round) => time / times[0][round]));
    results.push({ backend, what, ownMs, otherMs, ratio, version: other.version() });
  }
  own.close();
  const told = ({ what, ownMs, otherMs, ratio }) =>
    `${ratio.toFixed(0)}x: ${ownMs.toFixed(1)} ms (${target.kind}) against ${(otherMs / 1000).toFixed(2)} s (${what})`;
  const [cpu, wasm, byHand] = results;
  const best = wasm.ratio < cpu.ratio ? wasm : cpu;
  return [
    {
      what: `${name} ${wasm.version}: its own layers`,
      asked,
      measured: `${told(best)}; ${told(best === wasm ? cpu : wasm)}`,
      isMet: best.ratio >= tensorFlow.atLeast,
    },
    {
      what: `${name} ${wasm.version}: what an expert could make of it`,
      asked: "–",
      measured: told(byHand),
      isMet: null,
    },
  ];
}

/** Why a package isn't there, or nothing. */
function installed({ folder, packages }, { isAllowed, say }) {
  if (existsSync(join(folder, "node_modules/@tensorflow/tfjs-backend-wasm"))) return null;
  if (!isAllowed) return "TensorFlow.js isn't installed; --install has npm install it into .cache/tfjs (300 MB)";
  say(`npm install ${packages.join(" ")} into ${folder}`);
  mkdirSync(folder, { recursive: true });
  // A folder of its own, so that npm doesn't look for the project around it.
  const options = ["--prefix", folder, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"];
  const { status, stderr } = spawnSync("npm", ["install", ...options, ...packages], { encoding: "utf8", cwd: folder });
  return status === 0
    ? null
    : `npm couldn't install TensorFlow.js: ${(stderr ?? "").match(/npm (?:error|ERR!).*/)?.[0] ?? "no npm here"}`;
}
