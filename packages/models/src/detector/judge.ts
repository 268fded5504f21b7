/** Measures a detector on validation pictures while it trains: average precision, and the settings that serve it best. */
import { type Loader, validationBatches } from "@sightline/dataset/loader";
import type { Graph } from "@sightline/nn/graph";
import { openGraphSession } from "@sightline/nn/session/session";
import { floatTensor } from "@sightline/nn/tensor";
import type { Image } from "@sightline/vision/image";
import { type DetectTimes, defaultDetection, detect, type RawBoxes } from "../detect.js";
import { bestScoreThreshold, type DetectionSample, detectionMetrics, type TruthBox } from "../detection-metrics.js";
import type { DetectionSettings } from "../manifest.js";
import { nextTurn, throwIfCancelled } from "../model-error.js";
import { modelValues } from "../model-values.js";
import { writePlanes } from "../pictures.js";

/** Below this score boxes no longer move the average precision of a validation. */
const lowestScore = 0.005;
/** Overlaps from which on a box of the same label is a double: dense scenes want more, clear ones less. */
const overlapChoices = [0.45, 0.5, 0.55, 0.6, 0.65, 0.7] as const;

interface HeldPicture {
  /** As the network takes it, one byte a value. */
  readonly image: Image;
  /** In pixels of the input. */
  readonly truths: readonly TruthBox[];
}

/** Validation pictures kept as the network takes them. */
export class DetectionJudge {
  readonly #pictures: readonly HeldPicture[];
  readonly #labels: readonly string[];
  readonly #threads: number;

  private constructor(pictures: readonly HeldPicture[], labels: readonly string[], threads: number) {
    this.#pictures = pictures;
    this.#labels = labels;
    this.#threads = threads;
  }

  static async open(loader: Loader, labels: readonly string[], threads: number): Promise<DetectionJudge> {
    const pictures: HeldPicture[] = [];
    for await (const batch of validationBatches(loader)) {
      const { width, height } = batch;
      const area = width * height;
      for (let row = 0; row < batch.count; row++) {
        const planes = batch.pictures.subarray(row * 3 * area, (row + 1) * 3 * area);
        const data = new Uint8Array(3 * area);
        for (let i = 0; i < area; i++) {
          for (let c = 0; c < 3; c++) data[i * 3 + c] = planes[c * area + i] as number;
        }
        const truths: TruthBox[] = [];
        for (let at = 0; at < batch.boxes.length; at += 6) {
          const [owner, label, x1, y1, x2, y2] = batch.boxes.subarray(at, at + 6) as unknown as number[];
          if (owner !== row) continue;
          truths.push({ label: labels[label as number] as string, x1, y1, x2, y2 } as TruthBox);
        }
        pictures.push({ image: { width, height, data }, truths });
      }
    }
    return new DetectionJudge(pictures, labels, threads);
  }

  /** Mean average precision at an overlap of 0.5. */
  async meanPrecision(graph: Graph, signal?: AbortSignal): Promise<number> {
    const raws = await this.#answers(graph, signal);
    return detectionMetrics(this.#labels, await this.#found(raws, defaultDetection.iouThreshold)).mAP50 ?? 0;
  }

  /** The suppression with the best average precision, and from which score on it pays to believe. */
  async bestSettings(graph: Graph, signal?: AbortSignal): Promise<DetectionSettings> {
    const raws = await this.#answers(graph, signal);
    let best: { settings: DetectionSettings; precision: number } | null = null;
    for (const iouThreshold of overlapChoices) {
      const samples = await this.#found(raws, iouThreshold);
      const precision = detectionMetrics(this.#labels, samples).mAP50 ?? 0;
      if (best !== null && precision <= best.precision) continue;
      const scoreThreshold = bestScoreThreshold(this.#labels, samples) ?? defaultDetection.scoreThreshold;
      best = { settings: { ...defaultDetection, iouThreshold, scoreThreshold }, precision };
    }
    return best?.settings ?? defaultDetection;
  }

  async #answers(graph: Graph, signal: AbortSignal | undefined): Promise<RawBoxes[]> {
    const session = await openGraphSession(graph, { threads: this.#threads });
    try {
      const raws: RawBoxes[] = [];
      for (const { image } of this.#pictures) {
        throwIfCancelled(signal);
        const planes = new Float32Array(image.data.length);
        writePlanes(image, planes, 0);
        const feeds = { [modelValues.image]: floatTensor([1, 3, image.height, image.width], planes) };
        const { [modelValues.boxes]: boxes, [modelValues.scores]: scores } = await session.run(feeds);
        raws.push({ boxes: boxes?.data as Float32Array, scores: scores?.data as Float32Array });
        await nextTurn();
      }
      return raws;
    } finally {
      await session.dispose();
    }
  }

  /** Through the very suppression that a predictor applies. */
  async #found(raws: readonly RawBoxes[], iouThreshold: number): Promise<DetectionSample[]> {
    const samples: DetectionSample[] = [];
    const times: DetectTimes = { resizeMs: 0, networkMs: 0, postProcessingMs: 0 };
    for (const [i, { image, truths }] of this.#pictures.entries()) {
      const settings = {
        labels: this.#labels,
        input: { width: image.width, height: image.height, fit: "letterbox" as const },
        detection: { ...defaultDetection, iouThreshold },
      };
      const raw = raws[i] as RawBoxes;
      const { objects } = await detect(image, image, settings, lowestScore, async () => raw, times);
      samples.push({ truths, found: objects });
    }
    return samples;
  }
}
