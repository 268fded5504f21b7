/** For tests of the server's core: temporary folders, small pictures, played models, and all services over a real database. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeImage, encodeJpeg } from "@sightline/dataset/image-file";
import type { FileLayer } from "./blobs/file-layer.js";
import { type ConfigInput, parseConfig } from "./config.js";
import type { OpenPredictor, Prediction } from "./inspect/predictors.js";
import type { SignedAddress } from "./intake/address-signer.js";
import { type Log, silentLog } from "./log.js";
import type { OpenEmbedder } from "./monitor/feature-drift.js";
import { openServices, type Services } from "./services.js";
import type { NewModel } from "./store/models.js";

/** The part of node:test's context that cleans up. */
interface Cleanup {
  after(work: () => Promise<void> | void): void;
}

export async function temporaryFolder(t: Cleanup): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-core-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A whole JPEG in one colour; another grey is another file. */
export async function jpeg(grey: number, width = 16, height = 12): Promise<Buffer> {
  return Buffer.from(await encodeJpeg({ width, height, data: new Uint8Array(width * height * 3).fill(grey) }, 90));
}

/** The verdict of a played model. */
export function verdict(score: number, heatMapPng?: Uint8Array): Prediction {
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
    width: 16,
    height: 12,
    inferenceMs: 1,
    ...(heatMapPng === undefined ? {} : { heatMapPng }),
  };
}

export interface PlayedModel {
  readonly open: OpenPredictor;
  /** How often a model was opened, asked and closed. */
  readonly calls: { opened: number; predicted: number; closed: number };
}

/** @param play answers each picture; throwing or never answering plays a model in trouble. */
export function playedModel(
  play: (bytes: Uint8Array, call: number) => Prediction | Promise<Prediction> = () => verdict(0.1),
): PlayedModel {
  const calls = { opened: 0, predicted: 0, closed: 0 };
  return {
    calls,
    open: async () => {
      calls.opened++;
      return {
        predict: async (bytes) => play(bytes, ++calls.predicted),
        close: async () => {
          calls.closed++;
        },
      };
    },
  };
}

/** In place of the backbone: how bright a picture is in each of 16 upright stripes. */
export const playedEmbedder: OpenEmbedder = async () => ({
  id: "sixteen stripes",
  async embed(bytes) {
    const { width, height, data } = await decodeImage(bytes);
    const stripes = new Float32Array(16);
    for (let at = 0; at < data.length; at++) {
      const stripe = Math.floor(((Math.floor(at / 3) % width) / width) * 16);
      stripes[stripe] = (stripes[stripe] ?? 0) + ((data[at] ?? 0) / (3 * width * height)) * 16;
    }
    return stripes;
  },
  close: async () => {},
});

export interface CoreOptions {
  readonly config?: Omit<ConfigInput, "dataFolder">;
  readonly model?: PlayedModel;
  readonly openEmbedder?: OpenEmbedder;
  readonly files?: FileLayer;
  readonly now?: () => number;
  readonly log?: Log;
}

/** All services, on quick retries; the caller closes them. */
export function openCore(dataFolder: string, options: CoreOptions = {}): Promise<Services> {
  const config = parseConfig({
    dataFolder,
    minFreeDiskBytes: 0,
    ...options.config,
    inspect: { retrySeconds: 0.001, ...options.config?.inspect },
    outbox: { backoffSeconds: 0.01, ...options.config?.outbox },
  });
  return openServices(config, {
    openPredictor: (options.model ?? playedModel()).open,
    openEmbedder: options.openEmbedder ?? playedEmbedder,
    openExplainer: () => Promise.reject(new Error("Nothing is explained in these tests.")),
    log: options.log ?? silentLog,
    publicUrl: () => "http://sightline.test",
    ...(options.now === undefined ? {} : { now: options.now }),
    ...(options.files === undefined ? {} : { files: options.files }),
  });
}

/** Services in a folder of their own, closed when the test ends. */
export async function openTestCore(t: Cleanup, options: CoreOptions = {}): Promise<Services> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-core-"));
  const core = await openCore(folder, options);
  // In one piece: hooks run in the order in which they were asked for, and the folder goes last.
  t.after(async () => {
    await core.close();
    await rm(folder, { recursive: true, force: true });
  });
  return core;
}

export interface Line {
  readonly projectId: string;
  readonly modelId: string;
}

/** A project with a camera `cam-1` on `line-1`, confirmed recipients and a model version, which does not run yet. */
export async function addLine(core: Services, recipients: readonly string[] = []): Promise<Line> {
  const projectId = await core.store.write(async (tx) => {
    const id = await tx.projects.insert({ name: "castings" });
    for (const address of recipients) await tx.recipients.confirm((await tx.recipients.ask(id, address)).id);
    await tx.cameras.insert({ id: "cam-1", projectId: id, name: "first", assemblyLineId: "line-1" });
    return id;
  });
  return { projectId, modelId: await addModel(core, projectId) };
}

export async function addModel(core: Services, projectId: string): Promise<string> {
  const blob = await core.blobs.put(Buffer.from(`a model file ${core.newId()}`));
  const model: NewModel = {
    projectId,
    method: "patchcore",
    task: "anomaly",
    labels: ["normal", "anomaly"],
    sizeBytes: blob.bytes,
    sha256: blob.sha256,
    source: "uploaded",
    trainImages: 20,
    metrics: null,
    candidates: [],
    scores: [],
    roc: [],
  };
  const id = await core.store.write((tx) => tx.models.insert(model));
  blob.release();
  return id;
}

/** What a camera does with the address it was given. */
export function addressOf(pathAndQuery: string): SignedAddress {
  const url = new URL(pathAndQuery, "http://sightline.test");
  const value = (name: string) => url.searchParams.get(name) ?? "";
  return {
    uploadId: url.pathname.split("/").at(-1) ?? "",
    camera: value("camera"),
    line: value("line"),
    image: value("image"),
    captured: url.searchParams.get("captured") ?? undefined,
    expires: Number(value("expires")),
    key: value("key"),
    signature: value("signature"),
  };
}

export async function newAddress(core: Services, imageId = "part-1"): Promise<SignedAddress> {
  const request = { cameraId: "cam-1", assemblyLineId: "line-1", imageId };
  return addressOf((await core.uploads.createUpload(request)).pathAndQuery);
}

/** Sends one picture through the signed door. @returns the inspection's id */
export async function send(core: Services, bytes: Uint8Array, imageId = "part-1"): Promise<string> {
  const accepted = await core.uploads.acceptUpload(await newAddress(core, imageId), "image/jpeg", bytes);
  return accepted.inspectionId;
}

/** Asks until it is so; only a test that fails waits long. */
export async function until(isSo: () => Promise<boolean> | boolean, what: string, timeoutMs = 20_000): Promise<void> {
  const giveUpAtMs = Date.now() + timeoutMs;
  while (!(await isSo())) {
    if (Date.now() > giveUpAtMs) throw new Error(`It did not come about: ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Waits for the inspection's end. */
export async function inspected(core: Services, id: string) {
  const status = async () => (await core.store.read.inspections.get(id))?.status;
  await until(async () => ["inspected", "failed"].includes((await status()) ?? ""), `inspection ${id} ends`);
  const inspection = await core.store.read.inspections.get(id);
  if (inspection === undefined) throw new Error(`Inspection ${id} is gone.`);
  return inspection;
}
