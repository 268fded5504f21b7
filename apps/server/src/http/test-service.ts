/** For tests: the whole HTTP service over a real database and real files in a temporary folder; only the models are played. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Role } from "@sightline/api/people";
import { encodeJpeg } from "@sightline/dataset/image-file";
import type { FastifyBaseLogger } from "fastify";
import { pino } from "pino";
import { type ConfigInput, parseConfig } from "../config.js";
import type { OpenExplainer } from "../explain/explanations.js";
import type { OpenPredictor, Prediction } from "../inspect/predictors.js";
import { silentLog } from "../log.js";
import { openServices, type Services } from "../services.js";
import type { NewModel } from "../store/models.js";
import { SESSION_COOKIE } from "./auth/identity.js";
import { newRandomSecret, newTokenSecret } from "./auth/secrets.js";
import { type CheckedInject, checkedInject } from "./checked-inject.js";
import { type HttpParts, type HttpService, openHttp } from "./open-http.js";

export interface TestService {
  readonly services: Services;
  readonly http: HttpService;
  /** Calls a route; the reply is held against the OpenAPI document. */
  readonly call: CheckedInject;
  /** Headers of a new token of this role. */
  tokenOf(role: Role, cameraIds?: readonly string[]): Promise<Record<string, string>>;
  /** Headers of a signed-in browser. */
  cookieOf(role: "admin" | "operator" | "viewer"): Promise<Record<string, string>>;
  /** Moves the service's clock. */
  later(timeMs: number): void;
  close(): Promise<void>;
}

export interface TestServiceOptions extends Partial<Omit<HttpParts, "services">> {
  readonly config?: Omit<ConfigInput, "dataFolder">;
  readonly openExplainer?: OpenExplainer;
}

/** Says nothing, and has all the methods that fastify asks for. */
export const silentHttpLog: FastifyBaseLogger = pino({ level: "silent" });

export async function openTestService(options: TestServiceOptions = {}): Promise<TestService> {
  const dataFolder = await mkdtemp(join(tmpdir(), "sightline-http-"));
  const config = parseConfig({ dataFolder, minFreeDiskBytes: 0, empty: true, ...options.config });
  let aheadMs = 0;
  const now = () => Date.now() + aheadMs;
  const openPredictor = options.openPredictor ?? playedPredictor();
  const services = await openServices(config, {
    openPredictor,
    openEmbedder: () => Promise.reject(new Error("No backbone in these tests.")),
    openExplainer: options.openExplainer ?? (() => Promise.reject(new Error("Nothing is explained in these tests."))),
    log: silentLog,
    publicUrl: () => "http://127.0.0.1:8080",
    now,
  });
  const http = await openHttp({
    services,
    log: silentHttpLog,
    version: "0.0.0-test",
    webFolder: join(dataFolder, "web"),
    ...options,
    openPredictor,
  });
  const { store } = services;

  return {
    services,
    http,
    call: checkedInject(http.app),
    async tokenOf(role, cameraIds = []) {
      const secret = newTokenSecret();
      await store.write((tx) =>
        tx.access.insertToken({ name: `a ${role}`, role, cameraIds, secretHash: secret.hash, expiresAtMs: null }),
      );
      return { authorization: `Bearer ${secret.text}` };
    },
    async cookieOf(role) {
      const secret = newRandomSecret();
      await store.write(async (tx) => {
        const user = await tx.access.putUser(`a ${role}`, role);
        await tx.access.insertSession({ secretHash: secret.hash, userId: user.id, expiresAtMs: now() + 86_400_000 });
      });
      return { cookie: `${SESSION_COOKIE}=${secret.text}` };
    },
    later(timeMs) {
      aheadMs += timeMs;
    },
    async close() {
      await http.close();
      await services.close();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

/** Plays a model that gives every picture the same score. */
export function playedPredictor(score = 0.9): OpenPredictor {
  return async () => ({
    async predict(_bytes, { heatMap }): Promise<Prediction> {
      const isAnomalous = score >= 0.5;
      return {
        task: "anomaly",
        label: isAnomalous ? "anomaly" : "normal",
        labels: [isAnomalous ? "anomaly" : "normal"],
        detections: [],
        isAnomalous,
        score,
        confidence: 2 * Math.abs(score - 0.5),
        probabilities: { normal: 1 - score, anomaly: score },
        width: 8,
        height: 8,
        inferenceMs: 1,
        ...(heatMap === true || (heatMap === "anomalous" && isAnomalous) ? { heatMapPng: ONE_PIXEL_PNG } : {}),
      };
    },
    async close() {},
  });
}

/** The smallest PNG there is: one transparent pixel. */
export const ONE_PIXEL_PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "base64",
);

/** A whole JPEG of 8 x 8 pixels in one grey; another grey is another file. */
export function greyJpeg(grey: number): Promise<Uint8Array> {
  return encodeJpeg({ width: 8, height: 8, data: new Uint8Array(8 * 8 * 3).fill(grey) });
}

/** A model version in the records, with a file that only the played predictor can open. */
export async function addPlayedModel(
  services: Services,
  projectId: string,
  changes: Partial<NewModel> = {},
): Promise<string> {
  const blob = await services.blobs.put(Buffer.from(`played model ${services.newId()}`));
  const modelId = await services.store.write((tx) =>
    tx.models.insert({
      projectId,
      method: "patchcore",
      task: "anomaly",
      labels: ["normal", "anomaly"],
      sizeBytes: blob.bytes,
      sha256: blob.sha256,
      source: "trained",
      trainImages: 12,
      metrics: null,
      candidates: [{ method: "patchcore", foldScores: [0.9], meanScore: 0.9, chosen: true }],
      scores: [{ score: 0.7, isAnomaly: true }],
      roc: [{ falsePositiveRate: 0, truePositiveRate: 1, threshold: 0.7 }],
      ...changes,
    }),
  );
  blob.release();
  return modelId;
}
