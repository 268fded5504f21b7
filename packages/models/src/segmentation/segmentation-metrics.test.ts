import assert from "node:assert/strict";
import { test } from "node:test";
import { defectMetrics, pixelConfusion } from "./segmentation-metrics.js";

const types = [
  { label: "crack", colour: "#ff0000" },
  { label: "dent", colour: "#0000ff" },
];

test("figures of each type are those counted by hand", () => {
  const pictures = [
    pixelConfusion(Uint8Array.of(1, 1, 0, 0), Uint8Array.of(1, 0, 1, 0), 2),
    pixelConfusion(Uint8Array.of(1, 1, 1, 1), Uint8Array.of(1, 1, 1, 2), 2),
    pixelConfusion(Uint8Array.of(0, 0, 0, 0), Uint8Array.of(0, 0, 0, 1), 2),
  ];
  const [crack, dent] = defectMetrics(types, pictures, "test");
  // Called 2 + 3 + 1, actual 2 + 4, both 1 + 3.
  assert.deepEqual(crack, {
    ...types[0],
    source: "test",
    images: 2,
    precision: 4 / 6,
    recall: 4 / 6,
    f1: 8 / 12,
    iou: 4 / 8,
    meanIou: (1 / 3 + 3 / 4) / 2,
  });
  assert.deepEqual([dent?.images, dent?.precision, dent?.recall, dent?.iou, dent?.meanIou], [0, 0, null, 0, null]);
});
