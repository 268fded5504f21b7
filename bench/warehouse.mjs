/** The figures of learning several labels a picture from few pictures: stock in a rack, bottles in their slots. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";

export const asks =
  "labels told right by `finetune` on ../shared/data/{warehouse,bottle-slots}, and its training time; --only-warehouse, --only-bottle-slots, --threads=N, --seeds=N";

const root = join(import.meta.dirname, "..");
const data = join(root, "../shared/data");

/** @param {{ say?: (line: string) => void, args?: readonly string[] }} options */
export async function run({ say = console.error, args = [] } = {}) {
  const parts = { warehouse: onWarehouse, "bottle-slots": onBottleSlots };
  const missing = Object.keys(parts).find((name) => !existsSync(join(data, name)));
  if (missing !== undefined) {
    say(`skipped: there is no ${join(data, missing)}`);
    return [];
  }
  const given = (name, otherwise) => {
    const word = args.find((arg) => arg.startsWith(`--${name}=`));
    return word ? Number(word.slice(name.length + 3)) : otherwise;
  };
  const threads = given("threads", availableParallelism());
  const seeds = given("seeds", 5);
  const only = Object.keys(parts).filter((name) => args.includes(`--only-${name}`));
  const rows = [];
  const row = (what, asked, measured, isMet) => rows.push({ what, asked, measured, isMet });
  for (const name of only.length > 0 ? only : Object.keys(parts)) await parts[name](row, say, threads, seeds);
  return rows;
}

async function onWarehouse(row, say, threads, seeds) {
  const runs = [];
  for (let seed = 1; seed <= seeds; seed++) runs.push(await measured("warehouse", seed, threads, say));
  const right = runs.map(({ total }) => total);
  const mean = right.reduce((sum, count) => sum + count, 0) / right.length;
  row(
    `warehouse, 16 → 8 pictures, \`finetune\`: labels right of 24, mean of ${seeds} seed(s)`,
    "≥ 20, aim 22",
    `${mean.toFixed(1)} (${right.join(", ")})`,
    // Fewer seeds than were asked for prove nothing.
    seeds >= 5 ? mean >= 20 : null,
  );
  const seconds = runs.map((one) => one.seconds).sort((a, b) => a - b);
  row(`warehouse: training, ${threads} thread(s), median`, "–", `${seconds[seconds.length >> 1].toFixed(0)} s`, null);
}

async function onBottleSlots(row, say, threads) {
  const { labels, right, total, of, seconds } = await measured("bottle-slots", 1, threads, say);
  const each = labels.map((label, k) => `${label} ${(right[k] / of).toFixed(3)}`).join(", ");
  const accuracy = (total / (of * labels.length)).toFixed(3);
  row(`bottle-slots, ${of} frames, \`finetune\`: accuracy by label; of all`, "–", `${each}; ${accuracy}`, null);
  row(`bottle-slots: training, ${threads} thread(s)`, "–", `${seconds.toFixed(0)} s`, null);
}

async function measured(set, seed, threads, say) {
  const { readTrainingPart } = await load("dataset", "training-part");
  const { readTestPart } = await load("dataset", "test-part");
  const { train } = await load("models", "train");
  const { openPredictor } = await load("models", "predictor");
  const folder = join(data, set);
  const pictures = await readTrainingPart(folder);
  const begun = performance.now();
  const { bytes, manifest } = await train({ pictures, method: "finetune", seed, threads });
  const seconds = (performance.now() - begun) / 1000;
  const { labels, samples } = await readTestPart(folder);
  const right = labels.map(() => 0);
  const predictor = await openPredictor(bytes, { threads });
  try {
    for (const { file, labels: truth } of samples) {
      const { labels: answered } = await predictor.predict(await readFile(file));
      labels.forEach((label, k) => {
        if (truth.includes(label) === answered.includes(label)) right[k] += 1;
      });
    }
  } finally {
    await predictor.close();
  }
  const of = samples.length;
  const total = right.reduce((sum, count) => sum + count, 0);
  const held = manifest.metrics?.accuracy?.toFixed(3);
  const each = labels.map((label, k) => `${label} ${right[k]}`).join(", ");
  say(
    `${set}, seed ${seed}: ${seconds.toFixed(0)} s, held out ${held}, test ${total} of ${of * labels.length} (${each})`,
  );
  return { labels, right, total, of, seconds };
}

/** Built output of a package; `npm run bench` builds first. */
function load(packageName, module) {
  return import(join(root, "packages", packageName, "dist", `${module}.js`));
}
