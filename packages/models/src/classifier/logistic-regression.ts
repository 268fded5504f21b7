/** Regularised multinomial logistic regression by L-BFGS; loss and gradient run as a small ONNX graph. */
import type { Graph } from "@sightline/nn/graph";
import { standardOpset } from "@sightline/nn/graph";
import { writeOnnx } from "@sightline/nn/onnx-file";
import { openSession, type Session } from "@sightline/nn/session/session";
import { floatTensor, type Tensor } from "@sightline/nn/tensor";
import { nextTurn, throwIfCancelled } from "../model-error.js";
import { minimise } from "./lbfgs.js";

/** A linear classifier: logit of class k = weights row k · features + bias k. */
export interface LinearClassifier {
  readonly classes: number;
  readonly features: number;
  /** `[classes, features]` */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

export interface FitOptions {
  /** Strength of the L2 penalty on the weights (not the bias), per weighted sample. */
  readonly penalty: number;
  /** Where to begin; a solution for a similar penalty saves most of the steps. */
  readonly start?: LinearClassifier | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Samples once, fits many: folds differ only in the samples' weights. */
export class LogisticRegression {
  readonly #session: Session;
  readonly #features: Float32Array;
  readonly #labels: Int32Array;
  readonly #width: number;
  readonly #classes: number;

  private constructor(session: Session, features: Float32Array, labels: Int32Array, width: number, classes: number) {
    this.#session = session;
    this.#features = features;
    this.#labels = labels;
    this.#width = width;
    this.#classes = classes;
  }

  /** @param features `[samples, width]`, row by row, of similar scale in each column */
  static async open(
    features: Float32Array,
    width: number,
    labels: Int32Array,
    classes: number,
    threads: number,
  ): Promise<LogisticRegression> {
    const session = await openSession(writeOnnx(lossGraph(labels.length, width, classes)), { threads });
    return new LogisticRegression(session, features, labels, width, classes);
  }

  /** @param sampleWeights one per sample; 0 leaves a sample out */
  async fit(sampleWeights: Float32Array, { penalty, start, signal }: FitOptions): Promise<LinearClassifier> {
    const classes = this.#classes;
    const width = this.#width;
    const samples = this.#labels.length;
    const total = sampleWeights.reduce((sum, weight) => sum + weight, 0);
    const weights = new Float32Array(samples);
    const targets = new Float32Array(classes * samples);
    for (let i = 0; i < samples; i++) {
      const weight = (sampleWeights[i] as number) / total;
      weights[i] = weight;
      targets[(this.#labels[i] as number) * samples + i] = weight;
    }
    const feeds = {
      features: floatTensor([samples, width], this.#features),
      weights: floatTensor([1, samples], weights),
      targets: floatTensor([classes, samples], targets),
    };
    const size = classes * width;
    let lastTurn = performance.now();
    const evaluate = async (parameters: Float64Array) => {
      const theta = Float32Array.from(parameters.subarray(0, size));
      const bias = Float32Array.from(parameters.subarray(size));
      const results = await this.#session.run({
        ...feeds,
        theta: floatTensor([classes, width], theta),
        bias: floatTensor([classes, 1], bias),
      });
      const gradient = new Float64Array(parameters.length);
      const { loss, thetaGradient, biasGradient } = results as Record<
        "loss" | "thetaGradient" | "biasGradient",
        Tensor
      >;
      gradient.set(thetaGradient.data as Float32Array, 0);
      gradient.set(biasGradient.data as Float32Array, size);
      let value = (loss.data as Float32Array)[0] as number;
      for (let i = 0; i < size; i++) {
        const weight = parameters[i] as number;
        value += 0.5 * penalty * weight * weight;
        gradient[i] = (gradient[i] as number) + penalty * weight;
      }
      if (performance.now() - lastTurn > 100) {
        await nextTurn();
        lastTurn = performance.now();
        throwIfCancelled(signal);
      }
      return { value, gradient };
    };
    const begin = new Float64Array(size + classes);
    if (start) {
      begin.set(start.weights, 0);
      begin.set(start.bias, size);
    }
    const { parameters } = await minimise(evaluate, begin, {
      maxIterations: 200,
      gradientTolerance: 1e-5,
      valueTolerance: 1e-5,
    });
    return {
      classes,
      features: width,
      weights: Float32Array.from(parameters.subarray(0, size)),
      bias: Float32Array.from(parameters.subarray(size)),
    };
  }

  dispose(): Promise<void> {
    return this.#session.dispose();
  }
}

/** Logits of one sample. */
export function logitsOf(model: LinearClassifier, features: Float32Array): Float64Array {
  return Float64Array.from({ length: model.classes }, (_, k) => {
    let sum = model.bias[k] as number;
    const offset = k * model.features;
    for (let j = 0; j < model.features; j++) sum += (model.weights[offset + j] as number) * (features[j] as number);
    return sum;
  });
}

/**
 * Loss and gradient with samples along the second axis: the long, thin products then run along contiguous memory.
 * loss = −Σ targets · log softmax(theta · featuresᵀ + bias)
 */
function lossGraph(samples: number, width: number, classes: number): Graph {
  const node = (
    operator: string,
    inputs: string[],
    output: string,
    attributes: Graph["nodes"][number]["attributes"] = {},
  ) => ({
    name: output,
    operator,
    inputs,
    outputs: [output],
    attributes,
  });
  const float = (name: string, dims: number[]) => ({ name, type: "float32" as const, dims });
  const overClasses = { axis: { type: "int" as const, value: 0 } };
  return {
    name: "logistic_regression",
    inputs: [
      float("features", [samples, width]),
      float("weights", [1, samples]),
      float("targets", [classes, samples]),
      float("theta", [classes, width]),
      float("bias", [classes, 1]),
    ],
    outputs: [float("loss", []), float("thetaGradient", [classes, width]), float("biasGradient", [classes, 1])],
    initializers: new Map([["samplesAxis", { type: "int64", dims: [1], data: BigInt64Array.of(1n) }]]),
    nodes: [
      node("Gemm", ["theta", "features", "bias"], "logits", { transB: { type: "int", value: 1 } }),
      node("LogSoftmax", ["logits"], "logProbabilities", overClasses),
      node("Mul", ["targets", "logProbabilities"], "likelihoods"),
      node("ReduceSum", ["likelihoods"], "likelihood", { keepdims: { type: "int", value: 0 } }),
      node("Neg", ["likelihood"], "loss"),
      node("Exp", ["logProbabilities"], "probabilities"),
      node("Mul", ["probabilities", "weights"], "weighted"),
      node("Sub", ["weighted", "targets"], "logitGradient"),
      node("MatMul", ["logitGradient", "features"], "thetaGradient"),
      node("ReduceSum", ["logitGradient", "samplesAxis"], "biasGradient"),
    ],
    metadata: new Map(),
    opset: standardOpset,
  };
}
