/** Compares each camera's latest pictures with what its model was trained on, now and then; what it finds is read as metrics. */

import type { ModelDetail } from "@sightline/api/models";
import type { CameraDrift } from "@sightline/api/monitoring";
import { decodeImage, encodeThumbnail } from "@sightline/dataset/image-file";
import { reanchor } from "@sightline/models/threshold";
import type { BlobStore } from "../blobs/blob-store.js";
import { type Now, toTime } from "../ids.js";
import type { Limiter } from "../limiter.js";
import type { Log } from "../log.js";
import type { ReferencePicture, SeenPicture } from "../store/drifts.js";
import type { Store } from "../store/store.js";
import { driftOf, mixDriftOf } from "./drift.js";
import { createFeatureDrift, type MeasuredReference, type OpenEmbedder } from "./feature-drift.js";
import { figurePixels, figuresOf, figureTitles } from "./picture-figures.js";

export interface DriftWatch {
  /** Compares all cameras that sent something new. */
  look(): Promise<void>;
  close(): Promise<void>;
}

export interface DriftWatchDeps {
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly decoding: Limiter;
  readonly openEmbedder: OpenEmbedder;
  readonly everyMs: number;
  readonly now: Now;
  readonly log: Log;
}

/** The latest pictures of a camera, and how many there must be. */
const mostPictures = 200;
const fewestPictures = 50;
/** Training pictures that stand for all of them, and how many there must be. */
const mostReferences = 200;
const fewestReferences = 10;
/** Measured of one camera at one look, so that a look stays short. */
const measuredAtOnce = 50;
/** The same file so often in a row is a camera that sends no new picture. */
const frozenPictures = 10;
/** Out of 255. */
const darkBrightness = 16;
const blurredShare = 0.5;

export function startDriftWatch(deps: DriftWatchDeps): DriftWatch {
  const { store, blobs, decoding, now, log } = deps;
  /** The newest picture that was compared, by camera. */
  const compared = new Map<string, string>();
  let isStopped = false;
  const features = createFeatureDrift({
    ...{ store, blobs, openEmbedder: deps.openEmbedder, log },
    ...{ fewestReferences, fewestPictures, measuredAtOnce },
    isStopped: () => isStopped,
  });
  let running: Promise<void> | undefined;

  /** `null` where the file is gone or damaged: it says nothing of drift. */
  async function measured(sha256: string): Promise<number[] | null> {
    try {
      const bytes = await blobs.read(sha256);
      return await decoding.run(async () => figuresOf(await decodeImage(await encodeThumbnail(bytes, figurePixels))));
    } catch (error) {
      log.debug({ err: error, sha256 }, "A picture could not be measured");
      return null;
    }
  }

  async function figuresOfReferences(pictures: readonly ReferencePicture[]): Promise<number[][]> {
    const all: number[][] = [];
    for (const { id, sha256, figures } of pictures) {
      if (isStopped) break;
      const own = figures ?? (await measured(sha256));
      if (own === null) continue;
      if (figures === null) await store.write((tx) => tx.drifts.putSampleFigures(id, own));
      all.push(own);
    }
    return all;
  }

  /** The pictures with their figures, as far as these could be measured. */
  async function withFigures(pictures: readonly SeenPicture[]): Promise<number[][]> {
    const known = pictures.flatMap(({ figures }) => (figures === null ? [] : [figures]));
    for (const { id, imageSha256 } of pictures.filter(({ figures }) => figures === null).slice(0, measuredAtOnce)) {
      if (isStopped) break;
      const own = await measured(imageSha256);
      if (own === null) continue;
      await store.write((tx) => tx.drifts.putInspectionFigures(id, own));
      known.push(own);
    }
    return known;
  }

  async function compare(
    projectId: string,
    cameraId: string,
    model: ModelDetail,
    { references, reference }: Training,
  ): Promise<void> {
    const pictures = await store.read.drifts.latest(cameraId, model.id, mostPictures);
    const newest = pictures[0]?.id;
    if (newest === undefined || compared.get(cameraId) === newest) return;
    const figures = await withFigures(pictures);
    const looks = pictureDrift(references, figures);
    const measuredBy = pictures.length < fewestPictures ? null : await reference();
    const shown = measuredBy === null ? null : await features.drift(measuredBy, pictures);
    const found: CameraDrift = {
      projectId,
      cameraId,
      modelId: model.id,
      modelVersion: model.version,
      comparedAt: toTime(now()),
      pictures: pictures.length,
      scoreDrift: scoreDrift(model, pictures),
      pictureDrift: looks?.drift ?? null,
      featureDrift: shown?.featureDrift ?? null,
      farShare: shown?.farShare ?? null,
      mostChanged: looks?.mostChanged ?? null,
      health: healthOf(pictures, references, figures),
    };
    await store.write(async (tx) => {
      if ((await tx.cameras.get(cameraId))?.projectId !== projectId) return;
      await tx.drifts.put(found);
      const atMs = now();
      const { scoreDrift, pictureDrift, featureDrift, health } = found;
      const read = { scoreDrift, pictureDrift, featureDrift, trouble: health.length };
      for (const metric of Object.keys(read) as (keyof typeof read)[]) {
        const value = read[metric];
        if (value !== null) await tx.readings.add({ projectId, cameraId, metric, atMs, value });
      }
    });
    compared.set(cameraId, newest);
  }

  async function compareAll(): Promise<void> {
    for (const { projectId, modelId } of await store.read.projects.deployed()) {
      const model = await store.read.models.getDetail(modelId);
      const cameras = await store.read.cameras.list(projectId);
      if (model === undefined || cameras.length === 0) continue;
      const pictures = await store.read.drifts.references(projectId, model, mostReferences);
      const references = await figuresOfReferences(pictures);
      let reference: Promise<MeasuredReference | null> | undefined;
      const training: Training = {
        references,
        reference: () => {
          reference ??= features.reference(pictures);
          return reference;
        },
      };
      for (const { id } of cameras) {
        if (isStopped) return;
        await compare(projectId, id, model, training);
      }
    }
  }

  function look(): Promise<void> {
    running ??= compareAll()
      .finally(() => features.rest())
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  const timer = setInterval(() => {
    look().catch((error: unknown) => log.error({ err: error }, "Drift could not be told; it is looked at again"));
  }, deps.everyMs);
  timer.unref();

  return {
    look,
    async close() {
      isStopped = true;
      clearInterval(timer);
      await running?.catch(() => {});
    },
  };
}

/** What a model was trained on, as its cameras' pictures are held against it. */
interface Training {
  readonly references: number[][];
  /** Made when the first camera needs it. */
  readonly reference: () => Promise<MeasuredReference | null>;
}

/** `null` where the model gives no scores, or there are too few to compare. */
function scoreDrift({ scores }: ModelDetail, pictures: readonly SeenPicture[]): number | null {
  // Back on the model's own scale, on which the held-out scores are: moving the threshold is no drift.
  const live = pictures.flatMap(({ score, threshold }) =>
    score === null || threshold === null ? [] : [reanchor(score, 1 - threshold)],
  );
  const of = (isAnomaly: boolean) => scores.filter((one) => one.isAnomaly === isAnomaly).map(({ score }) => score);
  const normal = of(false);
  if (live.length < fewestPictures || normal.length < fewestReferences) return null;
  return mixDriftOf(normal, of(true), live).drift;
}

function pictureDrift(references: readonly number[][], figures: readonly number[][]) {
  if (references.length < fewestReferences || figures.length < fewestPictures) return null;
  const column = (rows: readonly number[][], index: number) => rows.map((row) => row[index] ?? 0);
  const drifts = figureTitles.map((figure, index) => {
    const [before, after] = [column(references, index), column(figures, index)];
    return {
      figure,
      drift: driftOf(before, after, figureTitles.length).drift,
      before: median(before),
      after: median(after),
    };
  });
  const most = drifts.reduce((a, b) => (b.drift > a.drift ? b : a));
  const { figure, before, after, drift } = most;
  return { drift, mostChanged: { figure, before, after } };
}

function healthOf(pictures: readonly SeenPicture[], references: readonly number[][], figures: readonly number[][]) {
  const health: CameraDrift["health"] = [];
  const of = (rows: readonly number[][], title: (typeof figureTitles)[number]) =>
    median(rows.map((row) => row[figureTitles.indexOf(title)] ?? 0));
  const newest = pictures.slice(0, frozenPictures).map(({ imageSha256 }) => imageSha256);
  if (newest.length === frozenPictures && new Set(newest).size === 1) health.push("frozen");
  if (figures.length < frozenPictures) return health;
  const wasDark = references.length > 0 && of(references, "brightness") < darkBrightness;
  if (of(figures, "brightness") < darkBrightness && !wasDark) health.push("dark");
  if (references.length >= fewestReferences && of(figures, "sharpness") < blurredShare * of(references, "sharpness"))
    health.push("blurred");
  return health;
}

function median(values: readonly number[]): number {
  const ordered = values.toSorted((a, b) => a - b);
  return ordered[Math.floor(ordered.length / 2)] ?? 0;
}
