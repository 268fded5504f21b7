import assert from "node:assert/strict";
import { test } from "node:test";
import type { Mask } from "@sightline/vision/image";
import { type CastingPicture, castingCamera, castingDataset, type DefectKind, defectKinds } from "./casting.js";

const same = (a: CastingPicture, b: CastingPicture): boolean =>
  Buffer.from(a.image.data).equals(Buffer.from(b.image.data));

function grey(picture: CastingPicture, i: number): number {
  return picture.image.data[i * 3 + 1] ?? 0;
}

function marked(mask: Mask): number[] {
  return [...mask.data.keys()].filter((i) => mask.data[i] === 1);
}

test("the same seed gives the same parts in the same order, another seed others", () => {
  const [first, again, other] = [castingCamera({ seed: 5 }), castingCamera({ seed: 5 }), castingCamera({ seed: 6 })];
  for (let i = 0; i < 3; i++) {
    const picture = first.next();
    assert.ok(same(picture, again.next()));
    assert.ok(!same(picture, other.next()));
  }
});

test("pictures are 300 by 300, bright metal on a grey table with a dark cavity", () => {
  const picture = castingCamera({ seed: 1, defectRate: 0 }).next();
  const { width, height, data } = picture.image;
  assert.deepEqual([width, height, data.length], [300, 300, 300 * 300 * 3]);
  const metal = grey(picture, 150 * 300 + 50);
  const cavity = grey(picture, 150 * 300 + 98);
  assert.ok(metal > 120 && cavity < 80, `metal ${metal}, cavity ${cavity}`);
});

test("the share of defective parts is the one asked for", () => {
  const share = (defectRate: number): number => {
    const camera = castingCamera({ seed: 11, defectRate });
    return Array.from({ length: 24 }, () => camera.next()).filter(({ defect }) => defect !== null).length / 24;
  };
  assert.equal(share(0), 0);
  assert.equal(share(1), 1);
  const some = share(0.3);
  assert.ok(some > 0.1 && some < 0.55, `${some}`);
});

test("a dataset holds as many of each label as asked for, with unique names", () => {
  const pictures = [...castingDataset({ seed: 2, normals: 3, anomalies: 4 })];
  assert.deepEqual(
    pictures.map(({ label }) => label),
    ["normal", "normal", "normal", "anomaly", "anomaly", "anomaly", "anomaly"],
  );
  assert.equal(new Set(pictures.map(({ name }) => name)).size, 7);
  assert.ok(pictures.every(({ label, defect }) => (label === "anomaly") === (defect !== null)));
});

const anomalies = [...castingDataset({ seed: 3, normals: 0, anomalies: 45 })];

test("defects come in all kinds, graded from about 4 pixels to large", () => {
  const sizesOf = (kind: DefectKind) =>
    anomalies.flatMap(({ defect }) => (defect?.kind === kind ? [defect.sizePixels] : [])).sort((a, b) => a - b);
  for (const kind of defectKinds) assert.equal(sizesOf(kind).length, 15, kind);
  const pits = sizesOf("porosity");
  assert.ok((pits[0] ?? 99) <= 5 && (pits.at(-1) ?? 0) >= 10, `${pits}`);
  assert.ok((sizesOf("scratch").at(-1) ?? 0) >= 30);
  for (const kind of defectKinds) assert.ok((sizesOf(kind)[0] ?? 0) >= 2, `${kind}: ${sizesOf(kind)}`);
});

test("the mask lies on the part and is about as large as the defect is said to be", () => {
  for (const { name, defect } of anomalies) {
    assert.ok(defect);
    const pixels = marked(defect.mask);
    assert.ok(pixels.length >= 2, name);
    let across = 0;
    for (const i of pixels) {
      const [x, y] = [i % 300, Math.floor(i / 300)];
      assert.ok(Math.hypot(x - 150, y - 150) < 145, `${name} lies at ${x}, ${y}`);
      for (const j of pixels) across = Math.max(across, Math.hypot(x - (j % 300), y - Math.floor(j / 300)));
    }
    assert.ok(Math.abs(across + 1 - defect.sizePixels) <= 1.5, `${name}: ${across} against ${defect.sizePixels}`);
  }
});

test("the defect changes the picture inside its mask and hardly elsewhere", () => {
  // The same part with and without its defect: difficulty changes size and contrast, never pose, light or grain.
  const [plain] = [...castingDataset({ seed: 4, normals: 0, anomalies: 1, difficulty: 0 })];
  const [faint] = [...castingDataset({ seed: 4, normals: 0, anomalies: 1, difficulty: 1 })];
  assert.ok(plain?.defect && faint?.defect);
  const touched = [...marked(plain.defect.mask), ...marked(faint.defect.mask)];
  const [columns, rows] = [touched.map((i) => i % 300), touched.map((i) => Math.floor(i / 300))];
  const reach = 8;
  const [left, right] = [Math.min(...columns) - reach, Math.max(...columns) + reach];
  const [top, bottom] = [Math.min(...rows) - reach, Math.max(...rows) + reach];
  let inMask = 0;
  let farAway = 0;
  for (let i = 0; i < 300 * 300; i++) {
    const difference = Math.abs(grey(plain, i) - grey(faint, i));
    const [x, y] = [i % 300, Math.floor(i / 300)];
    const isFar = x < left || x > right || y < top || y > bottom;
    if (isFar) farAway = Math.max(farAway, difference);
    else inMask = Math.max(inMask, difference);
  }
  assert.ok(inMask > 25, `${inMask}`);
  assert.ok(farAway <= 1, `${farAway}`);
});
