/**
 * The operator table: each operator that our own graphs use, by its ONNX name (operator set 18), and the operators of our
 * own that training graphs are written in until lowering.ts rewrites them (those with a `lower`).
 */

import type { Node } from "./graph.js";
import { blockedOperators } from "./lowering/blocked-operators.js";
import type { Operator, Value } from "./operator.js";
import { Call } from "./operator.js";
import { convolutions } from "./operators/convolution.js";
import { elementwise } from "./operators/elementwise.js";
import { normalizations } from "./operators/normalization.js";
import { products } from "./operators/product.js";
import { reductions } from "./operators/reduction.js";
import { shapeOperators } from "./operators/shape-operators.js";

export const operators = {
  ...elementwise,
  ...reductions,
  ...shapeOperators,
  ...products,
  ...convolutions,
  ...normalizations,
} as const satisfies Record<string, Operator>;

export type OperatorName = keyof typeof operators;

export function isOperatorName(name: string): name is OperatorName {
  return Object.hasOwn(operators, name);
}

/** Types and shapes of a node's outputs, from what is known about its inputs (`undefined`: left out). */
export function inferNode(node: Node, inputs: readonly (Value | undefined)[]): Value[] {
  const call: Call = new Call(node, inputs);
  const blocked = blockedOperators[node.operator];
  if (blocked) return blocked.infer(call);
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
