/** The evaluating process: measures a model file, or takes what it answered on the line, and makes a report of it. Started by evaluations.ts. */
import { readFile } from "node:fs/promises";
import { answeredPictures } from "@sightline/models/answered-picture";
import { buildReport, type ReportOrder } from "@sightline/models/build-report";
import { evaluateSamples } from "@sightline/models/evaluate";
import { mistakePictures } from "@sightline/models/mistake-pictures";
import { readManifest } from "@sightline/models/model-file";
import { openPredictor } from "@sightline/models/predictor";
import type { EvaluatedSource, EvaluateOrder, EvaluateResult } from "./evaluate-messages.js";
import { answerOneOrder, tell } from "./measuring-process.js";

/** Wrong answers that the page shows with their pictures. */
const MISTAKES_SHOWN = 24;

answerOneOrder(evaluate);

async function evaluate(order: EvaluateOrder): Promise<EvaluateResult> {
  const { source, modelName, picturesName, threshold, cost } = order;
  const common = { modelName, picturesName, threshold, cost };
  if (source.kind === "test") return measure(order, source, common);
  tell(0.2, "Computes the report");
  const manifest = readManifest(new Uint8Array(await readFile(order.modelFile)));
  const { answered, leftOut } = source;
  const report = buildReport({ ...common, manifest, pictures: answered, skipped: leftOut, msPerImage: null });
  return { report, pictures: new Map() };
}

async function measure(
  order: EvaluateOrder,
  { pictures, told }: Extract<EvaluatedSource, { kind: "test" }>,
  common: Pick<ReportOrder, "modelName" | "picturesName" | "threshold" | "cost">,
): Promise<EvaluateResult> {
  tell(0, "Opens the model");
  const predictor = await openPredictor(order.modelFile, { threads: order.threads });
  try {
    // With the model's own threshold: the report applies the one in force.
    const { answered, maps, evaluation } = await evaluateSamples({
      predictor,
      pictures,
      onProgress: ({ progress, step }) => tell(0.85 * progress, step),
    });
    tell(0.85, "Computes the report");
    const report = buildReport({
      ...common,
      ...{ manifest: predictor.manifest, maps, msPerImage: evaluation.msPerImage, skipped: evaluation.skipped },
      pictures: answeredPictures(answered, ({ file }) => told.get(file)?.slices ?? {}).map((picture, i) => {
        const id = told.get(answered[i]?.sample.file ?? "")?.id;
        return { ...picture, ...(id !== undefined && { id }) };
      }),
    });
    tell(0.9, "Draws the worst mistakes");
    const byId = new Map(answered.map(({ sample }) => [told.get(sample.file)?.id, sample] as const));
    const drawn = await mistakePictures({
      ...{ predictor, mistakes: report.mistakes, most: MISTAKES_SHOWN },
      sampleOf: ({ id }) => byId.get(id),
    });
    return { report, pictures: drawn };
  } finally {
    await predictor.close();
  }
}
