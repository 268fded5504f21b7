/** A training in a process of its own, for the test that kills it: `node resume-child.js CHECKPOINT`; prints a line per step. */

import { createHash } from "node:crypto";
import { checkpointFile } from "./checkpoint.js";
import { barsTraining } from "./drawn-bars.js";
import { type TrainingOptions, trainNetwork } from "./training.js";

/** Everything that a checkpoint has to keep: moments, averages, statistics, noise, the best state. */
export function resumedTraining(): TrainingOptions {
  return {
    ...barsTraining(),
    ema: { decay: 0.9 },
    clipNorm: 1,
    evaluate: async (_, epoch) => ({ metric: epoch === 2 ? 1 : 0 }),
  };
}

export async function digestOfTraining(options: TrainingOptions): Promise<string> {
  const { weights, history } = await trainNetwork(options);
  const digest = createHash("sha256");
  for (const [name, { data }] of [...weights.parameters, ...weights.statistics]) {
    digest.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  for (const { epoch, loss, metric } of history) digest.update(JSON.stringify({ epoch, loss, metric }));
  return digest.digest("hex");
}

const [, script = "", checkpoint] = process.argv;
if (script.endsWith("resume-child.js") && checkpoint !== undefined) {
  const digest = await digestOfTraining({
    ...resumedTraining(),
    checkpoint: checkpointFile(checkpoint),
    checkpointEveryMs: 0,
    onProgress: ({ step }) => process.stdout.write(`step ${step}\n`),
  });
  process.stdout.write(`digest ${digest}\n`);
}
