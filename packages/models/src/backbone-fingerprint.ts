/** Proves that a converted backbone computes what the original does: a few numbers per tap for a fixed picture. */

import { writeOnnx } from "@sightline/nn/onnx-file";
import { openSession } from "@sightline/nn/session/session";
import type { FloatTensor, Tensor } from "@sightline/nn/tensor";
import { floatTensor } from "@sightline/nn/tensor";
import { buildBackbone } from "./backbone.js";
import type { Backbone } from "./backbone-description.js";
import { ModelError } from "./model-error.js";

/** By map: mean, standard deviation, and the mean weighted by place (see `summarise`). */
export type Fingerprint = Readonly<Record<string, readonly [number, number, number]>>;

/** Width and height in pixels that the original network was made for. */
const size = 300;

/**
 * Mean, standard deviation, and the mean weighted by place (see `summarise`) of each tap, computed in float64 from the
 * outputs of TensorFlow Lite itself (ai-edge-litert 2.3.0, its own kernels without XNNPACK) on `fixedPicture()`.
 */
const builtIn: Fingerprint = {
  block5: [-0.048284, 3.350749, -0.020093],
  block6Expand: [0.27596, 0.535738, 0.137988],
  block9: [0.240924, 2.496157, 0.120663],
  block10: [0.115093, 0.732739, 0.05844],
  block11: [0.130517, 1.040934, 0.066585],
  block12: [0.153636, 2.068761, 0.076606],
  block13Expand: [0.208278, 0.566404, 0.104058],
  last: [0.187661, 0.451523, 0.093327],
};

/** ONNX Runtime's and TensorFlow Lite's outputs differ by at most 4e-5 (float32, other order of sums). */
const tolerance = 1e-4;

/**
 * @param expected what the original computes; left out: the built-in network's
 * @throws ModelError `BACKBONE_UNSUITABLE` naming the first map that differs
 */
export async function checkFingerprint(backbone: Backbone, expected: Fingerprint = builtIn): Promise<void> {
  const taps = Object.keys(expected);
  const graph = buildBackbone(backbone, { width: size, height: size, taps });
  const session = await openSession(writeOnnx(graph), { threads: 1 });
  try {
    const outputs = await session.run({ image: fixedPicture() });
    for (const tap of taps) {
      const [output, numbers] = [outputs[tap], expected[tap] ?? []];
      const got = output ? summarise(output) : [];
      if (
        got.length === numbers.length &&
        got.every((value, index) => Math.abs(value - (numbers[index] ?? 0)) < tolerance)
      ) {
        continue;
      }
      throw new ModelError(
        "BACKBONE_UNSUITABLE",
        `The backbone's tap "${tap}" must give ${numbers.join(", ")} for the fixed picture, got ${got.join(", ")}.`,
      );
    }
  } finally {
    await session.dispose();
  }
}

/** A picture that is no constant in any direction, made from whole numbers so that any language makes the same one. */
function fixedPicture(): FloatTensor {
  const data = new Float32Array(3 * size * size);
  for (let channel = 0; channel < 3; channel++) {
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        data[(channel * size + y) * size + x] = ((31 * x + 17 * y + 97 * channel + x * y) % 256) / 127.5 - 1;
      }
    }
  }
  return floatTensor([1, 3, size, size], data);
}

function summarise({ data }: Tensor): number[] {
  let [sum, squares, weighted] = [0, 0, 0];
  for (let index = 0; index < data.length; index++) {
    const value = Number(data[index]);
    sum += value;
    squares += value * value;
    // 7919 is prime: neighbours, rows and channels all get different weights, so a swap of any two shows.
    weighted += value * (((index * 7919) % 1000) / 1000);
  }
  const mean = sum / data.length;
  return [mean, Math.sqrt(squares / data.length - mean * mean), weighted / data.length];
}
