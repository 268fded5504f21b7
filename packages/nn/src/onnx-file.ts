/** Reads and writes ONNX files, and refuses those that are damaged or can't be trusted before ONNX Runtime sees them. */

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import type { GraphProto, ModelProto, NodeProto, ValueInfoProto } from "onnx-buf";
import { ModelProtoSchema, TensorProto_DataLocation } from "onnx-buf";
import { NnError } from "./errors.js";
import type { Dimension, Graph, Node, ValueInfo } from "./graph.js";
import { checkGraph, unknownDimension } from "./graph.js";
import { checkAttribute, readAttribute, writeAttribute } from "./onnx-attribute.js";
import { elementTypeOf, readTensor, writeTensor } from "./onnx-tensor.js";
import { standardOperators } from "./standard-operators.js";
import { elementTypes } from "./tensor.js";

export interface OnnxLimits {
  /** Longest file accepted. Default 200 MB. */
  readonly maxBytes?: number;
}

const defaultMaxBytes = 200_000_000;

/** Version of the file format (not of the operators): read by ONNX Runtime since 2021. */
const irVersion = 8n;

/**
 * The graph in an ONNX file.
 *
 * @throws NnError `MODEL_TOO_LARGE`, `MODEL_NOT_ONNX`, `MODEL_EXTERNAL_DATA`, `MODEL_UNKNOWN_OPERATOR`.
 */
export function readOnnx(bytes: Uint8Array, { maxBytes = defaultMaxBytes }: OnnxLimits = {}): Graph {
  if (bytes.length > maxBytes) {
    throw new NnError(
      "MODEL_TOO_LARGE",
      `The model file must be at most ${Math.floor(maxBytes / 1e6)} MB, got ${Math.ceil(bytes.length / 1e6)} MB.`,
    );
  }
  try {
    const graph = readModel(fromBinary(ModelProtoSchema, bytes, { readUnknownFields: false }));
    checkGraph(graph);
    return graph;
  } catch (cause) {
    if (cause instanceof NnError && cause.code.startsWith("MODEL_")) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new NnError("MODEL_NOT_ONNX", `The file is not an ONNX model, or it is damaged: ${reason}`, { cause });
  }
}

/** Throws what `readOnnx` throws for a file that must not reach ONNX Runtime. */
export function checkOnnx(bytes: Uint8Array, limits?: OnnxLimits): void {
  readOnnx(bytes, limits);
}

/** The bytes of an ONNX file: the same graph always gives the same bytes. */
export function writeOnnx(graph: Graph): Uint8Array {
  checkGraph(graph);
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion,
      producerName: "sightline",
      opsetImport: [
        { domain: "", version: BigInt(graph.opset) },
        ...(graph.nodes.some((node) => domainOf(node).domain !== "") ? [{ domain: blockedDomain, version: 1n }] : []),
      ],
      metadataProps: [...graph.metadata].map(([key, value]) => ({ key, value })),
      graph: {
        name: graph.name,
        input: graph.inputs.map(writeValue),
        output: graph.outputs.map(writeValue),
        initializer: [...graph.initializers].map(([name, value]) => ({ ...writeTensor(value), name })),
        node: graph.nodes.map((node) => ({
          name: node.name,
          ...domainOf(node),
          input: [...node.inputs],
          output: [...node.outputs],
          attribute: Object.entries(node.attributes).map(([name, value]) => ({ name, ...writeAttribute(value) })),
        })),
      },
    }),
  );
}

/** ONNX Runtime's own domain of operators in blocked layout: in our training graphs only, never in a file from elsewhere. */
const blockedDomain = "com.microsoft.nchwc";

/** An operator "nchwc.Conv" of the table is "Conv" of that domain. */
function domainOf({ operator }: Node): { domain: string; opType: string } {
  return operator.startsWith("nchwc.")
    ? { domain: blockedDomain, opType: operator.slice("nchwc.".length) }
    : { domain: "", opType: operator };
}

function readModel(model: ModelProto): Graph {
  if (!model.graph || model.irVersion === 0n) throw new NnError("MODEL_NOT_ONNX", "The file is not an ONNX model.");
  if (model.functions.length > 0) {
    throw new NnError("MODEL_UNKNOWN_OPERATOR", `The model defines its own operator "${model.functions[0]?.name}".`);
  }
  const opset = model.opsetImport.find((entry) => isStandard(entry.domain));
  if (!opset) throw new NnError("MODEL_NOT_ONNX", "The model doesn't say which ONNX operator set it uses.");
  const { graph } = model;
  refuseExternalData(graph);
  const initializers = new Map(graph.initializer.map((value) => [value.name, readTensor(value, `"${value.name}"`)]));
  if (initializers.size !== graph.initializer.length) {
    throw new NnError("MODEL_NOT_ONNX", "Two constants of the model have the same name.");
  }
  return {
    name: graph.name,
    // Old files list constants among the inputs too, as defaults of them.
    inputs: graph.input.filter((value) => !initializers.has(value.name)).map(readValue),
    outputs: graph.output.map(readValue),
    initializers,
    nodes: graph.node.map(readNode),
    metadata: new Map(model.metadataProps.map(({ key, value }) => [key, value])),
    opset: Number(opset.version),
  };
}

function refuseExternalData(graph: GraphProto): void {
  if (graph.sparseInitializer.length > 0) {
    throw new NnError("MODEL_UNKNOWN_OPERATOR", "The model has sparse constants; export it with dense ones.");
  }
  const external = graph.initializer.find(
    (value) => value.dataLocation === TensorProto_DataLocation.EXTERNAL || value.externalData.length > 0,
  );
  if (external) {
    throw new NnError(
      "MODEL_EXTERNAL_DATA",
      `The model keeps "${external.name}" in another file. Save it as one file, with its weights inside.`,
    );
  }
}

function readNode(node: NodeProto): Node {
  if (!isStandard(node.domain) || !standardOperators.has(node.opType)) {
    const name = node.domain ? `${node.domain}.${node.opType}` : node.opType;
    throw new NnError(
      "MODEL_UNKNOWN_OPERATOR",
      `Node "${node.name}" needs operator "${name}". Models may use standard ONNX operators without control flow only.`,
    );
  }
  const attributes = Object.fromEntries(
    node.attribute.map((attribute) => [attribute.name, readAttribute(attribute, node.name)]),
  );
  for (const [name, attribute] of Object.entries(attributes)) checkAttribute(name, attribute, node.name);
  return { name: node.name, operator: node.opType, inputs: node.input, outputs: node.output, attributes };
}

function readValue(value: ValueInfoProto): ValueInfo {
  const type = value.type?.value;
  if (type?.case !== "tensorType" || !type.value.shape) {
    throw new NnError("MODEL_NOT_ONNX", `"${value.name}" must be a tensor with a stated shape.`);
  }
  return {
    name: value.name,
    type: elementTypeOf(type.value.elemType, `"${value.name}"`),
    dims: type.value.shape.dim.map(({ value: dimension }): Dimension => {
      if (dimension.case === "dimValue") return Number(dimension.value);
      return dimension.case === "dimParam" && dimension.value !== "" ? dimension.value : unknownDimension;
    }),
  };
}

function writeValue({ name, type, dims }: ValueInfo) {
  const dim = dims.map((size) => {
    if (size === unknownDimension) return {};
    if (typeof size === "string") return { value: { case: "dimParam" as const, value: size } };
    return { value: { case: "dimValue" as const, value: BigInt(size) } };
  });
  const elemType = elementTypes[type].onnx;
  return { name, type: { value: { case: "tensorType" as const, value: { elemType, shape: { dim } } } } };
}

function isStandard(domain: string): boolean {
  return domain === "" || domain === "ai.onnx";
}
