import assert from "node:assert/strict";
import { test } from "node:test";
import type { Image } from "../image.js";
import { flippingSideways, rotating, scaling, shifting } from "./affine.js";
import { augment, mosaic } from "./augment.js";
import { mapBoxes, uncoveredBoxes } from "./boxes.js";
import { changeColour } from "./colour.js";
import { addNoise, blurred, erase } from "./damage.js";
import { mixRows } from "./mixing.js";
import { allowedFlips, checkRecipe, plainRecipe, type Recipe, withAllowedFlips } from "./recipe.js";

/** Park and Miller's generator: these tests need some repeatable numbers, not good ones. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/** Grey with one bright rectangle, so that boxes can be compared with pixels. */
function pictureWith(width: number, height: number, box: { x1: number; y1: number; x2: number; y2: number }): Image {
  const data = new Uint8Array(width * height * 3).fill(20);
  for (let y = box.y1; y < box.y2; y++) data.fill(240, (y * width + box.x1) * 3, (y * width + box.x2) * 3);
  return { width, height, data };
}

/** The bright pixels' own bounds. */
function brightBounds({ width, height, data }: Image) {
  const found = { x1: width, y1: height, x2: 0, y2: 0 };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if ((data[(y * width + x) * 3] as number) < 130) continue;
      found.x1 = Math.min(found.x1, x);
      found.y1 = Math.min(found.y1, y);
      found.x2 = Math.max(found.x2, x + 1);
      found.y2 = Math.max(found.y2, y + 1);
    }
  }
  return found;
}

const geometry: Recipe = {
  ...plainRecipe,
  flipSideways: 0.5,
  flipUpsideDown: 0.5,
  quarterTurn: 0.5,
  shift: 0.2,
  zoom: [0.7, 1.5],
  stretch: 1.3,
  border: 14,
};

test("boxes go where the pixels go, under every flip, turn, zoom and shift", () => {
  const box = { x1: 30, y1: 20, x2: 62, y2: 48, label: 3 };
  const image = pictureWith(100, 80, box);
  let kept = 0;
  for (let seed = 1; seed <= 200; seed++) {
    for (const fit of ["stretch", "letterbox"] as const) {
      const result = augment({ image, boxes: [box] }, geometry, numbers(seed), { width: 96, height: 96, fit });
      const seen = brightBounds(result.image);
      const [mapped] = result.boxes;
      if (!mapped) continue;
      kept++;
      assert.equal(mapped.label, 3);
      for (const side of ["x1", "y1", "x2", "y2"] as const) {
        assert.ok(
          Math.abs(mapped[side] - seen[side]) <= 1.01,
          `seed ${seed} ${fit} ${side}: ${mapped[side]}, seen ${seen[side]}`,
        );
      }
    }
  }
  assert.ok(kept > 300);
});

test("in a mosaic too, and boxes of which too little is left are gone", () => {
  const box = { x1: 10, y1: 12, x2: 40, y2: 50, label: 1 };
  const empty = pictureWith(64, 64, { x1: 0, y1: 0, x2: 0, y2: 0 });
  let kept = 0;
  for (let seed = 1; seed <= 100; seed++) {
    const place = seed % 4;
    const sources = [0, 1, 2, 3].map((i) =>
      i === place ? { image: pictureWith(64, 64, box), boxes: [box] } : { image: empty, boxes: [] },
    );
    const [a, b, c, d] = sources;
    if (!a || !b || !c || !d) throw new Error("four pictures");
    const result = mosaic([a, b, c, d], geometry, numbers(seed), {
      width: 96,
      height: 96,
      fit: "stretch",
    });
    const seen = brightBounds(result.image);
    const [mapped] = result.boxes;
    if (!mapped) {
      const share = (Math.max(0, seen.x2 - seen.x1) * Math.max(0, seen.y2 - seen.y1)) / (96 * 96);
      assert.ok(share < 0.25, `seed ${seed}: a large bright part has no box`);
      continue;
    }
    kept++;
    for (const side of ["x1", "y1", "x2", "y2"] as const) assert.ok(Math.abs(mapped[side] - seen[side]) <= 1.01);
  }
  assert.ok(kept > 50);
});

test("a box is cut at the edge and left out when less than its limit remains", () => {
  const box = { x1: 0, y1: 0, x2: 10, y2: 10 };
  const limits = { minShare: 0.3, minSide: 2 };
  const cut = mapBoxes([box], shifting(-6, 0), 20, 20, limits);
  assert.deepEqual(cut, [{ x1: 0, y1: 0, x2: 4, y2: 10, visible: 0.4 }]);
  assert.deepEqual(mapBoxes(cut, shifting(0, -1), 20, 20, limits), [{ x1: 0, y1: 0, x2: 4, y2: 9, visible: 0.36 }]);
  assert.deepEqual(
    mapBoxes(cut, shifting(0, -4), 20, 20, limits),
    [],
    "of the whole object, not of what was left before",
  );
  assert.deepEqual(mapBoxes([box], shifting(-8, 0), 20, 20, limits), []);
  assert.deepEqual(mapBoxes([box], scaling(0.15, 0.15), 20, 20, limits), []);
  assert.deepEqual(mapBoxes([box], flippingSideways(20), 20, 20, limits), [{ x1: 10, y1: 0, x2: 20, y2: 10 }]);
  const [turned] = mapBoxes([{ x1: -5, y1: -5, x2: 5, y2: 5 }], rotating(Math.PI / 4), 20, 20, {
    minShare: 0,
    minSide: 0,
  });
  assert.ok(turned && Math.abs(turned.x2 - Math.SQRT1_2 * 10) < 1e-9);
  assert.deepEqual(uncoveredBoxes([box], { x1: 0, y1: 0, x2: 10, y2: 8 }, 0.3), []);
  assert.equal(uncoveredBoxes([box], { x1: 0, y1: 0, x2: 10, y2: 6 }, 0.3).length, 1);
});

test("colour: grey, brightness, contrast, gamma and hue do what their names say", () => {
  const changed = (change: Parameters<typeof changeColour>[1], rgb = [200, 100, 50]): number[] => {
    const image = { width: 1, height: 1, data: Uint8Array.from(rgb) };
    changeColour(image, change);
    return [...image.data];
  };
  assert.deepEqual(changed({}), [200, 100, 50]);
  assert.deepEqual(changed({ brightness: 0.5 }), [100, 50, 25]);
  assert.deepEqual(changed({ brightness: 2 }), [255, 200, 100]);
  assert.deepEqual(changed({ contrast: 0 }), [128, 128, 128]);
  // ITU-R BT.601: 0.299 · 200 + 0.587 · 100 + 0.114 · 50 = 124.2
  assert.deepEqual(changed({ saturation: 0 }), [124, 124, 124]);
  assert.deepEqual(changed({ gamma: 2 }), [157, 39, 10]);
  const whole = changed({ hueDegrees: 360 });
  for (const [i, value] of [200, 100, 50].entries()) assert.ok(Math.abs((whole[i] as number) - value) <= 1);
  const grey = changed({ hueDegrees: 120, saturation: 1.5 }, [90, 90, 90]);
  for (const value of grey) assert.ok(Math.abs(value - 90) <= 1, "grey has no hue to turn");
  const [red = 0, green = 0] = changed({ hueDegrees: -120 }, [150, 60, 60]);
  assert.ok(green > red, "red becomes green or blue");
});

test("blur keeps the mean and takes the edge away; noise has the deviation asked for", () => {
  const image = pictureWith(40, 40, { x1: 20, y1: 0, x2: 40, y2: 40 });
  const soft = blurred(image, 1.5);
  const mean = (data: Uint8Array): number => data.reduce((sum, value) => sum + value, 0) / data.length;
  assert.ok(Math.abs(mean(soft.data) - mean(image.data)) < 1);
  assert.ok(Math.abs((soft.data[19 * 3] as number) - (soft.data[20 * 3] as number)) < 80);
  const noisy = { width: 100, height: 100, data: new Uint8Array(30000).fill(128) };
  addNoise(noisy, 10, numbers(5));
  const deviation = Math.sqrt(noisy.data.reduce((sum, value) => sum + (value - 128) ** 2, 0) / 30000);
  assert.ok(Math.abs(deviation - 10) < 0.3, `deviation ${deviation}`);
});

test("erasing covers the share asked for, inside the picture", () => {
  for (let seed = 1; seed < 50; seed++) {
    const image = { width: 60, height: 40, data: new Uint8Array(7200) };
    const { x1, y1, x2, y2 } = erase(image, [0.1, 0.2], numbers(seed));
    assert.ok(x1 >= 0 && y1 >= 0 && x2 <= 60 && y2 <= 40);
    const share = ((x2 - x1) * (y2 - y1)) / 2400;
    assert.ok(share > 0.08 && share < 0.22, `share ${share}`);
  }
});

test("mixup adds two rows of the batch with their weights, cutmix puts in a rectangle of that share", () => {
  const size = 3 * 16;
  const planes = (): Float32Array => Float32Array.from({ length: 4 * size }, (_, i) => Math.floor(i / size) * 60);
  const none = { chance: 0, alpha: 1 };
  const mixed = planes();
  for (const [row, { partner, weight }] of mixRows(
    mixed,
    4,
    4,
    4,
    { mixup: { chance: 1, alpha: 0.4 }, cutmix: none },
    numbers(3),
  ).entries()) {
    assert.notEqual(partner, row);
    const expected = weight * row * 60 + (1 - weight) * partner * 60;
    for (let i = 0; i < size; i++) assert.ok(Math.abs((mixed[row * size + i] as number) - expected) < 1e-3);
  }
  const cut = planes();
  for (const [row, { partner, weight }] of mixRows(
    cut,
    4,
    4,
    4,
    { mixup: none, cutmix: { chance: 1, alpha: 1 } },
    numbers(4),
  ).entries()) {
    const values = [...cut.subarray(row * size, (row + 1) * size)];
    assert.equal(values.filter((value) => value === row * 60).length, Math.round(weight * size));
    assert.equal(values.filter((value) => value === partner * 60).length, size - Math.round(weight * size));
  }
});

test("the same numbers give the same picture, others another", () => {
  const image = pictureWith(50, 50, { x1: 5, y1: 5, x2: 30, y2: 20 });
  const recipe: Recipe = {
    ...geometry,
    rotationDegrees: 20,
    shearDegrees: 5,
    cropArea: 0.5,
    brightness: 0.3,
    contrast: 0.3,
    saturation: 0.3,
    hueDegrees: 20,
    gamma: 0.3,
    grey: 0.2,
    blur: { chance: 0.5, sigma: 1 },
    noise: { chance: 0.5, deviation: 8 },
    erase: { chance: 0.5, area: [0.05, 0.2] },
  };
  checkRecipe(recipe);
  const made = (seed: number): Uint8Array =>
    augment({ image, boxes: [] }, recipe, numbers(seed), { width: 32, height: 48, fit: "stretch" }).image.data;
  assert.deepEqual(made(11), made(11));
  assert.notDeepEqual(made(11), made(12));
});

test("labels that speak of sides forbid flips, and what the user says wins", () => {
  assert.equal(allowedFlips(["with_mask", "without_mask"]).sideways, true);
  for (const labels of [
    ["left", "right"],
    ["turnLeft", "none"],
    ["door_links", "door_rechts"],
    ["6", "9"],
    ["b", "d"],
    ["cap on top", "none"],
    ["north"],
  ]) {
    assert.equal(allowedFlips(labels).sideways, false, labels.join());
  }
  for (const labels of [
    ["bright", "dark"],
    ["cupboard", "stop"],
    ["leftover", "none"],
  ]) {
    assert.equal(allowedFlips(labels).sideways, true, labels.join());
  }
  assert.deepEqual(allowedFlips(["left"], "all"), { sideways: true, upsideDown: true, quarterTurns: true });
  assert.equal(allowedFlips(["a", "bb"], "none").sideways, false);
  const recipe = withAllowedFlips(geometry, allowedFlips(["left", "right"]));
  assert.deepEqual([recipe.flipSideways, recipe.flipUpsideDown, recipe.quarterTurn, recipe.shift], [0, 0, 0, 0.2]);
});

test("a recipe that makes no sense is refused by the name of its field", () => {
  assert.throws(() => checkRecipe({ ...plainRecipe, grey: 2 }), /recipe's grey must be a number from 0 to 1, got 2/);
  assert.throws(() => checkRecipe({ ...plainRecipe, zoom: [1.5, 0.5] }), /zoom\[0\]/);
  assert.throws(() => checkRecipe({ ...plainRecipe, noise: { chance: Number.NaN, deviation: 1 } }), /noise\.chance/);
});

test("the light's colour changes red and blue against green, and nothing else", () => {
  const image = { width: 1, height: 1, data: Uint8Array.of(100, 80, 60) };
  changeColour(image, { red: 1.5, blue: 0.5 });
  assert.deepEqual([...image.data], [150, 80, 30]);
});
