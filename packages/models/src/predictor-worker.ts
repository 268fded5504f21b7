/** The worker thread behind a predictor: bytes in, verdict out; decodes the next pictures while the network runs. */
import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { decodeImage, type ImageHeader, readHeader } from "@sightline/dataset/image-file";
import { encodePalettePng } from "@sightline/dataset/palette-png";
import { openSession, type Session } from "@sightline/nn/session/session";
import { floatTensor, type Tensor } from "@sightline/nn/tensor";
import { heatPalette, paintLevels, type ScoreMap } from "@sightline/vision/heat-map";
import type { Image } from "@sightline/vision/image";
import { detect } from "./detect.js";
import { findAnomalies } from "./find-anomalies.js";
import { modelValues } from "./model-values.js";
import { fitInput, neededSize, writePlanes } from "./pictures.js";
import {
  anomalyVerdict,
  classVerdict,
  detectionVerdict,
  multilabelVerdict,
  type Prediction,
  type PredictOptions,
  type StageTimes,
} from "./prediction.js";
import type { FromWorker, Question, ToWorker, WorkerStart } from "./predictor-messages.js";
import { plainError } from "./revived-error.js";
import {
  anomalyAreas,
  type DefectScores,
  type LabelMap,
  labelMap,
  labelMapSize,
  labelMapPng as paintLabelMap,
} from "./segmentation/label-map.js";

/** Pictures decoded ahead at most: bounds the memory of decoded pictures. */
const maxDecoding = 4;
/** Pixels on the longer side of a heat map. */
const maxHeatMapSide = 512;

interface Decoded {
  readonly id: number;
  readonly options: PredictOptions;
  /** At the network's input size; for a detector or a tiled model as it was decoded. */
  readonly image: Image;
  /** Size of the picture as it came. */
  readonly width: number;
  readonly height: number;
  readonly decodeMs: number;
  readonly resizeMs: number;
}

const port = parentPort;
if (!port) throw new Error("predictor-worker.js runs as a worker thread of a predictor only.");
const { model, manifest, threads, niceness } = workerData as WorkerStart;
// setpriority(2) of 0 is the calling thread on Linux and the whole process elsewhere; threads started from here inherit it.
if (niceness > 0 && process.platform === "linux") setPriority(0, niceness);
const { width, height } = manifest.input;
/** What the network reads, written anew for each picture: fresh memory for each would cost more than filling it. */
const planes = new Float32Array(3 * width * height);

const waiting: Question[] = [];
const decoded: Decoded[] = [];
let decoding = 0;
let isRunning = false;
let isClosing = false;

const send = (message: FromWorker): void => port.postMessage(message);

let session: Session;
try {
  session = await openSession(model, { threads });
  // The first run prepares buffers and takes longer: let it be this one.
  await session.run({ [modelValues.image]: floatTensor([1, 3, height, width], planes) });
  port.on("message", (message: ToWorker) => {
    if (message.kind === "close") isClosing = true;
    else waiting.push(message);
    decodeMore();
    void runMore();
  });
  send({ kind: "ready" });
} catch (error) {
  send({ kind: "unusable", error: plainError(error) });
}

function decodeMore(): void {
  if (isClosing) waiting.length = 0;
  while (decoding < maxDecoding && decoded.length < maxDecoding) {
    const next = waiting.shift();
    if (!next) return;
    decoding++;
    void decode(next).finally(() => {
      decoding--;
      decodeMore();
      void runMore();
    });
  }
}

async function decode({ id, bytes, options }: Question): Promise<void> {
  const begun = performance.now();
  try {
    const header = readHeader(bytes);
    // Tiles are cut from the picture as it came: what they are for is too small to be shrunk.
    const picture = await decodeImage(bytes, manifest.tiling ? {} : neededSize(header, manifest.input));
    const decodeMs = performance.now() - begun;
    const image = manifest.task === "detection" || manifest.tiling ? picture : fitInput(picture, manifest.input);
    decoded.push({
      id,
      options,
      image,
      ...sizeOf(header),
      decodeMs,
      resizeMs: performance.now() - begun - decodeMs,
    });
  } catch (error) {
    send({ kind: "failure", id, error: plainError(error) });
  }
}

async function runMore(): Promise<void> {
  if (isRunning) return;
  isRunning = true;
  if (isClosing) decoded.length = 0;
  // One picture a run: larger batches fall out of the processor's caches and were slower for these networks.
  for (let next = decoded.shift(); next; next = decoded.shift()) {
    const { id } = next;
    try {
      await answer(next);
    } catch (error) {
      send({ kind: "failure", id, error: plainError(error) });
    }
    // Lets decodings that ended meanwhile hand in their pictures, and new requests begin theirs.
    await new Promise((resolve) => setImmediate(resolve));
    if (isClosing) decoded.length = 0;
    decodeMore();
  }
  isRunning = false;
  if (isClosing && decoding === 0) await end();
}

/** With nothing under way and nothing to listen to the thread comes to its end. */
async function end(): Promise<void> {
  await session.dispose();
  port?.close();
}

async function answer({ id, options, image, decodeMs, resizeMs, ...size }: Decoded): Promise<void> {
  const begun = performance.now();
  const stages = { decodeMs, resizeMs, networkMs: 0, postProcessingMs: 0 };
  const network = async (input: Image): Promise<Record<string, Tensor>> => {
    writePlanes(input, planes, 0);
    return session.run({ [modelValues.image]: floatTensor([1, 3, height, width], planes) });
  };
  /** What every answer has besides its verdict. */
  const facts = () => ({
    ...size,
    inferenceMs: decodeMs + resizeMs + performance.now() - begun,
    ...(options.stages && { stages: stages satisfies StageTimes }),
  });
  if (manifest.task === "detection") {
    const run = async (input: Image) => {
      const results = await network(input);
      return { boxes: floats(results[modelValues.boxes]), scores: floats(results[modelValues.scores]) };
    };
    const found = await detect(image, size, manifest, options.scoreThreshold, run, stages);
    send({ kind: "answer", id, prediction: { ...detectionVerdict(manifest, found), ...facts() } });
    return;
  }
  if (manifest.task !== "anomaly") {
    const results = await network(image);
    stages.networkMs = performance.now() - begun;
    const probabilities = floats(results[modelValues.probabilities]);
    const verdict = (manifest.task === "multilabel" ? multilabelVerdict : classVerdict)(manifest, probabilities);
    send({ kind: "answer", id, prediction: { ...verdict, ...facts() } });
    return;
  }
  const { score: ownScore, anomalyMap: drawn, defects: scores } = await findAnomalies(image, manifest, network, stages);
  const answered = performance.now();
  const defects = defectsIn(scores, size);
  stages.postProcessingMs += performance.now() - answered;
  const verdict = {
    ...anomalyVerdict(ownScore, options.threshold ?? 0.5),
    anomalies: defects?.areas ?? null,
    ...facts(),
  };
  const isTelling = verdict.isAnomalous === true || verdict.confidence < (options.heatMapBelowConfidence ?? 0);
  const wantsHeatMap = options.heatMap === "anomalous" ? isTelling : options.heatMap === true;
  const showsDefect = (defects?.areas.length ?? 0) > 1;
  const wantsLabelMap = options.labelMapPng === "anomalous" ? showsDefect : options.labelMapPng === true;
  const wanted = {
    heatMap: wantsHeatMap && drawn !== null,
    anomalyMap: options.anomalyMap === true && drawn !== null,
    labelMapPng: wantsLabelMap && defects !== null,
    labelMap: options.labelMap === true && defects !== null,
  };
  if (!Object.values(wanted).includes(true)) {
    send({ kind: "answer", id, prediction: verdict });
    return;
  }
  // Painting and compressing go on while the next pictures run.
  void withMaps(verdict, drawn, defects?.map ?? null, wanted).then(
    (prediction) => send({ kind: "answer", id, prediction }),
    (error) => send({ kind: "failure", id, error: plainError(error) }),
  );
}

/** Of the picture as it came. */
function sizeOf({ width, height }: ImageHeader): { width: number; height: number } {
  return { width, height };
}

/** Which defects show where; `null` for a model that learnt from no masks. */
function defectsIn(scores: DefectScores | null, picture: { readonly width: number; readonly height: number }) {
  const { segmentation } = manifest;
  if (segmentation === undefined || scores === null) return null;
  const { width, height } = labelMapSize(picture);
  const found = labelMap(scores, width, height);
  return { map: found, areas: anomalyAreas(found, segmentation.types) };
}

async function withMaps(
  verdict: Prediction,
  map: ScoreMap | null,
  defects: LabelMap | null,
  wanted: {
    readonly heatMap: boolean;
    readonly anomalyMap: boolean;
    readonly labelMapPng: boolean;
    readonly labelMap: boolean;
  },
): Promise<Prediction> {
  // A smooth map gains nothing from millions of pixels: whoever shows it stretches it over the picture.
  const scale = Math.min(1, maxHeatMapSide / Math.max(verdict.width, verdict.height));
  const across = Math.max(1, Math.round(verdict.width * scale));
  const down = Math.max(1, Math.round(verdict.height * scale));
  const heatMapPng = wanted.heatMap && map ? await encodePalettePng(paintLevels(map, across, down), heatPalette) : null;
  const types = manifest.segmentation?.types ?? [];
  const painted = wanted.labelMapPng && defects ? await paintLabelMap(defects, types, verdict) : null;
  return {
    ...verdict,
    ...(heatMapPng && { heatMapPng: new Uint8Array(heatMapPng) }),
    ...(painted && { labelMapPng: new Uint8Array(painted) }),
    ...(wanted.anomalyMap && map && { anomalyMap: map }),
    ...(wanted.labelMap && defects && { labelMap: defects }),
  };
}

function floats(tensor: Tensor | undefined): Float32Array {
  return tensor?.data as Float32Array;
}
