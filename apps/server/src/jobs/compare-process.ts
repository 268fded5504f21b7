/** The comparing process: measures two model files on the same pictures, one after the other, and ends. Started by comparisons.ts. */
import type { ComparisonResult } from "@sightline/api/comparisons";
import { type EvaluateOptions, evaluateSamples } from "@sightline/models/evaluate";
import { openPredictor, type Prediction } from "@sightline/models/predictor";
import type { ComparedVersion, CompareOrder } from "./compare-messages.js";
import { compared } from "./compared-pictures.js";
import { answerOneOrder, tell } from "./measuring-process.js";
import { apiMetrics } from "./model-record.js";

answerOneOrder(compare);

async function compare(order: CompareOrder): Promise<ComparisonResult> {
  const base = await measure(order, order.base, "Measures the first version", 0);
  const candidate = await measure(order, order.candidate, "Measures the second version", 0.5);
  const answered = order.pictures.samples.flatMap(({ file, name }) => {
    const said = order.said.get(file);
    const [first, second] = [base.answers.get(file), candidate.answers.get(file)];
    return said && first && second ? [{ ...said, name, base: first, candidate: second }] : [];
  });
  return {
    ...compared(answered),
    base: base.side,
    candidate: candidate.side,
    skipped: base.skipped.map((one) => ({ ...one })),
  };
}

async function measure(order: CompareOrder, version: ComparedVersion, step: string, from: number) {
  const { threshold } = version;
  tell(from, step);
  const opened = await openPredictor(version.file, { threads: order.threads });
  const answers = new Map<string, Prediction>();
  try {
    // Measured as it would inspect: the score of a picture at the threshold is 0.5, whatever that threshold is.
    const predictor: EvaluateOptions["predictor"] = {
      ...opened,
      predict: (bytes, options) => opened.predict(bytes, { ...options, threshold }),
    };
    const { evaluation, metrics } = await evaluateSamples({
      predictor,
      pictures: order.pictures,
      onProgress: ({ progress }) => tell(from + progress / 2, step),
      onAnswer: ({ file }, prediction) => void answers.set(file, prediction),
    });
    const { p50, p95 } = evaluation.msPerImage;
    const side = { threshold, metrics: apiMetrics(metrics), msPerImage: { p50, p95 } };
    return { answers, skipped: evaluation.skipped, side };
  } finally {
    await opened.close();
  }
}
