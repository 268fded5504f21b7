/** A network with fewer channels: those go whose going changes its answers least for what it saves. */
import type { Graph } from "@sightline/nn/graph";
import { type ChannelMap, mapChannels } from "@sightline/nn/pruning/channels";
import { chooseChannels, leastCost } from "@sightline/nn/pruning/choose-channels";
import { cutChannels } from "@sightline/nn/pruning/cut-channels";
import { type Feeds, Gates } from "@sightline/nn/pruning/gates";
import { type Random, randomStream } from "@sightline/nn/random";
import { ModelError, nextTurn, throwIfCancelled } from "../model-error.js";
import { type NetworkCost, networkCost } from "../network-cost.js";

export interface CutOptions {
  /** Share of the parameters and of the multiply-accumulates that may stay, each. */
  readonly keep: number;
  /** Whether one answer excludes the others, so that only their differences count. */
  readonly isOneOfThem: boolean;
  readonly seed: number;
  readonly threads: number;
  readonly signal: AbortSignal | undefined;
  /** Told 0–1. */
  readonly onProgress: (share: number) => void;
}

/** A quarter of each layer stays: one that is cut through passes nothing on, however little it seemed to matter. */
const leastShare = 0.25;
/** ONNX Runtime's fast layout and the kernels for microcontrollers take channels in fours. */
const pack = 4;
/** What matters little beside others matters more once those are gone: it is asked again so often (README.md). */
const rounds = 4;

/**
 * What a channel matters is the mean over the pictures of the squared change of the answers if it became its mean, to first
 * order, for each answer alike. Labels play no part: a network that is sure of all its pictures would show no difference.
 *
 * @param graph its one output is `logits` `[N, labels]`
 * @param batches of as many pictures each
 * @throws ModelError `METHOD_OPTION_INVALID` where so little can't stay, `TRAINING_CANCELLED`
 */
export async function cutNetwork(graph: Graph, batches: readonly Feeds[], options: CutOptions): Promise<Graph> {
  const { keep, isOneOfThem, seed, threads, signal } = options;
  const map = mapChannels(graph);
  const batchSize = Object.values(batches[0] ?? {})[0]?.dims[0] ?? 1;
  const whole = networkCost(graph);
  const gates = await Gates.open(graph, map, { batchSize, threads });
  try {
    throwIfCancelled(signal);
    const { answers, means } = await gates.measure(batches);
    const random = randomStream(seed, "pruning");
    const directions = answers.map(({ length }) => signs(length / batchSize, batchSize, isOneOfThem, random));
    let gone: ReadonlySet<number> = new Set();
    for (let round = 1; round <= rounds; round++) {
      throwIfCancelled(signal);
      const importance = await gates.importance(batches, directions, means, gone);
      const share = keep ** (round / rounds);
      const most = {
        parameters: Math.floor(share * whole.parameters),
        multiplyAccumulates: Math.floor(share * whole.multiplyAccumulates),
      };
      gone = chooseChannels(map, importance, { most, leastShare, pack, gone }) ?? tooLittle(whole, map, keep);
      options.onProgress(round / rounds);
      await nextTurn();
    }
    return cutChannels(graph, map, gone, means);
  } finally {
    await gates.dispose();
  }
}

function tooLittle(whole: NetworkCost, map: ChannelMap, keep: number): never {
  const least = leastCost(map, { leastShare, pack });
  throw new ModelError(
    "METHOD_OPTION_INVALID",
    `Of this network's ${whole.parameters} parameters and ${whole.multiplyAccumulates} multiply-accumulates at least ${least.parameters} and ${least.multiplyAccumulates} stay where a quarter of each layer does: a share of ${keep} is less. Keep more.`,
  );
}

/** By chance +1 or −1 for each answer: the squared sum is then, on average, the sum of the answers' squared changes. */
function signs(answers: number, pictures: number, isOneOfThem: boolean, random: Random): Float32Array {
  const drawn = new Float32Array(answers * pictures);
  for (let from = 0; from < drawn.length; from += answers) {
    const row = drawn.subarray(from, from + answers);
    for (let k = 0; k < answers; k++) row[k] = random() < 0.5 ? -1 : 1;
    // Where all answers rise alike, nothing changes.
    const shared = isOneOfThem ? row.reduce((sum, value) => sum + value, 0) / answers : 0;
    for (let k = 0; k < answers; k++) row[k] = (row[k] as number) - shared;
  }
  return drawn;
}
