/** What makes two trainings the same one: a checkpoint continues only that which it was made by. */

import { createHash } from "node:crypto";
import { NnError } from "../errors.js";
import type { Graph } from "../graph.js";
import type { Weights } from "../network.js";
import type { Tensor } from "../tensor.js";
import type { TrainingOptions } from "./training.js";

/** Each entry a short text, so that an error can show both. */
export type Fingerprint = Readonly<Record<string, string>>;

/** Budgets, memory, threads and patience are left out: another machine or a longer budget may go on with a training. */
export function fingerprint(options: TrainingOptions, graph: Graph, starting: Weights): Fingerprint {
  const { source, batchSize, epochs, seed, optimizer, schedule, groups, clipNorm, ema } = options;
  return {
    seed: String(seed),
    epochs: String(epochs),
    "batch size": String(batchSize),
    pictures: String(source.samples),
    "batches per epoch": String(source.batches),
    optimizer: JSON.stringify(optimizer),
    schedule: JSON.stringify(schedule),
    groups: JSON.stringify(groups ?? {}),
    clipping: JSON.stringify(clipNorm ?? null),
    averaging: JSON.stringify(ema ?? null),
    "starting weights": digestOf([...starting.parameters, ...starting.statistics]),
    network: graphDigest(graph),
  };
}

/** @throws NnError `CHECKPOINT_INVALID` naming the first difference. */
export function refuseOther(saved: Fingerprint, own: Fingerprint): void {
  for (const [what, value] of Object.entries(own)) {
    if (saved[what] !== value) {
      throw new NnError(
        "CHECKPOINT_INVALID",
        `The checkpoint is another training's: its ${what} is ${saved[what] ?? "missing"}, this one's is ${value}. ` +
          "Start with the same options to go on with it, or delete it to train from the start.",
      );
    }
  }
}

function graphDigest({ inputs, outputs, nodes, initializers }: Graph): string {
  const constants = digestOf([...initializers]);
  return createHash("sha256")
    .update(JSON.stringify([inputs, outputs, nodes, constants]))
    .digest("hex")
    .slice(0, 16);
}

function digestOf(tensors: readonly (readonly [string, Tensor])[]): string {
  const digest = createHash("sha256");
  for (const [name, { type, dims, data }] of tensors) {
    digest.update(`${name} ${type} ${dims.join()}\n`);
    digest.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return digest.digest("hex").slice(0, 16);
}
