/** `npm run bench -- anomaly`: every anomaly method on every set, and whether `auto` takes the best of them. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isThere, sets } from "./anomaly-sets.mjs";
import { load, quantile } from "./bench-server.mjs";

export const asks =
  "anomaly methods on real, simulated and drawn sets; what `auto` chooses; --set=TEXT, --method=NAMES: some of them; --threads=N, --budget=MINUTES";

/** What is asked beyond time: by set and method, the least image AUROC and AUPRO. */
const least = {
  "casting, 200 good": { patchcore: { auroc: 0.95 } },
  "hazelnut-toy, 28 good": { synthetic: { auroc: 0.97, aupro: 0.85 } },
};

/** One finds objects, one makes a finished model smaller. */
const notForPictures = ["detector", "pruned"];

/** So near the best, two methods are as good. */
const asGood = 0.005;

/** @param {{ say?: (line: string) => void, args?: readonly string[] }} options */
export async function run({ say = console.error, args = [] } = {}) {
  const value = (name) => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
  const { methods } = await load("packages/models/dist/registry.js");
  const text = value("set") ?? "";
  const chosenSets = Object.entries(sets).filter(([name]) => (text in sets ? name === text : name.includes(text)));
  const wanted = value("method");
  const threads = Number(value("threads") ?? 2);
  const budgetMs = Number(value("budget") ?? 10) * 60_000;
  const table = [];
  for (const [name, set] of chosenSets) {
    if (!isThere(set)) {
      say(`${name}: skipped, ../shared/data has no ${set.needs}`);
      continue;
    }
    const folder = mkdtempSync(join(tmpdir(), "sightline-anomaly-"));
    try {
      const parts = await set.make(folder);
      const normals = parts.training.samples.filter(({ label }) => label === parts.training.normalLabel).length;
      const counts = [normals, parts.training.samples.length - normals];
      const names = [
        ...Object.keys(methods).filter(
          (key) => methods[key].unsuitable("anomaly", ["normal", "anomaly"], counts) === null,
        ),
        "auto",
      ].filter((key) => !notForPictures.includes(key) && (wanted === undefined || wanted.split(",").includes(key)));
      const row = { name, results: {} };
      for (const method of names) {
        row.results[method] = await measured(parts, method, { threads, budgetMs });
        say(`${name}, ${method}: ${described(row.results[method])}`);
      }
      table.push(row);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  say("");
  for (const line of asTable(table)) say(line);
  return [...figures(table), ...choices(table)];
}

async function measured({ training, test }, method, { threads, budgetMs }) {
  const { train } = await load("packages/models/dist/train.js");
  const { openPredictor } = await load("packages/models/dist/predictor.js");
  const { evaluateSamples } = await load("packages/models/dist/evaluate.js");
  const [begunAt, cpuBefore] = [performance.now(), process.cpuUsage()];
  const { bytes, manifest } = await train({ pictures: training, method, seed: 1, threads, budgetMs });
  const seconds = (performance.now() - begunAt) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  const cpuSeconds = (cpu.user + cpu.system) / 1e6;
  const predictor = await openPredictor(bytes, { threads: 1 });
  try {
    const { evaluation } = await evaluateSamples({ predictor, pictures: test });
    const pictures = test.samples.slice(0, 12).map(({ file }) => new Uint8Array(readFileSync(file)));
    const times = [];
    for (let round = 0; round < 5; round++)
      for (const picture of pictures) {
        const startedAt = performance.now();
        await predictor.predict(picture, { anomalyMap: true });
        // The first round warms up.
        if (round > 0) times.push(performance.now() - startedAt);
      }
    const { auroc, aupro, accuracy, recall } = evaluation;
    const candidates = manifest.candidates.map((one) => `${one.method} ${one.meanScore.toFixed(3)}`);
    return {
      chosen: manifest.method,
      auroc,
      aupro,
      accuracy,
      recall,
      seconds,
      cpuSeconds,
      leastMs: Math.min(...times),
      ms: quantile(times, 0.5),
      candidates,
    };
  } finally {
    await predictor.close();
  }
}

function described({ chosen, auroc, aupro, accuracy, recall, seconds, cpuSeconds, ms, leastMs, candidates }) {
  const map = aupro === undefined || aupro === null ? "" : `, AUPRO ${aupro.toFixed(3)}`;
  return `${chosen}, AUROC ${auroc.toFixed(4)}${map}, accuracy ${accuracy.toFixed(3)}, finds ${recall.toFixed(3)}, ${seconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of one core), ${ms.toFixed(1)} ms (at least ${leastMs.toFixed(1)}), (${candidates.join(", ")})`;
}

function asTable(table) {
  const columns = [...new Set(table.flatMap(({ results }) => Object.keys(results)))];
  const cell = (result) => {
    if (result === undefined) return "–";
    const map = result.aupro === undefined || result.aupro === null ? "" : ` / ${result.aupro.toFixed(3)}`;
    return `${result.auroc.toFixed(3)}${map}, ${result.seconds.toFixed(0)} s, ${result.ms.toFixed(0)} ms`;
  };
  return [
    `| AUROC / AUPRO, training, picture → map | ${columns.join(" | ")} | chosen |`,
    `|---|${columns.map(() => "---|").join("")}---|`,
    ...table.map(
      ({ name, results }) =>
        `| ${name} | ${columns.map((column) => cell(results[column])).join(" | ")} | ${results.auto?.chosen ?? "–"} |`,
    ),
  ];
}

function figures(table) {
  return table.flatMap(({ name, results }) =>
    Object.entries(results).flatMap(([method, { auroc, aupro, seconds, ms }]) => {
      const asked = least[name]?.[method] ?? {};
      const row = (what, isAsked, figure, isMet) => ({
        what: `${name}, \`${method}\`: ${what}`,
        asked: isAsked,
        measured: figure,
        isMet,
      });
      const atLeast = (what, figure, limit) =>
        row(
          what,
          limit === undefined ? "–" : `≥ ${limit}`,
          figure.toFixed(3),
          limit === undefined ? null : figure >= limit,
        );
      const mostSeconds = method === "patchcore" ? 20 : 600;
      return [
        atLeast("image AUROC", auroc, asked.auroc),
        ...(aupro === undefined || aupro === null ? [] : [atLeast("AUPRO to 0.3", aupro, asked.aupro)]),
        row("training", `≤ ${mostSeconds} s`, `${seconds.toFixed(1)} s`, seconds <= mostSeconds),
        row("picture → verdict and map, one thread, median", "≤ 25 ms", `${ms.toFixed(1)} ms`, ms <= 25),
      ];
    }),
  );
}

/** On how many sets each fixed method is as good as the best, and on how many `auto` is. */
function choices(table) {
  const judged = table.filter(({ results }) => results.auto && Object.keys(results).length > 2);
  if (judged.length === 0) return [];
  const right = new Map();
  for (const { results } of judged) {
    const best = Math.max(...Object.values(results).map(({ auroc }) => auroc));
    for (const [method, { auroc }] of Object.entries(results))
      if (auroc >= best - asGood) right.set(method, (right.get(method) ?? 0) + 1);
  }
  const fixed = [...right].filter(([method]) => method !== "auto").map(([, count]) => count);
  const mostByOne = Math.max(0, ...fixed);
  const list = [...right].map(([method, count]) => `${method} ${count}`).join(", ");
  return [
    {
      what: `\`auto\` is as good as the best (within ${asGood}), of ${judged.length} sets where there is a choice`,
      asked: "more often than any fixed method",
      measured: list,
      isMet: (right.get("auto") ?? 0) > mostByOne,
    },
  ];
}
