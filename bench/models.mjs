/** The figures of training and prediction on real pictures, and how much of the bare network's rate a prediction keeps. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";

export const asks = "accuracy, calibration and training time on ../shared/data; predict rate against the bare backbone";

const root = join(import.meta.dirname, "..");
const data = join(root, "../shared/data");
const cores = availableParallelism();
const seed = 1;

/** @param {{ say?: (line: string) => void, args?: readonly string[] }} options */
export async function run({ say = console.error, args = [] } = {}) {
  if (!existsSync(join(data, "casting"))) {
    say(`skipped: there is no ${data}`);
    return [];
  }
  return measure(say, args.includes("--quick"));
}

async function measure(say, isQuick) {
  const { readTrainingPart } = await load("dataset", "training-part");
  const casting = join(data, "casting");
  const rows = [];
  const row = (what, asked, measured, isMet) => rows.push({ what, asked, measured, isMet });

  const castingPictures = await readTrainingPart(casting);
  const classifier = await trained(castingPictures, "classifier", say);
  row("casting, `classifier`: training", "≤ 60 s", `${classifier.seconds.toFixed(1)} s`, classifier.seconds <= 60);
  const onCasting = await evaluated(classifier.bytes, casting, say);
  row("casting, `classifier`: accuracy", "≥ 0.95", onCasting.accuracy.toFixed(3), onCasting.accuracy >= 0.95);
  row("casting, `classifier`: ECE", "≤ 0.08", onCasting.ece.toFixed(3), onCasting.ece <= 0.08);

  const normals = castingPictures.samples.filter(({ label }) => label === castingPictures.normalLabel);
  const onlyNormals = { ...castingPictures, labels: [castingPictures.normalLabel], samples: normals };
  const patchcore = await trained(onlyNormals, "patchcore", say);
  const fromNormals = await evaluated(patchcore.bytes, casting, say);
  row("casting, 200 normals only: image AUROC", "≥ 0.90", fromNormals.auroc.toFixed(3), fromNormals.auroc >= 0.9);

  if (!isQuick) {
    const auto = await trained(castingPictures, "auto", say);
    row("casting, `auto`: training", "≤ 150 s", `${auto.seconds.toFixed(1)} s`, auto.seconds <= 150);
    const chosen = await evaluated(auto.bytes, casting, say);
    row(
      `casting, \`auto\` (chose ${auto.manifest.method}): accuracy`,
      "≥ 0.95",
      chosen.accuracy.toFixed(3),
      chosen.accuracy >= 0.95,
    );
    row("casting, `auto`: ECE", "≤ 0.08", chosen.ece.toFixed(3), chosen.ece <= 0.08);

    const masks = join(data, "facemask3");
    const faces = await trained(await readTrainingPart(masks), "auto", say);
    const onFaces = await evaluated(faces.bytes, masks, say);
    row("facemask3, 3 classes: accuracy", "≥ 0.965, aim 0.975", onFaces.accuracy.toFixed(3), onFaces.accuracy >= 0.965);
    row("facemask3, 3 classes: ECE", "≤ 0.08", onFaces.ece.toFixed(3), onFaces.ece <= 0.08);

    const hazelnut = join(data, "hazelnut-toy");
    const nuts = await trained(await readTrainingPart(hazelnut), "auto", say);
    const onNuts = await evaluated(nuts.bytes, hazelnut, say);
    row("hazelnut-toy, 28 normals: image AUROC", "≥ 0.99", onNuts.auroc.toFixed(3), onNuts.auroc >= 0.99);
    row("hazelnut-toy, 28 normals: pixel AUROC", "≥ 0.95", onNuts.pixelAuroc.toFixed(3), onNuts.pixelAuroc >= 0.95);
    row("hazelnut-toy, 28 normals: AUPRO to 0.3", "–", onNuts.aupro.toFixed(3), null);
  }

  for (const [method, bytes, least] of [
    ["classifier", classifier.bytes, 0.7],
    ["patchcore", patchcore.bytes, 0.5],
  ]) {
    const rate = await shareOfBareRate(bytes, casting, say);
    row(
      `\`${method}\` on a folder of 300x300 JPEGs against the bare backbone, ${cores} threads each, batches of 1`,
      `≥ ${least}`,
      `${rate.share.toFixed(2)} (${rate.predict.toFixed(0)} of ${rate.bare.toFixed(0)} a second)`,
      rate.share >= least,
    );
  }
  return rows;
}

async function trained(pictures, method, say) {
  const { train } = await load("models", "train");
  const begun = performance.now();
  const model = await train({ pictures, method, seed, threads: cores });
  const seconds = (performance.now() - begun) / 1000;
  say(`${method} on ${pictures.samples.length} pictures: ${model.manifest.method}, ${seconds.toFixed(1)} s`);
  return { ...model, seconds };
}

async function evaluated(bytes, folder, say) {
  const { openPredictor } = await load("models", "predictor");
  const { evaluate } = await load("models", "evaluate");
  const predictor = await openPredictor(bytes, { threads: cores });
  try {
    const evaluation = await evaluate({ predictor, folder });
    say(
      `  accuracy ${evaluation.accuracy.toFixed(4)}, AUROC ${evaluation.auroc?.toFixed(4)}, ECE ${evaluation.ece?.toFixed(4)}`,
    );
    return evaluation;
  } finally {
    await predictor.close();
  }
}

/**
 * The bare rate is the pretrained network alone, at the model's input size, on tensors that lie ready. The prediction
 * reads, decodes, resizes, runs and decides, on as many threads in all: decoding shares the cores with the network.
 * Taken in turns, so that a busy neighbour slows both; the median of the turns' shares counts.
 */
async function shareOfBareRate(model, dataset, say) {
  const { openPredictor } = await load("models", "predictor");
  const { buildBackbone, readBackbone } = await load("models", "backbone");
  const { openSession } = await load("nn", "session/session");
  const { writeOnnx } = await load("nn", "onnx-file");
  const folder = join(dataset, "test/normal");
  const files = (await readdir(folder)).map((name) => join(folder, name));
  const predictor = await openPredictor(model, { threads: cores });
  const { width, height } = predictor.manifest.input;
  const bare = await openSession(writeOnnx(buildBackbone(readBackbone(), { width, height, taps: ["last"] })), {
    threads: cores,
  });
  const image = { type: "float32", dims: [1, 3, height, width], data: new Float32Array(3 * width * height).fill(0.1) };
  const turns = [];
  try {
    for (let turn = 0; turn < 8; turn++) {
      const bareRate = await perSecond(files.length, async () => {
        for (let i = 0; i < files.length; i++) await bare.run({ image });
      });
      const predictRate = await perSecond(files.length, () => predictAll(predictor, files));
      if (turn > 0) turns.push({ bare: bareRate, predict: predictRate, share: predictRate / bareRate });
    }
  } finally {
    await bare.dispose();
    await predictor.close();
  }
  turns.sort((a, b) => a.share - b.share);
  say(`  shares of the bare rate: ${turns.map(({ share }) => share.toFixed(2)).join(" ")}`);
  return turns[Math.floor(turns.length / 2)];
}

/** As `sightline predict FOLDER` does it: a few pictures under way at once. */
async function predictAll(predictor, files) {
  const queue = [...files];
  const lane = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift())
      await predictor.predict(await readFile(file));
  };
  await Promise.all(Array.from({ length: 8 }, lane));
}

async function perSecond(count, work) {
  const begun = performance.now();
  await work();
  return count / ((performance.now() - begun) / 1000);
}

/** Built output of a package; `npm run bench` builds first. */
function load(packageName, module) {
  const file = join(root, "packages", packageName, "dist", `${module}.js`);
  return import(file);
}
