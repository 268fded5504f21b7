/** Constant tensors in ONNX files: raw little-endian bytes, or one of the typed lists of older writers. */

import type { TensorProto } from "onnx-buf";
import { TensorProto_DataLocation } from "onnx-buf";
import { NnError } from "./errors.js";
import type { ElementType, Tensor } from "./tensor.js";
import { elementCount, elementTypes, tensor } from "./tensor.js";

export function elementTypeOf(number: number, where: string): ElementType {
  for (const [type, row] of Object.entries(elementTypes)) if (row.onnx === number) return type as ElementType;
  throw new NnError("MODEL_NOT_ONNX", `${where} has elements of an unsupported type (number ${number}).`);
}

export function readTensor(proto: TensorProto, where: string): Tensor {
  if (proto.dataLocation === TensorProto_DataLocation.EXTERNAL || proto.externalData.length > 0) {
    throw new NnError("MODEL_EXTERNAL_DATA", `${where} lies in another file. Save the model as one file.`);
  }
  const type = elementTypeOf(proto.dataType, where);
  const dims = proto.dims.map(Number);
  const array = elementTypes[type].array;
  const count = elementCount(dims);
  if (proto.rawData.length > 0) {
    if (proto.rawData.length !== count * array.BYTES_PER_ELEMENT) {
      throw new NnError("MODEL_NOT_ONNX", `${where} of shape (${dims.join(", ")}) has ${proto.rawData.length} bytes.`);
    }
    // Copied, because elements needn't be aligned inside the file, and so that the file's bytes can be let go.
    // Not with slice(): where the bytes are a Buffer, that copies nothing.
    return tensor(type, dims, new array(new Uint8Array(proto.rawData).buffer));
  }
  return tensor(type, dims, typedList(type, proto));
}

function typedList(type: ElementType, proto: TensorProto): Tensor["data"] {
  switch (type) {
    case "float32":
      return Float32Array.from(proto.floatData);
    case "float64":
      return Float64Array.from(proto.doubleData);
    case "int64":
      return BigInt64Array.from(proto.int64Data);
    case "uint64":
      return BigUint64Array.from(proto.uint64Data);
    case "uint32":
      return Uint32Array.from(proto.uint64Data, Number);
    default:
      return elementTypes[type].array.from(proto.int32Data);
  }
}

export function writeTensor({ type, dims, data }: Tensor) {
  return {
    dataType: elementTypes[type].onnx,
    dims: dims.map(BigInt),
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) as Uint8Array<ArrayBuffer>,
  };
}
