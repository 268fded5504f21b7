/** Evaluations: what a version reaches on the test pictures or has reached on the line, one evaluation at a time. */
import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { EvaluatedPictures, Evaluation } from "@sightline/api/evaluations";
import type { Model } from "@sightline/api/models";
import type { Project } from "@sightline/api/projects";
import { decodeImage, encodeOverlay, encodeThumbnail, ImageError } from "@sightline/dataset/image-file";
import type { EvaluationReport } from "@sightline/models/evaluation-report";
import { type MistakePicture, reportPage } from "@sightline/models/report-page";
import { timeSlices } from "@sightline/models/slice-columns";
import type { BlobStore } from "../blobs/blob-store.js";
import { errors, isServerError } from "../errors.js";
import type { LiveFeed } from "../live-feed.js";
import type { Log } from "../log.js";
import type { JudgedInspection } from "../store/evaluations.js";
import type { Store } from "../store/store.js";
import type { EvaluatedSource, EvaluateOrder, EvaluateResult } from "./evaluate-messages.js";
import { judgedPictures } from "./judged-pictures.js";
import { createMeasuringQueue, type MeasuringQueue, measureInProcess } from "./measuring-queue.js";
import { layOutTestPictures } from "./training-pictures.js";

export interface Evaluations extends Omit<MeasuringQueue<Evaluation>, "wake"> {
  /** @throws ServerError MODEL_NOT_FOUND, NO_TEST_PICTURES, NO_JUDGED_INSPECTIONS. */
  start(
    modelId: string,
    what: { pictures: EvaluatedPictures; defectRate: number | null },
    by: string,
  ): Promise<Evaluation>;
}

export interface EvaluationsDeps {
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly feed: LiveFeed;
  /** A folder of its own for files under way; emptied at `resume`. */
  readonly folder: string;
  readonly threads: number | null;
  readonly log: Log;
  /** Another program in place of the evaluating process, for tests. */
  readonly program?: string;
}

const EVALUATE_PROCESS = fileURLToPath(new URL("./evaluate-process.js", import.meta.url));
const OWN_THRESHOLD = 0.5;
/** Of the newest; more would tell of another time. */
const MOST_INSPECTIONS = 20_000;
const MISTAKES_SHOWN = 24;
const THUMBNAIL_PIXELS = 300;

export function createEvaluations(deps: EvaluationsDeps): Evaluations {
  const { store, blobs, feed, log } = deps;
  const failed = (problem: string, options?: ErrorOptions) => errors.evaluationFailed({ problem }, options);

  const tell = ({ id, projectId, modelId }: Evaluation): void =>
    feed.publish({ type: "evaluation", evaluationId: id, modelId, projectId });

  async function get(id: string): Promise<Evaluation> {
    const evaluation = await store.read.evaluations.get(id);
    if (evaluation === undefined) throw errors.evaluationNotFound({ id });
    return evaluation;
  }

  const queue = createMeasuringQueue<Evaluation>({
    ...{ noun: "evaluation", folder: deps.folder, log, get, tell, failed },
    unended: () => store.read.evaluations.unended(),
    fail: (id, failure) => store.write((tx) => tx.evaluations.end(id, failure)),
    ended: ({ id, status }) => errors.evaluationEnded({ id, status }),
    async perform(evaluation, folder, signal) {
      const { report, pictures } = await measure(evaluation, folder, signal);
      const page = reportPage(report, { pictures });
      await store.write((tx) => tx.evaluations.end(evaluation.id, { status: "succeeded", report, page }));
    },
  });

  async function measure(evaluation: Evaluation, folder: string, signal: AbortSignal): Promise<EvaluateResult> {
    const { projectId, modelId, defectRate } = evaluation;
    const project = await store.read.projects.get(projectId);
    if (project === undefined) throw errors.projectNotFound({ id: projectId });
    const model = await store.read.models.get(modelId);
    if (model === undefined) throw errors.modelNotFound({ id: modelId });
    const modelFile = join(folder, "model.onnx");
    await writeFile(modelFile, await blobs.read(model.sha256));
    const { source, judged } = await sourceOf(evaluation, project, model, folder, signal);
    const { mistakeCosts } = project;
    const order: EvaluateOrder = {
      ...{ modelFile, source },
      modelName: `${project.name}, version ${model.version}`,
      picturesName:
        source.kind === "test" ? `${project.name}, test pictures` : `${project.name}, inspections with a truth`,
      threshold: model.isRunning ? project.threshold : OWN_THRESHOLD,
      cost:
        mistakeCosts === null
          ? null
          : { escape: mistakeCosts.escape, falseReject: mistakeCosts.falseReject, defectRate },
      threads: deps.threads ?? Math.max(1, availableParallelism() - 1),
    };
    const result = await measureInProcess<EvaluateOrder, EvaluateResult>(order, {
      ...{ program: deps.program ?? EVALUATE_PROCESS, signal, failed, lessMemory: "Evaluate when nothing else runs." },
      onProgress: (progress, step) =>
        void store
          .write((tx) => tx.evaluations.setProgress(evaluation.id, progress, step))
          .then(
            () => tell(evaluation),
            (error: unknown) => log.warn({ err: error }, "An evaluation's progress could not be stored"),
          ),
    });
    return judged === null ? result : { ...result, pictures: await inspectedPictures(result.report, judged) };
  }

  async function sourceOf(
    { modelId, pictures: from }: Evaluation,
    project: Project,
    model: Model,
    folder: string,
    signal: AbortSignal,
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

    async start(modelId, { pictures, defectRate }, by) {
      const id = await store.write(async (tx) => {
        const model = await tx.models.get(modelId);
        if (model === undefined) throw errors.modelNotFound({ id: modelId });
        const { projectId, version: modelVersion } = model;
        const project = await tx.projects.get(projectId);
        if (project === undefined) throw errors.projectNotFound({ id: projectId });
        if (pictures === "test" && project.samples.test === 0)
          throw errors.noTestPictures({ projectName: project.name });
        if (pictures === "inspections" && (await tx.evaluations.judged(modelId, 1)).length === 0)
          throw errors.noJudgedInspections({ version: modelVersion });
        return tx.evaluations.insert({ projectId, modelId, modelVersion, pictures, defectRate, createdBy: by });
      });
      const evaluation = await get(id);
      tell(evaluation);
      queue.wake();
      return evaluation;
    },
  };
}
