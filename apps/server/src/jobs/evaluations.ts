/** Evaluations: what a version reaches on the test pictures or has reached on the line, one evaluation at a time. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { EvaluatedPictures, Evaluation, RepeatsAsked } from "@sightline/api/evaluations";
import type { Model } from "@sightline/api/models";
import type { Project } from "@sightline/api/projects";
import { decodeImage, encodeOverlay, encodeThumbnail, ImageError } from "@sightline/dataset/image-file";
import type { EvaluationReport } from "@sightline/models/evaluation-report";
import { type MistakePicture, reportPage } from "@sightline/models/report-page";
import { timeSlices } from "@sightline/models/slice-columns";
import { errors, isServerError } from "../errors.js";
import type { JudgedInspection } from "../store/evaluations.js";
import { isLabelled } from "../store/samples.js";
import type { Backbones } from "./backbones.js";
import type { EvaluatedSource, EvaluateOrder, EvaluateResult, RepeatedTraining } from "./evaluate-messages.js";
import { judgedPictures } from "./judged-pictures.js";
import {
  createMeasuringQueue,
  type MeasuringDeps,
  type MeasuringQueue,
  type MeasuringWork,
} from "./measuring-queue.js";
import { layOutTestPictures, layOutTrainingPictures } from "./training-pictures.js";

export interface Evaluations extends Omit<MeasuringQueue<Evaluation>, "add"> {
  /** @throws ServerError MODEL_NOT_FOUND, NO_TEST_PICTURES, NO_JUDGED_INSPECTIONS. */
  start(
    modelId: string,
    what: { pictures: EvaluatedPictures; defectRate: number | null; repeats: RepeatsAsked | null },
    by: string,
  ): Promise<Evaluation>;
}

export interface EvaluationsDeps extends MeasuringDeps {
  readonly backbones: Backbones;
}

const OWN_THRESHOLD = 0.5;
/** Of the newest; more would tell of another time. */
const MOST_INSPECTIONS = 20_000;
const MISTAKES_SHOWN = 24;
const THUMBNAIL_PIXELS = 300;

export function createEvaluations(deps: EvaluationsDeps): Evaluations {
  const { store, blobs, feed, backbones } = deps;

  const queue = createMeasuringQueue<Evaluation>(deps, {
    noun: "evaluation",
    program: fileURLToPath(new URL("./evaluate-process.js", import.meta.url)),
    lessMemory: "Evaluate when nothing else runs.",
    records: store.read.evaluations,
    recordsIn: (writes) => writes.evaluations,
    tell: ({ id, projectId, modelId }) => feed.publish({ type: "evaluation", evaluationId: id, modelId, projectId }),
    notFound: (id) => errors.evaluationNotFound({ id }),
    ended: ({ id, status }) => errors.evaluationEnded({ id, status }),
    failed: (problem, options) => errors.evaluationFailed({ problem }, options),
    async perform(evaluation, work) {
      const { report, pictures } = await measure(evaluation, work);
      const page = reportPage(report, { pictures });
      await store.write((tx) => tx.evaluations.end(evaluation.id, { status: "succeeded", report, page }));
    },
  });

  async function measure(evaluation: Evaluation, work: MeasuringWork): Promise<EvaluateResult> {
    const { projectId, modelId, defectRate } = evaluation;
    const { folder, threads } = work;
    const project = await store.read.projects.get(projectId);
    if (project === undefined) throw errors.projectNotFound({ id: projectId });
    const model = await store.read.models.get(modelId);
    if (model === undefined) throw errors.modelNotFound({ id: modelId });
    const modelFile = join(folder, "model.onnx");
    await writeFile(modelFile, await blobs.read(model.sha256));
    const { source, judged } = await sourceOf(evaluation, project, model, work);
    const { mistakeCosts } = project;
    const result = await work.measure<EvaluateOrder, EvaluateResult>({
      ...{ modelFile, source, threads },
      modelName: `${project.name}, version ${model.version}`,
      picturesName:
        source.kind === "test" ? `${project.name}, test pictures` : `${project.name}, inspections with a truth`,
      threshold: model.isRunning ? project.threshold : OWN_THRESHOLD,
      cost:
        mistakeCosts === null
          ? null
          : { escape: mistakeCosts.escape, falseReject: mistakeCosts.falseReject, defectRate },
      repeats: evaluation.repeats && (await repeatedTraining(evaluation.repeats, project, model, work)),
    });
    return judged === null ? result : { ...result, pictures: await inspectedPictures(result.report, judged) };
  }

  async function sourceOf(
    { modelId, pictures: from }: Evaluation,
    project: Project,
    model: Model,
    { folder, signal }: MeasuringWork,
  ): Promise<{ source: EvaluatedSource; judged: ReadonlyMap<string, JudgedInspection> | null }> {
    if (from === "inspections") {
      const judged = await store.read.evaluations.judged(modelId, MOST_INSPECTIONS);
      const { answered, leftOut } = judgedPictures(model, judged);
      if (answered.length === 0) throw errors.noJudgedInspections({ version: model.version });
      return {
        source: { kind: "inspections", answered, leftOut },
        judged: new Map(judged.map((one) => [one.id, one])),
      };
    }
    const samples = await store.read.samples.all(project.id);
    const pictureFolder = join(folder, "pictures");
    await mkdir(pictureFolder);
    const laidOut = await layOutTestPictures(samples, {
      ...{ folder: pictureFolder, labels: model.labels, blobs, projectName: project.name, signal },
    });
    if (laidOut === null) throw errors.noTestPictures({ projectName: project.name });
    const places = await store.read.evaluations.places(project.id);
    const times = timeSlices(samples.map(({ imageSha256 }) => places.get(imageSha256)?.takenAt ?? ""));
    const kinds = new Set(laidOut.pictures.samples.map(({ label }) => label));
    const told = samples.map(({ id, imageSha256, label }, i) => {
      const place = places.get(imageSha256);
      const slices = {
        ...(laidOut.pictures.normalLabel !== null && kinds.size > 2 && label !== null && { kind: label }),
        ...(place && { camera: place.cameraId, line: place.assemblyLineId, time: times[i] as string }),
      };
      return [join(pictureFolder, id), { id, slices }] as const;
    });
    const { pictures, leftOut } = laidOut;
    const skipped = [...pictures.skipped, ...leftOut];
    return { source: { kind: "test", pictures: { ...pictures, skipped }, told: new Map(told) }, judged: null };
  }

  /** The version's training again, as it was asked for then, on the training pictures of now. */
  async function repeatedTraining(
    { folds, seeds }: RepeatsAsked,
    project: Project,
    model: Model,
    { folder, signal }: MeasuringWork,
  ): Promise<RepeatedTraining> {
    const samples = (await store.read.samples.all(project.id)).filter(isLabelled);
    const pictureFolder = join(folder, "training");
    await mkdir(pictureFolder);
    const asked = await store.read.jobs.parametersOf(model.id);
    return {
      ...{ folds, seeds, method: model.method },
      pictures: await layOutTrainingPictures(samples, {
        ...{ folder: pictureFolder, blobs, projectName: project.name, signal },
      }),
      tile: asked?.tile ?? "auto",
      backboneFile: await backbones.fileOf(asked?.backbone),
      budgetSeconds: asked?.budgetSeconds ?? null,
    };
  }

  /** Of inspections pictures and heat maps are kept already. */
  async function inspectedPictures(
    { mistakes }: EvaluationReport,
    judged: ReadonlyMap<string, JudgedInspection>,
  ): Promise<ReadonlyMap<number, MistakePicture>> {
    const found = new Map<number, MistakePicture>();
    for (const [place, { id }] of mistakes.slice(0, MISTAKES_SHOWN).entries()) {
      const inspection = judged.get(id ?? "");
      if (inspection === undefined) continue;
      try {
        const plain = await encodeThumbnail(await blobs.read(inspection.imageSha256), THUMBNAIL_PIXELS);
        const { heatMapSha256 } = inspection;
        const marked =
          heatMapSha256 === null
            ? null
            : await encodeOverlay(await decodeImage(plain), await blobs.read(heatMapSha256), 78);
        found.set(place, { plain, marked });
      } catch (error) {
        // A picture that retention has removed meanwhile is told by its name alone.
        if (!isServerError(error) && !(error instanceof ImageError)) throw error;
      }
    }
    return found;
  }

  return {
    ...queue,

    start: (modelId, { pictures, defectRate, repeats }, by) =>
      queue.add(async (tx) => {
        const model = await tx.models.get(modelId);
        if (model === undefined) throw errors.modelNotFound({ id: modelId });
        const { projectId, version: modelVersion } = model;
        const project = await tx.projects.get(projectId);
        if (project === undefined) throw errors.projectNotFound({ id: projectId });
        if (pictures === "test" && project.samples.test === 0)
          throw errors.noTestPictures({ projectName: project.name });
        if (pictures === "inspections" && (await tx.evaluations.judged(modelId, 1)).length === 0)
          throw errors.noJudgedInspections({ version: modelVersion });
        return tx.evaluations.insert({
          ...{ projectId, modelId, modelVersion, pictures, defectRate, repeats, createdBy: by },
        });
      }),
  };
}
