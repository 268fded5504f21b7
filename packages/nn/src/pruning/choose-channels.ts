/** Which channels go: those that matter least for what they cost, until the network is small enough. */

import type { ChannelMap, WeightedNode } from "./channels.js";

export interface PrunedCost {
  /** Weights and biases. */
  readonly parameters: number;
  /** For one picture. */
  readonly multiplyAccumulates: number;
}

export interface ChoiceOptions {
  /** Both must be reached. */
  readonly most: PrunedCost;
  /** Share of each layer's channels that stays whatever they matter: a layer that is cut through passes nothing on. */
  readonly leastShare: number;
  /** Channels go in packs of so many, as processors compute them. */
  readonly pack: number;
  /** Those that are gone already. */
  readonly gone?: ReadonlySet<number>;
}

/** What the weighted nodes cost without some of the channels. */
export function costWithout(map: ChannelMap, gone: ReadonlySet<number>): PrunedCost {
  return new Remainder(map, gone).cost;
}

/**
 * All channels that go, those gone already among them. Of each layer the least important ones go first; among layers the pack
 * with the least importance for what it saves, measured by what is still to be saved.
 *
 * @param importance by channel; what isn't in it matters nothing
 * @returns `null` where so much can't be saved
 */
export function chooseChannels(
  map: ChannelMap,
  importance: ReadonlyMap<number, number>,
  { most, leastShare, pack, gone: before = new Set() }: ChoiceOptions,
): Set<number> | null {
  const all = costWithout(map, new Set());
  const rest = new Remainder(map, before);
  const order = { importance, gone: before, leastShare, pack };
  const waiting = map.groups.map((channels) => packsOf(channels, order));
  for (;;) {
    const isLarge = rest.cost.parameters > most.parameters;
    const isSlow = rest.cost.multiplyAccumulates > most.multiplyAccumulates;
    if (!isLarge && !isSlow) return rest.gone;
    let best: { readonly packs: number[][]; readonly price: number } | null = null;
    for (const packs of waiting) {
      const [next] = packs;
      if (next === undefined) continue;
      const saved = rest.savedBy(next);
      const relief =
        (isLarge ? saved.parameters / all.parameters : 0) +
        (isSlow ? saved.multiplyAccumulates / all.multiplyAccumulates : 0);
      const price = next.reduce((sum, channel) => sum + (importance.get(channel) ?? 0), 0) / relief;
      if (relief > 0 && (best === null || price < best.price)) best = { packs, price };
    }
    if (best === null) return null;
    rest.remove(best.packs.shift() ?? []);
  }
}

/** What is left where all goes that may. */
export function leastCost(
  map: ChannelMap,
  { leastShare, pack }: Pick<ChoiceOptions, "leastShare" | "pack">,
): PrunedCost {
  const order = { importance: new Map(), gone: new Set<number>(), leastShare, pack };
  return costWithout(map, new Set(map.groups.flatMap((channels) => packsOf(channels, order).flat())));
}

/** A layer's channels that may go, the least important first, in packs. */
function packsOf(
  channels: readonly number[],
  {
    importance,
    gone,
    leastShare,
    pack,
  }: {
    readonly importance: ReadonlyMap<number, number>;
    readonly gone: ReadonlySet<number>;
    readonly leastShare: number;
    readonly pack: number;
  },
): number[][] {
  const staying = Math.max(pack, pack * Math.ceil((leastShare * channels.length) / pack));
  const there = channels
    .filter((channel) => !gone.has(channel))
    .sort((a, b) => (importance.get(a) ?? 0) - (importance.get(b) ?? 0));
  const packs: number[][] = [];
  for (let at = 0; ; ) {
    const rest = there.length - at;
    // The first pack leaves a multiple, also of a layer that has none.
    const size = rest % pack === 0 ? pack : rest % pack;
    if (rest - size < staying) return packs;
    packs.push(there.slice(at, at + size));
    at += size;
  }
}

/** How often a node reads or makes a channel. */
interface Use {
  readonly node: number;
  readonly reads: number;
  readonly makes: number;
}

/** What is left of a network, counted as channels go. */
class Remainder {
  readonly gone = new Set<number>();
  readonly #nodes: readonly WeightedNode[];
  readonly #reads: number[];
  readonly #makes: number[];
  readonly #uses = new Map<number, Use[]>();
  #cost: PrunedCost = { parameters: 0, multiplyAccumulates: 0 };

  constructor({ weighted }: ChannelMap, gone: Iterable<number>) {
    this.#nodes = weighted;
    this.#reads = weighted.map(({ reads }) => reads.length);
    this.#makes = weighted.map(({ makes }) => makes.length);
    for (const [node, { reads, makes }] of weighted.entries()) {
      const [read, made] = [countsOf(reads), countsOf(makes)];
      for (const channel of new Set([...reads, ...makes])) {
        const use = { node, reads: read.get(channel) ?? 0, makes: made.get(channel) ?? 0 };
        this.#uses.set(channel, [...(this.#uses.get(channel) ?? []), use]);
      }
      this.#add(nodeCost(weighted[node] as WeightedNode, reads.length, makes.length));
    }
    this.remove(gone);
  }

  get cost(): PrunedCost {
    return this.#cost;
  }

  savedBy(channels: Iterable<number>): PrunedCost {
    let [parameters, multiplyAccumulates] = [0, 0];
    for (const [node, { reads, makes }] of this.#lost(channels)) {
      const about = this.#nodes[node] as WeightedNode;
      const [read, made] = [this.#reads[node] as number, this.#makes[node] as number];
      const [now, then] = [nodeCost(about, read, made), nodeCost(about, read - reads, made - makes)];
      parameters += now.parameters - then.parameters;
      multiplyAccumulates += now.multiplyAccumulates - then.multiplyAccumulates;
    }
    return { parameters, multiplyAccumulates };
  }

  remove(channels: Iterable<number>): void {
    const going = [...channels].filter((channel) => !this.gone.has(channel));
    const { parameters, multiplyAccumulates } = this.savedBy(going);
    this.#add({ parameters: -parameters, multiplyAccumulates: -multiplyAccumulates });
    for (const [node, { reads, makes }] of this.#lost(going)) {
      this.#reads[node] = (this.#reads[node] as number) - reads;
      this.#makes[node] = (this.#makes[node] as number) - makes;
    }
    for (const channel of going) this.gone.add(channel);
  }

  /** By node, what it would read and make less. */
  #lost(channels: Iterable<number>): ReadonlyMap<number, Omit<Use, "node">> {
    const lost = new Map<number, Omit<Use, "node">>();
    for (const channel of channels) {
      for (const { node, reads, makes } of this.#uses.get(channel) ?? []) {
        const before = lost.get(node);
        lost.set(node, { reads: (before?.reads ?? 0) + reads, makes: (before?.makes ?? 0) + makes });
      }
    }
    return lost;
  }

  #add({ parameters, multiplyAccumulates }: PrunedCost): void {
    this.#cost = {
      parameters: this.#cost.parameters + parameters,
      multiplyAccumulates: this.#cost.multiplyAccumulates + multiplyAccumulates,
    };
  }
}

function countsOf(channels: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const channel of channels) counts.set(channel, (counts.get(channel) ?? 0) + 1);
  return counts;
}

function nodeCost({ isDepthwise, weights, places }: WeightedNode, reads: number, makes: number): PrunedCost {
  const pairs = isDepthwise ? makes : reads * makes;
  return { parameters: weights * pairs + makes, multiplyAccumulates: places * weights * pairs };
}
