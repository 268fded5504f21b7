/** `npm run bench -- drift`: drift of features on real castings, for pictures that changed and for pictures that did not. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";

export const asks =
  "drift of features on ../shared/data/casting: below 1 for the same camera, 1 or more for a changed one";

const root = join(import.meta.dirname, "..");
const data = join(root, "../shared/data");
const load = (name) => import(join(root, name));
const pictures = (...folder) => {
  const path = join(data, ...folder);
  const names = readdirSync(path).filter((name) => /\.(jpe?g|png)$/i.test(name));
  return names.sort().map((name) => readFileSync(join(path, name)));
};
const as = (change) => async (bytes) => change(sharp(bytes)).jpeg({ quality: 90 }).toBuffer();

/** A seventh of each side is no longer in the picture. */
async function nearer(bytes) {
  const { width, height } = await sharp(bytes).metadata();
  const [left, top] = [Math.round(width * 0.07), Math.round(height * 0.07)];
  return as((image) => image.extract({ left, top, width: width - 2 * left, height: height - 2 * top }))(bytes);
}

export async function run({ say = console.error } = {}) {
  const { openEmbedder } = await load("packages/models/dist/embedder.js");
  const { farShareOf, fitReference } = await load("apps/server/dist/monitor/feature-distance.js");
  const { mixDriftOf } = await load("apps/server/dist/monitor/drift.js");
  const [good, bad] = [pictures("casting/train/normal"), pictures("casting/train/anomaly")];
  const live = good.slice(100, 160);
  const unchanged = as((image) => image);
  const cases = [
    ["other good castings", live, unchanged, false],
    ["a third of them defective", [...live.slice(0, 40), ...bad.slice(25, 45)], unchanged, false],
    ["light 5 % stronger", live, as((image) => image.modulate({ brightness: 1.05 })), false],
    ["light 25 % stronger", live, as((image) => image.modulate({ brightness: 1.25 })), true],
    ["blurred by 2 pixels", live, as((image) => image.blur(2)), true],
    ["the camera nearer, so that 14 % of each side are cut", live, nearer, true],
    ["turned by 10°", live, as((image) => image.rotate(10, { background: "#888" })), true],
  ];
  const embedder = await openEmbedder();
  try {
    const embed = async (bytes, change) => embedder.embed(new Uint8Array(await change(bytes)));
    const all = async (list, change) => {
      const embeddings = [];
      for (const bytes of list) embeddings.push(await embed(bytes, change));
      return embeddings;
    };
    say("100 good and 25 defective training pictures; 60 new ones a case");
    const reference = fitReference(await all(good.slice(0, 100), unchanged), await all(bad.slice(0, 25), unchanged));
    const rows = [];
    for (const [what, list, change, hasDrifted] of cases) {
      const distances = (await all(list, change)).map(reference.distanceOf);
      const { drift } = mixDriftOf(reference.normal, reference.anomalous, distances, "above");
      rows.push({
        what: `drift of features: castings, ${what}`,
        asked: hasDrifted ? "≥ 1" : "< 1",
        measured: `${drift.toFixed(2)}; ${(farShareOf(reference, distances) * 100).toFixed(0)} % far`,
        isMet: drift >= 1 === hasDrifted,
      });
    }
    return rows;
  } finally {
    await embedder.close();
  }
}
