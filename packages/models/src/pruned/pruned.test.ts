import assert from "node:assert/strict";
import { test } from "node:test";
import { discsAndSquares, partsWithHoles } from "../drawn-pictures.js";
import { evaluateSamples } from "../evaluate.js";
import { markdownPage } from "../html-page.js";
import { cardOfFile } from "../model-card.js";
import { readManifest, readModel } from "../model-file.js";
import { networkCost } from "../network-cost.js";
import { openPredictor } from "../predictor.js";
import { train } from "../train.js";

const common = { seed: 1, threads: 1 } as const;

async function accuracyOf(bytes: Uint8Array): Promise<number> {
  const fresh = await discsAndSquares(60, 5000);
  const predictor = await openPredictor(bytes, { threads: 1 });
  try {
    return (await evaluateSamples({ predictor, pictures: fresh.pictures })).metrics.accuracy ?? 0;
  } finally {
    await Promise.all([predictor.close(), fresh.close()]);
  }
}

test("half of a model answers nearly as the whole did, and says what it was made from", async (t) => {
  const { pictures, close } = await discsAndSquares(120);
  t.after(close);
  const options = { parameters: 20_000, multiplyAccumulates: 600_000, flips: "all" };
  const whole = await train({ ...common, pictures, method: "tiny", epochs: 45, methodOptions: options });
  const order = { ...common, pictures, method: "pruned", epochs: 24, teachers: [whole.bytes] } as const;
  const half = await train({ ...order, methodOptions: { keep: 0.5, flips: "all" } });

  const [before, after] = [whole, half].map(({ bytes }) => networkCost(readModel(bytes).graph));
  assert.ok(before && after);
  assert.ok(after.parameters <= before.parameters / 2, `${after.parameters} of ${before.parameters} parameters`);
  assert.ok(after.multiplyAccumulates <= before.multiplyAccumulates / 2);
  assert.ok(half.bytes.length < whole.bytes.length);
  const [reached, hoped] = [await accuracyOf(half.bytes), await accuracyOf(whole.bytes)];
  assert.ok(hoped >= 0.85 && reached >= hoped - 0.1, `half ${reached}, whole ${hoped}`);

  const { prunedFrom, method, parameters } = readManifest(half.bytes);
  assert.deepEqual([method, prunedFrom?.method, prunedFrom?.keep], ["pruned", "tiny", 0.5]);
  assert.equal(prunedFrom?.parameters, before.parameters);
  assert.equal(parameters, after.parameters);
  const card = markdownPage(cardOfFile(half.bytes, "half.onnx"));
  assert.match(card, /smaller copy of a model of tiny/);
  assert.match(card, /Its own alone/);

  const again = await train({ ...order, teachers: [half.bytes], epochs: 1, methodOptions: { keep: 0.8 } });
  assert.ok((readManifest(again.bytes).parameters ?? 1e9) <= 0.8 * after.parameters, "what was cut can be cut again");

  await assert.rejects(train({ ...order, methodOptions: { keep: 0.05 } }), {
    code: "METHOD_OPTION_INVALID",
    message: /at least \d+ and \d+ stay where a quarter of each layer does: a share of 0\.05 is less/,
  });
  await assert.rejects(train({ ...order, teachers: [] }), {
    code: "METHOD_OPTION_INVALID",
    message: /takes it as its teacher; got none/,
  });
});

test("a model that also says where the defect is can't be cut, and that is said", async (t) => {
  const { pictures, close } = await partsWithHoles(8, 6);
  t.after(close);
  const { bytes } = await train({ ...common, pictures, method: "patchcore" });
  await assert.rejects(train({ ...common, pictures, method: "pruned", teachers: [bytes] }), {
    code: "METHOD_UNSUITABLE",
    message: /model of patchcore smaller: /,
  });
});
