/**
 * What a network's answers owe to each of its channels: every map that weights read goes through gates, one for each picture
 * and channel. Open gates change nothing; a closed one shows its reader the channel's mean in place of what it holds. The
 * gradient by the gates tells what closing them would do (Molchanov et al. 2019), for each picture by itself.
 */

import { withGradients } from "../gradients.js";
import type { Graph, Node } from "../graph.js";
import { GraphBuilder } from "../graph-builder.js";
import { chooseTarget } from "../lowering/choose-target.js";
import { lower } from "../lowering.js";
import { type GraphSession, openGraphSession } from "../session/session.js";
import { inferShapes } from "../shapes.js";
import { Tape } from "../tape.js";
import { floatTensor, type Tensor } from "../tensor.js";
import type { ChannelMap } from "./channels.js";
import type { ReadMeans } from "./cut-channels.js";

export interface GateOptions {
  /** Pictures at once; every batch must have as many. */
  readonly batchSize: number;
  readonly threads: number;
}

/** A batch by the names of the graph's inputs. */
export type Feeds = Readonly<Record<string, Tensor>>;

export class Gates {
  readonly #map: ChannelMap;
  readonly #batchSize: number;
  readonly #answers: GraphSession;
  readonly #gradients: GraphSession;
  readonly #readers: readonly Reader[];
  /** The gradient's value by the reader's place. */
  readonly #gradientOf: ReadonlyMap<number, string>;
  readonly #output: string;

  private constructor(parts: {
    map: ChannelMap;
    batchSize: number;
    answers: GraphSession;
    gradients: GraphSession;
    readers: readonly Reader[];
    gradientOf: ReadonlyMap<number, string>;
    output: string;
  }) {
    this.#map = parts.map;
    this.#batchSize = parts.batchSize;
    this.#answers = parts.answers;
    this.#gradients = parts.gradients;
    this.#readers = parts.readers;
    this.#gradientOf = parts.gradientOf;
    this.#output = parts.output;
  }

  /**
   * @param graph its first output is what the network answers, `[N, answers]`
   * @throws NnError as `openGraphSession` does
   */
  static async open(graph: Graph, map: ChannelMap, { batchSize, threads }: GateOptions): Promise<Gates> {
    const fixed = {
      ...graph,
      inputs: graph.inputs.map((input) => ({ ...input, dims: [batchSize, ...input.dims.slice(1)] })),
    };
    const readers = readersOf(fixed, map);
    const output = graph.outputs[0]?.name ?? "";
    const { gated, gradientOf } = gatedGraph(fixed, readers, output);
    const answers = await openGraphSession(meansGraph(fixed, readers, output), { threads });
    const gradients = await openGraphSession(lower(gated, await chooseTarget({ threads })), { threads });
    return new Gates({ map, batchSize, answers, gradients, readers, gradientOf, output });
  }

  /** What the network answers, batch by batch, and what each of its weighted nodes reads on average. */
  async measure(batches: readonly Feeds[]): Promise<{ answers: Float32Array[]; means: ReadMeans }> {
    const sums = new Map(this.#readers.map(({ node, channels }) => [node, new Float64Array(channels)]));
    const answers: Float32Array[] = [];
    for (const feeds of batches) {
      const results = await this.#answers.run(feeds);
      answers.push(results[this.#output]?.data as Float32Array);
      for (const { node, mean, channels } of this.#readers) {
        const [sum, values] = [sums.get(node) as Float64Array, results[mean]?.data as Float32Array];
        for (const [i, value] of values.entries()) {
          const channel = i % channels;
          sum[channel] = (sum[channel] as number) + value / (this.#batchSize * batches.length);
        }
      }
    }
    return { answers, means: sums };
  }

  /**
   * By channel, the mean over the pictures of the square of what its going would change, to first order: of the sum of the
   * answers, each times its number in `directions` (the gradient of a loss by the answers).
   *
   * @param directions for each batch `[batchSize, answers]`
   * @param gone channels whose gates are closed already
   */
  async importance(
    batches: readonly Feeds[],
    directions: readonly Float32Array[],
    means: ReadMeans,
    gone: ReadonlySet<number> = new Set(),
  ): Promise<Map<number, number>> {
    const found = new Map(this.#map.groups.flat().map((channel) => [channel, 0]));
    const constant = this.#gateFeeds(means, gone);
    for (const [index, feeds] of batches.entries()) {
      const direction = directions[index] as Float32Array;
      const results = await this.#gradients.run({
        ...feeds,
        ...constant,
        [directionInput]: floatTensor([this.#batchSize, direction.length / this.#batchSize], direction),
      });
      for (let picture = 0; picture < this.#batchSize; picture++) {
        const sums = new Map<number, number>();
        for (const { node, reads, channels } of this.#readers) {
          const values = results[this.#gradientOf.get(node) ?? ""]?.data as Float32Array;
          for (const [i, channel] of reads.entries()) {
            if (found.has(channel))
              sums.set(channel, (sums.get(channel) ?? 0) + (values[picture * channels + i] as number));
          }
        }
        for (const [channel, sum] of sums)
          found.set(channel, (found.get(channel) as number) + sum ** 2 / (this.#batchSize * batches.length));
      }
    }
    return found;
  }

  async dispose(): Promise<void> {
    await Promise.all([this.#answers.dispose(), this.#gradients.dispose()]);
  }

  #gateFeeds(means: ReadMeans, gone: ReadonlySet<number>): Feeds {
    return Object.fromEntries(
      this.#readers.flatMap(({ node, gate, average, reads, dims }) => {
        const open = Float32Array.from({ length: this.#batchSize * reads.length }, (_, i) =>
          gone.has(reads[i % reads.length] as number) ? 0 : 1,
        );
        return [
          [gate, floatTensor([this.#batchSize, ...dims], open)],
          [average, floatTensor([1, ...dims], Array.from(means.get(node) ?? []))],
        ];
      }),
    );
  }
}

/** A weighted node with gates before it. */
interface Reader {
  readonly node: number;
  readonly reads: readonly number[];
  readonly channels: number;
  /** Behind the batch: channels and a 1 for each side of the map. */
  readonly dims: readonly number[];
  readonly gate: string;
  readonly average: string;
  readonly mean: string;
}

const directionInput = "gates/direction";

function readersOf(graph: Graph, map: ChannelMap): Reader[] {
  const shapes = inferShapes(graph);
  const movable = new Set(map.groups.flat());
  return map.weighted.flatMap(({ node, reads, isDepthwise }) => {
    if (isDepthwise || reads.every((channel) => !movable.has(channel))) return [];
    const rank = shapes.get(graph.nodes[node]?.inputs[0] ?? "")?.dims.length ?? 2;
    const name = `gates/${node}`;
    return {
      ...{ node, reads, channels: reads.length, dims: [reads.length, ...new Array<number>(rank - 2).fill(1)] },
      ...{ gate: `${name}/gate`, average: `${name}/average`, mean: `${name}/mean` },
    };
  });
}

/** Answers, and the mean over each map that is read, by picture and channel. */
function meansGraph(graph: Graph, readers: readonly Reader[], output: string): Graph {
  const builder = GraphBuilder.from(graph);
  const tape = new Tape(builder);
  for (const { node, dims, mean } of readers) {
    const x = graph.nodes[node]?.inputs[0] ?? "";
    builder.output(dims.length > 1 ? tape.mean(x, [2, 3]) : x, mean);
  }
  builder.output(output);
  return builder.build("channel means");
}

function gatedGraph(graph: Graph, readers: readonly Reader[], output: string) {
  const byNode = new Map(readers.map((reader) => [reader.node, reader]));
  const builder = new GraphBuilder("gates/");
  const tape = new Tape(builder);
  for (const { name, type, dims } of graph.inputs) builder.input(name, type, dims);
  for (const [name, value] of graph.initializers) builder.constant(value, name);
  for (const [index, node] of graph.nodes.entries()) {
    const reader = byNode.get(index);
    builder.append(reader === undefined ? node : behindGates(node, reader, builder, tape));
  }
  const direction = builder.input(directionInput, "float32", builder.dims(output));
  const loss = tape.reshape(tape.sum(tape.times(output, direction), [0, 1]), []);
  builder.output(loss);
  const forward = builder.build("gates");
  const { graph: all, gradients } = withGradients(
    forward,
    loss,
    readers.map(({ gate }) => gate),
  );
  return {
    gated: { ...all, outputs: all.outputs.filter(({ name }) => name !== loss) },
    gradientOf: new Map(readers.map(({ node, gate }) => [node, gradients.get(gate) ?? ""])),
  };
}

/** The node reading average + gate · (x − average). */
function behindGates(node: Node, { gate, average, dims }: Reader, builder: GraphBuilder, tape: Tape): Node {
  const [x = "", ...rest] = node.inputs;
  const batch = Number(builder.dims(x)[0]);
  const mean = builder.input(average, "float32", [1, ...dims]);
  const open = builder.input(gate, "float32", [batch, ...dims]);
  return { ...node, inputs: [tape.plus(mean, tape.times(open, tape.minus(x, mean))), ...rest] };
}
