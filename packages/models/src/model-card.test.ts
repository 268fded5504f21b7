import assert from "node:assert/strict";
import { test } from "node:test";
import { htmlPage, markdownPage } from "./html-page.js";
import type { Manifest } from "./manifest.js";
import { noMetrics } from "./metrics.js";
import { modelCard } from "./model-card.js";

const manifest: Manifest = {
  ...{ formatVersion: 1, method: "distilled", task: "classification", labels: ["cap", "no | cap"], normalLabel: null },
  input: { width: 128, height: 128 },
  ...{ parameters: 59_000, multiplyAccumulates: 36e6, threshold: 0, temperature: 1.2 },
  training: { metricName: "accuracy", best: 0.95, epochs: 30, seconds: 300, ended: "finished" },
  teachers: [{ method: "finetune", sha256: "ab12" }],
  backbone: {
    ...{ name: "mobilenet", title: "MobileNetV2 <1.0>", sha256: "cd34", licence: "Apache-2.0" },
    ...{ copyright: "Copyright 2018 Somebody", source: null },
  },
  metrics: {
    ...noMetrics,
    ...{
      source: "heldOut",
      images: 40,
      accuracy: 0.95,
      precision: 0.95,
      recall: 0.95,
      f1: 0.95,
      auroc: 0.99,
      ece: 0.02,
    },
    confusion: {
      labels: ["cap", "no | cap"],
      counts: [
        [20, 0],
        [2, 18],
      ],
    },
  },
  ...{ scores: [], roc: [], candidates: [] },
  dataset: { name: "bottles", hash: "ef56", images: 160, byLabel: { cap: 145, "no | cap": 15 } },
  ...{ seed: 3, createdAt: "2026-01-02T03:04:05.000Z", sightlineVersion: "0.1.0" },
};
const facts = {
  manifest,
  name: "caps.onnx",
  sha256: "0099",
  bytes: 250_000,
  cost: { parameters: 59_000, multiplyAccumulates: 36e6 },
};

test("a card tells figures with intervals, scarce labels, the weights' licence, teachers and costs", () => {
  const text = markdownPage(modelCard(facts));
  assert.match(text, /^# Model card: caps\.onnx/);
  // Wilson's interval of 38 of 40: (0.8350, 0.9862).
  assert.match(text, /\| accuracy \| 95\.0 % \| 83\.5 % – 98\.6 % \|/);
  assert.match(text, /"no \\\| cap" told as such \| 90\.0 % of 20 \| 69\.9 % – 97\.2 % \|/);
  assert.match(text, /It saw "no \| cap" only 15 times/);
  assert.match(text, /Only 40 pictures measured it/);
  assert.match(text, /licence \| Apache-2\.0/);
  assert.match(text, /Taught by a model of finetune \(SHA-256 ab12\)/);
  assert.match(text, /59,000/);
});

test("as a page nothing of a name becomes markup; without figures it says that there are none", () => {
  const page = htmlPage(modelCard({ ...facts, manifest: { ...manifest, metrics: null } }));
  assert.match(page, /MobileNetV2 &lt;1\.0&gt;/);
  assert.match(page, /Nobody has measured it/);
  assert.doesNotMatch(page, /<script/);
});
