import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@sightline/dataset/seeded-random";
import { patchCount, patchDimensions, patchGrid } from "./patch-features.js";
import { usualSettings } from "./settings.js";
import { chooseSettings } from "./settings-choice.js";

const size = patchCount * patchDimensions;
const common = { defects: [], defectCount: 0, threads: 1, signal: undefined, onProgress: () => {} };

/** The upper half of every good picture shows one thing, the lower half another. */
function parts(random: ReturnType<typeof seededRandom>, wrongAt: number | null): Float32Array {
  const both = new Float32Array(2 * size);
  for (let p = 0; p < patchCount; p++) {
    const isUpper = p < (patchCount / patchGrid.height) * Math.floor(patchGrid.height / 2);
    const thing = isUpper === (p === wrongAt) ? -1 : 1;
    for (let d = 0; d < patchDimensions; d++)
      both[p * patchDimensions + d] =
        ((d % 8 < 2 ? 4 * thing : 0) + 0.3 * random.normal()) / Math.sqrt(patchDimensions);
  }
  return both;
}

test("where a patch lies counts where only its place makes it wrong", async () => {
  const random = seededRandom(2);
  const normals = Array.from({ length: 12 }, () => parts(random, null));
  const probes = Array.from({ length: 24 }, (_, k) => ({ parts: parts(random, 20 + 11 * k), normal: k % 12 }));
  const settings = await chooseSettings({ ...common, normals, probes, random });
  assert.ok(settings.position > 0, JSON.stringify(settings));
});

test("where nothing can tell, and where nothing differs, the usual settings are taken", async () => {
  const random = seededRandom(3);
  const normals = Array.from({ length: 12 }, () => parts(random, null));
  assert.deepEqual(await chooseSettings({ ...common, normals, probes: [], random }), usualSettings);
  const probes = Array.from({ length: 12 }, (_, normal) => {
    const wrong = parts(random, null);
    wrong.fill(3, 50 * patchDimensions, 54 * patchDimensions);
    return { parts: wrong, normal };
  });
  assert.deepEqual(await chooseSettings({ ...common, normals, probes, random }), usualSettings);
});
