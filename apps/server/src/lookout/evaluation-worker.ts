/** Writes what a trained version reached into its output bucket: each test picture with its verdict, and the figures. */
import type { ModelDetail } from "@sightline/api/models";
import type { Prediction } from "@sightline/api/predictions";
import type { Log } from "../log.js";
import type { ObjectStore } from "../objects/object-store.js";
import type { Services } from "../services.js";
import type { DatasetEntry } from "../store/dataset-entries.js";
import type { LookoutModel } from "../store/lookout-models.js";
import { lineOf } from "./datasets.js";
import { scopeOf } from "./found.js";

export interface EvaluationWorker {
  /** Takes up versions whose training ended before, and those that end from now on. */
  resume(): Promise<void>;
  close(): Promise<void>;
}

const PREDICT_TIMEOUT_MS = 60_000;
const PAGE = 200;
const OWN_THRESHOLD = 0.5;

/** The file names that Lookout for Vision gave its evaluation files. */
export function evaluationKeys(
  prefix: string,
  projectName: string,
  version: number,
): { manifest: string; result: string } {
  const folder = prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
  return {
    manifest: `${folder}EvaluationManifest-${projectName}-${version}.json`,
    result: `${folder}EvaluationResult-${projectName}-${version}.json`,
  };
}

export function createEvaluationWorker(deps: {
  services: Pick<Services, "store" | "blobs" | "predictors" | "live" | "now">;
  objects: ObjectStore;
  log: Log;
}): EvaluationWorker {
  const { store, blobs, predictors, live, now } = deps.services;
  let queue: Promise<void> = Promise.resolve();
  let isClosed = false;

  async function* testEntries(projectId: string): AsyncGenerator<DatasetEntry> {
    const scope = { ...(await scopeOf(store.read, projectId, "test")), hasTest: true };
    for (let cursor: string | undefined; ; ) {
      const page = await store.read.datasetEntries.list(scope, { labeled: true, limit: PAGE, cursor });
      yield* page.items;
      if (page.nextCursor === null) return;
      cursor = page.nextCursor;
    }
  }

  async function evaluate({ projectId, version, output }: LookoutModel): Promise<void> {
    const project = await store.read.projects.get(projectId);
    const known = await store.read.models.getByVersion(projectId, version);
    const model = known && (await store.read.models.getDetail(known.id));
    if (project === undefined || model === undefined || output === null) return;
    const { normalLabel } = await scopeOf(store.read, projectId, "train");
    const lines: string[] = [];
    for await (const entry of testEntries(projectId)) {
      if (isClosed) return;
      const bytes = await blobs.read(entry.imageSha256);
      const said = await predictors.predict(model.id, bytes, {
        threshold: OWN_THRESHOLD,
        timeoutMs: PREDICT_TIMEOUT_MS,
      });
      lines.push(JSON.stringify({ ...(JSON.parse(lineOf(entry, normalLabel)) as object), ...detected(said, now()) }));
    }
    const keys = evaluationKeys(output.prefix, project.name, version);
    const put = (key: string, text: string) =>
      deps.objects.write({ bucket: output.bucket, key }, Buffer.from(text, "utf8"));
    await put(keys.manifest, lines.map((line) => `${line}\n`).join(""));
    await put(keys.result, `${JSON.stringify(evaluationResult(model, lines.length, now()), null, 2)}\n`);
  }

  async function evaluateAll(): Promise<void> {
    for (const one of await store.read.lookoutModels.unevaluated()) {
      if (isClosed) return;
      let problem: string | null = null;
      try {
        await evaluate(one);
      } catch (error) {
        deps.log.error(
          { err: error, projectId: one.projectId, version: one.version },
          "The evaluation files could not be written",
        );
        problem = error instanceof Error ? error.message : String(error);
      }
      if (isClosed) return;
      await store.write((tx) => tx.lookoutModels.endEvaluation(one.projectId, one.version, problem));
      live.publish({ type: "project", projectId: one.projectId, change: "changed" });
    }
  }

  const wake = (): void => {
    queue = queue
      .then(evaluateAll)
      .catch((error: unknown) => deps.log.error({ err: error }, "Evaluations could not be taken up"));
  };
  const unsubscribe = live.subscribe((event) => {
    if (event.type === "job" && event.job.status === "succeeded") wake();
  });

  return {
    async resume() {
      wake();
    },
    async close() {
      isClosed = true;
      unsubscribe();
      await queue;
    },
  };
}

/** What the model said, in the words of the evaluation manifest. */
function detected({ isAnomalous, confidence }: Pick<Prediction, "isAnomalous" | "confidence">, nowMs: number) {
  return {
    "anomaly-label-detected": isAnomalous === true ? 1 : 0,
    "anomaly-label-detected-metadata": {
      confidence,
      "job-name": "anomaly-detection",
      "class-name": isAnomalous === true ? "anomaly" : "normal",
      "human-annotated": "no",
      "creation-date": new Date(nowMs).toISOString(),
      type: "groundtruth/image-classification",
    },
  };
}

export function evaluationResult(model: ModelDetail, testImages: number, nowMs: number) {
  const { metrics, scores } = model;
  return {
    Version: 1,
    EvaluationDetails: {
      EvaluationEndTimestamp: new Date(nowMs).toISOString(),
      Labels: ["normal", "anomaly"],
      NumberOfTrainingImages: model.trainImages,
      NumberOfTestingImages: testImages,
      Source: metrics?.source === "test" ? "test dataset" : "training pictures held out in turn",
    },
    AggregatedEvaluationResults: {
      Metrics: {
        ROCAUC: metrics?.auroc ?? null,
        AveragePrecision: averagePrecision(scores),
        Precision: metrics?.precision ?? null,
        Recall: metrics?.recall ?? null,
        F1Score: metrics?.f1 ?? null,
        PixelAnomalyClassMetrics: (metrics?.defects ?? []).map(({ label, precision, recall, f1, meanIou }) => ({
          ClassName: label,
          Precision: precision,
          Recall: recall,
          F1Score: f1,
          AIOU: meanIou,
        })),
      },
    },
  };
}

/** Mean of the precision at each anomaly, best score first; `null` without anomalies. */
export function averagePrecision(scores: readonly { score: number; isAnomaly: boolean }[]): number | null {
  const ranked = [...scores].sort((a, b) => b.score - a.score);
  let found = 0;
  let sum = 0;
  for (const [index, { isAnomaly }] of ranked.entries()) {
    if (!isAnomaly) continue;
    found++;
    sum += found / (index + 1);
  }
  return found === 0 ? null : sum / found;
}
