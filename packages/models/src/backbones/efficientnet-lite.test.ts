import assert from "node:assert/strict";
import { test } from "node:test";
import { floatTensor, type Tensor } from "@sightline/nn/tensor";
import { describeBackbone } from "../backbone-description.js";
import { checkFingerprint } from "../backbone-fingerprint.js";
import { tapKinds } from "../backbone-taps.js";
import { efficientNetLite } from "./efficientnet-lite.js";

const shape = { name: "toy", blocks: [1, 2, 2, 3, 3, 4, 1] };

/** What PyTorch 1.13 computes in float64 with `toyWeights` (fixtures/efficientnet-lite-reference.py). */
const reference = {
  block1Expand: [0.763117, 0.690102, 0.381178],
  block3: [0.485663, 0.77792, 0.24786],
  block6: [0.849197, 2.223678, 0.416791],
  block11Expand: [1.560427, 1.904386, 0.799469],
  block15: [0.575641, 8.686174, 0.393064],
  last: [1.860433, 1.418506, 0.930589],
} as const;

test("the graph computes what PyTorch does, in a size that is padded unevenly", async () => {
  await checkFingerprint(describeBackbone(efficientNetLite(toyWeights(), shape), ""), reference);
});

test("a wrong number in a late norm is found out", async () => {
  const weights = new Map(toyWeights());
  const name = "_blocks.11._bn2.running_var";
  weights.set(name, floatTensor([8], Array.from(weights.get(name)?.data ?? [], Number).reverse()));
  await assert.rejects(checkFingerprint(describeBackbone(efficientNetLite(weights, shape), ""), reference), {
    code: "BACKBONE_UNSUITABLE",
    message: /"block15" must give/,
  });
});

test("its maps are found by their roles", () => {
  const { stages } = describeBackbone(efficientNetLite(toyWeights(), shape), "");
  assert.deepEqual(
    stages.map((stage) => [stage.stride, ...tapKinds.map((kind) => stage[kind].name)]),
    [
      [4, "block1", "block2", "block2", "block3Expand"],
      [8, "block3", "block4", "block4", "block5Expand"],
      [16, "block5", "block7", "block10", "block11Expand"],
      [32, "block11", "block14", "block15", "last"],
    ],
  );
});

test("weights of another network are refused with what is missing", () => {
  const weights = new Map(toyWeights());
  weights.delete("_blocks.3._bn1.bias");
  assert.throws(() => efficientNetLite(weights, shape), {
    code: "BACKBONE_SOURCE_INVALID",
    message: /no "_blocks\.3\._bn1\.bias"/,
  });
  assert.throws(() => efficientNetLite(toyWeights(), { ...shape, blocks: [1, 3, 3, 4, 4, 5, 1] }), {
    code: "BACKBONE_SOURCE_INVALID",
  });
});

/** Sines of a running number, in the order of the script's `toy_weights`. */
function toyWeights(): ReadonlyMap<string, Tensor> {
  const made = new Map<string, Tensor>();
  let at = 0;
  const sines = (name: string, dims: readonly number[], scale = 1, offset = 0): void => {
    const size = dims.reduce((product, side) => product * side, 1);
    const data = Float32Array.from({ length: size }, (_, i) => Math.sin((at + i) * 0.7 + 1) * scale + offset);
    made.set(name, floatTensor(dims, data));
    at += size;
  };
  const conv = (name: string, norm: string, outputs: number, inputs: number, kernel: number): void => {
    sines(`${name}.weight`, [outputs, inputs, kernel, kernel], 1.5 / Math.sqrt(inputs * kernel * kernel));
    sines(`${norm}.weight`, [outputs], 0.2, 1);
    sines(`${norm}.bias`, [outputs], 0.5, 0.5);
    sines(`${norm}.running_mean`, [outputs], 0.1);
    sines(`${norm}.running_var`, [outputs], 0.2, 0.6);
  };
  const kernels = [3, 3, 5, 3, 5, 5, 3];
  let [before, block] = [4, 0];
  conv("_conv_stem", "_bn0", 4, 3, 3);
  for (const [stage, kernel] of kernels.entries())
    for (let i = 0; i < (shape.blocks[stage] as number); i++, block++) {
      const path = `_blocks.${block}.`;
      const wide = block > 0 ? before * 2 : before;
      if (block > 0) conv(`${path}_expand_conv`, `${path}_bn0`, wide, before, 1);
      conv(`${path}_depthwise_conv`, `${path}_bn1`, wide, 1, kernel);
      conv(`${path}_project_conv`, `${path}_bn2`, stage + 3, wide, 1);
      before = stage + 3;
    }
  conv("_conv_head", "_bn1", 16, before, 1);
  return made;
}
