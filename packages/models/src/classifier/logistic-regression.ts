/** Regularised multinomial logistic regression by L-BFGS; loss and gradient run as a small ONNX graph. */
import type { Graph } from "@sightline/nn/graph";
import { GraphBuilder } from "@sightline/nn/graph-builder";
import { writeOnnx } from "@sightline/nn/onnx-file";
import { openSession, type Session } from "@sightline/nn/session/session";
import { floatTensor, indexTensor, type Tensor } from "@sightline/nn/tensor";
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
    const session = await openSession(writeOnnx(lossGraph(width, classes)), { threads });
    return new LogisticRegression(session, features, labels, width, classes);
  }

  /** @param sampleWeights of the first so many samples; 0 leaves a sample out */
  async fit(sampleWeights: Float32Array, { penalty, start, signal }: FitOptions): Promise<LinearClassifier> {
    throwIfCancelled(signal);
    const classes = this.#classes;
    const width = this.#width;
    const samples = sampleWeights.length;
    const total = sampleWeights.reduce((sum, weight) => sum + weight, 0);
    const weights = new Float32Array(samples);
    const targets = new Float32Array(classes * samples);
    for (let i = 0; i < samples; i++) {
      const weight = (sampleWeights[i] as number) / total;
      weights[i] = weight;
      targets[(this.#labels[i] as number) * samples + i] = weight;
    }
    const feeds = {
      features: floatTensor([samples, width], this.#features.subarray(0, samples * width)),
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
function lossGraph(width: number, classes: number): Graph {
  const builder = new GraphBuilder();
  const features = builder.input("features", "float32", ["samples", width]);
  const weights = builder.input("weights", "float32", [1, "samples"]);
  const targets = builder.input("targets", "float32", [classes, "samples"]);
  const theta = builder.input("theta", "float32", [classes, width]);
  const bias = builder.input("bias", "float32", [classes, 1]);
  const logits = builder.add("Gemm", [theta, features, bias], { transB: 1 });
  const logProbabilities = builder.add("LogSoftmax", [logits], { axis: 0 });
  const likelihoods = builder.add("Mul", [targets, logProbabilities]);
  const likelihood = builder.add("ReduceSum", [likelihoods, indexTensor([0, 1])], { keepdims: 0 });
  builder.output(builder.add("Neg", [likelihood], {}, "loss"));
  const weighted = builder.add("Mul", [builder.add("Exp", [logProbabilities]), weights]);
  const logitGradient = builder.add("Sub", [weighted, targets]);
  builder.output(builder.add("MatMul", [logitGradient, features], {}, "thetaGradient"));
  builder.output(builder.add("ReduceSum", [logitGradient, indexTensor([1])], {}, "biasGradient"));
  return builder.build("logistic_regression");
}
