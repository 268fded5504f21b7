/** Evidence maps against good pictures: the network is one whose evidence is brightness, with a corner that is always bright. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Graph } from "@sightline/nn/graph";
import { GraphBuilder } from "@sightline/nn/graph-builder";
import { writeOnnx } from "@sightline/nn/onnx-file";
import { openSession } from "@sightline/nn/session/session";
import { floatTensor, indexTensor } from "@sightline/nn/tensor";
import type { Image } from "@sightline/vision/image";
import { writePlanes } from "@sightline/vision/planes";
import { addEvidenceMap } from "./evidence-map.js";
import { againstGoodPictures } from "./usual-evidence.js";

const side = 64;
/** Of the map. */
const places = side / 8;

function brightness(): Graph {
  const builder = new GraphBuilder();
  const image = builder.input("image", "float32", ["N", 3, side, side]);
  const map = builder.add("AveragePool", [image], { kernel_shape: [8, 8], strides: [8, 8] });
  const score = builder.add("Sigmoid", [builder.add("ReduceMean", [map, indexTensor([1, 2, 3])], { keepdims: 0 })]);
  const tap = { name: "grey", stride: 8, channels: 3, map, squares: null, deviation: null } as const;
  addEvidenceMap(builder, [tap], Float32Array.of(0.01, 0.01, 0.01), score);
  builder.output("anomaly_map");
  return builder.build("brightness");
}

/** Grey with a bright corner, a little brighter or darker; a bad one has a spot that is not as bright. */
function plate(grey: number, hasSpot: boolean): Image {
  const data = new Uint8Array(side * side * 3);
  for (let i = 0; i < side * side; i++) {
    const [x, y] = [i % side, Math.floor(i / side)];
    const isCorner = x >= side - 8 && y >= side - 8;
    const isSpot = hasSpot && Math.hypot(x - 20, y - 28) < 6;
    data.fill(isCorner ? 240 : isSpot ? 200 : grey, i * 3, i * 3 + 3);
  }
  return { width: side, height: side, data };
}

async function mapOf(graph: Graph, picture: Image): Promise<Float32Array> {
  const session = await openSession(writeOnnx(graph), { threads: 1 });
  try {
    const planes = new Float32Array(3 * side * side);
    writePlanes(picture, planes, 0);
    const { anomaly_map: map } = await session.run({ image: floatTensor([1, 3, side, side], planes) });
    return Float32Array.from(map?.data as Float32Array);
  } finally {
    await session.dispose();
  }
}

const peakOf = (map: Float32Array): number => map.indexOf(Math.max(...map));
const spot = 3 * places + 2;
const corner = places * places - 1;

test("what every good picture shows at a place is no evidence there, however strong it is", async () => {
  const plain = brightness();
  const bad = plate(90, true);
  assert.equal(peakOf(await mapOf(plain, bad)), corner);
  const images = [80, 85, 90, 95, 100].map((grey) => () => plate(grey, false));
  const graph = await againstGoodPictures(plain, { images, threads: 1, signal: undefined });
  const map = await mapOf(graph, bad);
  assert.equal(peakOf(map), spot);
  assert.equal(map[corner], 0);
  assert.ok(
    map.filter((value) => value > 0).length <= 9,
    `only around the spot: ${map.filter((value) => value > 0).length}`,
  );
  // As a picture that lies between the good ones.
  assert.deepEqual(await mapOf(graph, plate(90, false)), new Float32Array(places * places));
});

test("without good pictures a graph stays as it is, and a stop ends the looking", async () => {
  const plain = brightness();
  assert.equal(await againstGoodPictures(plain, { images: [], threads: 1, signal: undefined }), plain);
  const images = [() => plate(80, false)];
  await assert.rejects(againstGoodPictures(plain, { images, threads: 1, signal: AbortSignal.abort() }), {
    code: "TRAINING_CANCELLED",
  });
});
