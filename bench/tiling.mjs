/** `npm run bench -- tiling`: small defects in large pictures, with whole pictures and with tiles. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";

export const asks = "trays of twelve simulated castings, one of them with a small defect: whole pictures against tiles";

const root = join(import.meta.dirname, "..");
const load = (name) => import(join(root, "packages", name));
const [columns, rows, side] = [4, 3, 300];

/** @param {{ say?: (line: string) => void, args?: readonly string[] }} options */
export async function run({ say = console.error, args = [] } = {}) {
  const methods = args.find((arg) => arg.startsWith("--methods="))?.slice("--methods=".length) ?? "patchcore";
  const folder = await mkdtemp(join(tmpdir(), "sightline-trays-"));
  try {
    say(`trays of ${columns * side} x ${rows * side} pixels: 60 good ones to learn from; 30 good and 30 bad to test`);
    await writeTrays(folder);
    const { readTrainingPart } = await load("dataset/dist/training-part.js");
    const { train } = await load("models/dist/train.js");
    const { openPredictor } = await load("models/dist/predictor.js");
    const { evaluate } = await load("models/dist/evaluate.js");
    const pictures = await readTrainingPart(folder);
    const found = [];
    for (const method of methods.split(",")) {
      const auroc = {};
      for (const tiling of ["none", side]) {
        const what = `12 castings a picture, ${method}, ${tiling === "none" ? "whole pictures" : `tiles of ${tiling}`}`;
        say(what);
        const threads = availableParallelism();
        const { bytes, seconds } = await train({ pictures, method, seed: 1, threads, tiling });
        const predictor = await openPredictor(bytes, { threads: 1, workers: 1 });
        try {
          const figures = await evaluate({ predictor, folder });
          auroc[tiling] = figures.auroc;
          found.push({
            what: `${what}: image AUROC`,
            asked: tiling === "none" ? "–" : "≥ 0.1 more than whole pictures",
            measured:
              `${figures.auroc.toFixed(3)}; AUPRO ${figures.aupro.toFixed(3)}, accuracy ${figures.accuracy.toFixed(3)}; ` +
              `learnt in ${seconds.toFixed(0)} s, ${figures.msPerImage.p50.toFixed(0)} ms a picture`,
            isMet: tiling === "none" ? null : auroc[side] >= auroc.none + 0.1,
          });
        } finally {
          await predictor.close();
        }
      }
    }
    return found;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** In the layout of MVTec AD. */
async function writeTrays(folder) {
  const { castingCamera, castingDataset } = await load("simulator/dist/casting.js");
  const { encodeJpeg, encodePng } = await load("dataset/dist/image-file.js");
  const good = castingCamera({ seed: 11, defectRate: 0 });
  const bad = [...castingDataset({ seed: 12, normals: 0, anomalies: 30, difficulty: 0.3 })];
  for (const part of ["train/good", "test/good", "test/flaw", "ground_truth/flaw"])
    await mkdir(join(folder, part), { recursive: true });
  const width = columns * side;
  const write = async (part, name, flawed, place) => {
    const tray = { width, height: rows * side, data: new Uint8Array(width * rows * side * 3) };
    const mask = { width, height: rows * side, data: new Uint8Array(width * rows * side * 4) };
    for (let i = 0; i < columns * rows; i++) {
      const { image, defect } = flawed && i === place ? flawed : good.next();
      for (let y = 0; y < side; y++) {
        const at = (Math.floor(i / columns) * side + y) * width + (i % columns) * side;
        tray.data.set(image.data.subarray(y * side * 3, (y + 1) * side * 3), at * 3);
        for (let x = 0; x < side; x++) {
          const isBad = defect !== null && defect.mask.data[y * side + x] > 0;
          mask.data.fill(isBad ? 255 : 0, (at + x) * 4, (at + x) * 4 + 3);
          mask.data[(at + x) * 4 + 3] = 255;
        }
      }
    }
    await writeFile(join(folder, part, `${name}.jpg`), await encodeJpeg(tray, 92));
    if (flawed) await writeFile(join(folder, "ground_truth/flaw", `${name}_mask.png`), await encodePng(mask));
  };
  for (let i = 0; i < 60; i++) await write("train/good", `${i}`, null, 0);
  for (let i = 0; i < 30; i++) await write("test/good", `${i}`, null, 0);
  for (const [i, flawed] of bad.entries()) await write("test/flaw", `${i}`, flawed, (i * 5) % (columns * rows));
}
