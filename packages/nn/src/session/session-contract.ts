/** What every session must do, whoever computes: run by the tests on ONNX Runtime and on the reference. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Graph } from "../graph.js";
import { standardOpset } from "../graph.js";
import { GraphBuilder } from "../graph-builder.js";
import type { Operator } from "../operator.js";
import { operators } from "../operators.js";
import type { Tensor } from "../tensor.js";
import { floatTensor } from "../tensor.js";
import type { OperatorCase } from "./operator-cases.js";
import { operatorCases } from "./operator-cases.js";
import type { Session } from "./session.js";

/** `skips`: titles of cases that this session can't pass, each with its reason. */
export function sessionContract(
  name: string,
  open: (graph: Graph) => Promise<Session>,
  skips: Readonly<Record<string, string>> = {},
): void {
  describe(`${name} session`, () => {
    for (const operatorCase of operatorCases) {
      test(operatorCase.title, { skip: skips[operatorCase.title] ?? false }, async () => {
        const { graph, feeds } = caseGraph(operatorCase);
        const session = await open(graph);
        const results = await session.run(feeds);
        await session.dispose();
        for (const [index, expected] of operatorCase.outputs.entries()) {
          assertClose(results[`output${index}`], expected);
        }
      });
    }

    test("each ONNX operator of the table has a case", () => {
      const tested = new Set<string>(operatorCases.map(({ operator }) => operator));
      assert.deepEqual(
        Object.entries<Operator>(operators).flatMap(([name, { lower }]) => (lower || tested.has(name) ? [] : [name])),
        [],
      );
    });

    test("a symbolic batch takes any number of pictures", async () => {
      const session = await open(doubling());
      for (const batch of [1, 3]) {
        const { y } = await session.run({ x: floatTensor([batch, 2], new Float32Array(batch * 2).fill(1.5)) });
        assertClose(y, floatTensor([batch, 2], new Float32Array(batch * 2).fill(3)));
      }
      await session.dispose();
    });

    test("says its inputs and outputs", async () => {
      const session = await open(doubling());
      assert.deepEqual(session.inputs, [{ name: "x", type: "float32", dims: ["N", 2] }]);
      assert.deepEqual(session.outputs, [{ name: "y", type: "float32", dims: ["N", 2] }]);
      await session.dispose();
    });

    const wrongFeeds: readonly (readonly [string, Record<string, Tensor>, RegExp])[] = [
      ["a missing input", {}, /Input "x" must be float32 \(N, 2\), got nothing/],
      ["an unknown input", { z: floatTensor([1], [1]) }, /no input "z"; its inputs are x/],
      ["a wrong shape", { x: floatTensor([1, 3], [1, 2, 3]) }, /must be float32 \(N, 2\), got float32 \(1, 3\)/],
      ["a wrong number of dimensions", { x: floatTensor([2], [1, 2]) }, /got float32 \(2\)/],
      [
        "a wrong element type",
        { x: { type: "int32", dims: [1, 2], data: Int32Array.of(1, 2) } },
        /must be float32 \(N, 2\), got int32/,
      ],
      [
        "fewer elements than the shape says",
        { x: { type: "float32", dims: [2, 2], data: Float32Array.of(1, 2) } },
        /with 2 elements/,
      ],
    ];
    for (const [what, feeds, message] of wrongFeeds) {
      test(`refuses ${what} and still works after it`, async () => {
        const session = await open(doubling());
        await assert.rejects(session.run(feeds), { name: "NnError", code: "WRONG_INPUT", message });
        const { y } = await session.run({ x: floatTensor([1, 2], [1, 2]) });
        assertClose(y, floatTensor([1, 2], [2, 4]));
        await session.dispose();
      });
    }

    test("a run after dispose fails by name, and disposing twice does not", async () => {
      const session = await open(doubling());
      await session.dispose();
      await session.dispose();
      await assert.rejects(session.run({ x: floatTensor([1, 2], [1, 2]) }), {
        code: "SESSION_DISPOSED",
        message: /"doubling" is disposed of/,
      });
    });

    test("results stay as they are when the session runs again", async () => {
      const session = await open(doubling());
      const first = await session.run({ x: floatTensor([1, 2], [1, 2]) });
      await session.run({ x: floatTensor([1, 2], [5, 6]) });
      assertClose(first.y, floatTensor([1, 2], [2, 4]));
      await session.dispose();
    });
  });
}

function doubling(): Graph {
  const builder = new GraphBuilder();
  const x = builder.input("x", "float32", ["N", 2]);
  builder.output(builder.add("Add", [x, x], {}, "y"));
  return builder.build("doubling");
}

/** One node; index inputs (shapes, axes) become constants, as in real graphs, all others are fed. */
function caseGraph({ operator, inputs, attributes, outputs }: OperatorCase): {
  graph: Graph;
  feeds: Record<string, Tensor>;
} {
  const named = inputs.map((value, index) => ({ name: value ? `input${index}` : "", value }));
  const isConstant = (value: Tensor, index: number) => index > 0 && (value.type === "int64" || operator === "Resize");
  const feeds: Record<string, Tensor> = {};
  const initializers = new Map<string, Tensor>();
  for (const [index, { name, value }] of named.entries()) {
    if (value && isConstant(value, index)) initializers.set(name, value);
    else if (value) feeds[name] = value;
  }
  const graph: Graph = {
    name: operator,
    inputs: Object.entries(feeds).map(([name, { type, dims }]) => ({ name, type, dims })),
    outputs: outputs.map(({ type, dims }, index) => ({ name: `output${index}`, type, dims })),
    initializers,
    nodes: [
      {
        name: operator,
        operator,
        attributes,
        inputs: named.map(({ name }) => name),
        outputs: outputs.map((_, index) => `output${index}`),
      },
    ],
    metadata: new Map(),
    opset: standardOpset,
  };
  return { graph, feeds };
}

/** Equal up to float32 rounding of sums taken in another order. */
export function assertClose(got: Tensor | undefined, expected: Tensor, relative = 1e-5, absolute = 1e-5): void {
  assert.deepEqual([got?.type, got?.dims], [expected.type, expected.dims]);
  for (const [index, value] of Array.from(expected.data as ArrayLike<number | bigint>).entries()) {
    const result = got?.data[index];
    const limit = absolute + relative * Math.abs(Number(value));
    const isClose = Math.abs(Number(result) - Number(value)) <= limit;
    assert.ok(isClose, `element ${index} is ${result}, expected ${value}`);
  }
}
