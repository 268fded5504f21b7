/** A small task for the tests of training: pictures of bars, lying or upright, and a network that tells which. */

import { convNorm, globalAveragePool, invertedResidual, linear } from "../layers.js";
import { crossEntropy } from "../losses.js";
import type { ModelFunction } from "../network.js";
import { randomStream } from "../random.js";
import { type FloatTensor, floatTensor } from "../tensor.js";
import { memorySource } from "./batch-source.js";
import type { TrainingDefinition } from "./definition.js";
import type { TrainingOptions } from "./training.js";

const size = 16;

const model: ModelFunction = (net, { image = "" }) => {
  const stem = convNorm(net, image, { name: "stem", channels: 8, stride: 2 });
  const block = invertedResidual(net, stem, { name: "block", channels: 8, expansion: 3, stride: 2 });
  const pooled = globalAveragePool(net, block, { name: "pool" });
  return { logits: linear(net, pooled, { name: "head", outputs: 2 }) };
};

export const barsDefinition = {
  inputs: {
    image: { type: "float32", dims: ["N", 1, size, size] },
    target: { type: "float32", dims: ["N", 2] },
  },
  model,
  loss: (net, { logits = "" }, { target = "" }) => ({ loss: crossEntropy(net, logits, target) }),
} as const satisfies TrainingDefinition;

/** Pictures with one bar of five pixels each on noise, half of them upright, and their labels as rows of two. */
export function drawnBars(count: number, seed: number): { image: FloatTensor; target: FloatTensor } {
  const random = randomStream(seed, "bars");
  const image = Float32Array.from({ length: count * size * size }, () => 0.5 * random());
  const target = new Float32Array(count * 2);
  for (let picture = 0; picture < count; picture++) {
    const isUpright = picture % 2 === 1;
    const [row, column] = [2 + Math.floor(random() * (size - 4)), 2 + Math.floor(random() * (size - 4))];
    for (let along = -2; along <= 2; along++) {
      const [y, x] = isUpright ? [row + along, column] : [row, column + along];
      image[(picture * size + y) * size + x] = 1;
    }
    target[picture * 2 + Number(isUpright)] = 1;
  }
  return { image: floatTensor([count, 1, size, size], image), target: floatTensor([count, 2], target) };
}

/** Options that learn the bars in about a second; a test changes what it is about. */
export function barsTraining(seed = 1): TrainingOptions {
  const batchSize = 16;
  return {
    definition: barsDefinition,
    source: memorySource(drawnBars(128, 5), { batchSize, seed }),
    batchSize,
    epochs: 4,
    optimizer: { kind: "adamw" },
    schedule: { kind: "cosine", learningRate: 0.01, warmUp: 0.1 },
    seed,
    threads: 1,
    target: { kind: "portable" },
  };
}
