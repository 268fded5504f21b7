/** The figures of small networks that large ones teach: how near to the teacher, for how few parameters; and the front of a search. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";

export const asks =
  "accuracy of `distilled` with ≤ 60,000 parameters against its fine-tuned teacher on ../shared/data/facemask3; with `--front` a search of 30 min";

const root = join(import.meta.dirname, "..");
const folder = join(root, "../shared/data/facemask3");
const cores = availableParallelism();
const seeds = [1, 2, 3];
const most = { parameters: 60_000, points: 0.015 };

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
  return rowsOf(runs);
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
