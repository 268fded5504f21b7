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

export const sets = [
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
 * `--quick`: one seed. `--only=NAME`: one set. `--one-thread`: the figures are the same, the time is not reported.
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
  const only = args.find((word) => word.startsWith("--only="))?.slice("--only=".length);
  const rows = [];
  for (const set of sets.filter(({ name }) => only === undefined || name === only)) {
    const runs = [];
    for (const seed of args.includes("--quick") ? [1] : seeds)
      runs.push(await trainedAndTested(set, seed, threads, say));
    rows.push(...rowsOf(set, runs));
  }
  return rows;
}

/** What the table says of a set, from its trainings with different seeds. */
export function rowsOf({ name, least, bounds, isWithin, mostMinutes }, runs) {
  const [{ manifest, images, pictures, threads }] = runs;
  const accuracies = runs.map(({ accuracy }) => accuracy);
  const mean = accuracies.reduce((sum, value) => sum + value, 0) / runs.length;
  const { parameters, multiplyAccumulates, input } = manifest;
  const seedsTold = runs.length === 1 ? "one seed" : `mean of ${runs.length} seeds`;
  const rows = [
    {
      what: `${name}, \`tiny\`, ${pictures} pictures to learn from, ${images} to test: accuracy, ${seedsTold}`,
      asked: `≥ ${least}`,
      measured: `${mean.toFixed(3)} (${accuracies.map((value) => value.toFixed(3)).join(", ")})`,
      isMet: mean >= least,
    },
    {
      what: `${name}: the network`,
      asked: bounds,
      measured: `${input.width}x${input.height}, ${parameters} parameters, ${(multiplyAccumulates / 1e6).toFixed(2)} M multiply-accumulates`,
      isMet: isWithin(manifest),
    },
    {
      what: `${name}: share of the training in which steps waited for pictures`,
      asked: "–",
      measured: `${(100 * Math.max(...runs.map(({ waitedShare }) => waitedShare))).toFixed(1)} %`,
      isMet: null,
    },
  ];
  if (threads < cores) return rows;
  const slowest = Math.max(...runs.map(({ seconds }) => seconds));
  return [
    ...rows,
    {
      what: `${name}: training, ${threads} threads, the slowest seed`,
      asked: mostMinutes === null ? "–" : `≤ ${mostMinutes} min`,
      measured: `${(slowest / 60).toFixed(1)} min`,
      isMet: mostMinutes === null ? null : slowest <= mostMinutes * 60,
    },
  ];
}

export async function trainedAndTested({ name, options }, seed, threads, say) {
  const { readTrainingPart } = await load("dataset", "training-part");
  const { train } = await load("models", "train");
  const { openPredictor } = await load("models", "predictor");
  const { evaluate } = await load("models", "evaluate");
  const folder = join(data, name);
  const pictures = await readTrainingPart(folder);
  const shares = [];
  const begun = performance.now();
  let shown = begun;
  let judged = null;
  const { bytes, manifest } = await train({
    pictures,
    method: "tiny",
    seed,
    threads,
    methodOptions: options,
    onEpoch: ({ epoch, loss, metric, picturesPerSecond, waitedShare }) => {
      shares.push(waitedShare);
      judged = metric ?? judged;
      if (performance.now() - shown < 60_000) return;
      shown = performance.now();
      say(
        `${name}: epoch ${epoch}, loss ${loss.toFixed(3)}, held out ${judged?.toFixed(3) ?? "–"}, ${picturesPerSecond.toFixed(0)}/s`,
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
    return { manifest, accuracy, images, pictures: pictures.samples.length, seconds, waitedShare, threads };
  } finally {
    await predictor.close();
  }
}

/** Built output of a package; `npm run bench` builds first. */
function load(packageName, module) {
  return import(join(root, "packages", packageName, "dist", `${module}.js`));
}
