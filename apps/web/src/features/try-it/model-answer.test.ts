import assert from "node:assert/strict";
import { test } from "node:test";
import { answerOf } from "./model-answer.js";

const said = { labels: ["b", "a"], detections: [], width: 100, height: 50 };

test("one label is chosen by a person, several are taken over as the model said them", () => {
  assert.equal(answerOf({ ...said, task: "anomaly" }), null);
  assert.equal(answerOf({ ...said, task: "classification" }), null);
  assert.deepEqual(answerOf({ ...said, task: "multilabel" }), { labels: ["b", "a"] });
});

test("boxes are taken over in whole pixels inside the picture, and none that has no area", () => {
  const detections = [
    { label: "nut", score: 0.9, x1: -0.4, y1: 10.4, x2: 20.6, y2: 50.3 },
    { label: "nut", score: 0.8, x1: 99.6, y1: 1, x2: 103, y2: 9 },
  ];
  assert.deepEqual(answerOf({ ...said, task: "detection", detections }), {
    boxes: [{ label: "nut", x1: 0, y1: 10, x2: 21, y2: 50 }],
  });
  assert.deepEqual(answerOf({ ...said, task: "detection" }), { boxes: [] });
});
