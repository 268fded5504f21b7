/** `sightline latency`: how long a model takes for a picture on this machine, stage by stage. */
import { readFile, stat } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { encodeJpeg } from "@sightline/dataset/image-file";
import { seededRandom } from "@sightline/dataset/seeded-random";
import { openPredictor, type Prediction, type StageTimes } from "@sightline/models/predictor";
import type { Command } from "commander";
import { about, CliError } from "../cli-error.js";
import { filesBelow } from "../files-below.js";
import { wholeNumber } from "../flag-values.js";
import { counted, type Outcome, sized, table } from "../outcome.js";
import { type Act, type Context, withJson } from "../verb.js";

export function register(command: Command, act: Act): void {
  withJson(command)
    .description(
      "Time a model on this machine: each picture from its bytes to the answer, one after the other, and stage by stage.",
    )
    .argument("<model>", "model file made by `sightline train`")
    .argument(
      "[pictures]",
      "JPEG or PNG file, or a folder with some in it or below it (default: a drawn one of 1280 x 960)",
    )
    .option("--threads <number>", "of the network, in one worker", wholeNumber(1, 256), 1)
    .option("--runs <number>", "how many pictures are timed", wholeNumber(10, 100_000), 100)
    .option("--warm-up <number>", "how many are answered before the clock counts", wholeNumber(0, 10_000), 10)
    .action(act(latency));
}

interface Options {
  readonly threads: number;
  readonly runs: number;
  readonly warmUp: number;
}

const stages = [
  "decodeMs",
  "resizeMs",
  "networkMs",
  "postProcessingMs",
] as const satisfies readonly (keyof StageTimes)[];

async function latency(context: Context, model: string, place: string | undefined, options: Options): Promise<Outcome> {
  const pictures = place === undefined ? [await drawnPicture()] : await picturesOf(place);
  const before = process.memoryUsage.rss();
  const openedMs = performance.now();
  // One worker: a line waits for one picture, and several would only share the same cores.
  const predictor = await about(model, openPredictor(model, { threads: options.threads, workers: 1 }));
  const loadMs = performance.now() - openedMs;
  try {
    const ask = async (i: number): Promise<Prediction> => {
      context.signal.throwIfAborted();
      return about(
        place ?? "the drawn picture",
        predictor.predict(pictures[i % pictures.length] as Uint8Array, { stages: true }),
      );
    };
    const firstMs = await timed(() => ask(0));
    for (let i = 0; i < options.warmUp; i++) await ask(i);
    const whole: number[] = [];
    const answers: Prediction[] = [];
    let peak = process.memoryUsage.rss();
    const startedMs = performance.now();
    for (let i = 0; i < options.runs; i++) {
      const begun = performance.now();
      answers.push(await ask(i));
      whole.push(performance.now() - begun);
      peak = Math.max(peak, process.memoryUsage.rss());
      context.progress.report((i + 1) / options.runs, `picture ${i + 1} of ${options.runs}`);
    }
    const seconds = (performance.now() - startedMs) / 1000;
    const rows = {
      whole: spread(whole),
      ...Object.fromEntries(
        stages.map((stage) => [stage.replace(/Ms$/, ""), spread(answers.map((answer) => answer.stages?.[stage] ?? 0))]),
      ),
    } satisfies Record<string, Spread>;
    const { manifest } = predictor;
    const json = {
      model,
      method: manifest.method,
      task: manifest.task,
      input: manifest.input,
      processor: cpus()[0]?.model ?? "unknown",
      cores: availableParallelism(),
      threads: options.threads,
      pictures: pictures.length,
      runs: options.runs,
      loadMs: tidy(loadMs),
      firstMs: tidy(firstMs),
      picturesPerSecond: tidy(options.runs / seconds),
      memoryBytes: { before, peak },
      milliseconds: rows,
    };
    return { json, text: report(json) };
  } finally {
    await predictor.close();
  }
}

interface Spread {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

function report(json: {
  readonly processor: string;
  readonly cores: number;
  readonly threads: number;
  readonly runs: number;
  readonly loadMs: number;
  readonly firstMs: number;
  readonly picturesPerSecond: number;
  readonly memoryBytes: { readonly before: number; readonly peak: number };
  readonly milliseconds: Readonly<Record<string, Spread>>;
}): string {
  const rows = Object.entries(json.milliseconds).map(([stage, { p50, p95, p99 }]) => [
    stage === "postProcessing" ? "post-processing" : stage,
    p50.toFixed(2),
    p95.toFixed(2),
    p99.toFixed(2),
  ]);
  const { before, peak } = json.memoryBytes;
  return [
    `${json.processor}, ${counted(json.cores, "core")}; ${counted(json.threads, "thread")}, ${counted(json.runs, "picture")}`,
    "",
    table(["milliseconds", "p50", "p95", "p99"], rows),
    "",
    `${json.picturesPerSecond.toFixed(1)} pictures per second; ready after ${json.loadMs.toFixed(0)} ms, first answer ${json.firstMs.toFixed(1)} ms`,
    `memory ${sized(peak)}, ${sized(Math.max(0, peak - before))} of it the model's`,
  ].join("\n");
}

function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => tidy(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0);
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

function tidy(value: number): number {
  return Number(value.toFixed(3));
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

async function picturesOf(place: string): Promise<Uint8Array[]> {
  if (!(await stat(place)).isDirectory()) return [await readFile(place)];
  const names = (await filesBelow(place)).filter((name) => /\.(jpe?g|png)$/i.test(name));
  if (names.length === 0)
    throw new CliError("NO_PICTURES", `"${place}" holds no picture. Name a JPEG or PNG file, or a folder of them.`);
  // So many are enough to see how times differ, and fit into memory.
  return Promise.all(names.slice(0, 100).map((name) => readFile(name)));
}

/** Coloured discs on noise: a picture as large and as hard to decode as a camera's. */
async function drawnPicture(): Promise<Uint8Array> {
  const random = seededRandom(1);
  const [width, height] = [1280, 960];
  const data = new Uint8Array(width * height * 3);
  const discs = Array.from({ length: 12 }, () => ({
    x: random.between(0, width),
    y: random.between(0, height),
    radius: random.between(40, 160),
    colour: [random.index(256), random.index(256), random.index(256)],
  }));
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const disc = discs.find((one) => Math.hypot(x - one.x, y - one.y) < one.radius);
      for (let c = 0; c < 3; c++) data[(y * width + x) * 3 + c] = (disc?.colour[c] ?? 120) * 0.9 + random.index(20);
    }
  return encodeJpeg({ width, height, data }, 90);
}
