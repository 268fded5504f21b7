import assert from "node:assert/strict";
import { test } from "node:test";
import { foldBatchNorms } from "./fold-batch-norms.js";
import type { Graph } from "./graph.js";
import { GraphBuilder } from "./graph-builder.js";
import { randomStream } from "./random.js";
import { openReferenceSession } from "./session/reference.js";
import { floatTensor } from "./tensor.js";

const random = randomStream(1, "folding");
const numbers = (count: number, from = -1): number[] => Array.from({ length: count }, () => from + 2 * random());

/** Convolution and batch norm, with a bias or none; asked for or not, the value between them. */
function network(withBias: boolean, isBetweenWanted = false): Graph {
  const builder = new GraphBuilder();
  const image = builder.input("image", "float32", ["N", 3, 5, 5]);
  const weights = floatTensor([4, 3, 3, 3], numbers(108));
  const conv = builder.add(
    "Conv",
    [image, weights, ...(withBias ? [floatTensor([4], numbers(4))] : [])],
    {},
    "between",
  );
  const norm = [numbers(4), numbers(4), numbers(4), numbers(4, 0.1)].map((values) =>
    floatTensor([4], values.map(Math.abs)),
  );
  builder.output(builder.add("BatchNormalization", [conv, ...norm], { epsilon: 1e-3 }, "normed"));
  if (isBetweenWanted) builder.output(conv);
  return builder.build("net");
}

for (const withBias of [true, false])
  test(`a batch norm behind a convolution ${withBias ? "with" : "without"} a bias goes into it, and the answers stay`, async () => {
    const graph = network(withBias);
    const folded = foldBatchNorms(graph);
    assert.deepEqual(
      folded.nodes.map(({ operator }) => operator),
      ["Conv"],
    );
    assert.equal(folded.initializers.size, 2);
    const image = floatTensor([1, 3, 5, 5], numbers(75));
    const answer = async (one: Graph) => (await openReferenceSession(one).run({ image })).normed?.data ?? [];
    const [expected, got] = [await answer(graph), await answer(folded)].map((data) => Array.from(data, Number));
    assert.ok(expected && got);
    const worst = Math.max(...got.map((value, i) => Math.abs(value - (expected[i] ?? Number.NaN))));
    assert.ok(got.length === expected.length && worst < 1e-4, `differs by ${worst}`);
  });

test("a batch norm stays where something else needs what the convolution says", () => {
  const graph = network(true, true);
  assert.deepEqual(foldBatchNorms(graph).nodes, graph.nodes);
});
