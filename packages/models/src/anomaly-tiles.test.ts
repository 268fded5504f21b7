import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Sample } from "@sightline/dataset/dataset";
import { encodePng } from "@sightline/dataset/image-file";
import { cutIntoTiles, planTiling } from "./anomaly-tiles.js";

const size = { width: 600, height: 400 };
const input = { width: 224, height: 224 };
let folder: string;
/** A file of the picture's size with white squares on black. */
let drawn: (name: string, squares: readonly (readonly [x: number, y: number, side: number])[]) => Promise<string>;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "sightline-tiles-"));
  drawn = async (name, squares) => {
    const data = new Uint8Array(size.width * size.height * 4).fill(255);
    for (let i = 0; i < size.width * size.height; i++) data.fill(0, i * 4, i * 4 + 3);
    for (const [left, top, side] of squares)
      for (let y = top; y < top + side; y++) {
        const from = (y * size.width + left) * 4;
        data.fill(255, from, from + side * 4);
      }
    const file = path.join(folder, `${name}.png`);
    await writeFile(file, await encodePng({ ...size, data }));
    return file;
  };
});

after(() => rm(folder, { recursive: true, force: true }));

async function good(name: string): Promise<Sample> {
  return { name, file: await drawn(name, []), label: "good" };
}

async function bad(name: string, squares: readonly (readonly [number, number, number])[]): Promise<Sample> {
  return { name, file: await drawn(name, []), label: "bad", maskFile: await drawn(`${name}-mask`, squares) };
}

test("defects that masks show too small for the network's input get tiles in which they measure enough", async () => {
  const tiny = await Promise.all([0, 1, 2, 3, 4].map((i) => bad(`tiny${i}`, [[100 + i * 60, 90, 10]])));
  assert.deepEqual(await planTiling("auto", tiny, input), { tile: 140, overlap: 35 });
  const large = await Promise.all([0, 1, 2, 3, 4].map((i) => bad(`large${i}`, [[100 + i * 60, 90, 60]])));
  assert.equal(await planTiling("auto", large, input), null);
  assert.equal(await planTiling("auto", tiny.slice(0, 4), input), null, "four masks tell too little");
  assert.equal(await planTiling("none", tiny, input), null);
});

test("a person's own tiles are taken, and refused where they are as large as the pictures", async () => {
  const samples = [await good("own")];
  assert.deepEqual(await planTiling(200, samples, input), { tile: 200, overlap: 50 });
  await assert.rejects(planTiling(600, samples, input), {
    code: "TILING_INVALID",
    message: /600 x 400 pixels; got 600/,
  });
});

test("tiles are good, bad or only measured by what their picture's mask shows in them", async () => {
  const samples = [
    await good("plain"),
    // Wholly in the first tile, a sliver of it in the second.
    await bad("marked", [[181, 40, 60]]),
    { ...(await bad("unmarked", [])), maskFile: undefined } as unknown as Sample,
  ];
  const { tiles, whole } = await cutIntoTiles(samples, { tile: 240, overlap: 60 }, { normalLabel: "good", seed: 1 });
  assert.deepEqual([...whole].sort(), [0, 1, 2]);
  const of = (picture: number) => tiles.filter((tile) => tile.picture === picture);
  assert.equal(of(0).length, 6);
  assert.ok(of(0).every(({ isLearnt, sample }) => isLearnt && sample.label === "good"));
  assert.deepEqual(of(0)[0]?.sample.region, { x1: 0, y1: 0, x2: 240, y2: 240 });
  assert.deepEqual(
    of(1).map(({ sample, isLearnt }) => [sample.label, isLearnt, sample.maskFile !== undefined]),
    [
      ["bad", true, true],
      ["bad", true, true],
      ["good", true, false],
      ["good", true, false],
      ["good", true, false],
      ["good", true, false],
    ],
  );
  assert.ok(of(2).every(({ isLearnt, sample }) => !isLearnt && sample.label === "bad"));
});

test("a tile with a sliver of a defect is neither good nor bad", async () => {
  const { tiles } = await cutIntoTiles(
    [await bad("sliver", [[60, 60, 122]])],
    { tile: 240, overlap: 60 },
    { normalLabel: "good", seed: 1 },
  );
  const second = tiles.find(({ sample }) => sample.region?.x1 === 180 && sample.region.y1 === 0);
  assert.equal(second?.sample.label, "bad");
  assert.equal(second?.isLearnt, true);
  const third = tiles.find(({ sample }) => sample.region?.x1 === 180 && sample.region.y1 === 160);
  assert.deepEqual([third?.sample.label, third?.isLearnt], ["bad", false]);
});

test("of a large training some pictures stay whole, and of the others come tiles to learn from", async () => {
  const one = await good("many");
  const samples = Array.from({ length: 60 }, (_, i) => ({ ...one, name: `many${i}` }));
  const { tiles, whole } = await cutIntoTiles(samples, { tile: 96, overlap: 24 }, { normalLabel: "good", seed: 3 });
  const perPicture = 8 * 6;
  assert.equal(tiles.length, 800);
  assert.ok(whole.size >= 10 && whole.size < 60, `${whole.size} whole`);
  for (const picture of whole) assert.equal(tiles.filter((tile) => tile.picture === picture).length, perPicture);
  assert.deepEqual(
    (await cutIntoTiles(samples, { tile: 96, overlap: 24 }, { normalLabel: "good", seed: 3 })).tiles,
    tiles,
  );
});
