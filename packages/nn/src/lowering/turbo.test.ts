import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { lower } from "../lowering.js";
import { doubleTensor, inDoublePrecision, openReferenceSession } from "../session/reference.js";
import { openGraphSession } from "../session/session.js";
import { elementCount, floatTensor } from "../tensor.js";
import {
  chooseTarget,
  chooseTargetWithReason,
  greatestDifference,
  probedBlock,
  selfTestFeeds,
  selfTestGraph,
  tolerance,
} from "./choose-target.js";

const block = await probedBlock(1).catch(() => 0);
const skip = block === 8 || block === 16 ? false : `ONNX Runtime's blocked layout has blocks of ${block} here`;

describe("turbo", () => {
  test("every form gives what the portable form gives, forward and backward", { skip }, async () => {
    const worst = await greatestDifference(
      selfTestGraph(),
      { kind: "portable" },
      { kind: "turbo", block: block as 8 },
      1,
    );
    assert.ok(worst < tolerance, `differs by ${worst}`);
  });

  for (const size of [8, 16] as const) {
    test(`blocks of ${size} give in float64 loops what the rules give, whatever the processor`, async () => {
      const graph = selfTestGraph();
      const feeds = Object.fromEntries(
        Object.entries(selfTestFeeds(graph)).map(([name, value]) => [name, doubleTensor(value)]),
      );
      const lowered = inDoublePrecision(lower(graph, { kind: "turbo", block: size }));
      const blocked = lowered.nodes.filter(({ operator }) => operator.startsWith("nchwc."));
      assert.ok(blocked.length > 100, `${blocked.length} blocked operators`);
      const expected = await openReferenceSession(inDoublePrecision(graph)).run(feeds);
      const got = await openReferenceSession(lowered, { block: size }).run(feeds);
      for (const { name } of graph.outputs) {
        const [values, wanted] = [got[name]?.data as Float64Array, expected[name]?.data as Float64Array];
        const scale = Math.max(1, ...wanted.map(Math.abs));
        const worst = Math.max(...wanted.map((value, index) => Math.abs(value - (values[index] ?? Number.NaN))));
        // Constants such as the epsilon are float32 in a lowered graph.
        assert.ok(worst / scale < 1e-6, `${name} differs by ${worst}`);
      }
    });
  }

  test("nothing in the self-test lies so near a kink that rounding could flip it on another processor", async () => {
    const graph = selfTestGraph();
    const kinked = graph.nodes.filter(({ operator }) => operator === "Relu" || operator === "Clip");
    assert.equal(kinked.length, 7);
    const outputs = kinked.map(
      ({ inputs: [name = ""] }) => ({ name, type: "float32", dims: ["N", "C", "H", "W"] }) as const,
    );
    const feeds = selfTestFeeds(graph);
    const results = await openReferenceSession({ ...graph, outputs }).run(feeds);
    const distances = kinked.map(({ operator, inputs: [name = ""] }) => {
      const values = Array.from(results[name]?.data as Float32Array);
      return Math.min(
        ...values.map((value) => Math.min(Math.abs(value), operator === "Clip" ? Math.abs(value - 6) : 9)),
      );
    });
    // Float32 rounds these values at about 1e-6.
    assert.ok(Math.min(...distances) > 1e-5, `nearest: ${distances}`);
  });

  test("a lowering for another block than the processor's is found out", { skip }, async () => {
    const other = block === 8 ? 16 : 8;
    const wrong = greatestDifference(selfTestGraph(), { kind: "portable" }, { kind: "turbo", block: other }, 1);
    assert.ok((await wrong.catch(() => Number.POSITIVE_INFINITY)) > tolerance);
  });

  test("is chosen where it works, portable where the caller says so", { skip }, async () => {
    assert.deepEqual(await chooseTarget({ threads: 1 }), { kind: "turbo", block });
    assert.equal((await chooseTargetWithReason({ threads: 1 })).reason, undefined);
    assert.deepEqual(await chooseTarget({ threads: 1, forced: { kind: "portable" } }), { kind: "portable" });
  });

  test("results are the same bits from run to run and with one and two threads", { skip }, async () => {
    const graph = lower(selfTestGraph(), { kind: "turbo", block: block as 8 });
    const feeds = Object.fromEntries(
      graph.inputs.map(({ name, dims }) => {
        const sizes = dims.map(Number);
        const values = Float32Array.from({ length: elementCount(sizes) }, (_, index) => Math.sin(index + name.length));
        return [name, floatTensor(sizes, values)];
      }),
    );
    const runs = [];
    for (const threads of [1, 1, 2]) {
      const session = await openGraphSession(graph, { threads });
      runs.push(await session.run(feeds));
      await session.dispose();
    }
    assert.deepEqual(runs[1], runs[0]);
    assert.deepEqual(runs[2], runs[0]);
  });
});
