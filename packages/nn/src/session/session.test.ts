import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { NnError } from "../errors.js";
import { GraphBuilder } from "../graph-builder.js";
import { writeOnnx } from "../onnx-file.js";
import type { Tensor } from "../tensor.js";
import { floatTensor, indexTensor } from "../tensor.js";
import { openReferenceSession } from "./reference.js";
import { openSession } from "./session.js";
import { assertClose, sessionContract } from "./session-contract.js";

sessionContract("ONNX Runtime", (graph) => openSession(writeOnnx(graph), { threads: 1 }));
sessionContract("reference", async (graph) => openReferenceSession(graph));

test("a convolution with a fused clip gives the same numbers on one and on two threads", async () => {
  const builder = new GraphBuilder();
  const x = builder.input("x", "float32", ["N", 3, 16, 16]);
  const weights = floatTensor(
    [8, 3, 3, 3],
    Float32Array.from({ length: 216 }, (_, index) => Math.sin(index)),
  );
  const wide = builder.add("Conv", [x, weights], { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [2, 2] });
  builder.output(builder.add("Clip", [wide, floatTensor([], [0]), floatTensor([], [6])]), "y");
  const graph = builder.build("conv");
  const picture = floatTensor(
    [2, 3, 16, 16],
    Float32Array.from({ length: 1536 }, (_, index) => Math.cos(index * 0.7)),
  );
  const expected = (await openReferenceSession(graph).run({ x: picture })).y;
  assert.ok(expected);
  for (const threads of [1, 2]) {
    const session = await openSession(writeOnnx(graph), { threads });
    assertClose((await session.run({ x: picture })).y, expected);
    await session.dispose();
  }
});

test("a thread count that isn't a whole number of at least 1 is refused", async () => {
  const builder = new GraphBuilder();
  builder.output(builder.add("Relu", [builder.input("x", "float32", [1])]), "y");
  const bytes = writeOnnx(builder.build("relu"));
  for (const threads of [0, -1, 1.5, Number.NaN]) {
    await assert.rejects(openSession(bytes, { threads }), {
      code: "WRONG_INPUT",
      message: /"threads" must be a whole/,
    });
  }
});

test("a model that contradicts itself is refused in ONNX Runtime's own words", async () => {
  const graph = {
    name: "misfit",
    inputs: [{ name: "x", type: "float32", dims: [1, 3] }],
    outputs: [{ name: "y", type: "float32", dims: [1, 4] }],
    initializers: new Map([["w", floatTensor([5, 4], new Float32Array(20))]]),
    nodes: [{ name: "product", operator: "MatMul", inputs: ["x", "w"], outputs: ["y"], attributes: {} }],
    metadata: new Map(),
    opset: 18,
  } as const;
  await assert.rejects(openSession(writeOnnx(graph), { threads: 1 }), {
    code: "SESSION_FAILED",
    message: /refuses the model "misfit".*incompatible/i,
  });
});

test("a machine on which ONNX Runtime can't be loaded is told what to do", async () => {
  const hooks = `export async function resolve(specifier, context, next) {
    if (specifier === "onnxruntime-node") throw new Error("libonnxruntime.so.1: cannot open shared object file");
    return next(specifier, context);
  }`;
  const program = `
    import { register } from "node:module";
    register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hooks)}`)});
    const { openSession } = await import(${JSON.stringify(new URL("session.js", import.meta.url).href)});
    const { GraphBuilder } = await import(${JSON.stringify(new URL("../graph-builder.js", import.meta.url).href)});
    const { writeOnnx } = await import(${JSON.stringify(new URL("../onnx-file.js", import.meta.url).href)});
    const builder = new GraphBuilder();
    builder.output(builder.add("Relu", [builder.input("x", "float32", [1])], {}, "y"));
    const error = await openSession(writeOnnx(builder.build("relu")), { threads: 1 }).catch((error) => error);
    console.log(error.code, error.message);`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program]);
  assert.match(stdout, /^NATIVE_LIBRARY_MISSING ONNX Runtime's native library can't be loaded on this machine \(/);
  assert.match(stdout, /cannot open shared object file.*npm ci/);
});

test("damaged models that can still be read run or are refused, and ONNX Runtime survives them", async () => {
  const builder = new GraphBuilder();
  builder.input("x", "float32", ["N", 2, 4, 4]);
  const weights = floatTensor([2, 1, 3, 3], new Float32Array(18).fill(0.5));
  const wide = builder.add("Conv", ["x", weights], { kernel_shape: [3, 3], pads: [1, 1, 1, 1], group: 2 });
  const pooled = builder.add("AveragePool", [wide], { kernel_shape: [2, 2], strides: [2, 2] });
  const flat = builder.add("Reshape", [pooled, indexTensor([0, -1])]);
  builder.addAll("TopK", [flat, indexTensor([3])], { axis: 1 }, ["largest", "where"]);
  builder.output(builder.add("Softmax", ["largest"], { axis: 1 }), "y");
  builder.output("where");
  const bytes = writeOnnx(builder.build("victim"));
  const x = floatTensor([1, 2, 4, 4], new Float32Array(32).fill(1));
  const outcomes = new Map<string, number>();
  // Every byte once, turned in one bit: one in eight of all single-bit changes, the same ones each time.
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.with(at, (bytes[at] ?? 0) ^ (1 << ((at * 37) % 8)));
    const outcome = await outcomeOf(changed, x);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  // That all three happen shows that damage reaches each of the three places that can notice it.
  assert.ok(["ran", "MODEL_NOT_ONNX", "SESSION_FAILED"].every((outcome) => (outcomes.get(outcome) ?? 0) > 10));
});

/** `ran`, or the code of the NnError; any other error fails the test. */
async function outcomeOf(bytes: Uint8Array, x: Tensor): Promise<string> {
  try {
    const session = await openSession(bytes, { threads: 1 });
    try {
      await session.run({ [session.inputs[0]?.name ?? ""]: x });
      return "ran";
    } finally {
      await session.dispose();
    }
  } catch (error) {
    assert.ok(error instanceof NnError, `expected an NnError, got ${error}`);
    return error.code;
  }
}
