/** Many tensors as one vector: how parameters and statistics go in and out of the training step. */

import { NnError } from "../errors.js";
import { elementCount, floatTensor, type Tensor } from "../tensor.js";

export interface Segment {
  readonly name: string;
  readonly dims: readonly number[];
  readonly offset: number;
  readonly count: number;
}

export class FlatVector {
  readonly segments: readonly Segment[];
  /** Elements in all. */
  readonly length: number;

  constructor(tensors: Iterable<{ readonly name: string; readonly dims: readonly number[] }>) {
    const segments: Segment[] = [];
    let offset = 0;
    for (const { name, dims } of tensors) {
      const count = elementCount(dims);
      segments.push({ name, dims, offset, count });
      offset += count;
    }
    this.segments = segments;
    this.length = offset;
  }

  /** Copies tensors by name into one vector. */
  gather(tensors: ReadonlyMap<string, Tensor>): Float32Array {
    const flat = new Float32Array(this.length);
    for (const { name, dims, offset } of this.segments) {
      const tensor = tensors.get(name);
      if (tensor?.type !== "float32" || tensor.dims.join() !== dims.join()) {
        const got = tensor ? `${tensor.type} (${tensor.dims.join(", ")})` : "nothing";
        throw new NnError("WRONG_INPUT", `Weights "${name}" must be float32 (${dims.join(", ")}), got ${got}.`);
      }
      flat.set(tensor.data as Float32Array, offset);
    }
    return flat;
  }

  /** The tensors of a vector by name: windows into it, nothing is copied. */
  tensors(flat: Float32Array): Map<string, Tensor> {
    return new Map(
      this.segments.map(({ name, dims, offset, count }) => [
        name,
        floatTensor(dims, flat.subarray(offset, offset + count)),
      ]),
    );
  }

  /** One number for each element, from one for each tensor; just the number where all are equal. */
  spread(numberFor: (name: string) => number): number | Float32Array {
    const values = this.segments.map(({ name }) => numberFor(name));
    const [first = 0] = values;
    if (values.every((value) => value === first)) return first;
    const flat = new Float32Array(this.length);
    for (const [index, { offset, count }] of this.segments.entries()) {
      flat.fill(values[index] ?? 0, offset, offset + count);
    }
    return flat;
  }
}
