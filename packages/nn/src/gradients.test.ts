import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { gradientCases } from "./gradient-cases.js";
import type { GradientErrors } from "./gradient-check.js";
import { bounds, caseGraph, checkGradients, loweringError } from "./gradient-check.js";
import { gradientPage } from "./gradient-table.js";
import { withGradients } from "./gradients.js";
import { GraphBuilder } from "./graph-builder.js";
import { chooseTarget } from "./lowering/choose-target.js";
import type { Operator } from "./operator.js";
import { operators } from "./operators.js";
import { openReferenceSession } from "./session/reference.js";
import { floatTensor, indexTensor } from "./tensor.js";

describe("gradients agree with float64 differences, and on ONNX Runtime with the float64 reference", async () => {
  const target = await chooseTarget({ threads: 1 });
  for (const gradientCase of gradientCases) {
    test(gradientCase.title, async () => {
      const errors = await checkGradients(gradientCase, target.kind === "turbo" ? target : null);
      for (const [name, bound] of Object.entries(bounds)) {
        const error = errors[name as keyof GradientErrors];
        assert.ok(error === null || error <= bound, `${name} is ${error}, at most ${bound} was expected`);
      }
    });
  }
});

describe("gradients lowered onto blocks of 16 give in float64 loops what the rules give, whatever the processor", () => {
  // turbo.test.ts has a larger one.
  for (const gradientCase of gradientCases.filter(({ title }) => !title.startsWith("whole network"))) {
    test(gradientCase.title, async () => {
      const error = await loweringError(gradientCase, 16);
      // The epsilons of norms are float32 in a lowered graph.
      assert.ok(error < 1e-6, `differs by ${error}`);
    });
  }
});

test("each operator with a gradient rule has a case", () => {
  const checked = new Set(gradientCases.flatMap((one) => caseGraph(one).graph.nodes.map(({ operator }) => operator)));
  const differentiable = Object.entries<Operator>(operators).filter(
    ([, { gradient }]) => typeof gradient === "function",
  );
  // Operators in blocked layout are what lowering writes; nothing is differentiated there.
  const missing = differentiable.filter(([name]) => !name.startsWith("nchwc.") && !checked.has(name));
  assert.deepEqual(
    missing.map(([name]) => name),
    [],
  );
});

test("the table of errors in the docs has a row for each case, each once", () => {
  const rows = [...readFileSync(gradientPage, "utf8").matchAll(/^\| (.+?) \| [^|]+ \| [^|]+ \| [^|]+ \| [^|]+ \|$/gm)];
  const titles = rows.map(([, title]) => title).filter((title) => title !== "what");
  assert.deepEqual(
    titles,
    gradientCases.map(({ title }) => title),
  );
});

test("a value read twice gets the sum of both gradients, and one the loss doesn't read gets zeros", async () => {
  const builder = new GraphBuilder();
  builder.input("x", "float32", [2]);
  builder.input("unused", "float32", [3]);
  const square = builder.add("Mul", ["x", "x"]);
  builder.output(builder.add("ReduceSum", [builder.add("Add", [square, "x"])], { keepdims: 0 }, "loss"));
  const { graph, gradients } = withGradients(builder.build("square"), "loss", ["x", "unused"]);
  const feeds = { x: floatTensor([2], [3, -1]), unused: floatTensor([3], [1, 1, 1]) };
  const results = await openReferenceSession(graph).run(feeds);
  assert.deepEqual([...(results[gradients.get("x") ?? ""]?.data ?? [])], [7, -1]);
  assert.deepEqual([...(results[gradients.get("unused") ?? ""]?.data ?? [])], [0, 0, 0]);
});

test("what has no gradient says why, and what isn't one number is no loss", () => {
  const builder = new GraphBuilder();
  builder.input("x", "float32", [2, 3]);
  const padded = builder.add("Pad", ["x", indexTensor([0, 1, 0, 1])], { mode: "reflect" });
  builder.output(builder.add("ReduceSum", [padded], { keepdims: 0 }, "loss"));
  builder.output(padded, "padded");
  const graph = builder.build("reflected");
  assert.throws(() => withGradients(graph, "loss", ["x"]), {
    code: "GRAPH_INVALID",
    message: /mode reflect isn't written/,
  });
  assert.throws(() => withGradients(graph, "padded", ["x"]), {
    code: "GRAPH_INVALID",
    message: /loss "padded" must be one number, got \(2, 5\)/,
  });
});
