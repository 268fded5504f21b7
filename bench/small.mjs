/** The figures of small networks that large ones teach: how near to the teacher, for how few parameters; and the front of a search. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";

export const asks =
  "accuracy of `distilled` with ≤ 60,000 parameters against its fine-tuned teacher on ../shared/data/facemask3, and of half of it (`prune`); with `--front` a search of 30 min";

const root = join(import.meta.dirname, "..");
const folder = join(root, "../shared/data/facemask3");
const cores = availableParallelism();
const seeds = [1, 2, 3];
const most = { parameters: 60_000, points: 0.015 };
/** Share of the student that `prune` leaves. */
const keep = 0.5;
const timedRuns = 200;

/**
 * `--quick`: one seed. `--front`: a search within 30 min instead, its models measured on the test part.
 *
 * @param {{ say?: (line: string) => void, args?: readonly string[] }} options
 */
export async function run({ say = console.error, args = [] } = {}) {
  if (!existsSync(folder)) {
    say(`skipped: there is no ${folder}`);
    return [];
  }
  if (args.includes("--front")) return front(say);
  const runs = [];
  for (const seed of args.includes("--quick") ? [1] : seeds) runs.push(await taught(seed, say));
  return [...rowsOf(runs), ...prunedRows(runs[0], await halved(runs[0], say))];
}

/** @param whole the first seed's student; @param half what `prune` left of it */
export function prunedRows(whole, half) {
  const share = (of) => of(half.manifest) / of(whole.manifest);
  const [parameters, products] = [share((m) => m.parameters), share((m) => m.multiplyAccumulates)];
  return [
    {
      what: `facemask3, half of that student by \`prune --keep ${keep}\`: accuracy, one seed`,
      asked: `≥ the whole student's − ${most.points}`,
      measured: `${half.accuracy.toFixed(3)} (the whole: ${whole.student.toFixed(3)})`,
      isMet: half.accuracy >= whole.student - most.points,
    },
    {
      what: "facemask3: what is left of it",
      asked: `≤ ${keep} of parameters and multiply-accumulates`,
      measured: `${half.manifest.parameters} parameters (${(100 * parameters).toFixed(0)} %), ${(half.manifest.multiplyAccumulates / 1e6).toFixed(1)} M multiply-accumulates (${(100 * products).toFixed(0)} %), file ${(100 * (half.bytes.length / whole.bytes.length)).toFixed(0)} %`,
      isMet: parameters <= keep && products <= keep,
    },
    {
      what: "facemask3: one picture's network on one thread, fastest of many runs",
      asked: "–",
      measured: `${half.ms.toFixed(2)} ms (the whole: ${half.wholeMs.toFixed(2)} ms)`,
      isMet: null,
    },
    {
      what: `facemask3: pruning and learning again, ${cores} threads`,
      asked: "–",
      measured: `${(half.seconds / 60).toFixed(1)} min`,
      isMet: null,
    },
  ];
}

async function halved(whole, say) {
  const { readTrainingPart } = await load("dataset", "training-part");
  const { train } = await load("models", "train");
  const pictures = await readTrainingPart(folder);
  const begun = performance.now();
  const order = { pictures, method: "pruned", seed: 1, threads: cores, teachers: [whole.bytes] };
  const half = await train({ ...order, methodOptions: { keep } });
  const seconds = (performance.now() - begun) / 1000;
  const { accuracy } = await accuracyOf(half.bytes);
  const [wholeMs, ms] = await networkTimes([whole.bytes, half.bytes], whole.manifest.input);
  say(`facemask3: half of the student ${accuracy.toFixed(4)}, ${ms.toFixed(2)} ms in place of ${wholeMs.toFixed(2)}`);
  return { bytes: half.bytes, manifest: half.manifest, accuracy, seconds, ms, wholeMs };
}

/** Each network's fastest run, in turn, so that what else the machine does slows both alike. */
async function networkTimes(files, { width, height }) {
  const { openSession } = await load("nn", "session/session");
  const { floatTensor } = await load("nn", "tensor");
  const image = floatTensor([1, 3, height, width], new Float32Array(3 * width * height).fill(127));
  const sessions = await Promise.all(files.map((bytes) => openSession(bytes, { threads: 1 })));
  const best = files.map(() => Number.POSITIVE_INFINITY);
  for (let i = 0; i < timedRuns; i++) {
    for (const [k, session] of sessions.entries()) {
      const startMs = performance.now();
      await session.run({ image });
      best[k] = Math.min(best[k], performance.now() - startMs);
    }
  }
  await Promise.all(sessions.map((session) => session.dispose()));
  return best;
}

export function rowsOf(runs) {
  const mean = (of) => runs.reduce((sum, one) => sum + of(one), 0) / runs.length;
  const list = (of) => runs.map((one) => of(one).toFixed(3)).join(", ");
  const told = runs.length === 1 ? "one seed" : `mean of ${runs.length} seeds`;
  const [teacher, student] = [mean((one) => one.teacher), mean((one) => one.student)];
  const [{ manifest, images }] = runs;
  return [
    {
      what: `facemask3, the fine-tuned teacher, ${images} test pictures: accuracy, ${told}`,
      asked: "–",
      measured: `${teacher.toFixed(3)} (${list((one) => one.teacher)})`,
      isMet: null,
    },
    {
      what: `facemask3, \`distilled\`, the student: accuracy, ${told}`,
      asked: `≥ the teacher's − ${most.points}`,
      measured: `${student.toFixed(3)} (${list((one) => one.student)})`,
      isMet: student >= teacher - most.points,
    },
    {
      what: "facemask3: the student",
      asked: `≤ ${most.parameters} parameters`,
      measured: `${manifest.input.width}x${manifest.input.height}, ${manifest.parameters} parameters, ${(manifest.multiplyAccumulates / 1e6).toFixed(1)} M multiply-accumulates`,
      isMet: manifest.parameters <= most.parameters,
    },
    {
      what: `facemask3: training teacher and student, ${cores} threads, the slowest seed`,
      asked: "–",
      measured: `${(Math.max(...runs.map(({ seconds }) => seconds)) / 60).toFixed(1)} min`,
      isMet: null,
    },
  ];
}

async function taught(seed, say) {
  const { readTrainingPart } = await load("dataset", "training-part");
  const { train } = await load("models", "train");
  const pictures = await readTrainingPart(folder);
  const begun = performance.now();
  const order = { pictures, seed, threads: cores };
  const large = await train({ ...order, method: "finetune" });
  const small = await train({ ...order, method: "distilled", teachers: [large.bytes] });
  const seconds = (performance.now() - begun) / 1000;
  const [teacher, student] = [await accuracyOf(large.bytes), await accuracyOf(small.bytes)];
  say(`facemask3, seed ${seed}: teacher ${teacher.accuracy.toFixed(4)}, student ${student.accuracy.toFixed(4)}`);
  return {
    teacher: teacher.accuracy,
    student: student.accuracy,
    images: student.images,
    seconds,
    manifest: small.manifest,
    bytes: small.bytes,
  };
}

async function front(say) {
  const out = mkdtempSync(join(tmpdir(), "sightline-search-"));
  try {
    const cli = join(root, "apps/cli/dist/main.js");
    execFileSync(process.execPath, [cli, "search", folder, "--out", out, "--budget", "30m", "--seed", "1", "--json"], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const { points, front: best } = JSON.parse(readFileSync(join(out, "search.json"), "utf8"));
    const rows = [];
    for (const point of points.filter(({ file }) => best.includes(file))) {
      const { accuracy } = await accuracyOf(readFileSync(join(out, point.file)));
      say(`${point.file}: held out ${point.accuracy.toFixed(3)}, test ${accuracy.toFixed(3)}`);
      rows.push({
        what: `facemask3, on the front of a search of 30 min: ${point.candidate.name}`,
        asked: "–",
        measured: `test ${accuracy.toFixed(3)} (held out ${point.accuracy.toFixed(3)}), ${point.parameters} parameters, ${(point.multiplyAccumulates / 1e6).toFixed(2)} M multiply-accumulates, ${point.msPerImage.toFixed(2)} ms`,
        isMet: null,
      });
    }
    return rows;
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

async function accuracyOf(bytes) {
  const { openPredictor } = await load("models", "predictor");
  const { evaluate } = await load("models", "evaluate");
  const predictor = await openPredictor(bytes, { threads: 1 });
  try {
    return await evaluate({ predictor, folder });
  } finally {
    await predictor.close();
  }
}

/** Built output of a package; `npm run bench` builds first. */
function load(packageName, module) {
  return import(join(root, "packages", packageName, "dist", `${module}.js`));
}
