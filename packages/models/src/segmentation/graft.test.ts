import assert from "node:assert/strict";
import { test } from "node:test";
import type { Graph } from "@sightline/nn/graph";
import { GraphBuilder } from "@sightline/nn/graph-builder";
import { writeOnnx } from "@sightline/nn/onnx-file";
import { openSession } from "@sightline/nn/session/session";
import { floatTensor } from "@sightline/nn/tensor";
import { graft } from "./graft.js";

/** x · first, then · second. */
function network(first: number, second: number, output: string): Graph {
  const builder = new GraphBuilder();
  builder.input("x", "float32", ["N", 2]);
  const once = builder.add("Mul", ["x", floatTensor([2], [first, first])]);
  builder.output(builder.add("Mul", [once, floatTensor([2], [second, second])], {}, output));
  return builder.build(output);
}

async function answers(graph: Graph, values: readonly string[]): Promise<number[]> {
  const builder = GraphBuilder.from(graph);
  values.forEach((value, i) => {
    builder.output(value, `answer${i}`);
  });
  const session = await openSession(writeOnnx(builder.build("both")), { threads: 1 });
  const results = await session.run({ x: floatTensor([1, 2], [1, 2]) });
  await session.dispose();
  return values.map((_, i) => results[`answer${i}`]?.data[0] as number);
}

test("what both networks compute alike is computed once; the rest gets names of its own", async () => {
  const { graph, nameOf } = graft(network(2, 3, "verdict"), network(2, 5, "verdict"), "other/");
  assert.deepEqual(
    graph.nodes.map(({ outputs }) => outputs[0]?.startsWith("other/")),
    [false, false, true],
  );
  assert.deepEqual(await answers(graph, ["verdict", nameOf("verdict")]), [6, 10]);
});

test("other weights under the same names are kept apart", async () => {
  const { graph, nameOf } = graft(network(2, 3, "verdict"), network(7, 3, "verdict"), "other/");
  assert.equal(graph.nodes.length, 4);
  assert.deepEqual(await answers(graph, ["verdict", nameOf("verdict")]), [6, 21]);
});
