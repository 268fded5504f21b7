/** Operators that compute each element by itself, broadcasting where they take several inputs. */

import type { Backward, Call, Elements, Gradient, Operator, Value } from "../operator.js";
import { elementArray, elementCount, elementTypes, elementValues } from "../tensor.js";
import { broadcastOffsets, floats, outputDims, source } from "./elements.js";
import { broadcast, broadcastShape, sameShape } from "./shape-rules.js";

/** One input. `run` is the function, `gradient` the rule for its one input. */
function unary(run: (x: number, call: Call) => number, gradient: (node: Backward) => string) {
  return {
    attributes: {},
    inputs: [1, 1],
    infer: sameShape,
    run: (call) => [floats(call, 0).map((x) => run(x, call))],
    gradient: (node) => [gradient(node)],
  } as const satisfies Operator;
}

/** Two inputs, broadcast to one shape. */
function binary(run: (a: number, b: number) => number, gradient: Gradient) {
  return {
    attributes: {},
    inputs: [2, 2],
    infer: (call) => broadcastShape(call),
    run: fold(run),
    gradient,
  } as const satisfies Operator;
}

function comparison(run: (a: number, b: number) => boolean) {
  return {
    ...binary((a, b) => Number(run(a, b)), { stops: "true or false doesn't move with small changes" }),
    infer: (call) => broadcastShape(call, "bool"),
  } as const satisfies Operator;
}

/** Any number of inputs. The gradient goes to the inputs that are the result; where several are, each gets its share. */
function extremum(run: (a: number, b: number) => number) {
  return {
    attributes: {},
    inputs: [1, 64],
    infer: (call) => broadcastShape(call),
    run: fold(run),
    gradient: ({ tape, inputs, y, dy }) => {
      const chosen = inputs.map((input) => tape.equal(input, y));
      const share = tape.over(
        dy,
        chosen.reduce((sum, mask) => tape.plus(sum, mask)),
      );
      return chosen.map((mask) => tape.times(mask, share));
    },
  } as const satisfies Operator;
}

/** From left to right over all inputs, broadcast to the output's shape. */
function fold(compute: (a: number, b: number) => number): Operator["run"] {
  return (call, outputs) => {
    const dims = outputDims(outputs);
    const inputs = call.inputs.map((_, index) => ({
      data: numbers(call, index),
      at: broadcastOffsets(call, index, dims),
    }));
    return [
      Array.from({ length: elementCount(dims) }, (_, place) => {
        const values = inputs.map(({ data, at }) => data[at[place] ?? 0] ?? 0);
        return values.slice(1).reduce((a, b) => compute(a, b), values[0] ?? 0);
      }),
    ];
  };
}

/** Elements of any type as numbers: comparisons take indices too. */
function numbers(call: Call, index: number): ArrayLike<number> {
  return call.input(index).type === "int64" ? elementValues(source(call, index).data).map(Number) : floats(call, index);
}

export const elementwise = {
  Abs: unary(Math.abs, ({ tape, a, dy }) => tape.times(dy, tape.minus(tape.step(a), tape.step(tape.negative(a))))),
  Add: binary(
    (a, b) => a + b,
    ({ dy }) => [dy, dy],
  ),
  Atan: unary(Math.atan, ({ tape, a, dy }) => tape.over(dy, tape.plus(tape.square(a), 1))),
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
    run: (call, outputs): Elements[] => {
      const type = outputs[0]?.type ?? "float32";
      const values = elementValues(source(call, 0).data).map(Number);
      if (type === "float32" || type === "float64") return [values];
      const whole = type === "bool" ? values.map((value) => Number(value !== 0)) : values.map(Math.trunc);
      return [elementArray(type, whole)];
    },
    gradient: ({ tape, call, dy }) => {
      const from = call.input(0).type;
      const isFloat = (type: string) => type === "float32" || type === "float64";
      return [
        isFloat(from) && call.int("to", 0) !== elementTypes[from].onnx
          ? tape.emit("Cast", [dy], { to: 1 })
          : isFloat(from)
            ? dy
            : null,
      ];
    },
  },
  Ceil: { ...unary(Math.ceil, ({ dy }) => dy), gradient: { stops: "rounding is flat between whole numbers" } },
  Clip: {
    attributes: {},
    inputs: [1, 3],
    infer: sameShape,
    run: (call) => {
      const low = call.inputs[1] ? (floats(call, 1)[0] ?? 0) : Number.NEGATIVE_INFINITY;
      const high = call.inputs[2] ? (floats(call, 2)[0] ?? 0) : Number.POSITIVE_INFINITY;
      return [floats(call, 0).map((x) => Math.min(Math.max(x, low), high))];
    },
    gradient: ({ tape, call, y, dy }) => {
      const bound = (index: number) => {
        if (!call.inputs[index]) return null;
        return Number(
          call.input(index).constant?.data[0] ?? call.fail(`input ${index} must be a constant in training.`),
        );
      };
      const [low, high] = [bound(1), bound(2)];
      const above = low === null ? dy : tape.times(dy, tape.above(y, low));
      return [high === null ? above : tape.times(above, tape.below(y, high))];
    },
  },
  Div: binary(
    (a, b) => a / b,
    ({ tape, b, y, dy }) => {
      const da = tape.over(dy, b);
      return [da, tape.negative(tape.times(da, y))];
    },
  ),
  Equal: comparison((a, b) => a === b),
  Erf: unary(errorFunction, ({ tape, a, dy }) =>
    tape.times(dy, tape.times(2 / Math.sqrt(Math.PI), tape.emit("Exp", [tape.negative(tape.square(a))]))),
  ),
  Exp: unary(Math.exp, ({ tape, y, dy }) => tape.times(dy, y)),
  Floor: { ...unary(Math.floor, ({ dy }) => dy), gradient: { stops: "rounding is flat between whole numbers" } },
  Greater: comparison((a, b) => a > b),
  HardSigmoid: {
    ...unary(
      (x, call) => Math.max(0, Math.min(1, call.float("alpha", 0.2) * x + call.float("beta", 0.5))),
      ({ tape, call, y, dy }) => {
        const isInside = tape.times(tape.above(y, 0), tape.below(y, 1));
        return tape.times(tape.times(dy, call.float("alpha", 0.2)), isInside);
      },
    ),
    attributes: { alpha: "float", beta: "float" },
  },
  HardSwish: unary(
    (x) => x * Math.max(0, Math.min(1, x / 6 + 0.5)),
    ({ tape, a, dy }) => {
      // x · gate(x): the gate, and inside its slope x / 6.
      const gate = tape.emit("HardSigmoid", [a], { alpha: 1 / 6, beta: 0.5 });
      const isSloping = tape.times(tape.above(a, -3), tape.below(a, 3));
      return tape.times(dy, tape.plus(gate, tape.times(tape.times(a, 1 / 6), isSloping)));
    },
  ),
  Identity: {
    ...unary(
      (x) => x,
      ({ dy }) => dy,
    ),
    run: (call) => [source(call, 0).data],
  },
  LeakyRelu: {
    ...unary(
      (x, call) => (x < 0 ? call.float("alpha", 0.01) * x : x),
      ({ tape, call, a, dy }) => {
        const alpha = call.float("alpha", 0.01);
        return tape.times(dy, tape.plus(tape.times(tape.step(a), 1 - alpha), alpha));
      },
    ),
    attributes: { alpha: "float" },
  },
  Less: comparison((a, b) => a < b),
  Log: unary(Math.log, ({ tape, a, dy }) => tape.over(dy, a)),
  Max: extremum(Math.max),
  Min: extremum(Math.min),
  Mul: binary(
    (a, b) => a * b,
    ({ tape, a, b, dy }) => [tape.times(dy, b), tape.times(dy, a)],
  ),
  Neg: unary(
    (x) => -x,
    ({ tape, dy }) => tape.negative(dy),
  ),
  Pow: binary(
    (a, b) => a ** b,
    ({ tape, a, b, y, dy }) => [
      tape.times(dy, tape.times(b, tape.emit("Pow", [a, tape.minus(b, 1)]))),
      tape.times(dy, tape.times(y, tape.emit("Log", [a]))),
    ],
  ),
  Reciprocal: unary(
    (x) => 1 / x,
    ({ tape, y, dy }) => tape.negative(tape.times(dy, tape.square(y))),
  ),
  Relu: unary(
    (x) => Math.max(0, x),
    ({ tape, y, dy }) => tape.times(dy, tape.step(y)),
  ),
  Sigmoid: unary(
    (x) => 1 / (1 + Math.exp(-x)),
    ({ tape, y, dy }) => tape.times(dy, tape.times(y, tape.minus(1, y))),
  ),
  Sqrt: unary(Math.sqrt, ({ tape, y, dy }) => tape.over(tape.times(dy, 0.5), y)),
  /** The same value, for which the loss shall not answer: a target computed from predictions. Our own. */
  StopGradient: {
    ...unary(
      (x) => x,
      ({ dy }) => dy,
    ),
    gradient: { stops: "it is there to stop it" },
    lower: ({ a }) => [a],
  },
  Sub: binary(
    (a, b) => a - b,
    ({ tape, dy }) => [dy, tape.negative(dy)],
  ),
  Tanh: unary(Math.tanh, ({ tape, y, dy }) => tape.times(dy, tape.minus(1, tape.square(y)))),
  Where: {
    attributes: {},
    inputs: [3, 3],
    infer: (call) => {
      const [condition, yes, no] = [call.input(0), call.input(1), call.input(2)];
      return [{ type: yes.type, dims: broadcast(call, broadcast(call, condition.dims, yes.dims), no.dims) }];
    },
    run: (call, outputs) => {
      const dims = outputDims(outputs);
      const [condition, yes, no] = [0, 1, 2].map((index) => ({
        data: floats(call, index),
        at: broadcastOffsets(call, index, dims),
      }));
      const read = (input: typeof yes, place: number) => input?.data[input.at[place] ?? 0] ?? 0;
      return [Array.from({ length: elementCount(dims) }, (_, place) => read(read(condition, place) ? yes : no, place))];
    },
    gradient: ({ tape, a: condition, dy }) => [
      null,
      tape.emit("Where", [condition, dy, 0]),
      tape.emit("Where", [condition, 0, dy]),
    ],
  },
} as const satisfies Record<string, Operator>;

/**
 * erf by its series near 0 and by the continued fraction of erfc beyond (Abramowitz and Stegun, 7.1.6 and 7.1.14):
 * exact to double precision, which the approximations that runtimes use are not.
 */
function errorFunction(x: number): number {
  const size = Math.abs(x);
  if (size < 2.5) {
    let term = size;
    let sum = size;
    for (let n = 1; Math.abs(term) > 1e-17 * sum; n++) {
      term *= (2 * size * size) / (2 * n + 1);
      sum += term;
    }
    return Math.sign(x) * (2 / Math.sqrt(Math.PI)) * Math.exp(-size * size) * sum;
  }
  let fraction = 0;
  for (let n = 60; n >= 1; n--) fraction = n / 2 / (size + fraction);
  return Math.sign(x) * (1 - Math.exp(-size * size) / Math.sqrt(Math.PI) / (size + fraction));
}
