import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { encodePng } from "@sightline/dataset/image-file";
import { seededRandom } from "@sightline/dataset/seeded-random";
import { GraphBuilder } from "@sightline/nn/graph-builder";
import { floatTensor, indexTensor } from "@sightline/nn/tensor";
import { type Manifest, manifestVersion } from "./manifest.js";
import { writeModel } from "./model-file.js";
import { modelValues } from "./model-values.js";
import { openPredictor, type Predictor } from "./predictor.js";

const side = 128;
/** Tiles are twice as large as the network's input: boxes must be scaled back. */
const tiling = { tile: 2 * side, overlap: 48 };
const darkness = 40;

/** A detector of one box: the smallest around all bright pixels. Its score is how bright the brightest is. */
function brightThing(settings: Pick<Manifest, "detection" | "tiling">): Uint8Array {
  const builder = new GraphBuilder();
  const image = builder.input(modelValues.image, "float32", ["N", 3, side, side]);
  const grey = builder.add("ReduceMean", [image, indexTensor([1])], { keepdims: 0 });
  const bright = builder.add("Cast", [builder.add("Greater", [grey, floatTensor([], [128])])], { to: 1 });
  const places = floatTensor(
    [1, side],
    Array.from({ length: side }, (_, i) => i),
  );
  const corner = (axis: number): readonly [string, string] => {
    const line = builder.add("ReduceMax", [bright, indexTensor([axis])], { keepdims: 0 });
    const away = builder.add("Mul", [builder.add("Sub", [floatTensor([], [1]), line]), floatTensor([], [1000])]);
    const low = builder.add("ReduceMin", [builder.add("Add", [away, places]), indexTensor([1])], { keepdims: 1 });
    const after = builder.add("Mul", [line, builder.add("Add", [places, floatTensor([], [1])])]);
    return [low, builder.add("ReduceMax", [after, indexTensor([1])], { keepdims: 1 })];
  };
  const [[x1, x2], [y1, y2]] = [corner(1), corner(2)];
  const box = builder.add("Concat", [x1, y1, x2, y2], { axis: 1 });
  builder.output(builder.add("Reshape", [box, indexTensor([-1, 1, 4])]), modelValues.boxes);
  const most = builder.add("ReduceMax", [grey, indexTensor([1, 2])], { keepdims: 0 });
  const score = builder.add("Div", [most, floatTensor([], [255])]);
  builder.output(builder.add("Reshape", [score, indexTensor([-1, 1, 1])]), modelValues.scores);
  return writeModel(builder.build("bright"), {
    formatVersion: manifestVersion,
    method: "detector",
    task: "detection",
    labels: ["lamp"],
    normalLabel: null,
    input: { width: side, height: side, fit: "letterbox" },
    threshold: 0,
    temperature: 1,
    ...settings,
    metrics: null,
    scores: [],
    roc: [],
    candidates: [],
    dataset: { name: "", hash: "", images: 0, byLabel: {} },
    seed: 1,
    createdAt: "",
    sightlineVersion: "",
  }).bytes;
}

interface Lamp {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

function picture(width: number, height: number, lamps: readonly Lamp[]): Promise<Uint8Array> {
  const data = new Uint8Array(width * height * 3).fill(darkness);
  for (const { x1, y1, x2, y2 } of lamps) {
    for (let y = y1; y < y2; y++) data.fill(204, (y * width + x1) * 3, (y * width + x2) * 3);
  }
  return encodePng({ width, height, data });
}

const detection = { scoreThreshold: 0.5, iouThreshold: 0.6, maxDetections: 300 };
let whole: Predictor;
let tiled: Predictor;
before(async () => {
  whole = await openPredictor(brightThing({ detection }), { threads: 1 });
  tiled = await openPredictor(brightThing({ detection, tiling }), { threads: 1 });
});
after(() => Promise.all([whole?.close(), tiled?.close()]));

test("an empty answer is as sure as the strongest score is low, a full one as its weakest object", async () => {
  const empty = await whole.predict(await picture(side, side, []));
  assert.deepEqual([empty.label, empty.detections], ["none", []]);
  assert.ok(Math.abs(empty.confidence - (1 - darkness / 255)) < 1e-6, `confidence ${empty.confidence}`);
  const full = await whole.predict(await picture(side, side, [{ x1: 10, y1: 20, x2: 40, y2: 60 }]));
  assert.deepEqual([full.label, full.detections?.length], ["1 lamp", 1]);
  assert.ok(Math.abs(full.confidence - 0.8) < 1e-6, `confidence ${full.confidence}`);
});

test("small things in a picture of 4096 pixels are found once each, wherever the tiles' seams run", async () => {
  const [width, height] = [4096, 1300];
  const random = seededRandom(11);
  // Even corners, so that half the size shows them exactly; no two in one tile; some longer than the tiles' overlap.
  const even = (most: number): number => 2 * random.index(most / 2);
  const lamps: Lamp[] = [];
  for (let top = 0; top + 130 < height; top += 390) {
    for (let left = 0; left + 130 < width; left += 390) {
      const [x1, y1] = [left + even(60), top + even(60)];
      lamps.push({ x1, y1, x2: x1 + 8 + even(62), y2: y1 + 8 + even(62) });
    }
  }
  const { detections = [], confidence, ...size } = await tiled.predict(await picture(width, height, lamps));
  assert.deepEqual([size.width, size.height], [width, height]);
  assert.ok(confidence > 0.79, `confidence ${confidence}`);
  const order = (rows: readonly Lamp[]) =>
    rows.map(({ x1, y1, x2, y2 }) => [y1, x1, x2, y2].map(Math.round)).sort((a, b) => key(a) - key(b));
  const key = ([y = 0, x = 0]: readonly number[]): number => Math.floor(y / 390) * 100 + Math.floor(x / 390);
  assert.equal(detections.length, lamps.length);
  // A tile may begin on an odd pixel, where half the size blurs the edges by one.
  for (const [i, found] of order(detections).entries()) {
    const truth = order(lamps)[i] as number[];
    const worst = Math.max(...found.map((value, k) => Math.abs(value - (truth[k] as number))));
    assert.ok(worst <= 2, `found ${found.join(" ")}, drawn ${truth.join(" ")}`);
  }
});
