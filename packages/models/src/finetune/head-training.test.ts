import assert from "node:assert/strict";
import { test } from "node:test";
import { normal, randomStream } from "@sightline/nn/random";
import type { NetContext } from "../method.js";
import type { CachedTap } from "../tap-cache.js";
import type { FeatureCache } from "./feature-cache.js";
import { HeadTraining } from "./head-training.js";
import { unchangedView, type ViewMap } from "./view-maps.js";

const [width, height] = [16, 12];
const settings = {
  ...{ what: ["fine"], where: ["coarse"], heads: 1, hidden: 16, steps: 200, batchSize: 16 },
  ...{ learningRate: 1e-2, weightDecay: 0.01 },
};

/**
 * Maps of pictures and, for each, of a view moved two places to the right. Channel 0 tells the place across and 1 the place
 * down, where a thing's label shows in a channel of its own; `placeOf` says where.
 */
function cacheOf(
  targets: readonly (readonly number[])[],
  placeOf: (picture: number, label: number) => { x: number; y: number },
  decoy?: { x: number; y: number },
): FeatureCache {
  const random = randomStream(1, "cache");
  const [samples, labels] = [targets.length, targets[0]?.length ?? 0];
  const rows = 2 * samples;
  const moved: ViewMap = [1, 0, 2 / width, 0, 1, 0];
  const tap = (name: string, scale: number): CachedTap => {
    const [w, h] = [width / scale, height / scale];
    const values = new Int8Array(rows * 4 * w * h);
    for (let row = 0; row < rows; row++) {
      const shift = row < samples ? 0 : 2;
      const put = (channel: number, x: number, y: number, value: number): void => {
        const [px, py] = [Math.floor(x / scale), Math.floor(y / scale)];
        if (px < w) values[((row * 4 + channel) * h + py) * w + px] = value;
      };
      for (let y = 0; y < height; y += scale) {
        for (let x = 0; x < width; x += scale) {
          put(0, x, y, 6 * (x - shift - 7) + 3 * normal(random));
          put(1, x, y, 9 * (y - 5) + 3 * normal(random));
          for (const channel of [2, 3]) put(channel, x, y, 8 * normal(random));
        }
      }
      const kind = targets[row % samples] as readonly number[];
      kind.forEach((value, k) => {
        const place = placeOf(row % samples, k);
        for (let d = 0; value === 1 && d < 9; d++)
          put(2 + k, place.x + shift + (d % 3) - 1, place.y + Math.floor(d / 3) - 1, 90);
        // The same thing elsewhere says nothing of the label.
        for (let d = 0; decoy && random() < 0.5 && d < 9; d++) {
          put(2 + k, decoy.x + shift + (d % 3) - 1, decoy.y + Math.floor(d / 3) - 1, 90);
        }
      });
    }
    const dims = [4, h, w] as const;
    return { name, dims, mean: new Float32Array(4), deviation: new Float32Array(4).fill(1), values };
  };
  const all = [...targets, ...targets];
  return {
    rows,
    labels,
    sampleOf: Int32Array.from(all, (_, row) => row % samples),
    maps: all.map((_, row) => (row < samples ? unchangedView : moved)),
    targets: Float32Array.from(all.flat()),
    taps: [tap("fine", 1), tap("coarse", 2)],
  };
}

function trainingOf(cache: FeatureCache, targets: readonly (readonly number[])[]): HeadTraining {
  const training = targets.map((_, i) => ({ name: String(i), file: "", label: "" }));
  const targetOf = ({ name }: { readonly name: string }) => targets[Number(name)] as readonly number[];
  const context = { training, targetOf, labels: ["a", "b"], seed: 1, threads: 1, signal: undefined };
  return new HeadTraining(context as unknown as NetContext, settings, cache);
}

const targets = Array.from({ length: 48 }, (_, i) => [i & 1, (i >> 1) & 1]);
const isLearnt = (sample: number): boolean => sample < 32;
const held = targets.map((_, i) => i).filter((i) => !isLearnt(i));

async function rightOfHeld(training: HeadTraining) {
  const heads = await training.fit(isLearnt);
  const answers = await training.answers(heads, held);
  const right = [0, 1].map(
    (k) =>
      answers.filter((row, i) => Number(row[k]) > 0 === (targets[held[i] as number]?.[k] === 1)).length / held.length,
  );
  return { places: heads.places, right };
}

test("only what lies where the label shows counts, though the same thing lies elsewhere too", async () => {
  const places = [
    { x: 3, y: 2 },
    { x: 9, y: 8 },
  ];
  const cache = cacheOf(targets, (_, k) => places[k] ?? { x: 0, y: 0 }, { x: 6, y: 5 });
  const { places: found, right } = await rightOfHeld(trainingOf(cache, targets));
  assert.ok(found.every((place) => place !== null));
  assert.ok(
    right.every((share) => share >= 0.9),
    `right ${right}`,
  );
});

test("a label that shows elsewhere in each picture is learnt as well", async () => {
  const random = randomStream(4, "elsewhere");
  const free = targets.map(() => ({ x: 1 + Math.floor(11 * random()), y: 1 + Math.floor(9 * random()) }));
  const cache = cacheOf(targets, (picture, k) => (k === 0 ? { x: 4, y: 4 } : (free[picture] ?? { x: 1, y: 1 })));
  const { places, right } = await rightOfHeld(trainingOf(cache, targets));
  assert.deepEqual(
    places.map((place) => place !== null),
    [true, false],
  );
  assert.ok(
    right.every((share) => share >= 0.9),
    `right ${right}`,
  );
});
