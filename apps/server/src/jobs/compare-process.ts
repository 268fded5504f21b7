/** The comparing process: measures two model files on the same pictures, one after the other, and ends. Started by comparisons.ts. */
import { constants, setPriority } from "node:os";
import { type EvaluateOptions, evaluateSamples } from "@sightline/models/evaluate";
import { openPredictor, type Prediction } from "@sightline/models/predictor";
import type { ComparedVersion, CompareOrder, CompareReport } from "./compare-messages.js";
import { compared } from "./compared-pictures.js";
import { apiMetrics } from "./model-record.js";

/** Inspection comes first: the scheduler gives this process what is left. */
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

// Without its service a comparison has nobody to work for.
process.on("disconnect", () => process.exit(1));
process.once("message", (order: CompareOrder) => {
  void compare(order)
    .catch(failure)
    // Ends only when the report has left: a process that exits earlier loses it.
    .then((report) => process.send?.(report, () => process.exit(report.kind === "done" ? 0 : 1)));
});

async function compare(order: CompareOrder): Promise<CompareReport> {
  const base = await measure(order, order.base, "Measures the first version", 0);
  const candidate = await measure(order, order.candidate, "Measures the second version", 0.5);
  const answered = order.pictures.samples.flatMap(({ file, name }) => {
    const said = order.said.get(file);
    const [first, second] = [base.answers.get(file), candidate.answers.get(file)];
    return said && first && second ? [{ ...said, name, base: first, candidate: second }] : [];
  });
  const result = {
    ...compared(answered),
    base: base.side,
    candidate: candidate.side,
    skipped: base.skipped.map((one) => ({ ...one })),
  };
  return { kind: "done", result };
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

function tell(progress: number, step: string): void {
  process.send?.({ kind: "progress", progress, step } satisfies CompareReport);
}

/** An error with a code was made for people (labels that differ, no readable picture); any other is a bug. */
function failure(error: unknown): CompareReport {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  const isForPeople = /^[A-Z][A-Z0-9_]+$/.test(code) && !code.startsWith("ERR_");
  if (!isForPeople) console.error(error);
  const message = error instanceof Error ? error.message : String(error);
  return { kind: "failed", message, isBug: !isForPeople };
}
