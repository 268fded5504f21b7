/** The detector on cells under a microscope: how well it finds, how long it learns, how fast it answers. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";

export const asks = "mAP50, training time and time from picture to boxes on ../shared/data/bccd";

const root = join(import.meta.dirname, "..");
export const data = join(root, "../shared/data");
const cores = availableParallelism();

/** @param {{ say?: (line: string) => void }} options */
export async function run({ say = console.error } = {}) {
  if (!existsSync(join(data, "bccd"))) {
    say(`skipped: there is no ${join(data, "bccd")}`);
    return [];
  }
  const rows = [];
  const row = (what, asked, measured, isMet) => rows.push({ what, asked, measured, isMet });

  const cells = await trained("bccd", 1, say, { budgetMs: 19 * 60_000 });
  const onCells = await evaluated(cells.bytes, "bccd", say);
  const perClass = onCells.perClass.map(({ label, ap50 }) => `${label} ${ap50.toFixed(3)}`).join(", ");
  row("bccd, 205 pictures to learn from, 72 to test: mAP50", "≥ 0.88", onCells.mAP50.toFixed(3), onCells.mAP50 >= 0.88);
  row("bccd: AP50 by label; mAP50-95", "–", `${perClass}; ${onCells.mAP50_95.toFixed(3)}`, null);
  const minutes = cells.seconds / 60;
  row(`bccd: training, ${cores} threads, --budget 19m`, "≤ 20 min", `${minutes.toFixed(1)} min`, minutes <= 20);
  row("bccd: memory while training", "–", `${Math.round(cells.peakMegabytes)} MB`, null);
  const latency = await pictureToBoxes(cells.bytes, join(data, "bccd/JPEGImages"), say);
  row(
    `bccd: JPEG 640x480 → boxes on one thread, median of the quietest of ${rounds} rounds`,
    "≤ 25 ms",
    `${latency.quietest.toFixed(1)} ms (all rounds: ${latency.p50.toFixed(1)} ms, 95 %: ${latency.p95.toFixed(1)} ms)`,
    latency.quietest <= 25,
  );
  return rows;
}

/** A model of the set's training part, by the method's own choices. */
export async function trained(name, seed, say, options = {}) {
  const { readTrainingPart } = await load("dataset", "training-part");
  const { train } = await load("models", "train");
  const pictures = await readTrainingPart(join(data, name));
  let peakMegabytes = 0;
  let shown = performance.now();
  const begun = shown;
  const { bytes, manifest } = await train({
    pictures,
    method: "detector",
    seed,
    threads: cores,
    ...options,
    onEpoch: ({ epoch, loss, metric, picturesPerSecond }) => {
      peakMegabytes = Math.max(peakMegabytes, process.memoryUsage().rss / 2 ** 20);
      if (performance.now() - shown < 60_000) return;
      shown = performance.now();
      say(
        `${name}: epoch ${epoch}, loss ${loss.toFixed(3)}, mAP50 ${metric?.toFixed(3)}, ${picturesPerSecond.toFixed(1)}/s`,
      );
    },
  });
  const seconds = (performance.now() - begun) / 1000;
  const { best, epochs } = manifest.training;
  say(`${name}, seed ${seed}: ${epochs} epochs, ${seconds.toFixed(0)} s, mAP50 held out ${best.toFixed(3)}`);
  return { bytes, seconds, peakMegabytes };
}

export async function evaluated(bytes, name, say) {
  const { openPredictor } = await load("models", "predictor");
  const { evaluate } = await load("models", "evaluate");
  const predictor = await openPredictor(bytes, { threads: cores });
  try {
    const evaluation = await evaluate({ predictor, folder: join(data, name) });
    say(
      `  ${name}: mAP50 ${evaluation.mAP50.toFixed(4)}, F1 ${evaluation.f1?.toFixed(3)} on ${evaluation.images} pictures`,
    );
    return evaluation;
  } finally {
    await predictor.close();
  }
}

/** Rounds of the sixty pictures. The processor is shared: another's load on its other half shows as rounds of twice the time. */
const rounds = 12;

/** One picture at a time on one thread, decoding included: what a camera waits. Medians of the quietest round and of all. */
async function pictureToBoxes(bytes, folder, say) {
  const { openPredictor } = await load("models", "predictor");
  const files = (await readdir(folder)).slice(0, 60);
  const pictures = await Promise.all(files.map((name) => readFile(join(folder, name))));
  const predictor = await openPredictor(bytes, { threads: 1 });
  const quantile = (times, share) => times.toSorted((a, b) => a - b)[Math.floor(times.length * share)];
  try {
    for (const picture of pictures.slice(0, 20)) await predictor.predict(picture);
    const times = [];
    for (let round = 0; round < rounds; round++) {
      const taken = [];
      for (const picture of pictures) taken.push((await predictor.predict(picture)).inferenceMs);
      times.push(taken);
    }
    const medians = times.map((taken) => quantile(taken, 0.5));
    say(`  picture to boxes, median of each round: ${medians.map((ms) => ms.toFixed(1)).join(", ")} ms`);
    const all = times.flat();
    return { quietest: Math.min(...medians), p50: quantile(all, 0.5), p95: quantile(all, 0.95) };
  } finally {
    await predictor.close();
  }
}

/** Built output of a package; `npm run bench` builds first. */
function load(packageName, module) {
  return import(join(root, "packages", packageName, "dist", `${module}.js`));
}
