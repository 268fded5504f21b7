/** What a parameter holds before training. */

import type { Random } from "./random.js";
import { normal } from "./random.js";
import type { FloatTensor, Tensor } from "./tensor.js";
import { elementCount, floatTensor } from "./tensor.js";

/** Fills a parameter of these dimensions; the random stream belongs to this parameter alone. */
export type Initializer = (dims: readonly number[], random: Random) => FloatTensor;

export const zeros: Initializer = filled(0);
export const ones: Initializer = filled(1);

export function filled(value: number): Initializer {
  return (dims) => floatTensor(dims, new Float32Array(elementCount(dims)).fill(value));
}

/** Given values, for example those of a pretrained network. */
export function values(given: Tensor): Initializer {
  return (dims) => floatTensor(dims, Float32Array.from(given.data as Float32Array));
}

/** Normal, drawn again where it lies beyond two deviations. */
export function truncatedNormal(deviation: number): Initializer {
  return (dims, random) => {
    const draw = (): number => {
      const value = normal(random);
      return Math.abs(value) <= 2 ? value * deviation : draw();
    };
    return floatTensor(dims, Float32Array.from({ length: elementCount(dims) }, draw));
  };
}

/** Keeps the variance of activations through ReLU layers (He et al. 2015). Output channels are the first dimension. */
export const he: Initializer = (dims, random) => {
  const deviation = Math.sqrt(2 / fanIn(dims));
  return floatTensor(
    dims,
    Float32Array.from({ length: elementCount(dims) }, () => deviation * normal(random)),
  );
};

/** Keeps the variance forward and backward through layers without a kink (Glorot and Bengio 2010), uniform. */
export const xavier: Initializer = (dims, random) => {
  const [outputs = 1, inputs = 1, ...kernel] = dims;
  const limit = Math.sqrt(6 / ((inputs + outputs) * elementCount(kernel)));
  return floatTensor(
    dims,
    Float32Array.from({ length: elementCount(dims) }, () => limit * (2 * random() - 1)),
  );
};

/** He's for a transposed convolution, whose input channels are the first dimension. */
export const heTransposed: Initializer = (dims, random) => {
  const [inputs = 1, outputs = 1, ...kernel] = dims;
  return floatTensor(dims, he([outputs, inputs, ...kernel], random).data);
};

function fanIn(dims: readonly number[]): number {
  return Math.max(1, elementCount(dims.slice(1)));
}
