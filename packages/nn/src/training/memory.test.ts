import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { NnError } from "../errors.js";
import { GraphBuilder } from "../graph-builder.js";
import { memorySource } from "./batch-source.js";
import { barsTraining, drawnBars } from "./drawn-bars.js";
import { estimateGraphBytes } from "./memory.js";
import { trainNetwork } from "./training.js";

test("a value counts from the node that makes it to the last one that reads it", () => {
  const megabyte = 2 ** 20;
  /** A chain of so many maps of a megabyte each, of which two live at a time. */
  const chain = (length: number) => {
    const builder = new GraphBuilder();
    let value = builder.input("x", "float32", [1, megabyte / 4]);
    for (let at = 0; at < length; at++) value = builder.add("Relu", [value]);
    builder.output(builder.add("ReduceSum", [value]), "sum");
    return estimateGraphBytes(builder.build("chain"));
  };
  assert.equal(chain(10), chain(3));
  // One map more, with what the runtime's arena adds to it.
  assert.equal(((chain(3) - chain(1)) / megabyte).toFixed(1), "2.4");
});

test("a training that needs too much is refused with the largest batch that fits, and that one fits", async () => {
  const maxBytes = 140 * 2 ** 20;
  const options = (batchSize: number) => ({
    ...barsTraining(),
    source: memorySource(drawnBars(8, 1), { batchSize, seed: 1 }),
    batchSize,
    epochs: 1,
    maxBytes,
  });
  const error = await trainNetwork(options(4096)).then(
    () => assert.fail("it should be refused"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof NnError);
  assert.equal(error.code, "TRAINING_OUT_OF_MEMORY");
  const fitting = Number(/largest batch that fits is (\d+)/.exec(error.message)?.[1]);
  assert.ok(fitting > 1 && fitting < 4096, error.message);
  await assert.rejects(trainNetwork(options(fitting + 1)), { code: "TRAINING_OUT_OF_MEMORY" });
  assert.equal((await trainNetwork(options(fitting))).stopped, "finished");
});

test("what a training takes in a process of its own stays below the estimate, and not far below", async () => {
  const script = fileURLToPath(new URL("./memory-child.js", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script]);
  const { estimated, taken } = JSON.parse(stdout) as { estimated: number; taken: number };
  assert.ok(taken <= estimated, `${taken} bytes taken, ${estimated} estimated`);
  assert.ok(taken >= 0.3 * estimated, `${taken} bytes taken, ${estimated} estimated`);
});

test("where not even one picture fits, that is what is said", async () => {
  await assert.rejects(trainNetwork({ ...barsTraining(), maxBytes: 1 }), {
    code: "TRAINING_OUT_OF_MEMORY",
    message: /Not even a batch of 1 fits/,
  });
});
