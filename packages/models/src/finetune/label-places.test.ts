import assert from "node:assert/strict";
import { test } from "node:test";
import { normal, randomStream } from "@sightline/nn/random";
import { augment } from "@sightline/vision/augment/augment";
import { plainRecipe } from "@sightline/vision/augment/recipe";
import { findLabelPlaces } from "./label-places.js";
import { markerBoxes, placeInView, viewMaps } from "./view-maps.js";

const [channels, height, width] = [8, 12, 16];

/** Noise in which each label changes two channels at a place that may differ from picture to picture. */
function mapsOf(
  targets: readonly (readonly number[])[],
  placeOf: (picture: number, label: number) => { x: number; y: number } | null,
  light: (picture: number) => number = () => 0,
) {
  const random = randomStream(1, "maps");
  const maps = new Float32Array(targets.length * channels * height * width);
  targets.forEach((row, i) => {
    const from = i * channels * height * width;
    for (let at = 0; at < channels * height * width; at++) maps[from + at] = 0.5 * normal(random) + light(i);
    row.forEach((value, k) => {
      const place = value === 1 ? placeOf(i, k) : null;
      if (!place) return;
      for (const channel of [k, k + 3]) {
        // A 3x3 square, as a thing of a few pixels shows in maps whose places see each other's surroundings.
        for (let d = 0; d < 9; d++) {
          const [dx, dy] = [(d % 3) - 1, Math.floor(d / 3) - 1];
          const at = from + (channel * height + place.y + dy) * width + place.x + dx;
          maps[at] = (maps[at] as number) + 2;
        }
      }
    });
  });
  return { maps, channels, height, width, targets, seed: 1 };
}

/** Every combination of three labels, twice. */
const targets = Array.from({ length: 16 }, (_, i) => [i & 1, (i >> 1) & 1, (i >> 2) & 1]);

test("finds where each label shows, in pictures of two lights too, and nothing where labels are chance", () => {
  const sites = [
    { x: 3, y: 2 },
    { x: 12, y: 5 },
    { x: 6, y: 9 },
  ];
  for (const light of [() => 0, (i: number) => (i < 8 ? 0 : 3)]) {
    const found = findLabelPlaces(mapsOf(targets, (_, k) => sites[k] ?? null, light));
    sites.forEach(({ x, y }, k) => {
      const place = found[k];
      assert.ok(place, `label ${k}`);
      assert.ok(Math.abs(place.x * width - 0.5 - x) < 1 && Math.abs(place.y * height - 0.5 - y) < 1);
      assert.ok(place.score > 0.4 && place.score <= 1);
    });
  }
  assert.deepEqual(findLabelPlaces(mapsOf(targets, () => null)), [null, null, null]);
});

test("what shows elsewhere in each picture has no place", () => {
  const random = randomStream(2, "elsewhere");
  const anywhere = () => ({ x: 1 + Math.floor(random() * (width - 2)), y: 1 + Math.floor(random() * (height - 2)) });
  const fixed = { x: 4, y: 4 };
  const found = findLabelPlaces(mapsOf(targets, (_, k) => (k === 1 ? fixed : anywhere())));
  assert.deepEqual(
    found.map((place) => place !== null),
    [false, true, false],
  );
});

test("a place of the picture is found again in altered views, to a pixel", () => {
  const [w, h] = [96, 72];
  const recipe = {
    ...plainRecipe,
    flipSideways: 0.5,
    rotationDegrees: 15,
    shearDegrees: 8,
    shift: 0.15,
    zoom: [0.7, 1.4],
    stretch: 1.2,
  } as const;
  const random = randomStream(3, "views");
  const image = { width: 128, height: 96, data: new Uint8Array(128 * 96 * 3) };
  // A bright square around (40, 30).
  for (let y = 26; y < 34; y++) image.data.fill(255, (y * 128 + 36) * 3, (y * 128 + 44) * 3);
  let compared = 0;
  for (let round = 0; round < 30; round++) {
    const view = augment({ image, boxes: markerBoxes(128, 96) }, recipe, random, {
      width: w,
      height: h,
      fit: "stretch",
    });
    const [map] = viewMaps(Float32Array.from(view.boxes.flatMap((b) => [0, b.label, b.x1, b.y1, b.x2, b.y2])), 1, w, h);
    assert.ok(map);
    const { x, y } = placeInView(map, 40 / 128, 30 / 96);
    if (x < 0.1 || y < 0.1 || x > 0.9 || y > 0.9) continue;
    let [sum, sumX, sumY] = [0, 0, 0];
    for (let at = 0; at < w * h; at++) {
      const value = view.image.data[at * 3] as number;
      sum += value;
      sumX += value * ((at % w) + 0.5);
      sumY += value * (Math.floor(at / w) + 0.5);
    }
    assert.ok(Math.hypot(sumX / sum - x * w, sumY / sum - y * h) < 1, `round ${round}`);
    compared++;
  }
  assert.ok(compared > 15);
  assert.deepEqual(viewMaps(new Float32Array(0), 2, w, h), [null, null]);
});
