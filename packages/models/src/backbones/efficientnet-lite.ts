/**
 * EfficientNet-Lite (Tan and Le 2019; the Lite variants of 2020: no squeeze-and-excitation, ReLU6, stem and head of fixed
 * width) as a graph, from the weights of its PyTorch port. Batch norms are folded into the convolutions before them.
 */
import type { Graph, Node, ValueInfo } from "@sightline/nn/graph";
import { standardOpset } from "@sightline/nn/graph";
import { floatTensor, type Tensor } from "@sightline/nn/tensor";
import { ModelError } from "../model-error.js";

type Weights = ReadonlyMap<string, Tensor>;

/** Of each stage's first block; the others keep the map's size. */
const stageStrides = [1, 2, 2, 2, 1, 2, 1];

/** As in TensorFlow's original. */
const epsilon = 1e-3;

export interface EfficientNetLiteShape {
  readonly name: string;
  /** Blocks of each stage. */
  readonly blocks: readonly number[];
}

/**
 * For pictures of any size, with every block's output and its expanded features as outputs, called as in our own backbone:
 * `block0` …, `block1Expand` …, `last`. Paddings are `SAME_UPPER`, as TensorFlow pads.
 *
 * @throws ModelError `BACKBONE_SOURCE_INVALID` where the weights are another network's
 */
export function efficientNetLite(weights: Weights, { name, blocks }: EfficientNetLiteShape): Graph {
  const layers = new LayerWriter(weights, name);
  let value = layers.conv("image", "stem", { conv: "_conv_stem", norm: "_bn0", stride: 2 });
  const strides = blocks.flatMap((count, stage) =>
    Array.from({ length: count }, (_, i) => (i === 0 ? (stageStrides[stage] as number) : 1)),
  );
  const outputs: string[] = [];
  for (const [block, stride] of strides.entries()) {
    const path = `_blocks.${block}.`;
    const before = value;
    if (weights.has(`${path}_expand_conv.weight`)) {
      value = layers.conv(value, `block${block}Expand`, { conv: `${path}_expand_conv`, norm: `${path}_bn0` });
      outputs.push(value);
    }
    const depthwise = { conv: `${path}_depthwise_conv`, norm: `${path}_bn1`, stride, isDepthwise: true };
    value = layers.conv(value, `block${block}/depthwise`, depthwise);
    const isResidual = stride === 1 && layers.channelsOf(before) === layers.outputsOf(`${path}_project_conv`);
    const project = { conv: `${path}_project_conv`, norm: `${path}_bn2`, isLinear: true };
    value = layers.conv(value, isResidual ? `block${block}/project` : `block${block}`, project);
    if (isResidual) value = layers.add(value, before, `block${block}`);
    outputs.push(value);
  }
  outputs.push(layers.conv(value, "last", { conv: "_conv_head", norm: "_bn1" }));
  return layers.graph(outputs);
}

interface Layer {
  /** Paths of its weights and of the batch norm behind it. */
  readonly conv: string;
  readonly norm: string;
  readonly stride?: number;
  readonly isDepthwise?: boolean;
  /** Without the activation. */
  readonly isLinear?: boolean;
}

class LayerWriter {
  readonly #weights: Weights;
  readonly #name: string;
  readonly #nodes: Node[] = [];
  readonly #channels = new Map<string, number>();
  readonly #initializers = new Map<string, Tensor>([
    ["relu6/min", floatTensor([], [0])],
    ["relu6/max", floatTensor([], [6])],
  ]);

  constructor(weights: Weights, name: string) {
    this.#weights = weights;
    this.#name = name;
  }

  conv(input: string, name: string, { conv, norm, stride = 1, isDepthwise = false, isLinear = false }: Layer): string {
    const weights = this.#weight(`${conv}.weight`, 4);
    const [outputs = 0, inputs = 0, height = 0, width = 0] = weights.dims;
    const before = this.#channels.get(input) ?? 3;
    if (isDepthwise ? outputs !== before || inputs !== 1 : inputs !== before)
      throw this.#unexpected(`"${conv}" of shape (${weights.dims.join(", ")}) on ${before} channels`);
    const folded = this.#folded(weights, norm);
    this.#initializers.set(`${name}/weights`, folded.weights).set(`${name}/bias`, folded.bias);
    const result = isLinear ? name : `${name}/conv`;
    this.#nodes.push({
      name: `${name}/conv`,
      operator: "Conv",
      inputs: [input, `${name}/weights`, `${name}/bias`],
      outputs: [result],
      attributes: {
        kernel_shape: { type: "ints", value: [height, width] },
        strides: { type: "ints", value: [stride, stride] },
        dilations: { type: "ints", value: [1, 1] },
        auto_pad: { type: "string", value: "SAME_UPPER" },
        group: { type: "int", value: isDepthwise ? outputs : 1 },
      },
    });
    if (!isLinear) {
      const clip = [result, "relu6/min", "relu6/max"];
      this.#nodes.push({ name: `${name}/relu6`, operator: "Clip", inputs: clip, outputs: [name], attributes: {} });
    }
    this.#channels.set(name, outputs);
    return name;
  }

  add(a: string, b: string, name: string): string {
    this.#nodes.push({ name, operator: "Add", inputs: [a, b], outputs: [name], attributes: {} });
    this.#channels.set(name, this.channelsOf(a));
    return name;
  }

  channelsOf(value: string): number {
    return this.#channels.get(value) ?? 0;
  }

  outputsOf(conv: string): number {
    return this.#weight(`${conv}.weight`, 4).dims[0] ?? 0;
  }

  graph(outputs: readonly string[]): Graph {
    return {
      name: this.#name,
      inputs: [{ name: "image", type: "float32", dims: ["N", 3, "height", "width"] }],
      outputs: outputs.map(
        (name): ValueInfo => ({
          name,
          type: "float32",
          dims: ["N", this.channelsOf(name), `${name}Height`, `${name}Width`],
        }),
      ),
      initializers: this.#initializers,
      nodes: this.#nodes,
      metadata: new Map(),
      opset: standardOpset,
    };
  }

  /** Weights and bias that do what the convolution and its batch norm do. */
  #folded(weights: Tensor, norm: string): { weights: Tensor; bias: Tensor } {
    const [scale, shift, mean, variance] = ["weight", "bias", "running_mean", "running_var"].map(
      (part) => this.#weight(`${norm}.${part}`, 1).data as Float32Array,
    ) as [Float32Array, Float32Array, Float32Array, Float32Array];
    const count = weights.dims[0] ?? 0;
    if (scale.length !== count) throw this.#unexpected(`"${norm}" of ${scale.length} channels behind ${count}`);
    const factor = Float64Array.from(scale, (value, c) => value / Math.sqrt((variance[c] as number) + epsilon));
    const size = weights.data.length / count;
    return {
      weights: floatTensor(
        weights.dims,
        Float32Array.from(weights.data as Float32Array, (value, i) => value * (factor[Math.floor(i / size)] as number)),
      ),
      bias: floatTensor(
        [count],
        Float32Array.from(shift, (value, c) => value - (mean[c] as number) * (factor[c] as number)),
      ),
    };
  }

  #weight(path: string, rank: number): Tensor {
    const weight = this.#weights.get(path);
    if (weight?.dims.length !== rank)
      throw this.#unexpected(weight ? `"${path}" of rank ${weight.dims.length}` : `no "${path}"`);
    return weight;
  }

  #unexpected(got: string): ModelError {
    return new ModelError(
      "BACKBONE_SOURCE_INVALID",
      `The weights are not those of ${this.#name}: there is ${got}. Give the file that belongs to the name.`,
    );
  }
}
