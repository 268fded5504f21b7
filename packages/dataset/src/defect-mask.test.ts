import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeDefectMask } from "./defect-mask.js";
import { encodePng } from "./image-file.js";

const colours = [
  { label: "crack", colour: "#23a436" },
  { label: "dent", colour: "#0000ff" },
];

/** One row of RGBA pixels. */
const png = (...pixels: (readonly [number, number, number, number])[]) =>
  encodePng({ width: pixels.length, height: 1, data: Uint8Array.from(pixels.flat()) });

test("each pixel is of the nearest colour; transparent, white and black are background, edges fall to their larger half", async () => {
  const bytes = await png(
    [35, 164, 54, 255],
    [0, 0, 255, 255],
    [35, 164, 54, 0],
    [255, 255, 255, 255],
    [0, 0, 0, 255],
    [35, 164, 54, 200],
    [35, 164, 54, 60],
  );
  const { data } = await decodeDefectMask(bytes, { types: ["dent", "crack"], colours, label: "anomaly" });
  assert.deepEqual([...data], [2, 1, 0, 0, 0, 2, 0]);
});

test("a type nobody asked for is background", async () => {
  const bytes = await png([35, 164, 54, 255], [0, 0, 255, 255]);
  assert.deepEqual([...(await decodeDefectMask(bytes, { types: ["dent"], colours, label: "anomaly" })).data], [0, 1]);
});

test("without a colour map what is bright is a defect of the picture's label", async () => {
  const bytes = await png([0, 0, 0, 255], [255, 255, 255, 255]);
  assert.deepEqual([...(await decodeDefectMask(bytes, { types: ["hole", "dent"], label: "dent" })).data], [0, 2]);
});

test("a mask in other colours than its map's is refused, and names one", async () => {
  const bytes = await png([255, 0, 128, 255], [255, 0, 128, 255], [255, 255, 255, 255]);
  await assert.rejects(decodeDefectMask(bytes, { types: ["dent"], colours, label: "anomaly" }), {
    code: "MASK_UNUSABLE",
    message: /painted in #23a436 \(crack\), #0000ff \(dent\), got #ff0080/,
  });
});
