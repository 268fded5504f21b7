/** Brings any ONNX file of a convolutional network into the form of a backbone: free sizes, our operator set, its taps as outputs. */
import { foldBatchNorms } from "@sightline/nn/fold-batch-norms";
import type { Attribute, Graph, Node, ValueInfo } from "@sightline/nn/graph";
import { pruned, standardOpset } from "@sightline/nn/graph";
import type { Tensor } from "@sightline/nn/tensor";
import { tensor } from "@sightline/nn/tensor";
import { allTaps, describeBackbone } from "../backbone-description.js";
import { findStages } from "../backbone-taps.js";
import { ModelError } from "../model-error.js";

/** Older operator sets say other things with the same words, such as Clip's limits. */
const oldestOpset = 11;

/** Operators of feature networks that mean the same from operator set 11 to ours, for constant further inputs. */
const unchanged = new Set(
  (
    "Abs Add AveragePool BatchNormalization Clip Concat Conv ConvTranspose Div Elu Erf Exp Flatten Gemm GlobalAveragePool " +
    "GlobalMaxPool HardSigmoid HardSwish Identity LeakyRelu MatMul Max MaxPool Min Mul Neg PRelu Pad Relu Reshape Sigmoid " +
    "Softmax Softplus Sqrt Sub Tanh Transpose"
  ).split(" "),
);

const strides = [4, 8, 16, 32];

/**
 * @param graph as the file has it: one picture in, whatever comes out; a classifier's head is cut off
 * @throws ModelError `BACKBONE_UNSUITABLE`
 */
export function importBackbone(graph: Graph, title: string): Graph {
  const fail = (problem: string): never => {
    throw new ModelError("BACKBONE_UNSUITABLE", `${title} can't be a backbone: ${problem}`);
  };
  const [input, ...others] = graph.inputs;
  if (!input || others.length > 0 || input.type !== "float32" || input.dims.length !== 4) {
    const got = graph.inputs.map(({ type, dims }) => `${type} (${dims.join(", ")})`).join(" and ") || "nothing";
    return fail(`it takes ${got}, and a backbone takes one input, float32 (N, 3, height, width).`);
  }
  if (typeof input.dims[1] === "number" && input.dims[1] !== 3)
    return fail(
      `it takes (${input.dims.join(", ")}), and a backbone takes (N, 3, height, width). Export it with channels first.`,
    );
  const free = freed(withConstants(graph), input);
  if (free.opset < oldestOpset || free.opset > 22)
    return fail(`it is in operator set ${free.opset}; export it with one from ${oldestOpset} to ${standardOpset}.`);
  const stages = findStages(free);
  const missing = strides.filter((stride) => !stages.some((stage) => stage.stride === stride));
  if (missing.length > 0) {
    const found = stages.map(({ stride }) => stride).join(", ") || "none";
    return fail(
      `it has no feature maps of stride ${missing.join(", ")} (found: ${found}). ` +
        "Methods take maps of strides 4, 8, 16 and 32 from a convolutional network.",
    );
  }
  const features = foldBatchNorms(onlyTaps(free));
  const strange = features.nodes.find(({ operator }) => features.opset !== standardOpset && !unchanged.has(operator));
  if (strange !== undefined)
    return fail(
      `operator ${strange.operator} of node "${strange.name}" may mean something else in operator set ${features.opset}. ` +
        `Export it with operator set ${standardOpset}.`,
    );
  // Folding takes a norm's place: what is called a tap now is told anew.
  return onlyTaps({ ...features, opset: standardOpset });
}

/** Its taps as outputs, and nothing that none of them needs. */
function onlyTaps(graph: Graph): Graph {
  const outputs = allTaps(describeBackbone({ ...graph, metadata: new Map() }, "")).map(
    ({ name, channels }): ValueInfo => ({
      name,
      type: "float32",
      dims: ["N", channels, `${name}Height`, `${name}Width`],
    }),
  );
  return pruned(graph, outputs);
}

/** The picture is called `image` and may be of any size, whatever the file was exported for. */
function freed(graph: Graph, input: ValueInfo): Graph {
  const rename = (name: string): string => (name === input.name ? "image" : name);
  return {
    ...graph,
    inputs: [{ name: "image", type: "float32", dims: ["N", 3, "height", "width"] }],
    nodes: graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map(rename) })),
  };
}

/** Exporters write constants as nodes, too. */
function withConstants(graph: Graph): Graph {
  const initializers = new Map(graph.initializers);
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    const value = node.operator === "Constant" ? constantOf(node.attributes) : null;
    if (value === null) nodes.push(node);
    else initializers.set(node.outputs[0] ?? "", value);
  }
  return { ...graph, nodes, initializers };
}

function constantOf({ value, value_float, value_int, value_ints }: Readonly<Record<string, Attribute>>): Tensor | null {
  if (value?.type === "tensor") return value.value;
  if (value_float?.type === "float") return tensor("float32", [], Float32Array.of(value_float.value));
  if (value_int?.type === "int") return tensor("int64", [], BigInt64Array.of(BigInt(value_int.value)));
  if (value_ints?.type === "ints")
    return tensor("int64", [value_ints.value.length], BigInt64Array.from(value_ints.value, BigInt));
  return null;
}
