/** The figures of fine-tuning on real pictures: how well it tells them, how long it learns, and what `auto` makes of it. */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

export const asks =
  "accuracy and training time of `finetune` and `auto` on ../shared/data/{casting,facemask3}; --only=casting, facemask3 or auto: that part";

const root = join(import.meta.dirname, "..");
const data = join(root, "../shared/data");
const cores = availableParallelism();

/** @param {{ say?: (line: string) => void, args?: readonly string[] }} options */
export async function run({ say = console.error, args = [] } = {}) {
  const missing = ["casting", "facemask3"].find((name) => !existsSync(join(data, name)));
  if (missing !== undefined) {
    say(`skipped: there is no ${join(data, missing)}`);
    return [];
  }
  const parts = { casting: onCasting, facemask3: onFacemask3, auto: onAuto };
  const only = Object.keys(parts).filter((name) => args.includes(`--only=${name}`));
  const rows = [];
  const row = (what, asked, measured, isMet) => rows.push({ what, asked, measured, isMet });
  for (const name of only.length > 0 ? only : Object.keys(parts)) await parts[name](row, say);
  return rows;
}

const seeds = [1, 2, 3];

async function onCasting(row, say) {
  const { mean, told, runs } = await ofSeeds("casting", say);
  row("casting, 400 → 200, `finetune`: accuracy, mean of 3 seeds", "≥ 0.98, aim 0.99", told, mean >= 0.98);
  const slowest = slowestMinutes(runs);
  row(`casting: training, ${cores} threads, slowest seed`, "≤ 8 min", `${slowest.toFixed(1)} min`, slowest <= 8);
  row(
    "casting: pictures learnt from a second; share of the time that the step waited for them",
    "–",
    paceOf(runs),
    null,
  );
}

async function onFacemask3(row, say) {
  const { mean, told, runs } = await ofSeeds("facemask3", say);
  row("facemask3, 915 → 285, `finetune`: accuracy, mean of 3 seeds", "≥ 0.985", told, mean >= 0.985);
  row(`facemask3: training, ${cores} threads, slowest seed`, "–", `${slowestMinutes(runs).toFixed(1)} min`, null);
  row("facemask3: pictures learnt from a second; share waited", "–", paceOf(runs), null);
}

async function ofSeeds(set, say) {
  const runs = [];
  for (const seed of seeds) runs.push(await measured(set, "finetune", seed, say));
  const accuracies = runs.map(({ accuracy }) => accuracy);
  const mean = accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length;
  return { mean, told: `${mean.toFixed(3)} (${accuracies.map((value) => value.toFixed(3)).join(", ")})`, runs };
}

function slowestMinutes(runs) {
  return Math.max(...runs.map(({ seconds }) => seconds)) / 60;
}

async function onAuto(row, say) {
  // A budget lets `auto` try fine-tuning too, where the quick methods leave room.
  const { accuracy, seconds, manifest } = await measured("casting", "auto", 1, say, 150_000);
  const tried = manifest.candidates.map(({ method, meanScore }) => `${method} ${meanScore.toFixed(3)}`).join(", ");
  row("casting, `auto` with a budget of 150 s: training", "≤ 150 s", `${seconds.toFixed(1)} s`, seconds <= 150);
  row(
    `casting, \`auto\`: accuracy (chose ${manifest.method}; held out: ${tried})`,
    "≥ 0.985",
    accuracy.toFixed(3),
    accuracy >= 0.985,
  );
}

function paceOf(runs) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const points = runs.flatMap(({ epochs }) => epochs);
  const waited = mean(points.map(({ waitedShare }) => waitedShare));
  return `${mean(points.map(({ picturesPerSecond }) => picturesPerSecond)).toFixed(1)}; ${(100 * waited).toFixed(1)} %`;
}

async function measured(set, method, seed, say, budgetMs) {
  const { readTrainingPart } = await load("dataset", "training-part");
  const { train } = await load("models", "train");
  const pictures = await readTrainingPart(join(data, set));
  const epochs = [];
  const begun = performance.now();
  const { bytes, manifest } = await train({
    pictures,
    method,
    seed,
    threads: cores,
    budgetMs,
    onEpoch: (point) => epochs.push(point),
  });
  const seconds = (performance.now() - begun) / 1000;
  const { openPredictor } = await load("models", "predictor");
  const { evaluate } = await load("models", "evaluate");
  const predictor = await openPredictor(bytes, { threads: cores });
  try {
    const { accuracy, ece } = await evaluate({ predictor, folder: join(data, set) });
    const held = manifest.metrics?.accuracy?.toFixed(4);
    say(
      `${set}, ${method} (${manifest.method}), seed ${seed}: ${seconds.toFixed(0)} s, ${epochs.length} epochs, held out ${held}, test ${accuracy.toFixed(4)}, ECE ${ece?.toFixed(3)}`,
    );
    return { accuracy, seconds, manifest, epochs };
  } finally {
    await predictor.close();
  }
}

/** Built output of a package; `npm run bench` builds first. */
function load(packageName, module) {
  return import(join(root, "packages", packageName, "dist", `${module}.js`));
}
