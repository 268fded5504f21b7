/**
 * What another backbone is worth: each one that was added against the built-in one, on every set of anomalies and of classes.
 *
 * `npm run bench -- backbones [--data=FOLDER] [--only=TEXT]`: the data folder that they were added to (sightline backbone add);
 * sets or backbones whose name holds the text.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";

export const asks = "every added backbone against the built-in one: AUROC, accuracy, milliseconds a picture";

const root = join(import.meta.dirname, "..");
const data = join(root, "../shared/data");
const builtIn = "mobilenet-v2";
const seed = 1;

const sets = [
  { name: "casting, good ones only", folder: "casting", method: "patchcore", onlyGood: true, figure: "auroc" },
  { name: "hazelnut-toy", folder: "hazelnut-toy", method: "patchcore", figure: "auroc" },
  {
    name: "lookout-cookies, good ones only",
    folder: "lookout-cookies",
    method: "patchcore",
    onlyGood: true,
    figure: "auroc",
  },
  { name: "casting", folder: "casting", method: "classifier", figure: "accuracy" },
  { name: "lookout-cookies", folder: "lookout-cookies", method: "classifier", figure: "accuracy" },
  { name: "facemask3", folder: "facemask3", method: "classifier", figure: "accuracy" },
];

/** @param {{ say?: (line: string) => void, args?: readonly string[] }} options */
export async function run({ say = console.error, args = [] } = {}) {
  if (!existsSync(join(data, "casting"))) {
    say(`skipped: there is no ${data}`);
    return [];
  }
  const dataFolder = given(args, "--data") ?? process.env.SIGHTLINE_DATA ?? join(root, "data");
  const only = given(args, "--only") ?? "";
  const backbones = await backbonesIn(dataFolder);
  if (backbones.length === 1)
    say(`Only the built-in one is in ${dataFolder}: sightline backbone add efficientnet-lite0`);
  const rows = [];
  /** Models to be timed, by method. */
  const models = new Map();
  for (const set of sets) {
    for (const backbone of backbones) {
      if (![set.name, backbone.name].some((name) => name.includes(only))) continue;
      const { bytes, measured, heldOut } = await trainedAndMeasured(set, backbone);
      rows.push({
        what: `${set.name}, \`${set.method}\` on ${backbone.name}: ${set.figure}`,
        asked: "–",
        measured: `${measured} (held out in the training part: ${heldOut})`,
        isMet: null,
      });
      say(`${rows.at(-1).what} ${rows.at(-1).measured}`);
      if (!models.has(set.method)) models.set(set.method, new Map());
      if (!models.get(set.method).has(backbone.name)) models.get(set.method).set(backbone.name, bytes);
    }
  }
  for (const [method, byBackbone] of models)
    for (const { name, ms, ratio } of await times(byBackbone))
      rows.push({
        what: `a picture through a model of \`${method}\` on ${name}, 1 thread, network alone`,
        asked: "≤ 25 ms",
        measured: `${ms.toFixed(1)} ms, ${ratio.toFixed(2)} of ${builtIn}'s`,
        isMet: ms <= 25,
      });
  return rows;
}

async function backbonesIn(dataFolder) {
  const { listBackbones } = await load("models", "backbones/backbone-store");
  return [{ name: builtIn }, ...(await listBackbones(dataFolder))];
}

async function trainedAndMeasured({ folder, method, onlyGood, figure }, { file }) {
  const { readTrainingPart } = await load("dataset", "training-part");
  const { train } = await load("models", "train");
  const { openPredictor } = await load("models", "predictor");
  const { evaluate } = await load("models", "evaluate");
  const all = await readTrainingPart(join(data, folder));
  const pictures = onlyGood
    ? {
        ...all,
        labels: [all.normalLabel],
        // Without masks: what is asked here is what features are worth, not where defects are.
        samples: all.samples
          .filter(({ label }) => label === all.normalLabel)
          .map(({ maskFile: _, ...sample }) => sample),
      }
    : { ...all, samples: all.samples.map(({ maskFile: _, ...sample }) => sample) };
  const { bytes, manifest } = await train({
    ...{ pictures, method, seed, threads: 1, tiling: "none" },
    ...(file && { backboneFile: file }),
  });
  const predictor = await openPredictor(bytes, { threads: 1 });
  try {
    const evaluation = await evaluate({ predictor, folder: join(data, folder) });
    const area = evaluation.aupro == null ? "" : `, AUPRO ${evaluation.aupro.toFixed(3)}`;
    return {
      bytes,
      measured: `${evaluation[figure]?.toFixed(3) ?? "–"}${area}`,
      heldOut: manifest.metrics?.[figure]?.toFixed(3) ?? "–",
    };
  } finally {
    await predictor.close();
  }
}

/** In turns, so that a busy neighbour slows all; of each the quietest turn's median. */
async function times(byBackbone) {
  const { openSession } = await load("nn", "session/session");
  const { readManifest } = await load("models", "model-file");
  const opened = [];
  for (const [name, bytes] of byBackbone) {
    const { width, height } = readManifest(bytes).input;
    const image = { type: "float32", dims: [1, 3, height, width], data: new Float32Array(3 * width * height).fill(99) };
    opened.push({ name, image, session: await openSession(bytes, { threads: 1 }), ms: Number.POSITIVE_INFINITY });
  }
  for (let turn = 0; turn < 12; turn++)
    for (const one of opened) {
      const taken = [];
      for (let i = 0; i < 15; i++) {
        const begun = performance.now();
        await one.session.run({ image: one.image });
        taken.push(performance.now() - begun);
      }
      one.ms = Math.min(one.ms, taken.sort((a, b) => a - b)[7]);
    }
  for (const { session } of opened) await session.dispose();
  const own = opened.find(({ name }) => name === builtIn)?.ms ?? Number.NaN;
  return opened.map(({ name, ms }) => ({ name, ms, ratio: ms / own }));
}

function given(args, flag) {
  return args.find((arg) => arg.startsWith(`${flag}=`))?.slice(flag.length + 1);
}

function load(name, file) {
  return import(`../packages/${name}/dist/${file}.js`);
}
