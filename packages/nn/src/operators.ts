/** The operator table: each operator that our own graphs use, by its ONNX name (operator set 18). */

import type { Dimension, Node } from "./graph.js";
import { unknownDimension } from "./graph.js";
import type { Operator, Value } from "./operator.js";
import { Call } from "./operator.js";
import { windowShape } from "./window.js";

const windowAttributes = {
  kernel_shape: "ints",
  strides: "ints",
  pads: "ints",
  dilations: "ints",
  auto_pad: "string",
} as const;

/** Elementwise on one input. */
const unary: Operator = { attributes: {}, inputs: [1, 1], infer: (call) => [like(call.input(0))] };

/** Elementwise on two inputs that are broadcast to one shape. */
const binary: Operator = {
  attributes: {},
  inputs: [2, 2],
  infer: (call) => {
    const [a, b] = [call.input(0), call.input(1)];
    if (a.type !== b.type) call.fail(`both inputs must have one element type, got ${a.type} and ${b.type}.`);
    return [{ type: a.type, dims: broadcast(call, a.dims, b.dims) }];
  },
};

export const operators = {
  Add: binary,
  Clip: { attributes: {}, inputs: [1, 3], infer: (call) => [like(call.input(0))] },
  Conv: {
    attributes: { ...windowAttributes, group: "int" },
    inputs: [2, 3],
    infer: (call) => {
      const [x, weights] = [call.ranked(0, 4), call.ranked(1, 4)];
      const [batch, channels = 0] = x.dims;
      const [outputs = 0, inputs, height, width] = weights.dims.map(Number);
      const group = call.int("group", 1);
      if (inputs === undefined || channels !== inputs * group || outputs % group !== 0) {
        call.fail(`weights (${weights.dims.join(", ")}) in ${group} groups don't fit input (${x.dims.join(", ")}).`);
      }
      return [
        { type: x.type, dims: [batch ?? 0, outputs, ...windowShape(call, x.dims.slice(2), [height ?? 0, width ?? 0])] },
      ];
    },
  },
  Relu: unary,
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

function like({ type, dims }: Value): Value {
  return { type, dims };
}

function broadcast(call: Call, a: readonly Dimension[], b: readonly Dimension[]): Dimension[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, index): Dimension => {
    const [x, y] = [a[index - rank + a.length] ?? 1, b[index - rank + b.length] ?? 1];
    if (x === y || y === 1) return x;
    if (x === 1) return y;
    if (x === unknownDimension || y === unknownDimension) return typeof x === "number" ? x : y;
    return call.fail(`shapes (${a.join(", ")}) and (${b.join(", ")}) don't fit together.`);
  });
}
