/** Operators that summarise elements along axes, and those that rank or weigh them along one. */

import type { Backward, Elements, Operator } from "../operator.js";
import { elementCount, indexTensor } from "../tensor.js";
import { dot, floats, lines, outputDims, places, sizes, strides, total } from "./elements.js";
import { reducedAxes, reducedShape, sameShape } from "./shape-rules.js";

/** `run` summarises the elements that fall together; the gradient rule is given y and dy with the reduced axes as 1. */
function reduction(run: (elements: number[]) => number, gradient: (node: Backward, y: string, dy: string) => string) {
  return {
    attributes: { keepdims: "int", noop_with_empty_axes: "int" },
    inputs: [1, 2],
    infer: reducedShape,
    run: (call) => {
      const dims = sizes(call, 0);
      const axes = reducedAxes(call);
      const kept = dims.map((size, axis) => (axes.includes(axis) ? 1 : size));
      const groups: number[][] = Array.from({ length: elementCount(kept) }, () => []);
      const steps = strides(kept).map((step, axis) => (axes.includes(axis) ? 0 : step));
      const data = floats(call, 0);
      for (const [index, place] of places(dims)) groups[dot(place, steps)]?.push(data[index] ?? 0);
      return [groups.map(run)];
    },
    gradient: (node) => {
      const axes = reducedAxes(node.call);
      const kept = node.sizes(0).map((size, axis) => (axes.includes(axis) ? 1 : size));
      return [gradient(node, node.tape.reshape(node.y, kept), node.tape.reshape(node.dy, kept))];
    },
  } as const satisfies Operator;
}

/** The gradient goes to the element that is the result; where several are, each gets its share. */
function toChosen({ tape, call, a }: Backward, y: string, dy: string): string {
  const chosen = tape.equal(a, y);
  return tape.times(chosen, tape.over(dy, tape.sum(chosen, reducedAxes(call))));
}

/** ArgMax and ArgMin: the index of the largest (sign 1) or smallest (sign -1) element of each line. */
function argument(sign: 1 | -1) {
  return {
    attributes: { axis: "int", keepdims: "int", select_last_index: "int" },
    inputs: [1, 1],
    infer: (call) => {
      const { dims } = call.input(0);
      const at = call.axis(call.int("axis", 0), dims.length);
      const isKept = call.int("keepdims", 1) === 1;
      return [{ type: "int64", dims: dims.flatMap((size, axis) => (axis !== at ? [size] : isKept ? [1] : [])) }];
    },
    run: (call): Elements[] => {
      const data = floats(call, 0);
      const takesLast = call.int("select_last_index", 0) === 1;
      const found = lines(call, sizes(call, 0), 0).map((at) => {
        let best = 0;
        for (const [index, element] of at.entries()) {
          const gain = sign * ((data[element] ?? 0) - (data[at[best] ?? 0] ?? 0));
          if (gain > 0 || (gain === 0 && takesLast)) best = index;
        }
        return BigInt(best);
      });
      return [BigInt64Array.from(found)];
    },
    gradient: { stops: "an index doesn't move with small changes" },
  } as const satisfies Operator;
}

/** Works on each line of elements along one axis, the last by default. */
function along(run: (line: number[]) => number[], gradient: (node: Backward, axis: number) => string) {
  return {
    attributes: { axis: "int" },
    inputs: [1, 1],
    infer: sameShape,
    run: (call) => {
      const dims = sizes(call, 0);
      const data = floats(call, 0);
      const result = new Float64Array(data.length);
      for (const at of lines(call, dims, -1)) {
        const computed = run(at.map((index) => data[index] ?? 0));
        for (const [index, value] of computed.entries()) result[at[index] ?? 0] = value;
      }
      return [result];
    },
    gradient: (node) => [gradient(node, node.call.axis(node.call.int("axis", -1), node.sizes(0).length))],
  } as const satisfies Operator;
}

/** One number for each channel of each picture. */
function globalPool(run: (values: number[]) => number, gradient: (node: Backward, area: number) => string) {
  return {
    attributes: {},
    inputs: [1, 1],
    infer: (call) => {
      const { type, dims } = call.ranked(0, 4);
      return [{ type, dims: [...dims.slice(0, 2), 1, 1] }];
    },
    run: (call) => {
      const [pictures = 0, channels = 0, ...rest] = sizes(call, 0);
      const area = elementCount(rest);
      const data = floats(call, 0);
      return [
        Array.from({ length: pictures * channels }, (_, index) =>
          run(Array.from(data.subarray(index * area, (index + 1) * area))),
        ),
      ];
    },
    gradient: (node) => [gradient(node, elementCount(node.sizes(0).slice(2)))],
  } as const satisfies Operator;
}

const largest = (elements: number[]) => elements.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
const smallest = (elements: number[]) => elements.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
const summedSquares = (elements: number[]) => total(elements.map((x) => x * x));
const reducedCount = ({ call }: Backward) =>
  reducedAxes(call).reduce((count, axis) => count * (call.sizes(0)[axis] ?? 1), 1);

export const reductions = {
  ArgMax: argument(1),
  ArgMin: argument(-1),
  GlobalAveragePool: globalPool(
    (values) => total(values) / values.length,
    ({ tape, dy }, area) => tape.times(dy, 1 / area),
  ),
  GlobalMaxPool: globalPool(largest, ({ tape, a, y, dy }) => {
    const chosen = tape.equal(a, y);
    return tape.times(chosen, tape.over(dy, tape.sum(chosen, [2, 3])));
  }),
  LogSoftmax: along(
    (line) => {
      const peak = largest(line);
      const logSum = Math.log(total(line.map((x) => Math.exp(x - peak))));
      return line.map((x) => x - peak - logSum);
    },
    ({ tape, y, dy }, axis) => tape.minus(dy, tape.times(tape.emit("Exp", [y]), tape.sum(dy, [axis]))),
  ),
  ReduceL2: reduction(
    (elements) => Math.sqrt(summedSquares(elements)),
    ({ tape, a }, y, dy) => tape.times(a, tape.over(dy, y)),
  ),
  ReduceMax: reduction(largest, toChosen),
  ReduceMean: reduction(
    (elements) => total(elements) / elements.length,
    (node, _, dy) => node.tape.times(dy, 1 / reducedCount(node)),
  ),
  ReduceMin: reduction(smallest, toChosen),
  ReduceSum: reduction(total, (_node, _, dy) => dy),
  ReduceSumSquare: reduction(summedSquares, ({ tape, a }, _, dy) => tape.times(a, tape.times(dy, 2))),
  Softmax: along(
    (line) => {
      const peak = largest(line);
      const powers = line.map((x) => Math.exp(x - peak));
      const sum = total(powers);
      return powers.map((power) => power / sum);
    },
    ({ tape, y, dy }, axis) => tape.times(y, tape.minus(dy, tape.sum(tape.times(dy, y), [axis]))),
  ),
  TopK: {
    attributes: { axis: "int", largest: "int", sorted: "int" },
    inputs: [2, 2],
    infer: (call) => {
      const { type, dims } = call.input(0);
      const axis = call.axis(call.int("axis", -1), dims.length);
      const count = call.constantIndices(1)?.[0] ?? 0;
      const size = dims[axis];
      if (typeof size === "number" && count > size) call.fail(`can't take ${count} of ${size} elements.`);
      return [
        { type, dims: dims.with(axis, count) },
        { type: "int64", dims: dims.with(axis, count) },
      ];
    },
    run: (call, outputs): Elements[] => {
      const dims = outputDims(outputs);
      const sign = call.int("largest", 1) === 1 ? -1 : 1;
      const data = floats(call, 0);
      const values = new Float64Array(elementCount(dims));
      const found = new BigInt64Array(elementCount(dims));
      const targets = lines(call, dims, -1);
      for (const [row, at] of lines(call, sizes(call, 0), -1).entries()) {
        const ranked = at.map((element, index) => ({ value: data[element] ?? 0, index }));
        // Stable: among equals the lower index comes first, as the specification says.
        ranked.sort((a, b) => sign * (a.value - b.value));
        for (const [rank, target] of (targets[row] ?? []).entries()) {
          values[target] = ranked[rank]?.value ?? 0;
          found[target] = BigInt(ranked[rank]?.index ?? 0);
        }
      }
      return [values, found];
    },
    /** Each value's gradient goes back to where it was found: compared with the places of the axis, then summed. */
    gradient: (node) => {
      const { tape, call, dy } = node;
      const dims = node.sizes(0);
      const axis = call.axis(call.int("axis", -1), dims.length);
      const size = dims[axis] ?? 0;
      // [.., k, ..] beside [.., size, ..]: the ranks get an axis of their own behind the one ranked.
      const kept = tape.sizes(dy);
      const beside = [...kept.slice(0, axis), 1, kept[axis] ?? 0, ...kept.slice(axis + 1)];
      const along = [...kept.slice(0, axis).map(() => 1), size, 1, ...kept.slice(axis + 1).map(() => 1)];
      const found = tape.reshape(node.outputs[1] ?? "", beside);
      const places = tape.reshape(tape.emit("Identity", [indexTensor([...Array(size).keys()])]), along);
      const scattered = tape.times(tape.equal(found, places), tape.reshape(dy, beside));
      return [tape.reshape(tape.sum(scattered, [axis + 1]), dims), null];
    },
  },
} as const satisfies Record<string, Operator>;
