/** The queue of comparisons: durable, one at a time, each in a process of its own at low priority. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Comparison, ComparisonResult } from "@sightline/api/comparisons";
import type { BlobStore } from "../blobs/blob-store.js";
import { errors, isServerError } from "../errors.js";
import type { LiveFeed } from "../live-feed.js";
import type { Log } from "../log.js";
import type { Store } from "../store/store.js";
import { startChildJob } from "./child-job.js";
import type { ComparedVersion, CompareOrder, CompareReport } from "./compare-messages.js";
import { layOutTestPictures } from "./training-pictures.js";

export interface Comparisons {
  /** @throws ServerError PROJECT_NOT_FOUND, MODEL_NOT_FOUND, COMPARISON_NEEDS_TWO, NO_TEST_PICTURES. */
  start(projectId: string, versions: { base: string; candidate: string }, by: string): Promise<Comparison>;
  /** @throws ServerError COMPARISON_NOT_FOUND, COMPARISON_ENDED. */
  cancel(id: string): Promise<Comparison>;
  /** Before a project is deleted: its comparisons end. */
  cancelOf(projectId: string): Promise<void>;
  /** Takes up what was queued or running when the service stopped. */
  resume(): Promise<void>;
  /** Stops the running one; it starts again with the next service. */
  close(): Promise<void>;
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
const MAX_HEAP_MEGABYTES = 1024;
const OWN_THRESHOLD = 0.5;
const TELL_EVERY_MS = 500;

const CANCELLED = Symbol("cancelled");
const STOPPING = Symbol("service stops");

export function createComparisons(deps: ComparisonsDeps): Comparisons {
  const { store, blobs, feed, log } = deps;
  let current: { readonly id: string; readonly stop: AbortController; readonly ended: Promise<void> } | undefined;
  let isClosed = false;

  const tell = ({ id, projectId }: Comparison): void =>
    feed.publish({ type: "comparison", comparisonId: id, projectId });

  async function get(id: string): Promise<Comparison> {
    const comparison = await store.read.comparisons.get(id);
    if (comparison === undefined) throw errors.comparisonNotFound({ id });
    return comparison;
  }

  function next(): void {
    void startNext().catch((error: unknown) => log.error({ err: error }, "The next comparison could not be started"));
  }

  async function startNext(): Promise<void> {
    if (isClosed || current !== undefined) return;
    const [comparison] = await store.read.comparisons.unended();
    // Asked again, because another caller may have come first while the records were read.
    if (comparison === undefined || isClosed || current !== undefined) return;
    const stop = new AbortController();
    const ended = execute(comparison, stop.signal)
      .catch((error: unknown) =>
        log.error({ err: error, comparisonId: comparison.id }, "A comparison did not end well"),
      )
      .finally(() => {
        current = undefined;
        next();
      });
    current = { id: comparison.id, stop, ended };
  }

  async function execute(comparison: Comparison, signal: AbortSignal): Promise<void> {
    const folder = join(deps.folder, comparison.id);
    try {
      await mkdir(folder, { recursive: true });
      const result = await measure(comparison, folder, signal);
      await store.write((tx) => tx.comparisons.end(comparison.id, { status: "succeeded", result }));
    } catch (error) {
      if (signal.reason === STOPPING) return;
      const failed = isServerError(error) ? error : errors.comparisonFailed({ problem: unexpected });
      if (signal.reason !== CANCELLED && failed.status >= 500)
        log.error({ err: error, comparisonId: comparison.id }, "A comparison failed");
      await store.write((tx) =>
        tx.comparisons.end(
          comparison.id,
          signal.reason === CANCELLED
            ? { status: "cancelled" }
            : { status: "failed", error: { code: failed.code, message: failed.message } },
        ),
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
      tell(comparison);
    }
  }

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
    const result = await run(comparison, order, signal);
    return { ...result, skipped: [...result.skipped, ...laidOut.leftOut] };
  }

  function run(comparison: Comparison, order: CompareOrder, signal: AbortSignal): Promise<ComparisonResult> {
    let toldAtMs = 0;
    const program = deps.program ?? COMPARE_PROCESS;
    return startChildJob<CompareOrder, CompareReport, ComparisonResult>(program, order, {
      signal,
      maxHeapMegabytes: MAX_HEAP_MEGABYTES,
      failed: (problem, cause) => errors.comparisonFailed({ problem }, { cause }),
      lessMemory: "Compare when nothing else runs.",
      onReport(report) {
        if (report.kind === "done") return report.result;
        if (report.kind === "failed")
          throw errors.comparisonFailed({ problem: report.isBug ? unexpected : report.message });
        if (performance.now() - toldAtMs >= TELL_EVERY_MS) {
          toldAtMs = performance.now();
          store
            .write((tx) => tx.comparisons.setProgress(comparison.id, report.progress, report.step))
            .then(
              () => tell(comparison),
              (error: unknown) => log.warn({ err: error }, "A comparison's progress could not be stored"),
            );
        }
        return undefined;
      },
    }).done;
  }

  async function cancel(id: string): Promise<Comparison> {
    const comparison = await get(id);
    if (current?.id === id) {
      current.stop.abort(CANCELLED);
      await current.ended;
      const ended = await get(id);
      // It was faster.
      if (ended.status !== "cancelled") throw errors.comparisonEnded({ id, status: ended.status });
      return ended;
    }
    const isCancelled = await store.write((tx) => tx.comparisons.end(id, { status: "cancelled" }));
    if (!isCancelled) throw errors.comparisonEnded({ id, status: comparison.status });
    tell(comparison);
    return get(id);
  }

  return {
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
      next();
      return comparison;
    },

    cancel,

    async cancelOf(projectId) {
      const unended = await store.read.comparisons.unended();
      for (const { id } of unended.filter((one) => one.projectId === projectId)) await cancel(id).catch(ignoreEnded);
    },

    async resume() {
      await rm(deps.folder, { recursive: true, force: true });
      next();
    },

    async close() {
      isClosed = true;
      current?.stop.abort(STOPPING);
      await current?.ended;
    },
  };
}

const unexpected = "an unexpected error; the server's log has the details.";

/** It ended by itself while it was to be cancelled. */
function ignoreEnded(error: unknown): void {
  if (!isServerError(error)) throw error;
}
