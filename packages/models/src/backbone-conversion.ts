/** Turns MediaPipe's TensorFlow Lite detector into an ONNX backbone: its MobileNetV2, without the detection heads. */

import type { Attribute, Graph, Node, ValueInfo } from "@sightline/nn/graph";
import { standardOpset } from "@sightline/nn/graph";
import type { Tensor } from "@sightline/nn/tensor";
import { floatTensor } from "@sightline/nn/tensor";
import type { TfliteModel, TfliteOperator } from "@sightline/nn/tflite-file";
import { fromHalf, readTflite } from "@sightline/nn/tflite-file";
import { ModelError } from "./model-error.js";

/** Blocks of MobileNetV2 after the stem, counted from 0 as in its paper's code. */
const blockCount = 17;

/**
 * The backbone for pictures of any size, with every block's output and every block's expanded (6x wide) features as
 * outputs: `block0` … `block16`, `block1Expand` … `block16Expand`, `last`. Paddings are still `SAME_UPPER`.
 */
export function convertBackbone(tflite: Uint8Array): Graph {
  const model = readTflite(tflite);
  const constants = constantsOf(model);
  const chain = mobileNet(model, constants);
  const names = valueNames(chain);
  const values = new Map<number, string>(model.inputs.map((index) => [index, "image"]));
  const initializers = new Map<string, Tensor>([
    ["relu6/min", floatTensor([], [0])],
    ["relu6/max", floatTensor([], [6])],
  ]);
  const nodes: Node[] = [];
  const outputs: ValueInfo[] = [];
  for (const [index, operator] of chain.entries()) {
    const name = names[index] ?? "";
    const inputs = operator.inputs
      .slice(0, operator.operator === "ADD" ? 2 : 1)
      .map((input) => values.get(input) ?? "");
    for (const output of operator.outputs) values.set(output, name);
    if (operator.operator === "ADD") {
      nodes.push({ name, operator: "Add", inputs, outputs: [name], attributes: {} });
      continue;
    }
    const clipped = operator.activation === "relu6";
    const [weights, bias] = operator.inputs.slice(1).map((input) => constants.get(input));
    if (!weights || !bias) throw unexpected(`"${name}" without constant weights`);
    const isDepthwise = operator.operator === "DEPTHWISE_CONV_2D";
    initializers.set(`${name}/weights`, isDepthwise ? depthwiseWeights(weights) : channelsFirst(weights));
    initializers.set(`${name}/bias`, bias);
    nodes.push({
      name: `${name}/conv`,
      operator: "Conv",
      inputs: [...inputs, `${name}/weights`, `${name}/bias`],
      outputs: [clipped ? `${name}/conv` : name],
      attributes: convolutionAttributes(operator, weights, isDepthwise),
    });
    if (clipped) {
      const clip = [`${name}/conv`, "relu6/min", "relu6/max"];
      nodes.push({ name: `${name}/relu6`, operator: "Clip", inputs: clip, outputs: [name], attributes: {} });
    }
  }
  for (const name of new Set(names)) {
    if (name.includes("/")) continue;
    const channels =
      initializers.get(`${name}/bias`)?.dims[0] ?? initializers.get(`${name}/project/bias`)?.dims[0] ?? "?";
    outputs.push({ name, type: "float32", dims: ["N", channels, `${name}Height`, `${name}Width`] });
  }
  return {
    name: "mobilenet_v2_1.0",
    inputs: [{ name: "image", type: "float32", dims: ["N", 3, "height", "width"] }],
    outputs,
    initializers,
    nodes,
    metadata: new Map(),
    opset: standardOpset,
  };
}

type Convolution = Extract<TfliteOperator, { operator: "CONV_2D" | "DEPTHWISE_CONV_2D" }>;
type Step = Convolution | Extract<TfliteOperator, { operator: "ADD" }>;

/** Float constants by tensor index; half floats (behind DEQUANTIZE) widened. */
function constantsOf(model: TfliteModel): Map<number, Tensor> {
  const constants = new Map<number, Tensor>();
  for (const [index, { constant }] of model.tensors.entries()) if (constant) constants.set(index, constant);
  for (const { operator, inputs, outputs } of model.operators) {
    const [half, result] = [constants.get(inputs[0] ?? -1), outputs[0]];
    if (operator !== "DEQUANTIZE" || !(half?.data instanceof Uint16Array) || result === undefined) continue;
    constants.set(result, floatTensor(half.dims, Float32Array.from(half.data, fromHalf)));
  }
  return constants;
}

/** The operators between the picture and the 1280 channels that end MobileNetV2, in order. */
function mobileNet(model: TfliteModel, constants: ReadonlyMap<number, Tensor>): Step[] {
  const makers = new Map(model.operators.flatMap((operator) => operator.outputs.map((output) => [output, operator])));
  const end = model.operators.find(
    ({ operator, inputs }) => operator === "CONV_2D" && constants.get(inputs[1] ?? -1)?.dims[0] === 1280,
  );
  if (!end) throw unexpected("no convolution with 1280 channels");
  const needed = new Set<TfliteOperator>();
  const queue = [end];
  for (let operator = queue.pop(); operator; operator = queue.pop()) {
    if (needed.has(operator)) continue;
    needed.add(operator);
    for (const input of operator.inputs) {
      const maker = constants.has(input) ? undefined : makers.get(input);
      if (maker) queue.push(maker);
    }
  }
  return model.operators.filter((operator): operator is Step & TfliteOperator => {
    if (!needed.has(operator)) return false;
    if (operator.operator === "OTHER" || operator.operator === "DEQUANTIZE") {
      throw unexpected(`operator ${operator.operator} inside the network`);
    }
    return true;
  });
}

/** What each step's output is called, from its place: stem, then (expand, depthwise, project, add) per block, then last. */
function valueNames(chain: readonly Step[]): string[] {
  let block = 0;
  const names = chain.map(({ operator }, index) => {
    const [previous, next] = [chain[index - 1]?.operator, chain[index + 1]?.operator];
    if (index === 0) return "stem/out";
    if (index === chain.length - 1) return "last";
    if (operator === "DEPTHWISE_CONV_2D") return `block${block}/depthwise`;
    if (operator === "ADD") return `block${block++}`;
    if (previous !== "DEPTHWISE_CONV_2D") return `block${block}Expand`;
    return next === "ADD" ? `block${block}/project` : `block${block++}`;
  });
  if (block !== blockCount) throw unexpected(`${block} blocks instead of ${blockCount}`);
  return names;
}

function convolutionAttributes(
  operator: Convolution,
  weights: Tensor,
  isDepthwise: boolean,
): Record<string, Attribute> {
  const [, height = 0, width = 0, channels = 0] = weights.dims;
  if (operator.activation === "relu") throw unexpected("activation RELU");
  return {
    kernel_shape: { type: "ints", value: [height, width] },
    strides: { type: "ints", value: operator.strides },
    dilations: { type: "ints", value: operator.dilations },
    auto_pad: { type: "string", value: operator.padding === "same" ? "SAME_UPPER" : "VALID" },
    group: { type: "int", value: isDepthwise ? channels : 1 },
  };
}

/** [out, height, width, in] → [out, in, height, width] */
function channelsFirst({ dims, data }: Tensor): Tensor {
  const [outputs = 0, height = 0, width = 0, inputs = 0] = dims;
  const moved = new Float32Array(data.length);
  const area = height * width;
  for (let output = 0; output < outputs; output++) {
    for (let place = 0; place < area; place++) {
      for (let input = 0; input < inputs; input++) {
        moved[(output * inputs + input) * area + place] = Number(data[(output * area + place) * inputs + input]);
      }
    }
  }
  return floatTensor([outputs, inputs, height, width], moved);
}

/** [1, height, width, channel] → [channel, 1, height, width] */
function depthwiseWeights({ dims, data }: Tensor): Tensor {
  const [one, height = 0, width = 0, channels = 0] = dims;
  if (one !== 1) throw unexpected("a depthwise convolution with several outputs per channel");
  const { data: moved } = channelsFirst({ type: "float32", dims: [1, height, width, channels], data });
  return { type: "float32", dims: [channels, 1, height, width], data: moved };
}

function unexpected(got: string): ModelError {
  return new ModelError("BACKBONE_UNSUITABLE", `Expected MediaPipe's MobileNetV2 detector, got ${got}.`);
}
