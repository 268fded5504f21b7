import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@sightline/dataset/seeded-random";
import { GraphBuilder } from "@sightline/nn/graph-builder";
import { writeOnnx } from "@sightline/nn/onnx-file";
import { openSession } from "@sightline/nn/session/session";
import { floatTensor } from "@sightline/nn/tensor";
import { modelValues } from "../model-values.js";
import { patchCount, patchDimensions } from "./patch-features.js";
import { addOutputs, distancesTo, leansOf, pictureScore } from "./scoring.js";

const random = seededRandom(8);
const noise = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.normal());

test("the finished network scores as the folds did, the lean towards known defects included", async () => {
  const bank = noise(40 * patchDimensions);
  const patches = noise(patchCount * patchDimensions);
  const direction = { weights: noise(patchDimensions), offset: 0.3 };
  const weight = 0.7;
  const builder = new GraphBuilder();
  // As patches come in a model: the network's maps turned, which the runtime joins with what follows.
  builder.input("maps", "float32", ["N", patchDimensions, patchCount]);
  const turned = builder.add("Transpose", ["maps"], { perm: [0, 2, 1] });
  addOutputs(builder, turned, bank, { direction, weight }, 3, { threshold: 10, temperature: 2 });
  const session = await openSession(writeOnnx(builder.build("scoring")), { threads: 1 });
  const maps = Float32Array.from(patches, (_, at) => {
    const [d, p] = [Math.floor(at / patchCount), at % patchCount];
    return patches[p * patchDimensions + d] as number;
  });
  const results = await session.run({ maps: floatTensor([1, patchDimensions, patchCount], maps) });
  await session.dispose();
  const [distances] = await distancesTo(bank, [patches], { threads: 1, signal: undefined });
  const leans = leansOf(patches, direction);
  const expected = (distances as Float32Array).map((value, p) => value + weight * (leans[p] as number));
  const raw = Number(results[modelValues.rawScore]?.data[0]);
  assert.ok(Math.abs(raw - pictureScore(expected, 3)) < 1e-3, `${raw} instead of ${pictureScore(expected, 3)}`);
  const map = results[modelValues.anomalyMap]?.data as Float32Array;
  expected.forEach((value, p) => {
    assert.ok(Math.abs((map[p] as number) - 1 / (1 + Math.exp((10 - value) / 2))) < 1e-3, `patch ${p}`);
  });
});
