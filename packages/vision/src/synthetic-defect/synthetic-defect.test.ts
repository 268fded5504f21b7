import assert from "node:assert/strict";
import { test } from "node:test";
import type { Image } from "../image.js";
import { foregroundOf } from "./foreground.js";
import { addSyntheticDefect, defectKindNames } from "./synthetic-defect.js";

/** Park and Miller's generator: these tests need some repeatable numbers, not good ones. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/** A disc with rings on a plain ground. */
function disc(seed: number, side = 96): Image {
  const random = numbers(seed);
  const phase = random() * 6;
  const data = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const radius = Math.hypot(x - side / 2, y - side / 2);
      const grey = radius < side * 0.3 ? 150 + 40 * Math.sin(radius * 0.6 + phase) + 8 * random() : 40;
      for (let c = 0; c < 3; c++) data[(y * side + x) * 3 + c] = grey - c * 10;
    }
  }
  return { width: side, height: side, data };
}

/** Stripes everywhere: no background. */
function weave(seed: number): Image {
  const random = numbers(seed);
  const data = Uint8Array.from({ length: 80 * 64 * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return 120 + 50 * Math.sin((pixel % 80) * 0.9) + 30 * Math.sin(Math.floor(pixel / 80) * 1.3) + 10 * random();
  });
  return { width: 80, height: 64, data };
}

const pictures = [disc(1), disc(2), disc(3)];

test("every kind changes the picture where its mask says, and hardly anywhere else", () => {
  for (const kind of defectKindNames) {
    const random = numbers(7);
    for (let i = 0; i < 12; i++) {
      const picture = pictures[i % 3] as Image;
      const before = picture.data.slice();
      const { image, mask } = addSyntheticDefect(picture, pictures, random, { kinds: [kind] });
      assert.deepEqual(picture.data, before, `${kind} must leave its picture as it is`);
      assert.equal(mask.length, picture.width * picture.height);
      let inside = 0;
      let outside = 0;
      let shown = 0;
      for (let p = 0; p < mask.length; p++) {
        const change = Math.max(
          ...[0, 1, 2].map((c) => Math.abs((image.data[p * 3 + c] as number) - (before[p * 3 + c] as number))),
        );
        if (mask[p] === 1) {
          inside += change;
          shown++;
        } else outside = Math.max(outside, change);
      }
      assert.ok(shown >= 6, `${kind} ${i} shows in ${shown} pixels`);
      // 9: the contrast that counts as seen, less what averaging over the mask's rim takes away.
      assert.ok(inside / shown >= 9, `${kind} ${i} changes its mask by ${inside / shown}`);
      assert.ok(outside <= 160, `${kind} ${i} changes a pixel outside its mask by ${outside}`);
    }
  }
});

test("the same numbers give the same bytes, others give others", () => {
  const made = (seed: number) => addSyntheticDefect(pictures[0] as Image, pictures, numbers(seed));
  assert.deepEqual(made(5), made(5));
  assert.notDeepEqual(made(5).image.data, made(6).image.data);
});

test("defects lie on the part where there is a background, and all over a surface without one", () => {
  const part = foregroundOf(pictures[0] as Image);
  assert.ok(part);
  // Of a disc with a radius of 0.3 sides: 28 % and a cell around.
  const share = part.inside.length / (part.width * part.height);
  assert.ok(share > 0.27 && share < 0.4, `share ${share}`);
  const random = numbers(3);
  let onPart = 0;
  for (let i = 0; i < 60; i++) {
    const { mask } = addSyntheticDefect(pictures[i % 3] as Image, pictures, random);
    let [sumX, sumY, count] = [0, 0, 0];
    for (const [p, inside] of mask.entries()) {
      sumX += inside * (p % 96);
      sumY += inside * Math.floor(p / 96);
      count += inside;
    }
    if (Math.hypot(sumX / count - 48, sumY / count - 48) < 96 * 0.36) onPart++;
  }
  assert.ok(onPart >= 50, `${onPart} of 60 on the part`);

  const surface = weave(1);
  assert.equal(foregroundOf(surface), null);
  const quarters = new Set<number>();
  for (let i = 0; i < 40; i++) {
    const first = addSyntheticDefect(surface, [], random).mask.indexOf(1);
    quarters.add((first % 80 < 40 ? 0 : 1) + (first < 80 * 32 ? 0 : 2));
  }
  assert.equal(quarters.size, 4);
});

test("most defects are small and some are large", () => {
  const random = numbers(11);
  const sides = Array.from({ length: 150 }, () => {
    const { mask } = addSyntheticDefect(pictures[0] as Image, pictures, random);
    return Math.sqrt(mask.reduce((sum, value) => sum + value, 0)) / 96;
  }).sort((a, b) => a - b);
  assert.ok((sides[75] as number) < 0.12, `median ${sides[75]}`);
  assert.ok((sides[145] as number) > 0.15, `large ${sides[145]}`);
});

test("a picture of noise or of one colour gets a defect too, and one too small is refused", () => {
  const random = numbers(2);
  const noise = { width: 32, height: 32, data: Uint8Array.from({ length: 3072 }, () => random() * 255) };
  const plain = { width: 32, height: 32, data: new Uint8Array(3072).fill(255) };
  for (const picture of [noise, plain]) {
    for (let i = 0; i < 20; i++) assert.ok(addSyntheticDefect(picture, [], random).mask.includes(1));
  }
  assert.throws(
    () => addSyntheticDefect({ width: 8, height: 40, data: new Uint8Array(960) }, [], random),
    /at least 16 x 16 pixels, got 8 x 40/,
  );
});
