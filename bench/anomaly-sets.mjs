/** The sets that anomaly methods are measured on: training pictures and test pictures, real, simulated and drawn. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { load, root } from "./bench-server.mjs";

const data = join(root, "../shared/data");
const seed = 1;

/** By name: what is needed of ../shared/data, and how it is made in a folder of its own. */
export const sets = {
  "casting, 200 good": { needs: "casting", make: () => casting(0) },
  "casting, 200 good + 5 defects": { needs: "casting", make: () => casting(5) },
  "casting, 200 good + 10 defects": { needs: "casting", make: () => casting(10) },
  "casting, 200 good + 200 defects": { needs: "casting", make: () => casting(200) },
  "hazelnut-toy, 28 good": { needs: "hazelnut-toy", make: () => folderSet("hazelnut-toy") },
  "lookout-cookies, 31 good": { needs: "lookout-cookies", make: () => cookies(0) },
  "lookout-cookies, 31 good + 32 defects": { needs: "lookout-cookies", make: () => cookies(32) },
  "bottle-slots, 29 full": { needs: "bottle-slots", make: () => bottles() },
  "simulator, 100 good": { make: (folder) => simulated(folder, 100, 0) },
  "simulator, 100 good + 10 defects": { make: (folder) => simulated(folder, 100, 10) },
  "drawn weave, 60 good": { make: (folder) => drawn(folder, weave) },
  "drawn print, 60 good": { make: (folder) => drawn(folder, print) },
};

export const isThere = ({ needs }) => needs === undefined || existsSync(join(data, needs));

/** `count` of the items, spread by chance, always the same. */
async function some(items, count) {
  const { seededRandom } = await load("packages/dataset/dist/seeded-random.js");
  const random = seededRandom(seed).branch("defects");
  const left = [...items];
  return Array.from({ length: Math.min(count, left.length) }, () => left.splice(random.index(left.length), 1)[0]);
}

async function folderSet(name) {
  const { readTrainingPart } = await load("packages/dataset/dist/training-part.js");
  const { readTestPart } = await load("packages/dataset/dist/test-part.js");
  return { training: await readTrainingPart(join(data, name)), test: await readTestPart(join(data, name)) };
}

/** All good pictures, and so many defects. */
async function withDefects({ training, test }, count) {
  const good = training.samples.filter(({ label }) => label === training.normalLabel);
  const bad = await some(
    training.samples.filter(({ label }) => label !== training.normalLabel),
    count,
  );
  const samples = [...good, ...bad];
  const labels = [training.normalLabel, ...new Set(bad.map(({ label }) => label))];
  return { training: { ...training, labels, samples }, test };
}

async function casting(count) {
  return withDefects(await folderSet("casting"), count);
}

/** Its test pictures say by their names what they show; masks take no part, so that all methods get the same. */
async function cookies(count) {
  const { readTrainingPart } = await load("packages/dataset/dist/training-part.js");
  const { readdirSync } = await import("node:fs");
  const training = await readTrainingPart(join(data, "lookout-cookies"));
  const plain = training.samples.map(({ name, file, label }) => ({ name, file, label }));
  const folder = join(data, "lookout-cookies/test-images");
  const bad = training.labels.find((label) => label !== training.normalLabel);
  const samples = readdirSync(folder).map((name) => ({
    name,
    file: join(folder, name),
    label: name.includes("normal") ? training.normalLabel : bad,
  }));
  return withDefects({ training: { ...training, samples: plain }, test: { ...training, samples } }, count);
}

/** Good: every slot has its bottle. What is missing is the defect. */
async function bottles() {
  const read = (list) =>
    readFileSync(join(data, "bottle-slots", list), "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split("\t"))
      .map(([, left, middle, right, name]) => ({
        name,
        file: join(data, "bottle-slots/frames", name),
        label: left === "1" && middle === "1" && right === "1" ? "good" : "missing",
      }));
  const training = read("train.lst").filter(({ label }) => label === "good");
  return { training: anomalyPart(training), test: anomalyPart(read("test.lst")) };
}

function anomalyPart(samples) {
  const labels = [...new Set(samples.map(({ label }) => label))].sort((a, b) =>
    a === "good" ? -1 : b === "good" ? 1 : 0,
  );
  return { task: "anomaly", labels, normalLabel: "good", samples, skipped: [] };
}

/** Training and test pictures come from seeds of their own. */
async function simulated(folder, normals, anomalies) {
  const { castingDataset } = await load("packages/simulator/dist/casting.js");
  const part = async (name, options) => {
    const samples = [];
    for (const { label, image, defect, name: id } of castingDataset(options))
      samples.push(
        await kept(join(folder, name), id, label === "normal" ? "good" : "defect", image, defect?.mask.data),
      );
    return anomalyPart(samples);
  };
  return {
    training: await part("training", { seed: 11, normals, anomalies }),
    test: await part("test", { seed: 12, normals: 100, anomalies: 100 }),
  };
}

/** Writes a picture and its mask. */
async function kept(folder, name, label, image, mask) {
  const { encodePng } = await load("packages/dataset/dist/image-file.js");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.png`);
  writeFileSync(file, await encodePng(image));
  if (!mask) return { name, file, label };
  const { width, height } = image;
  const grey = new Uint8Array(width * height * 3);
  for (let i = 0; i < mask.length; i++) grey.fill(mask[i] ? 255 : 0, i * 3, i * 3 + 3);
  const maskFile = join(folder, `${name}-mask.png`);
  writeFileSync(maskFile, await encodePng({ width, height, data: grey }));
  return { name, file, label, maskFile };
}

const side = 256;

/** 60 good pictures to learn from; 40 good ones and 60 defects of several kinds, each with its mask, to test. */
async function drawn(folder, draw) {
  const { seededRandom } = await load("packages/dataset/dist/seeded-random.js");
  const part = async (name, good, bad) => {
    const samples = [];
    for (let i = 0; i < good + bad; i++) {
      const random = seededRandom(seed).branch(`${draw.name} ${name} ${i}`);
      const { data: pixels, mask } = draw(random, i < good ? null : i % 3);
      samples.push(
        await kept(
          join(folder, name),
          `${i}`,
          i < good ? "good" : "defect",
          { width: side, height: side, data: pixels },
          mask,
        ),
      );
    }
    return anomalyPart(samples);
  };
  return { training: await part("training", 60, 0), test: await part("test", 40, 60) };
}

/** Cloth: two threads crossing. Defects: a thread pulled, a thread missing, a knot. */
function weave(random, defect) {
  const [turn, pitch, phase] = [random.between(-0.08, 0.08), random.between(9, 10), random.between(0, 10)];
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const [x0, y0] = [random.between(50, side - 50), random.between(50, side - 50)];
  const size = random.between(9, 22);
  const warp = Math.round((x0 * cos + y0 * sin + phase) / pitch);
  return painted((x, y) => {
    const [u, v] = [x * cos + y * sin + phase, y * cos - x * sin + phase];
    const near = Math.exp(-((x - x0) ** 2 + (y - y0) ** 2) / (2 * size * size));
    const [pulled, ofWarp] = [defect === 0 ? 5 * near : 0, Math.round(u / pitch)];
    const across = Math.cos((2 * Math.PI * (u + pulled)) / pitch);
    const along = Math.cos((2 * Math.PI * v) / pitch);
    const isOver = (ofWarp + Math.round(v / pitch)) % 2 === 0;
    let grey = 120 + 45 * (isOver ? across : along) + 9 * random.normal();
    const isMissing = defect === 1 && ofWarp === warp && Math.abs(v - (y0 * cos - x0 * sin + phase)) < 2 * size;
    if (isMissing) grey = 70 + 9 * random.normal();
    if (defect === 2) grey += 70 * near ** 2;
    const isDefect = defect === 0 ? near > 0.4 : defect === 1 ? isMissing : defect === 2 && near ** 2 > 0.3;
    return { colour: [grey * 1.05, grey, grey * 0.85], isDefect };
  });
}

/** A printed label: bars, a ring and a frame, always at the same place. Defects: a bar missing, a blot, a scratch. */
function print(random, defect) {
  const [dx, dy, light] = [random.between(-4, 4), random.between(-4, 4), random.between(-12, 12)];
  const missing = random.index(8);
  const [x0, y0, size] = [random.between(60, 196), random.between(60, 196), random.between(4, 10)];
  const angle = random.between(0, Math.PI);
  return painted((px, py) => {
    const [x, y] = [px - dx, py - dy];
    const bar = Math.floor((x - 48) / 20);
    const isBar = bar >= 0 && bar < 8 && (x - 48) % 20 < 6 + (bar % 3) * 4 && y > 130 && y < 200;
    const isRing = Math.abs(Math.hypot(x - 128, y - 80) - 30) < 5;
    const isFrame = Math.abs(Math.max(Math.abs(x - 128), Math.abs(y - 128)) - 108) < 3;
    const isGone = defect === 0 && isBar && bar === missing;
    let isInk = isRing || isFrame || (isBar && !isGone);
    const [along, across] = [
      (px - x0) * Math.cos(angle) + (py - y0) * Math.sin(angle),
      (py - y0) * Math.cos(angle) - (px - x0) * Math.sin(angle),
    ];
    const isBlot = defect === 1 && Math.hypot(along, across * 1.4) < size;
    const isScratch = defect === 2 && Math.abs(across) < 1.6 && Math.abs(along) < 4 * size;
    if (isBlot) isInk = true;
    const grey = (isScratch ? 215 : isInk ? 60 : 185) + light + 6 * random.normal();
    return { colour: [grey, grey, isInk ? grey + 25 : grey], isDefect: isGone || isBlot || isScratch };
  });
}

function painted(at) {
  const pixels = new Uint8Array(side * side * 3);
  const mask = new Uint8Array(side * side);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const { colour, isDefect } = at(x, y);
      for (let c = 0; c < 3; c++) pixels[(y * side + x) * 3 + c] = Math.min(255, Math.max(0, Math.round(colour[c])));
      mask[y * side + x] = isDefect ? 1 : 0;
    }
  return { data: pixels, mask: mask.includes(1) ? mask : undefined };
}
