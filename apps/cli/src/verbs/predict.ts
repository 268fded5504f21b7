/** `sightline predict`: asks a model about one picture or about all pictures below a folder. */
import { access, constants, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { decodeImage, encodeJpeg, encodeOverlay, withLayer } from "@sightline/dataset/image-file";
import { openPredictor, type Prediction, type Predictor } from "@sightline/models/predictor";
import { drawBoxes } from "@sightline/vision/drawing";
import type { Image } from "@sightline/vision/image";
import type { Command } from "commander";
import { about, CliError, problemOf } from "../cli-error.js";
import { noteSkipped } from "../dataset-folder.js";
import { filesBelow } from "../files-below.js";
import { realNumber, wholeNumber } from "../flag-values.js";
import { counted, type Outcome, rounded, table } from "../outcome.js";
import { type Act, type Context, withJson } from "../verb.js";

export function register(command: Command, act: Act): void {
  withJson(command)
    .description("Ask a model about one picture, or about all pictures in a folder and below it.")
    .argument("<model>", "model file made by `sightline train`")
    .argument("<file_or_folder>", "JPEG or PNG file, or a folder; other files in it are skipped and named")
    .option("--heatmap <folder>", "write each picture with its heat map over it into this folder, as JPEG")
    .option(
      "--overlay <folder>",
      "write each picture with its boxes or defects and its label drawn on it into this folder, as JPEG",
    )
    .option(
      "--threshold <score>",
      "from this score on it is an anomaly (0.5 is the model's own), or an object counts",
      realNumber(0.001, 0.999),
    )
    .option("--threads <number>", "default: one less than the cores", wholeNumber(1, 256))
    .action(act(predict));
}

interface Options {
  readonly heatmap?: string;
  readonly overlay?: string;
  readonly threshold?: number;
  readonly threads?: number;
}

interface Result {
  readonly file: string;
  /** Without the map's bytes: a folder may hold many thousand pictures. */
  readonly prediction: Omit<Prediction, "heatMapPng" | "labelMapPng">;
  readonly heatMapFile: string | undefined;
  readonly overlayFile: string | undefined;
}
interface Skipped {
  readonly name: string;
  readonly code: string;
  readonly reason: string;
}

async function predict(context: Context, model: string, place: string, options: Options): Promise<Outcome> {
  const isFolder = (await stat(place)).isDirectory();
  const root = isFolder ? resolve(place) : dirname(resolve(place));
  const files = isFolder ? await filesBelow(root) : [resolve(place)];
  if (files.length === 0) throw noPictures(place, []);
  for (const folder of [options.heatmap, options.overlay]) if (folder !== undefined) await checkFolder(folder);
  const predictor = await about(
    model,
    openPredictor(model, options.threads === undefined ? {} : { threads: options.threads }),
  );
  try {
    const nameOf = (file: string) => relative(root, file).split(sep).join("/");
    const startedMs = performance.now();
    const results: Result[] = [];
    const skipped: Skipped[] = [];
    for await (const answer of answers(predictor, files, root, options, context.signal)) {
      if ("error" in answer) {
        const { code, message } = problemOf(answer.error);
        // One picture asked for that can't be read, or a failing model, is the failure of the whole command.
        if (!isFolder) await about(place, Promise.reject(answer.error));
        if (!/^(IMAGE|FILE)_|^NOT_AN_IMAGE$/.test(code)) throw answer.error;
        skipped.push({ name: nameOf(answer.file), code, reason: message });
      } else {
        results.push({ ...answer, file: nameOf(answer.file) });
      }
      const done = results.length + skipped.length;
      context.progress.report(done / files.length, `picture ${done} of ${files.length}`);
    }
    const seconds = (performance.now() - startedMs) / 1000;
    noteSkipped(context, skipped, {});
    if (results.length === 0) throw noPictures(place, skipped);
    if (options.heatmap !== undefined && results.every((one) => one.heatMapFile === undefined)) {
      context.note(`This model (${predictor.manifest.method}) draws no heat maps; --heatmap wrote nothing.`);
    }
    return summary(resolve(model), predictor, results, skipped, seconds);
  } finally {
    await predictor.close();
  }
}

/** Told before the work: that pictures can't be written into the folder. It is made with the first one. */
async function checkFolder(folder: string): Promise<void> {
  for (let place = resolve(folder); ; place = dirname(place)) {
    const found = await stat(place).catch(() => null);
    if (found === null && place !== dirname(place)) continue;
    const isWritable = await access(place, constants.W_OK).then(
      () => found?.isDirectory() === true,
      () => false,
    );
    if (isWritable) return;
    const why = found?.isDirectory() ? "is not writable for this user" : "is a file";
    throw new CliError("FILE_NOT_WRITABLE", `"${place}" ${why}; a folder for pictures is needed. Choose another one.`);
  }
}

function noPictures(place: string, skipped: readonly Skipped[]): CliError {
  const why =
    skipped.length === 0 ? "no file" : `no picture that can be read, only ${counted(skipped.length, "other file")}`;
  return new CliError("NO_PICTURES", `"${place}" holds ${why}. Name a JPEG or PNG file, or a folder of them.`);
}

type Answer = Result | { readonly file: string; readonly error: unknown };

/** So many pictures are under way at once: one is computed while the next ones are read and decoded. */
const inFlight = 8;

/** Predictions in the order of the files. */
async function* answers(
  predictor: Predictor,
  files: readonly string[],
  root: string,
  options: Options,
  signal: AbortSignal,
): AsyncGenerator<Answer> {
  const ask = (file: string): Promise<Answer> =>
    one(predictor, file, root, options).catch((error) => ({ file, error }));
  const pending: Promise<Answer>[] = [];
  for (const file of files) {
    signal.throwIfAborted();
    pending.push(ask(file));
    const first = pending.length >= inFlight ? pending.shift() : undefined;
    if (first !== undefined) yield await first;
  }
  for (const last of pending) yield await last;
}

async function one(predictor: Predictor, file: string, root: string, options: Options): Promise<Result> {
  const bytes = await readFile(file);
  const isDetector = predictor.manifest.task === "detection";
  const { heatMapPng, labelMapPng, ...prediction } = await predictor.predict(bytes, {
    heatMap: options.heatmap !== undefined,
    labelMapPng: options.overlay !== undefined,
    ...(options.threshold === undefined
      ? {}
      : isDetector
        ? { scoreThreshold: options.threshold }
        : { threshold: options.threshold }),
  });
  // The ending of the picture stays, so that a.jpg and a.png don't write the same file.
  const write = async (folder: string, kind: string, make: () => Promise<Uint8Array>): Promise<string> => {
    const target = join(resolve(folder), `${relative(root, file)}.${kind}.jpg`);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, await make());
    return target;
  };
  const { heatmap, overlay } = options;
  const heatMapFile =
    heatmap === undefined || heatMapPng === undefined
      ? undefined
      : await write(heatmap, "heatmap", async () => encodeOverlay(await decodeImage(bytes), heatMapPng));
  const overlayFile =
    overlay === undefined
      ? undefined
      : await write(overlay, "overlay", async () => {
          const picture = await decodeImage(bytes);
          const shown = labelMapPng ? await withLayer(picture, labelMapPng, defectOpacity) : picture;
          return encodeJpeg(drawn(shown, prediction, predictor));
        });
  return { file, prediction, heatMapFile, overlayFile };
}

/** Defects are seen, and what is under them too. */
const defectOpacity = 0.55;

/** The boxes with label and score; where a model answers without boxes its answer in the upper left corner. */
function drawn(
  picture: Image,
  { label, confidence, detections }: Result["prediction"],
  { manifest }: Predictor,
): Image {
  const classIndex = (name: string): number => Math.max(0, manifest.labels.indexOf(name));
  if (manifest.task === "detection")
    return drawBoxes(
      picture,
      // The best on top.
      detections.toReversed().map((one) => ({
        ...one,
        text: `${one.label} ${one.score.toFixed(2)}`,
        classIndex: classIndex(one.label),
      })),
    );
  const corner = {
    x1: 0,
    y1: 0,
    x2: 0,
    y2: 0,
    text: `${label} ${confidence.toFixed(2)}`,
    classIndex: classIndex(label),
  };
  return drawBoxes(picture, [corner]);
}

function summary(
  model: string,
  predictor: Predictor,
  results: readonly Result[],
  skipped: readonly Skipped[],
  seconds: number,
): Outcome {
  const { task, method } = predictor.manifest;
  const byLabel: Record<string, number> = {};
  for (const { prediction } of results)
    for (const label of countedLabels(task, prediction)) byLabel[label] = (byLabel[label] ?? 0) + 1;
  const times = results.map((one) => one.prediction.inferenceMs).sort((a, b) => a - b);
  const picturesPerSecond = Number((results.length / seconds).toFixed(1));
  const json = {
    model,
    method,
    task,
    pictures: results.length,
    byLabel,
    skipped,
    picturesPerSecond,
    msPerPicture: { p50: quantile(times, 0.5), p95: quantile(times, 0.95) },
    results: results.map(({ file, heatMapFile, overlayFile, prediction }) => ({
      file,
      label: prediction.label,
      isAnomalous: prediction.isAnomalous,
      score: prediction.score,
      confidence: prediction.confidence,
      probabilities: prediction.probabilities,
      width: prediction.width,
      height: prediction.height,
      inferenceMs: Number(prediction.inferenceMs.toFixed(2)),
      ...(task === "multilabel" || task === "detection" ? { labels: prediction.labels } : {}),
      ...(task === "detection" ? { detections: prediction.detections } : {}),
      ...(prediction.anomalies === null ? {} : { anomalies: prediction.anomalies }),
      ...(heatMapFile === undefined ? {} : { heatMap: heatMapFile }),
      ...(overlayFile === undefined ? {} : { overlay: overlayFile }),
    })),
  };
  const hasScore = task === "anomaly";
  const showsDefects = predictor.manifest.segmentation !== undefined;
  const titles = ["file", "answer", ...(hasScore ? ["score"] : []), "confidence", ...(showsDefects ? ["defects"] : [])];
  const rows = results.map(({ file, prediction }) => [
    file,
    prediction.label,
    ...(hasScore ? [rounded(prediction.score)] : []),
    rounded(prediction.confidence),
    ...(showsDefects ? [areasOf(prediction)] : []),
  ]);
  const counts = Object.entries(byLabel).map(([label, count]) => `${count} ${label}`);
  const found = counts.length === 0 ? "nothing found" : counts.join(", ");
  const skips = skipped.length === 0 ? "" : `, ${skipped.length} skipped`;
  const closing = `${counted(results.length, "picture")}: ${found}${skips}; ${picturesPerSecond} per second`;
  return { json, text: results.length === 1 ? table(titles, rows) : `${table(titles, rows)}\n\n${closing}` };
}

/** "cracked 2.1 %": the kinds of defects found, each with its share of the picture. */
function areasOf({ anomalies }: Result["prediction"]): string {
  const [, ...found] = anomalies ?? [];
  return found.map(({ label, areaFraction }) => `${label} ${(100 * areaFraction).toFixed(1)} %`).join(", ") || "–";
}

/** What a summary counts: answers; where a picture has several labels each of them, and of a detector each object. */
function countedLabels(task: string, { label, labels, detections }: Result["prediction"]): readonly string[] {
  if (task === "detection") return detections.map((one) => one.label);
  return task === "multilabel" ? labels : [label];
}

function quantile(sorted: readonly number[], share: number): number {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return Number(value.toFixed(2));
}
