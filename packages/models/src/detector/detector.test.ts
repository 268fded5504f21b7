import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { LabelledBox, Sample } from "@sightline/dataset/dataset";
import { encodePng } from "@sightline/dataset/image-file";
import { evaluateSamples } from "../evaluate.js";
import { openPredictor } from "../predictor.js";
import { train } from "../train.js";
import { detector, spreadOver } from "./detector.js";

const side = 64;

/** What a drawn picture shows: squares and discs of these sides, from one of them on. */
interface SceneShape {
  readonly width: number;
  readonly height: number;
  readonly leastSize: number;
  readonly mostSize: number;
  readonly mostShapes: number;
}

const small: SceneShape = { width: side, height: side, leastSize: 14, mostSize: 28, mostShapes: 3 };

/** Bright squares and dark discs on grey noise, some overlapping. */
function scene(seed: number, shape: SceneShape): { data: Uint8Array; boxes: LabelledBox[] } {
  const { width, height, leastSize, mostSize, mostShapes } = shape;
  let state = seed * 2654435761;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const data = Uint8Array.from({ length: width * height * 3 }, () => 110 + Math.floor(random() * 24));
  const boxes: LabelledBox[] = [];
  const count = 1 + Math.floor(random() * mostShapes);
  for (let i = 0; i < count; i++) {
    const size = leastSize + Math.floor(random() * (mostSize - leastSize));
    const [x1, y1] = [Math.floor(random() * (width - size)), Math.floor(random() * (height - size))];
    const isDisc = random() < 0.5;
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const distance = Math.hypot(x + 0.5 - size / 2, y + 0.5 - size / 2);
        if (isDisc && distance > size / 2) continue;
        const at = ((y1 + y) * width + x1 + x) * 3;
        data.fill(isDisc ? 30 : 220, at, at + 3);
      }
    }
    boxes.push({ label: isDisc ? "disc" : "square", x1, y1, x2: x1 + size, y2: y1 + size });
  }
  return { data, boxes };
}

async function scenes(folder: string, from: number, count: number, shape = small): Promise<Sample[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const { data, boxes } = scene(from + i, shape);
      const name = `${from + i}.png`;
      await writeFile(join(folder, name), await encodePng({ width: shape.width, height: shape.height, data }));
      return { name, file: join(folder, name), label: "", boxes };
    }),
  );
}

test("a detector from scratch finds drawn shapes, in boxes of the picture's own pixels", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "sightline-detector-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const labels = ["disc", "square"];
  const part = { task: "detection", labels, normalLabel: null, skipped: [] } as const;
  const samples = await scenes(folder, 1, 48);
  const points: (number | null)[] = [];
  const { bytes, manifest } = await train({
    pictures: { ...part, samples, validation: await scenes(folder, 200, 12) },
    method: "detector",
    methodOptions: { side, start: "scratch", channels: 24 },
    epochs: 36,
    seed: 3,
    threads: 1,
    onEpoch: ({ metric }) => points.push(metric),
  });
  assert.equal(points.length, 36);
  assert.deepEqual(manifest.input, { width: side, height: side, fit: "letterbox" });
  assert.ok(manifest.detection && manifest.detection.scoreThreshold > 0.05, "a score to act on was found");
  const predictor = await openPredictor(bytes, { threads: 1 });
  try {
    const held = await scenes(folder, 500, 16);
    const { evaluation } = await evaluateSamples({ predictor, pictures: { ...part, samples: held } });
    assert.ok(evaluation.task === "detection");
    // Half a minute from nothing: far from finished, and far from the 0 of wrong boxes or labels.
    assert.ok((evaluation.mAP50 ?? 0) > 0.35, `mAP50 ${evaluation.mAP50}`);
    assert.ok((evaluation.f1 ?? 0) > 0.25, `F1 ${evaluation.f1} at the threshold`);
    assert.equal(evaluation.perSize.large.truths, 0);
  } finally {
    await predictor.close();
  }
});

test("objects too small for a whole picture are learnt and found in tiles, each of them once", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "sightline-detector-tiles-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const labels = ["disc", "square"];
  const part = { task: "detection", labels, normalLabel: null, skipped: [] } as const;
  const shape = { width: 240, height: 180, leastSize: 13, mostSize: 20, mostShapes: 12 };
  const { bytes, manifest } = await train({
    pictures: { ...part, samples: await scenes(folder, 1, 12, shape), validation: await scenes(folder, 200, 3, shape) },
    method: "detector",
    methodOptions: { side, start: "scratch", channels: 24 },
    epochs: 20,
    seed: 3,
    threads: 1,
  });
  assert.deepEqual(manifest.tiling, { tile: 64, overlap: 19 });
  assert.deepEqual(manifest.input, { width: side, height: side, fit: "letterbox" });
  const predictor = await openPredictor(bytes, { threads: 1 });
  try {
    const held = await scenes(folder, 500, 8, shape);
    const { evaluation } = await evaluateSamples({ predictor, pictures: { ...part, samples: held } });
    assert.ok(evaluation.task === "detection");
    const { mAP50, precision, recall } = evaluation;
    const found = `mAP50 ${mAP50}, precision ${precision}, recall ${recall}`;
    assert.ok((mAP50 ?? 0) > 0.75 && (precision ?? 0) > 0.5 && (recall ?? 0) > 0.7, found);
  } finally {
    await predictor.close();
  }
});

test("what a detector can't learn from is said", () => {
  assert.match(detector.unsuitable("classification", ["a"], [9]) ?? "", /learns from boxes/);
  assert.match(detector.unsuitable("detection", ["a", "b"], [9, 4]) ?? "", /5 boxes of each label.*a 9, b 4/);
  assert.equal(detector.unsuitable("detection", ["a", "b"], [9, 5]), null);
});

test("of many tiles or pictures as many are taken as asked for, spread over all", () => {
  const rows = Array.from({ length: 1000 }, (_, i) => i);
  assert.deepEqual(spreadOver(rows, 1000), rows);
  for (const most of [1, 7, 300, 999]) assert.equal(spreadOver(rows, most).length, most);
  assert.deepEqual(spreadOver(rows, 4), [0, 250, 500, 750]);
});
