import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeImage } from "@sightline/dataset/image-file";
import { anomalyAreas, labelMap, labelMapPng, labelMapSize } from "./label-map.js";

const types = [
  { label: "crack", colour: "#23a436" },
  { label: "dent", colour: "#0000ff" },
];

test("a place is of the type that is highest, and of none below every limit", () => {
  const data = Float32Array.of(0.9, 0.4, 0.6, 0.2, 0.8, 0.3, 0.7, 0.1);
  assert.deepEqual([...labelMap({ width: 2, height: 2, types: 2, data }, 2, 2).data], [1, 0, 2, 0]);
});

test("areas add up to 1, the background first, the largest found next, what isn't found left out", () => {
  const map = { width: 2, height: 2, data: Uint8Array.of(0, 2, 2, 1) };
  assert.deepEqual(
    anomalyAreas(map, types).map(({ label, colour, areaFraction }) => [label, colour, areaFraction]),
    [
      ["background", "#ffffff", 0.25],
      ["dent", "#0000ff", 0.5],
      ["crack", "#23a436", 0.25],
    ],
  );
  assert.deepEqual(anomalyAreas({ ...map, data: new Uint8Array(4) }, types), [
    { label: "background", colour: "#ffffff", areaFraction: 1 },
  ]);
});

test("the picture of it has the picture's size and the types' colours, and is white elsewhere", async () => {
  const map = { width: 2, height: 1, data: Uint8Array.of(0, 1) };
  const { width, height, data } = await decodeImage(await labelMapPng(map, types, { width: 6, height: 3 }));
  assert.deepEqual([width, height], [6, 3]);
  assert.deepEqual([...data.subarray(0, 3), ...data.subarray(9, 12)], [255, 255, 255, 35, 164, 54]);
});

test("areas are measured on the picture's shape, at most 512 pixels long", () => {
  assert.deepEqual(labelMapSize({ width: 4000, height: 3000 }), { width: 512, height: 384 });
  assert.deepEqual(labelMapSize({ width: 300, height: 200 }), { width: 300, height: 200 });
});
