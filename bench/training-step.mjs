/**
 * One training step of MobileNetV2 (forward, backward, SGD with momentum, batch 32) against PyTorch's, in interleaved
 * rounds of the same run and with the same threads. PyTorch is Debian's package. `--quick`: only the smallest net.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { batch, chosenTarget, interleaved, median, openChild, openStep, threads } from "./training-step-contenders.mjs";

export const asks = "a training step of MobileNetV2 against PyTorch: turbo and portable";

const python = "/usr/bin/python3";

const nets = [
  { width: 0.35, side: 96, atMost: 1.05, rounds: 7, steps: 5 },
  { width: 1, side: 96, atMost: 1.2, rounds: 5, steps: 3 },
  { width: 1, side: 224, atMost: 0.85, rounds: 3, steps: 1 },
];

/** @param {{ say?: (line: string) => void, args?: readonly string[] }} options */
export async function run({ say = console.error, args = [] } = {}) {
  const target = await chosenTarget(say);
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

function openTorch({ width, side }) {
  const script = join(import.meta.dirname, "training-step-torch.py");
  return openChild(python, [script, width, side, batch, threads].map(String));
}
