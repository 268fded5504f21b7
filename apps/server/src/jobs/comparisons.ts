/** Comparisons: two versions measured on the same test pictures, one comparison at a time. */
import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Comparison, ComparisonResult } from "@sightline/api/comparisons";
import type { BlobStore } from "../blobs/blob-store.js";
import { errors } from "../errors.js";
import type { LiveFeed } from "../live-feed.js";
import type { Log } from "../log.js";
import type { Store } from "../store/store.js";
import type { ComparedVersion, CompareOrder } from "./compare-messages.js";
import { createMeasuringQueue, type MeasuringQueue, measureInProcess } from "./measuring-queue.js";
import { layOutTestPictures } from "./training-pictures.js";

export interface Comparisons extends Omit<MeasuringQueue<Comparison>, "wake"> {
  /** @throws ServerError PROJECT_NOT_FOUND, MODEL_NOT_FOUND, COMPARISON_NEEDS_TWO, NO_TEST_PICTURES. */
  start(projectId: string, versions: { base: string; candidate: string }, by: string): Promise<Comparison>;
}

export interface ComparisonsDeps {
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly feed: LiveFeed;
  /** A folder of its own for files under way; emptied at `resume`. */
  readonly folder: string;
  readonly threads: number | null;
  readonly log: Log;
  /** Another program in place of the comparing process, for tests. */
  readonly program?: string;
}

const COMPARE_PROCESS = fileURLToPath(new URL("./compare-process.js", import.meta.url));
const OWN_THRESHOLD = 0.5;

export function createComparisons(deps: ComparisonsDeps): Comparisons {
  const { store, blobs, feed, log } = deps;
  const failed = (problem: string, options?: ErrorOptions) => errors.comparisonFailed({ problem }, options);

  const tell = ({ id, projectId }: Comparison): void =>
    feed.publish({ type: "comparison", comparisonId: id, projectId });

  async function get(id: string): Promise<Comparison> {
    const comparison = await store.read.comparisons.get(id);
    if (comparison === undefined) throw errors.comparisonNotFound({ id });
    return comparison;
  }

  const queue = createMeasuringQueue<Comparison>({
    ...{ noun: "comparison", folder: deps.folder, log, get, tell, failed },
    unended: () => store.read.comparisons.unended(),
    fail: (id, failure) => store.write((tx) => tx.comparisons.end(id, failure)),
    ended: ({ id, status }) => errors.comparisonEnded({ id, status }),
    async perform(comparison, folder, signal) {
      const result = await measure(comparison, folder, signal);
      await store.write((tx) => tx.comparisons.end(comparison.id, { status: "succeeded", result }));
    },
  });

  async function measure(comparison: Comparison, folder: string, signal: AbortSignal): Promise<ComparisonResult> {
    const { projectId } = comparison;
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
    const order: CompareOrder = {
      base,
      candidate,
      pictures: laidOut.pictures,
      said: new Map(
        samples.map(({ id, annotation }) => [join(pictureFolder, id), { sampleId: id, annotation }] as const),
      ),
      threads: deps.threads ?? Math.max(1, availableParallelism() - 1),
    };
    const result = await measureInProcess<CompareOrder, ComparisonResult>(order, {
      ...{ program: deps.program ?? COMPARE_PROCESS, signal, failed, lessMemory: "Compare when nothing else runs." },
      onProgress: (progress, step) =>
        void store
          .write((tx) => tx.comparisons.setProgress(comparison.id, progress, step))
          .then(
            () => tell(comparison),
            (error: unknown) => log.warn({ err: error }, "A comparison's progress could not be stored"),
          ),
    });
    return { ...result, skipped: [...result.skipped, ...laidOut.leftOut] };
  }

  return {
    ...queue,

    async start(projectId, { base, candidate }, by) {
      const id = await store.write(async (tx) => {
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
      });
      const comparison = await get(id);
      tell(comparison);
      queue.wake();
      return comparison;
    },
  };
}
