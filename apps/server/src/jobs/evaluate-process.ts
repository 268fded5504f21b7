/** The evaluating process: measures a model file, or takes what it answered on the line, trains it again where asked, and makes a report. Started by evaluations.ts. */
import { readFile } from "node:fs/promises";
import { answeredPictures } from "@sightline/models/answered-picture";
import { buildReport, type ReportOrder } from "@sightline/models/build-report";
import { evaluateSamples } from "@sightline/models/evaluate";
import { parseMethodChoice } from "@sightline/models/method-names";
import { mistakePictures } from "@sightline/models/mistake-pictures";
import { type Manifest, readManifest } from "@sightline/models/model-file";
import { openPredictor } from "@sightline/models/predictor";
import { repeatTraining } from "@sightline/models/repeats";
import type { EvaluatedSource, EvaluateOrder, EvaluateResult } from "./evaluate-messages.js";
import { answerOneOrder, tell } from "./measuring-process.js";

/** Wrong answers that the page shows with their pictures. */
const MISTAKES_SHOWN = 24;

answerOneOrder(evaluate);

/** Of the progress bar, where trainings follow: they take nearly all of the time. */
const MEASURING_SHARE = 0.1;

async function evaluate(order: EvaluateOrder): Promise<EvaluateResult> {
  const { source, repeats, modelName, picturesName, threshold, cost } = order;
  const manifest = readManifest(new Uint8Array(await readFile(order.modelFile)));
  // Said before anything is measured: a version from outside may name a method that nobody knows here.
  const method = repeats && parseMethodChoice(repeats.method);
  const share = repeats === null ? 1 : MEASURING_SHARE;
  const tellShare = (progress: number, step: string): void => tell(share * progress, step);
  const common = { modelName, picturesName, threshold, cost };
  const measured = await (source.kind === "test"
    ? measure(order, source, common, tellShare)
    : reportOnLine(manifest, source, common, tellShare));
  if (repeats === null || method === null) return measured;
  const { folds, seeds, pictures, backboneFile, budgetSeconds, tile } = repeats;
  const trainings = await repeatTraining({
    ...{ pictures, method, folds, threads: order.threads, tiling: tile },
    seeds: Array.from({ length: seeds }, (_, i) => manifest.seed + i),
    ...(backboneFile !== null && { backboneFile }),
    ...(budgetSeconds !== null && { budgetMs: 1000 * budgetSeconds }),
    onProgress: ({ progress, step }) => tell(share + (1 - share) * progress, step),
  });
  return { ...measured, report: { ...measured.report, repeats: trainings } };
}

type Common = Pick<ReportOrder, "modelName" | "picturesName" | "threshold" | "cost">;
type Tell = (progress: number, step: string) => void;

function reportOnLine(
  manifest: Manifest,
  { answered, leftOut }: Extract<EvaluatedSource, { kind: "inspections" }>,
  common: Common,
  tellShare: Tell,
): EvaluateResult {
  tellShare(0.2, "Computes the report");
  const report = buildReport({ ...common, manifest, pictures: answered, skipped: leftOut, msPerImage: null });
  return { report, pictures: new Map() };
}

async function measure(
  order: EvaluateOrder,
  { pictures, told }: Extract<EvaluatedSource, { kind: "test" }>,
  common: Common,
  tellShare: Tell,
): Promise<EvaluateResult> {
  tellShare(0, "Opens the model");
  const predictor = await openPredictor(order.modelFile, { threads: order.threads });
  try {
    // With the model's own threshold: the report applies the one in force.
    const { answered, maps, evaluation } = await evaluateSamples({
      predictor,
      pictures,
      onProgress: ({ progress, step }) => tellShare(0.85 * progress, step),
    });
    tellShare(0.85, "Computes the report");
    const report = buildReport({
      ...common,
      ...{ manifest: predictor.manifest, maps, msPerImage: evaluation.msPerImage, skipped: evaluation.skipped },
      pictures: answeredPictures(answered, ({ file }) => told.get(file)?.slices ?? {}).map((picture, i) => {
        const id = told.get(answered[i]?.sample.file ?? "")?.id;
        return { ...picture, ...(id !== undefined && { id }) };
      }),
    });
    tellShare(0.9, "Draws the worst mistakes");
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
