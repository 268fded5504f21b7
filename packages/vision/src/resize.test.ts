import assert from "node:assert/strict";
import { test } from "node:test";
import type { Image } from "./image.js";
import { resize } from "./resize.js";

/** A repeatable picture without structure. */
function noise(width: number, height: number, seed: number): Image {
  const data = new Uint8Array(width * height * 3);
  let state = seed >>> 0;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = state >>> 24;
  }
  return { width, height, data };
}

/** The specification, written a second time in exact big integers and the other way round (rows first). */
function byTheBook(image: Image, width: number, height: number): Uint8Array {
  const axis = (n: number, m: number): { total: bigint; weights: Map<number, bigint>[] } => {
    if (m < n) {
      const weights = Array.from({ length: m }, (_, i) => {
        const row = new Map<number, bigint>();
        for (let s = 0; s < n; s++) {
          const shared = Math.min((i + 1) * n, (s + 1) * m) - Math.max(i * n, s * m);
          if (shared > 0) row.set(s, BigInt(shared));
        }
        return row;
      });
      return { total: BigInt(n), weights };
    }
    const weights = Array.from({ length: m }, (_, i) => {
      const position = Math.min(Math.max((2 * i + 1) * n - m, 0), (n - 1) * 2 * m);
      const s = Math.floor(position / (2 * m));
      const f = position - s * 2 * m;
      return new Map(
        f > 0
          ? [
              [s, BigInt(2 * m - f)],
              [s + 1, BigInt(f)],
            ]
          : [[s, BigInt(2 * m)]],
      );
    });
    return { total: BigInt(2 * m), weights };
  };
  const across = axis(image.width, width);
  const down = axis(image.height, height);
  const divisor = across.total * down.total;
  const out = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) {
        let sum = 0n;
        for (const [sx, wx] of across.weights[x] ?? []) {
          for (const [sy, wy] of down.weights[y] ?? []) {
            sum += wx * wy * BigInt(image.data[(sy * image.width + sx) * 3 + c] ?? 0);
          }
        }
        // Common factors change neither the mean nor where its half lies, but they do change ⌊D/2⌋ for odd D: both
        // forms round to nearest with halves up, so they agree.
        out[(y * width + x) * 3 + c] = Number((2n * sum + divisor) / (2n * divisor));
      }
    }
  }
  return out;
}

const sizes: readonly (readonly [number, number, number, number])[] = [
  [300, 300, 224, 224], // the everyday case
  [40, 30, 17, 11], // both shrink, coprime
  [17, 11, 40, 30], // both grow
  [40, 11, 17, 30], // one shrinks, one grows
  [11, 40, 30, 17],
  [64, 48, 32, 16], // whole factors
  [46, 34, 23, 17], // to the half
  [46, 34, 23, 34], // one to the half
  [7, 5, 7, 9], // one stays
  [1, 1, 5, 4], // a single pixel
  [9, 8, 1, 1], // to a single pixel
  [100, 3, 99, 2],
  [31, 2, 32, 3],
];

test("every value is the exact mean, rounded once", () => {
  for (const [fromWidth, fromHeight, toWidth, toHeight] of sizes.slice(1)) {
    const image = noise(fromWidth, fromHeight, fromWidth * 31 + toHeight);
    assert.deepEqual(resize(image, toWidth, toHeight).data, byTheBook(image, toWidth, toHeight));
  }
});

test("a picture resized to its own size is unchanged and doesn't share memory", () => {
  const image = noise(23, 14, 5);
  const same = resize(image, 23, 14);
  assert.deepEqual(same.data, image.data);
  assert.notEqual(same.data.buffer, image.data.buffer);
});

test("a picture of one colour keeps it at every size", () => {
  for (const [fromWidth, fromHeight, toWidth, toHeight] of sizes) {
    const data = new Uint8Array(fromWidth * fromHeight * 3);
    for (let i = 0; i < data.length; i++) data[i] = [255, 1, 128][i % 3] as number;
    const result = resize({ width: fromWidth, height: fromHeight, data }, toWidth, toHeight);
    assert.ok(result.data.every((value, i) => value === [255, 1, 128][i % 3]));
  }
});

test("shrinking keeps the mean within rounding", () => {
  const mean = (values: Uint8Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const image = noise(300, 200, 9);
  for (const [width, height] of [
    [224, 160],
    [100, 50],
    [31, 7],
  ] as const) {
    assert.ok(Math.abs(mean(resize(image, width, height).data) - mean(image.data)) < 0.5);
  }
});

test("a mirrored picture gives the mirrored result", () => {
  const mirror = ({ width, height, data }: Image): Image => {
    const out = new Uint8Array(data.length);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const from = (y * width + x) * 3;
        out.set(data.subarray(from, from + 3), (y * width + width - 1 - x) * 3);
      }
    }
    return { width, height, data: out };
  };
  for (const [fromWidth, fromHeight, toWidth, toHeight] of sizes) {
    const image = noise(fromWidth, fromHeight, 77);
    assert.deepEqual(mirror(resize(image, toWidth, toHeight)).data, resize(mirror(image), toWidth, toHeight).data);
  }
});

test("known values: halves round up, edges repeat", () => {
  const grey = (...values: number[]) => Uint8Array.from(values.flatMap((value) => [value, value, value]));
  assert.deepEqual(resize({ width: 2, height: 1, data: grey(0, 1) }, 1, 1).data, grey(1));
  assert.deepEqual(resize({ width: 2, height: 1, data: grey(0, 100) }, 4, 1).data, grey(0, 25, 75, 100));
  assert.deepEqual(resize({ width: 3, height: 1, data: grey(0, 90, 240) }, 2, 1).data, grey(30, 190));
});

test("the bytes of a fixed picture never change, since stored models depend on them", () => {
  // FNV-1a over the result, kept so that a change of the resize can't pass unnoticed.
  const hash = (bytes: Uint8Array) => bytes.reduce((h, byte) => Math.imul(h ^ byte, 0x01000193) >>> 0, 0x811c9dc5);
  const image = noise(300, 300, 1);
  assert.equal(hash(resize(image, 224, 224).data), 1780764716);
  assert.equal(hash(resize(image, 320, 192).data), 1348628136);
});

test("very large sides stay exact", () => {
  const image = noise(4003, 3, 3);
  assert.ok(Buffer.from(resize(image, 3989, 2).data).equals(byTheBook(image, 3989, 2)));
});

test("a wrong size is refused by name", () => {
  const image = noise(4, 4, 1);
  assert.throws(() => resize(image, 0, 4), /The result must have sides of 1 to .* got 0 x 4/);
  assert.throws(() => resize(image, 2.5, 4), RangeError);
  assert.throws(() => resize({ ...image, width: 5 }, 2, 2), /must have 60 values, got 48/);
});
