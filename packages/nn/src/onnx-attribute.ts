/** Node attributes in ONNX files. */

import type { AttributeProto } from "onnx-buf";
import { AttributeProto_AttributeType as Type } from "onnx-buf";
import { NnError } from "./errors.js";
import type { Attribute } from "./graph.js";
import { readTensor, writeTensor } from "./onnx-tensor.js";

export function readAttribute(attribute: AttributeProto, node: string): Attribute {
  const where = `Attribute "${attribute.name}" of node "${node}"`;
  switch (attribute.type) {
    case Type.FLOAT:
      return { type: "float", value: attribute.f };
    case Type.FLOATS:
      return { type: "floats", value: attribute.floats };
    case Type.INT:
      return { type: "int", value: safe(attribute.i, where) };
    case Type.INTS:
      return { type: "ints", value: attribute.ints.map((value) => safe(value, where)) };
    case Type.STRING:
      return { type: "string", value: new TextDecoder().decode(attribute.s) };
    case Type.STRINGS:
      return { type: "strings", value: attribute.strings.map((value) => new TextDecoder().decode(value)) };
    case Type.TENSOR:
      if (attribute.t) return { type: "tensor", value: readTensor(attribute.t, where) };
      break;
    case Type.GRAPH:
    case Type.GRAPHS:
      throw new NnError("MODEL_UNKNOWN_OPERATOR", `${where} holds a graph; control flow isn't supported.`);
  }
  throw new NnError("MODEL_NOT_ONNX", `${where} has a type that can't be read (number ${attribute.type}).`);
}

/** Counts and sizes that no operator lets be 0 or less. */
const positive: ReadonlySet<string> = new Set([
  "blocksize",
  "dilations",
  "group",
  "kernel_shape",
  "num_groups",
  "num_heads",
  "num_outputs",
  "strides",
]);

/**
 * Refuses what ONNX Runtime forgets to check: it divides by some of these, and a whole-number division by 0 ends the
 * process (seen with ConvTranspose and group 0 in 1.30).
 */
export function checkAttribute(name: string, attribute: Attribute, node: string): void {
  if (!positive.has(name) || (attribute.type !== "int" && attribute.type !== "ints")) return;
  const values = attribute.type === "int" ? [attribute.value] : attribute.value;
  if (values.every((value) => value >= 1)) return;
  throw new NnError(
    "MODEL_NOT_ONNX",
    `Attribute "${name}" of node "${node}" must be at least 1, got ${values.join(", ")}.`,
  );
}

export function writeAttribute(attribute: Attribute) {
  switch (attribute.type) {
    case "float":
      return { type: Type.FLOAT, f: attribute.value };
    case "floats":
      return { type: Type.FLOATS, floats: [...attribute.value] };
    case "int":
      return { type: Type.INT, i: BigInt(attribute.value) };
    case "ints":
      return { type: Type.INTS, ints: attribute.value.map(BigInt) };
    case "string":
      return { type: Type.STRING, s: bytesOf(attribute.value) };
    case "strings":
      return { type: Type.STRINGS, strings: attribute.value.map(bytesOf) };
    case "tensor":
      return { type: Type.TENSOR, t: writeTensor(attribute.value) };
  }
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(new TextEncoder().encode(text));
}

function safe(value: bigint, where: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new NnError("MODEL_NOT_ONNX", `${where} is out of range: ${value}.`);
  return number;
}
