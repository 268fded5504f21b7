/** The figures of small networks from scratch: how often they are right on real pictures, for how few parameters and operations. */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

export const asks =
  "accuracy, parameters, multiply-accumulates and training time of `tiny` on ../shared/data/{facemask3,station-two-state}";

const root = join(import.meta.dirname, "..");
const data = join(root, "../shared/data");
const cores = availableParallelism();
const seeds = [1, 2, 3];

const sets = [
  {
    name: "facemask3",
    options: { parameters: 150_000, size: 96 },
    least: 0.94,
    bounds: "≤ 150 k parameters at 96x96",
    isWithin: ({ parameters, input }) => parameters <= 150_000 && input.width === 96 && input.height === 96,
    mostMinutes: 8,
  },
  {
    name: "station-two-state",
    options: { multiplyAccumulates: 1_000_000 },
    least: 0.98,
    bounds: "≤ 1 M multiply-accumulates",
    isWithin: ({ multiplyAccumulates }) => multiplyAccumulates <= 1e6,
    mostMinutes: null,
  },
];

/**
 * `--quick` takes one seed, `--one-thread` trains on one thread: the figures are the same, the times are not reported.
 *
 * @param {{ say?: (line: string) => void, args?: readonly string[] }} options
 */
export async function run({ say = console.error, args = [] } = {}) {
  const missing = sets.find(({ name }) => !existsSync(join(data, name)));
  if (missing !== undefined) {
    say(`skipped: there is no ${join(data, missing.name)}`);
    return [];
  }
  const threads = args.includes("--one-thread") ? 1 : cores;
  const rows = [];
  const row = (what, asked, measured, isMet) => rows.push({ what, asked, measured, isMet });
  for (const { name, options, least, bounds, isWithin, mostMinutes } of sets) {
    const runs = [];
    for (const seed of args.includes("--quick") ? [1] : seeds) {
      runs.push(await trainedAndTested({ name, options, seed, threads, say }));
    }
    const [{ manifest, images, pictures }] = runs;
    const accuracies = runs.map(({ accuracy }) => accuracy);
    const mean = accuracies.reduce((sum, value) => sum + value, 0) / runs.length;
    const { parameters, multiplyAccumulates, input } = manifest;
    row(
      `${name}, \`tiny\`, ${pictures} pictures to learn from, ${images} to test: accuracy, mean of ${runs.length} seeds`,
      `≥ ${least}`,
      `${mean.toFixed(3)} (${accuracies.map((value) => value.toFixed(3)).join(", ")})`,
      mean >= least,
    );
    row(
      `${name}: the network`,
      bounds,
      `${input.width}x${input.height}, ${parameters} parameters, ${(multiplyAccumulates / 1e6).toFixed(2)} M multiply-accumulates`,
      isWithin(manifest),
    );
    const slowest = Math.max(...runs.map(({ seconds }) => seconds));
    const waited = Math.max(...runs.map(({ waitedShare }) => waitedShare));
    if (threads === cores) {
      row(
        `${name}: training, ${threads} threads, the slowest seed; share of it that steps waited for pictures`,
        mostMinutes === null ? "–" : `≤ ${mostMinutes} min`,
        `${(slowest / 60).toFixed(1)} min; ${(100 * waited).toFixed(1)} %`,
        mostMinutes === null ? null : slowest <= mostMinutes * 60,
      );
    }
  }
  return rows;
}

async function trainedAndTested({ name, options, seed, threads, say }) {
  const { readTrainingPart } = await load("dataset", "training-part");
  const { train } = await load("models", "train");
  const { openPredictor } = await load("models", "predictor");
  const { evaluate } = await load("models", "evaluate");
  const folder = join(data, name);
  const pictures = await readTrainingPart(folder);
  const shares = [];
  const begun = performance.now();
  let shown = begun;
  const { bytes, manifest } = await train({
    pictures,
    method: "tiny",
    seed,
    threads,
    methodOptions: options,
    onEpoch: ({ epoch, loss, metric, picturesPerSecond, waitedShare }) => {
      shares.push(waitedShare);
      if (performance.now() - shown < 60_000) return;
      shown = performance.now();
      say(
        `${name}: epoch ${epoch}, loss ${loss.toFixed(3)}, held out ${metric?.toFixed(3)}, ${picturesPerSecond.toFixed(0)}/s`,
      );
    },
  });
  const seconds = (performance.now() - begun) / 1000;
  const predictor = await openPredictor(bytes, { threads: 1 });
  try {
    const { accuracy, images } = await evaluate({ predictor, folder });
    say(
      `${name}, seed ${seed}: accuracy ${accuracy.toFixed(4)}, ${manifest.training.epochs} epochs, ${seconds.toFixed(0)} s`,
    );
    const waitedShare = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    return { manifest, accuracy, images, pictures: pictures.samples.length, seconds, waitedShare };
  } finally {
    await predictor.close();
  }
}

/** Built output of a package; `npm run bench` builds first. */
function load(packageName, module) {
  return import(join(root, "packages", packageName, "dist", `${module}.js`));
}
