/** The operator table: each operator that our own graphs use, by its ONNX name (operator set 18). */

import type { Dimension, Node } from "./graph.js";
import { unknownDimension } from "./graph.js";
import type { Operator, Value } from "./operator.js";
import { Call } from "./operator.js";
import {
  argument,
  broadcast,
  broadcastShape,
  concatShape,
  gemmShape,
  matMulShape,
  reduction,
  reshapeShape,
  resizeShape,
  sameShape,
  sliceRange,
  sliceRanges,
} from "./shape-rules.js";
import { elementTypes } from "./tensor.js";
import { windowShape } from "./window.js";

const window = { kernel_shape: "ints", strides: "ints", pads: "ints", dilations: "ints", auto_pad: "string" } as const;

const unary: Operator = { attributes: {}, inputs: [1, 1], infer: sameShape };
const binary: Operator = { attributes: {}, inputs: [2, 2], infer: (call) => broadcastShape(call) };
const comparison: Operator = { attributes: {}, inputs: [2, 2], infer: (call) => broadcastShape(call, "bool") };
const variadic: Operator = { attributes: {}, inputs: [1, 64], infer: (call) => broadcastShape(call) };
const softmax: Operator = { attributes: { axis: "int" }, inputs: [1, 1], infer: sameShape };

export const operators = {
  Abs: unary,
  Add: binary,
  ArgMax: argument,
  ArgMin: argument,
  AveragePool: {
    attributes: { ...window, ceil_mode: "int", count_include_pad: "int" },
    inputs: [1, 1],
    infer: pooled,
  },
  BatchNormalization: { attributes: { epsilon: "float", momentum: "float" }, inputs: [5, 5], infer: sameShape },
  Cast: {
    attributes: { to: "int" },
    inputs: [1, 1],
    infer: (call) => {
      const to = call.int("to", 0);
      for (const [type, row] of Object.entries(elementTypes)) {
        if (row.onnx === to) return [{ type: type as Value["type"], dims: call.input(0).dims }];
      }
      return call.fail(`element type number ${to} is unknown.`);
    },
  },
  Ceil: unary,
  Clip: { attributes: {}, inputs: [1, 3], infer: sameShape },
  Concat: { attributes: { axis: "int" }, inputs: [1, 64], infer: concatShape },
  Conv: {
    attributes: { ...window, group: "int" },
    inputs: [2, 3],
    infer: (call) => {
      const [x, weights] = [call.ranked(0, 4), call.ranked(1, 4)];
      const [batch = 0, channels = 0] = x.dims;
      const [outputs = 0, inputs = 0, height = 0, width = 0] = weights.dims.map(Number);
      const group = call.int("group", 1);
      if (channels !== inputs * group || outputs % group !== 0) {
        call.fail(`weights (${weights.dims.join(", ")}) in ${group} groups don't fit input (${x.dims.join(", ")}).`);
      }
      return [{ type: x.type, dims: [batch, outputs, ...windowShape(call, x.dims.slice(2), [height, width])] }];
    },
  },
  Div: binary,
  Equal: comparison,
  Exp: unary,
  Expand: {
    attributes: {},
    inputs: [2, 2],
    infer: (call) => {
      const { type, dims } = call.input(0);
      return [{ type, dims: broadcast(call, dims, call.constantIndices(1) ?? []) }];
    },
  },
  Flatten: {
    attributes: { axis: "int" },
    inputs: [1, 1],
    infer: (call) => {
      const { type, dims } = call.input(0);
      const axis = call.int("axis", 1);
      const at = axis < 0 ? axis + dims.length : axis;
      return [{ type, dims: [flattened(dims.slice(0, at)), flattened(dims.slice(at))] }];
    },
  },
  Floor: unary,
  Gather: {
    attributes: { axis: "int" },
    inputs: [2, 2],
    infer: (call) => {
      const { type, dims } = call.input(0);
      return [{ type, dims: dims.toSpliced(call.axis(call.int("axis", 0), dims.length), 1, ...call.input(1).dims) }];
    },
  },
  Gemm: {
    attributes: { alpha: "float", beta: "float", transA: "int", transB: "int" },
    inputs: [2, 3],
    infer: gemmShape,
  },
  GlobalAveragePool: { attributes: {}, inputs: [1, 1], infer: globallyPooled },
  GlobalMaxPool: { attributes: {}, inputs: [1, 1], infer: globallyPooled },
  Greater: comparison,
  HardSigmoid: { attributes: { alpha: "float", beta: "float" }, inputs: [1, 1], infer: sameShape },
  HardSwish: unary,
  Identity: unary,
  LeakyRelu: { attributes: { alpha: "float" }, inputs: [1, 1], infer: sameShape },
  Less: comparison,
  Log: unary,
  LogSoftmax: softmax,
  MatMul: { attributes: {}, inputs: [2, 2], infer: matMulShape },
  Max: variadic,
  MaxPool: { attributes: { ...window, ceil_mode: "int" }, inputs: [1, 1], infer: pooled },
  Min: variadic,
  Mul: binary,
  Neg: unary,
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
  },
  Pow: binary,
  Reciprocal: unary,
  ReduceL2: reduction,
  ReduceMax: reduction,
  ReduceMean: reduction,
  ReduceMin: reduction,
  ReduceSum: reduction,
  ReduceSumSquare: reduction,
  Relu: unary,
  Reshape: { attributes: { allowzero: "int" }, inputs: [2, 2], infer: reshapeShape },
  Resize: {
    attributes: { mode: "string", coordinate_transformation_mode: "string", nearest_mode: "string", axes: "ints" },
    inputs: [3, 4],
    infer: resizeShape,
  },
  Sigmoid: unary,
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
  },
  Softmax: softmax,
  Sqrt: unary,
  Squeeze: {
    attributes: {},
    inputs: [1, 2],
    infer: (call) => {
      const { type, dims } = call.input(0);
      const axes = call.constantIndices(1)?.map((axis) => call.axis(axis, dims.length));
      return [{ type, dims: dims.filter((size, axis) => !(axes ? axes.includes(axis) : size === 1)) }];
    },
  },
  Sub: binary,
  Tanh: unary,
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
  },
  Transpose: {
    attributes: { perm: "ints" },
    inputs: [1, 1],
    infer: (call) => {
      const { type, dims } = call.input(0);
      const order = call.ints("perm") ?? dims.map((_, axis) => dims.length - 1 - axis);
      if (order.length !== dims.length || new Set(order).size !== dims.length) {
        call.fail(`perm (${order.join(", ")}) must name each of ${dims.length} axes once.`);
      }
      return [{ type, dims: order.map((axis) => dims[axis] ?? call.fail(`perm names axis ${axis}.`)) }];
    },
  },
  Unsqueeze: {
    attributes: {},
    inputs: [2, 2],
    infer: (call) => {
      const { type, dims } = call.input(0);
      const axes = call.constantIndices(1) ?? [];
      const rank = dims.length + axes.length;
      const added = new Set(axes.map((axis) => call.axis(axis, rank)));
      const rest = [...dims];
      return [{ type, dims: Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (rest.shift() ?? 1))) }];
    },
  },
  Where: {
    attributes: {},
    inputs: [3, 3],
    infer: (call) => {
      const [condition, yes, no] = [call.input(0), call.input(1), call.input(2)];
      return [{ type: yes.type, dims: broadcast(call, broadcast(call, condition.dims, yes.dims), no.dims) }];
    },
  },
} as const satisfies Record<string, Operator>;

export type OperatorName = keyof typeof operators;

export function isOperatorName(name: string): name is OperatorName {
  return Object.hasOwn(operators, name);
}

/** Types and shapes of a node's outputs, from what is known about its inputs (`undefined`: left out). */
export function inferNode(node: Node, inputs: readonly (Value | undefined)[]): Value[] {
  const call: Call = new Call(node, inputs);
  if (!isOperatorName(node.operator)) {
    call.fail(`no such operator here. Known are ${Object.keys(operators).join(", ")}.`);
  }
  const row: Operator = operators[node.operator];
  const [fewest, most] = row.inputs;
  if (inputs.length < fewest || inputs.length > most) {
    call.fail(`expected ${fewest === most ? fewest : `${fewest} to ${most}`} inputs, got ${inputs.length}.`);
  }
  for (const [name, attribute] of Object.entries(node.attributes)) {
    if (row.attributes[name] !== attribute.type) {
      const known = Object.entries(row.attributes).map(([known, type]) => `${known} (${type})`);
      call.fail(`attribute ${name} (${attribute.type}) is unknown. Known are ${known.join(", ") || "none"}.`);
    }
  }
  return row.infer(call);
}

function pooled(call: Call): Value[] {
  const { type, dims } = call.ranked(0, 4);
  const [height, width] = call.ints("kernel_shape") ?? call.fail("kernel_shape is missing.");
  const [batch = 0, channels = 0] = dims;
  return [{ type, dims: [batch, channels, ...windowShape(call, dims.slice(2), [height ?? 0, width ?? 0])] }];
}

function globallyPooled(call: Call): Value[] {
  const { type, dims } = call.ranked(0, 4);
  return [{ type, dims: [...dims.slice(0, 2), 1, 1] }];
}

function flattened(dims: readonly Dimension[]): Dimension {
  if (dims.length === 1) return dims[0] ?? 1;
  return dims.every((size) => typeof size === "number") ? dims.reduce((a, b) => a * b, 1) : unknownDimension;
}
