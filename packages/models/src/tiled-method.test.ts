import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { LabelledPictures } from "@sightline/dataset/dataset";
import { encodePng } from "@sightline/dataset/image-file";
import { seededRandom } from "@sightline/dataset/seeded-random";
import { GraphBuilder } from "@sightline/nn/graph-builder";
import { floatTensor } from "@sightline/nn/tensor";
import { maxTiles } from "./anomaly-tiles.js";
import { drawing, drawnPictures } from "./drawn-pictures.js";
import type { NetContext, NetMethod } from "./method.js";
import { modelValues } from "./model-values.js";
import { maxNormals } from "./patchcore/patchcore.js";
import { openPredictor } from "./predictor.js";
import { train } from "./train.js";

const [width, height] = [320, 256];
const tile = 128;
/** Ten good plates, and three with a dot that is lost when a plate is shrunk. */
let plates: LabelledPictures;
let close: () => Promise<void>;

function plate(seed: number, dot: readonly [number, number] | null) {
  const random = seededRandom(seed);
  const picture = drawing(width, height, (x, y) => {
    const grey = 130 + 20 * Math.sin(x * 0.35) + 10 * Math.sin(y * 0.2) + 4 * random.normal();
    return [grey, grey, grey];
  });
  if (dot) picture.fill(dot[0], dot[1], dot[0] + 9, dot[1] + 9, [20, 10, 200]);
  return picture;
}

const dots = [
  [40, 50],
  [250, 60],
  [90, 200],
] as const;

before(async () => {
  const drawn = await drawnPictures("anomaly", "good", [
    ...Array.from({ length: 10 }, (_, i) => ({ label: "good", picture: plate(i, null) })),
    ...dots.map((dot, i) => ({ label: "bad", picture: plate(50 + i, dot) })),
  ]);
  plates = drawn.pictures;
  close = drawn.close;
});

after(() => close());

const common = { seed: 3, threads: 2 } as const;

test("patchcore learns from tiles of good pictures, and its model finds and shows what is small in a large one", async () => {
  const { manifest, bytes } = await train({ ...common, pictures: plates, method: "patchcore", tiling: tile });
  assert.deepEqual(manifest.tiling, { tile: 128, overlap: 32 });
  assert.equal(manifest.scores.length, 13, "a score a picture, not a tile");
  assert.equal(manifest.dataset.images, 13);
  assert.ok((manifest.metrics?.auroc ?? 0) >= 0.95, `held out: ${manifest.metrics?.auroc}`);
  const predictor = await openPredictor(bytes, { threads: 2, workers: 1 });
  try {
    const good = await predictor.predict(await encodePng(plate(99, null)));
    const bad = await predictor.predict(await encodePng(plate(98, [200, 120])), { anomalyMap: true, heatMap: true });
    assert.ok((good.score ?? 1) < (bad.score ?? 0), `${good.score} for good, ${bad.score} for bad`);
    assert.equal(bad.isAnomalous, true);
    const map = bad.anomalyMap;
    assert.ok(map && map.width / map.height > 1.2 && map.width / map.height < 1.3, "the picture's shape");
    const peak = map.data.indexOf(Math.max(...map.data));
    const [x, y] = [((peak % map.width) + 0.5) / map.width, (Math.floor(peak / map.width) + 0.5) / map.height];
    assert.ok(Math.abs(x - 204 / width) < 0.1 && Math.abs(y - 124 / height) < 0.1, `${x}, ${y}`);
    assert.ok(bad.heatMapPng);
  } finally {
    await predictor.close();
  }
});

test("a network is given tiles whose truth is known, and measured by the worst tile of each picture held out", async () => {
  const seen: NetContext[] = [];
  /** Answers with the picture's mean blue: what shows no dot has less. */
  const blue: NetMethod = {
    kind: "net",
    title: "Played",
    options: {},
    unsuitable: () => null,
    async train(context) {
      seen.push(context);
      const builder = new GraphBuilder();
      const image = builder.input(modelValues.image, "float32", ["N", 3, tile, tile]);
      const means = builder.add("Flatten", [builder.add("GlobalMaxPool", [image])], { axis: 1 });
      builder.add(
        "Gemm",
        [means, floatTensor([2, 3], [0, 0, 0, -1, 0, 1]), floatTensor([2], [0, 0])],
        { transB: 1 },
        modelValues.logits,
      );
      builder.output(modelValues.logits);
      return {
        graph: builder.build("blue"),
        input: { width: tile, height: tile },
        parameters: 6,
        summary: { metricName: "accuracy", best: 1, epochs: 1, seconds: 0, ended: "finished" },
      };
    },
  };
  const { manifest } = await train({
    ...common,
    pictures: plates,
    method: "tiny",
    methods: { tiny: blue },
    tiling: tile,
  });
  const [context] = seen;
  assert.ok(context && context.training.length > 40 && context.training.every(({ region }) => region !== undefined));
  assert.ok(
    context.training.every(({ label }) => label === "good"),
    "nobody said in which tile the dot is",
  );
  assert.deepEqual(manifest.tiling, { tile: 128, overlap: 32 });
  assert.equal(manifest.metrics?.auroc, 1);
  const held = manifest.scores.filter(({ isAnomaly }) => isAnomaly).length;
  assert.ok(held >= 1 && manifest.scores.length < 10, "by picture");
});

test("no tile of a picture that is measured is passed over, however many tiles there are", () => {
  assert.ok(maxTiles <= maxNormals, `${maxTiles} tiles, patchcore looks at ${maxNormals}`);
});
