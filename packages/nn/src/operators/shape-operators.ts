/** Operators that move, cut, join, repeat or resample elements without computing on them. */

import type { Dimension } from "../graph.js";
import { unknownDimension } from "../graph.js";
import type { Backward, Call, Elements, Operator, Value } from "../operator.js";
import { elementArray, elementCount, elementValues, indexTensor } from "../tensor.js";
import { broadcastOffsets, dot, floats, outputDims, pick, places, sizes, source, strides } from "./elements.js";
import { resize, resizeGradient } from "./resampling.js";
import { broadcast, concatShape, reshapeShape, resizeShape, sliceRange, sliceRanges } from "./shape-rules.js";

/** The same elements under other dimensions: so is the gradient. */
function reshaped(row: Pick<Operator, "attributes" | "inputs" | "infer">) {
  return {
    ...row,
    run: (call) => [source(call, 0).data],
    gradient: (node) => [node.tape.reshape(node.dy, node.sizes(0)), null],
  } as const satisfies Operator;
}

export const shapeOperators = {
  Concat: {
    attributes: { axis: "int" },
    inputs: [1, 65536],
    infer: concatShape,
    run: (call, outputs): Elements[] => {
      const dims = outputDims(outputs);
      const axis = call.axis(call.int("axis", 0), dims.length);
      const outer = elementCount(dims.slice(0, axis));
      const parts = call.inputs.map((_, index) => ({
        ...source(call, index),
        width: elementCount(sizes(call, index).slice(axis)),
      }));
      const result = Array.from({ length: outer }, (_, row) =>
        parts.flatMap(({ data, width }) => elementValues(data.subarray(row * width, (row + 1) * width))),
      ).flat();
      return [elementArray(outputs[0]?.type ?? "float32", result)];
    },
    gradient: (node) => {
      const axis = node.call.axis(node.call.int("axis", 0), node.sizes(0).length);
      let start = 0;
      return node.inputs.map((_, index) => {
        const from = start;
        start += node.sizes(index)[axis] ?? 0;
        return node.tape.slice(node.dy, [from], [start], [axis]);
      });
    },
  },
  Expand: {
    attributes: {},
    inputs: [2, 2],
    infer: (call) => {
      const { type, dims } = call.input(0);
      return [{ type, dims: broadcast(call, dims, call.constantIndices(1) ?? []) }];
    },
    run: (call, outputs) => [pick(source(call, 0), broadcastOffsets(call, 0, outputDims(outputs)))],
    gradient: ({ dy }) => [dy, null],
  },
  Flatten: reshaped({
    attributes: { axis: "int" },
    inputs: [1, 1],
    infer: (call) => {
      const { type, dims } = call.input(0);
      const axis = call.int("axis", 1);
      const at = axis < 0 ? axis + dims.length : axis;
      return [{ type, dims: [flattened(dims.slice(0, at)), flattened(dims.slice(at))] }];
    },
  }),
  Gather: {
    attributes: { axis: "int" },
    inputs: [2, 2],
    infer: (call) => {
      const { type, dims } = call.input(0);
      return [{ type, dims: dims.toSpliced(call.axis(call.int("axis", 0), dims.length), 1, ...call.input(1).dims) }];
    },
    run: (call) => {
      const dims = sizes(call, 0);
      const axis = call.axis(call.int("axis", 0), dims.length);
      const [outer, inner] = [elementCount(dims.slice(0, axis)), elementCount(dims.slice(axis + 1))];
      const size = dims[axis] ?? 0;
      const wanted = elementValues(source(call, 1).data).map((index) => (Number(index) + size) % size);
      const at: number[] = [];
      for (let row = 0; row < outer; row++) {
        for (const index of wanted)
          for (let place = 0; place < inner; place++) at.push((row * size + index) * inner + place);
      }
      return [pick(source(call, 0), at)];
    },
    gradient: (node) => [gatherGradient(node), null],
  },
  Pad: {
    attributes: { mode: "string" },
    inputs: [2, 3],
    infer: (call) => {
      const { type, dims } = call.input(0);
      const pads = call.constantIndices(1) ?? [];
      if (pads.length !== 2 * dims.length) call.fail(`pads must be ${2 * dims.length} numbers, got ${pads.length}.`);
      const added = (axis: number) => (pads[axis] ?? 0) + (pads[axis + dims.length] ?? 0);
      return [{ type, dims: dims.map((size, axis) => (added(axis) === 0 ? size : Number(size) + added(axis))) }];
    },
    run: (call, outputs) => {
      const mode = call.text("mode", "constant");
      const dims = sizes(call, 0);
      const pads = call.constantIndices(1) ?? [];
      const steps = strides(dims);
      const at = Array.from(places(outputDims(outputs)), ([, place]) => {
        let offset = 0;
        for (const [axis, size] of dims.entries()) {
          let index = (place[axis] ?? 0) - (pads[axis] ?? 0);
          if (index < 0 || index >= size) {
            if (mode === "constant") return -1;
            if (mode === "edge") index = Math.max(0, Math.min(size - 1, index));
            else if (mode === "reflect") index = index < 0 ? -index : 2 * (size - 1) - index;
            else call.fail(`mode must be constant, edge or reflect, got ${mode}.`);
          }
          offset += index * (steps[axis] ?? 0);
        }
        return offset;
      });
      return [pick(source(call, 0), at, call.inputs[2] ? (floats(call, 2)[0] ?? 0) : 0)];
    },
    gradient: (node) => {
      const mode = node.call.text("mode", "constant");
      if (mode !== "constant") node.call.fail(`the gradient of mode ${mode} isn't written; pad with a constant.`);
      const dims = node.sizes(0);
      const before = (node.call.constantIndices(1) ?? []).slice(0, dims.length);
      if (before.some((count) => count < 0)) node.call.fail("the gradient of negative pads isn't written; use Slice.");
      const ends = dims.map((size, axis) => (before[axis] ?? 0) + size);
      return [node.tape.slice(node.dy, before, ends, [...dims.keys()]), null, null];
    },
  },
  Reshape: reshaped({ attributes: { allowzero: "int" }, inputs: [2, 2], infer: reshapeShape }),
  Resize: {
    attributes: { mode: "string", coordinate_transformation_mode: "string", nearest_mode: "string", axes: "ints" },
    inputs: [3, 4],
    infer: resizeShape,
    run: resize,
    gradient: resizeGradient,
  },
  Slice: {
    attributes: {},
    inputs: [3, 5],
    infer: (call) => {
      const { type, dims } = call.input(0);
      const ranges = sliceRanges(call);
      return [
        {
          type,
          dims: dims.map((size, axis): Dimension => {
            const range = ranges.get(axis);
            if (!range) return size;
            return typeof size === "number"
              ? sliceRange(range.start, range.end, range.step, size).count
              : unknownDimension;
          }),
        },
      ];
    },
    run: (call, outputs) => {
      const ranges = sliceRanges(call);
      const dims = sizes(call, 0);
      const steps = strides(dims);
      const starts = dims.map((size, axis) => {
        const range = ranges.get(axis);
        return range ? sliceRange(range.start, range.end, range.step, size).start : 0;
      });
      const at = Array.from(places(outputDims(outputs)), ([, place]) =>
        dot(
          place.map((index, axis) => (starts[axis] ?? 0) + index * (ranges.get(axis)?.step ?? 1)),
          steps,
        ),
      );
      return [pick(source(call, 0), at)];
    },
    gradient: (node) => [sliceGradient(node)],
  },
  Split: {
    attributes: { axis: "int" },
    inputs: [2, 2],
    infer: (call) => {
      const { type, dims } = call.input(0);
      const axis = call.axis(call.int("axis", 0), dims.length);
      const parts = call.constantIndices(1) ?? [];
      const sum = parts.reduce((a, b) => a + b, 0);
      if (typeof dims[axis] === "number" && sum !== dims[axis]) {
        call.fail(`the parts (${parts.join(", ")}) add up to ${sum}, axis ${axis} has ${dims[axis]}.`);
      }
      return parts.map((size) => ({ type, dims: dims.with(axis, size) }));
    },
    run: (call) => {
      const dims = sizes(call, 0);
      const axis = call.axis(call.int("axis", 0), dims.length);
      const all = Array.from(places(dims));
      let start = 0;
      return (call.constantIndices(1) ?? []).map((size) => {
        const from = start;
        start += size;
        const isInside = (index: number) => index >= from && index < from + size;
        return pick(
          source(call, 0),
          all.filter(([, place]) => isInside(place[axis] ?? 0)).map(([at]) => at),
        );
      });
    },
    gradient: ({ tape, call, dys, outputs }) => {
      const parts = dys.map((dy, index) => dy ?? tape.zeros(tape.sizes(outputs[index] ?? "")));
      return [tape.emit("Concat", parts, { axis: call.int("axis", 0) }), null];
    },
  },
  Squeeze: reshaped({
    attributes: {},
    inputs: [1, 2],
    infer: (call) => {
      const { type, dims } = call.input(0);
      const axes = call.constantIndices(1)?.map((axis) => call.axis(axis, dims.length));
      return [{ type, dims: dims.filter((size, axis) => !(axes ? axes.includes(axis) : size === 1)) }];
    },
  }),
  Transpose: {
    attributes: { perm: "ints" },
    inputs: [1, 1],
    infer: (call) => {
      const { type, dims } = call.input(0);
      const order = permutation(call);
      if (order.length !== dims.length || new Set(order).size !== dims.length) {
        call.fail(`perm (${order.join(", ")}) must name each of ${dims.length} axes once.`);
      }
      return [{ type, dims: order.map((axis) => dims[axis] ?? call.fail(`perm names axis ${axis}.`)) }];
    },
    run: (call, outputs) => {
      const steps = strides(sizes(call, 0));
      const moved = permutation(call).map((axis) => steps[axis] ?? 0);
      const at = Array.from(places(outputDims(outputs)), ([, place]) => dot(place, moved));
      return [pick(source(call, 0), at)];
    },
    gradient: ({ tape, call, dy }) => {
      const order = permutation(call);
      return [
        tape.transpose(
          dy,
          order.map((_, axis) => order.indexOf(axis)),
        ),
      ];
    },
  },
  Unsqueeze: reshaped({
    attributes: {},
    inputs: [2, 2],
    infer: (call): Value[] => {
      const { type, dims } = call.input(0);
      const axes = call.constantIndices(1) ?? [];
      const rank = dims.length + axes.length;
      const added = new Set(axes.map((axis) => call.axis(axis, rank)));
      const rest = [...dims];
      return [{ type, dims: Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (rest.shift() ?? 1))) }];
    },
  }),
} as const satisfies Record<string, Operator>;

function flattened(dims: readonly Dimension[]): Dimension {
  if (dims.length === 1) return dims[0] ?? 1;
  return dims.every((size) => typeof size === "number") ? dims.reduce((a, b) => a * b, 1) : unknownDimension;
}

/** Without `perm` the axes are reversed. */
function permutation(call: Call): readonly number[] {
  const rank = call.input(0).dims.length;
  return call.ints("perm") ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
}

/** What was taken goes back where it came from, through the matrix that says which index took which place. */
function gatherGradient({ tape, call, b: indices, dy }: Backward): string {
  const dims = call.sizes(0);
  const axis = call.axis(call.int("axis", 0), dims.length);
  const size = dims[axis] ?? 0;
  const count = elementCount(call.sizes(1));
  const [outer, inner] = [elementCount(dims.slice(0, axis)), elementCount(dims.slice(axis + 1))];
  const flat = tape.reshape(indices, [1, count]);
  const places = tape.emit("Identity", [indexTensor([...Array(size).keys()])]);
  const column = tape.reshape(places, [size, 1]);
  // Index -1 means the last place: it is either the place itself or the place counted from the end.
  const fromEnd = tape.reshape(tape.emit("Identity", [indexTensor([...Array(size).keys()].map((i) => i - size))]), [
    size,
    1,
  ]);
  const taken = tape.plus(tape.equal(flat, column), tape.equal(flat, fromEnd));
  return tape.reshape(tape.matMul(taken, tape.reshape(dy, [outer, count, inner])), dims);
}

/** What was cut away gets 0: between the elements taken (a step beyond 1), before them and behind them. */
function sliceGradient({ tape, call, dy }: Backward): string {
  const dims = call.sizes(0);
  let gradient = dy;
  for (const [axis, range] of sliceRanges(call)) {
    const size = dims[axis] ?? 0;
    const { start, count } = sliceRange(range.start, range.end, range.step, size);
    if (count === 0) return tape.zeros(dims);
    const step = Math.abs(range.step);
    const first = range.step > 0 ? start : start - (count - 1) * step;
    if (range.step < 0) gradient = tape.slice(gradient, [-1], [-count - 1], [axis], [-1]);
    if (step > 1) {
      const now = tape.sizes(gradient);
      const apart = tape.reshape(gradient, [...now.slice(0, axis), count, 1, ...now.slice(axis + 1)]);
      const none = tape.sizes(apart).map(() => 0);
      const spaced = tape.pad(apart, none, none.with(axis + 1, step - 1));
      const joined = tape.reshape(spaced, [...now.slice(0, axis), count * step, ...now.slice(axis + 1)]);
      gradient = tape.slice(joined, [0], [(count - 1) * step + 1], [axis]);
    }
    const none = dims.map(() => 0);
    gradient = tape.pad(gradient, none.with(axis, first), none.with(axis, size - first - (count - 1) * step - 1));
  }
  return gradient;
}
