/** Comparisons: two versions measured on the same test pictures, one comparison at a time. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Comparison, ComparisonResult } from "@sightline/api/comparisons";
import { errors } from "../errors.js";
import type { ComparedVersion, CompareOrder } from "./compare-messages.js";
import {
  createMeasuringQueue,
  type MeasuringDeps,
  type MeasuringQueue,
  type MeasuringWork,
} from "./measuring-queue.js";
import { layOutTestPictures } from "./training-pictures.js";

export interface Comparisons extends Omit<MeasuringQueue<Comparison>, "add"> {
  /** @throws ServerError PROJECT_NOT_FOUND, MODEL_NOT_FOUND, COMPARISON_NEEDS_TWO, NO_TEST_PICTURES. */
  start(projectId: string, versions: { base: string; candidate: string }, by: string): Promise<Comparison>;
}

const OWN_THRESHOLD = 0.5;

export function createComparisons(deps: MeasuringDeps): Comparisons {
  const { store, blobs, feed } = deps;

  const queue = createMeasuringQueue<Comparison>(deps, {
    noun: "comparison",
    program: fileURLToPath(new URL("./compare-process.js", import.meta.url)),
    lessMemory: "Compare when nothing else runs.",
    records: store.read.comparisons,
    recordsIn: (writes) => writes.comparisons,
    tell: ({ id, projectId }) => feed.publish({ type: "comparison", comparisonId: id, projectId }),
    notFound: (id) => errors.comparisonNotFound({ id }),
    ended: ({ id, status }) => errors.comparisonEnded({ id, status }),
    failed: (problem, options) => errors.comparisonFailed({ problem }, options),
    async perform(comparison, work) {
      const result = await measure(comparison, work);
      await store.write((tx) => tx.comparisons.end(comparison.id, { status: "succeeded", result }));
    },
  });

  async function measure(comparison: Comparison, work: MeasuringWork): Promise<ComparisonResult> {
    const { projectId } = comparison;
    const { folder, signal, threads } = work;
    const project = await store.read.projects.get(projectId);
    if (project === undefined) throw errors.projectNotFound({ id: projectId });
    const versionOf = async (
      name: string,
      modelId: string,
    ): Promise<ComparedVersion & { labels: readonly string[] }> => {
      const model = await store.read.models.get(modelId);
      if (model === undefined) throw errors.modelNotFound({ id: modelId });
      const file = join(folder, `${name}.onnx`);
      await writeFile(file, await blobs.read(model.sha256));
      return { file, threshold: model.isRunning ? project.threshold : OWN_THRESHOLD, labels: model.labels };
    };
    const base = await versionOf("base", comparison.base.modelId);
    const candidate = await versionOf("candidate", comparison.candidate.modelId);
    const samples = await store.read.samples.all(projectId);
    const pictureFolder = join(folder, "pictures");
    await mkdir(pictureFolder);
    const laidOut = await layOutTestPictures(samples, {
      folder: pictureFolder,
      labels: base.labels.filter((label) => candidate.labels.includes(label)),
      blobs,
      projectName: project.name,
      signal,
    });
    if (laidOut === null) throw errors.noTestPictures({ projectName: project.name });
    const result = await work.measure<CompareOrder, ComparisonResult>({
      base,
      candidate,
      pictures: laidOut.pictures,
      said: new Map(
        samples.map(({ id, annotation }) => [join(pictureFolder, id), { sampleId: id, annotation }] as const),
      ),
      threads,
    });
    return { ...result, skipped: [...result.skipped, ...laidOut.leftOut] };
  }

  return {
    ...queue,

    start: (projectId, { base, candidate }, by) =>
      queue.add(async (tx) => {
        const project = await tx.projects.get(projectId);
        if (project === undefined) throw errors.projectNotFound({ id: projectId });
        if (base === candidate) throw errors.comparisonNeedsTwo({ problem: "got the same version twice" });
        const versions = [];
        for (const modelId of [base, candidate]) {
          const model = await tx.models.get(modelId);
          if (model === undefined) throw errors.modelNotFound({ id: modelId });
          if (model.projectId !== projectId)
            throw errors.comparisonNeedsTwo({ problem: `version ${model.version} (${modelId}) is of another project` });
          versions.push({ model, side: { modelId, version: model.version } });
        }
        const [first, second] = versions as [(typeof versions)[0], (typeof versions)[0]];
        if (first.model.task !== second.model.task) {
          const problem = `one answers with "${first.model.task}", the other with "${second.model.task}"`;
          throw errors.comparisonNeedsTwo({ problem });
        }
        if (project.samples.test === 0) throw errors.noTestPictures({ projectName: project.name });
        return tx.comparisons.insert({ projectId, base: first.side, candidate: second.side, createdBy: by });
      }),
  };
}
