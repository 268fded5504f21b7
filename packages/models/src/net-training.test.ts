import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { LabelledPictures, Sample } from "@sightline/dataset/dataset";
import { seededRandom } from "@sightline/dataset/seeded-random";
import { GraphBuilder } from "@sightline/nn/graph-builder";
import { floatTensor, indexTensor } from "@sightline/nn/tensor";
import { drawing, drawnPictures } from "./drawn-pictures.js";
import { evaluateSamples } from "./evaluate.js";
import type { NetContext, NetMethod, TrainedNet } from "./method.js";
import { modelValues } from "./model-values.js";
import { openPredictor } from "./predictor.js";
import { methods } from "./registry.js";
import { train } from "./train.js";

const side = 32;
const summary = { metricName: "accuracy", best: 1, epochs: 2, seconds: 0.1, ended: "finished" } as const;
const common = { seed: 3, threads: 1 } as const;

/** Sees how red and how blue a picture is: what a trained network would have found for the pictures drawn here. */
function colourNet(context: NetContext): TrainedNet {
  const builder = new GraphBuilder();
  const image = builder.input(modelValues.image, "float32", ["N", 3, side, side]);
  const means = builder.add("Flatten", [builder.add("GlobalAveragePool", [image])], { axis: 1 });
  // Logit of each label from the means of red, green and blue.
  const weights: Readonly<Record<string, readonly number[]>> = { red: [0.1, 0, 0], blue: [0, 0, 0.1] };
  const rows = context.labels.map((label) => weights[label] ?? [0, 0, 0]);
  const biases = context.labels.map((label) => (label in weights ? -6 : 0));
  builder.add(
    "Gemm",
    [means, floatTensor([rows.length, 3], rows.flat()), floatTensor([rows.length], biases)],
    { transB: 1 },
    modelValues.logits,
  );
  builder.output(modelValues.logits);
  return { graph: builder.build("colours"), input: { width: side, height: side }, parameters: 8, summary };
}

/** A method without an own idea: it remembers what it was given and answers with `make`. */
function played(make: (context: NetContext) => TrainedNet) {
  const seen: NetContext[] = [];
  const method: NetMethod = {
    kind: "net",
    title: "Played",
    options: { width: { kind: "whole", minimum: 1, maximum: 9, default: 4, meaning: "how wide" } },
    unsuitable: () => null,
    async train(context) {
      seen.push(context);
      for (const epoch of [1, 2])
        context.onEpoch({
          ...{ epoch, loss: 1 / epoch, metric: 0.5, learningRate: 0.1, picturesPerSecond: 9, waitedShare: 0 },
          elapsedSeconds: epoch,
        });
      return make(context);
    },
  };
  return { seen, method };
}

/** Red or blue or both or neither, with noise. */
async function colours(count: number) {
  const random = seededRandom(5);
  const kinds = Array.from({ length: count }, (_, i) => [i % 2 === 0, i % 3 === 0] as const);
  const set = await drawnPictures(
    "classification",
    null,
    kinds.map(([isRed, isBlue], i) => ({
      label: String(i),
      picture: drawing(40, 30, () => [isRed ? 120 : 20, 30 * random.next(), isBlue ? 120 : 20]),
    })),
  );
  return { ...set, kinds };
}

test("several labels at once: the file answers each on its own, and its held-out figures are the evaluation's", async (t) => {
  const { pictures, kinds, close } = await colours(36);
  t.after(close);
  const samples = pictures.samples.map(
    (sample, i): Sample => ({
      ...sample,
      label: "",
      labels: [...(kinds[i]?.[1] ? ["blue"] : []), ...(kinds[i]?.[0] ? ["red"] : [])],
    }),
  );
  const several: LabelledPictures = { ...pictures, task: "multilabel", labels: ["blue", "red"], samples };
  const { seen, method } = played(colourNet);
  const epochs: number[] = [];
  const { bytes, manifest } = await train({
    ...common,
    pictures: several,
    method: "auto",
    methods: { ...methods, finetune: method },
    onEpoch: ({ epoch }) => epochs.push(epoch),
  });
  assert.deepEqual(
    manifest.candidates.map((one) => one.method),
    ["finetune"],
    "of all methods `auto` takes this one",
  );
  const [context] = seen;
  assert.deepEqual(epochs, [1, 2]);
  assert.equal(context?.options.width, 4);
  assert.equal((context?.training.length ?? 0) + (context?.validation.length ?? 0), 36);
  assert.deepEqual(context?.targetOf(samples[0] as Sample), [1, 1]);
  assert.equal(manifest.method, "finetune");
  assert.deepEqual(manifest.training, summary);
  assert.equal(manifest.metrics?.images, context?.validation.length);
  assert.equal(manifest.metrics?.accuracy, 1);
  assert.deepEqual(
    manifest.metrics?.perLabel.map(({ label, ap50 }) => [label, ap50]),
    [
      ["blue", 1],
      ["red", 1],
    ],
  );

  const predictor = await openPredictor(bytes, { threads: 1 });
  t.after(() => predictor.close());
  const answer = async (i: number) => predictor.predict(await readFile(samples[i]?.file ?? ""), { stages: true });
  assert.deepEqual((await answer(0)).labels, ["blue", "red"]);
  assert.equal((await answer(0)).label, "blue, red");
  assert.equal((await answer(1)).label, "none");
  const { probabilities, confidence, stages } = await answer(2);
  assert.ok((probabilities.red ?? 0) > 0.5 && (probabilities.blue ?? 1) < 0.5, JSON.stringify(probabilities));
  assert.ok(confidence > 0.5 && (stages?.networkMs ?? -1) >= 0);
  const { evaluation } = await evaluateSamples({ predictor, pictures: several });
  assert.ok(evaluation.task === "multilabel");
  assert.deepEqual([evaluation.accuracy, evaluation.exactMatch, evaluation.images], [1, 1, 36]);
  assert.deepEqual(
    evaluation.perLabel.map(({ truths }) => truths),
    [12, 18],
  );
  await assert.rejects(evaluateSamples({ predictor, pictures }), {
    code: "LABELS_DIFFER",
    message: /one label a picture/,
  });
});

test("a network is compared on its own held-out pictures, and `auto` takes it only where it is better", async (t) => {
  const { pictures, kinds, close } = await colours(40);
  t.after(close);
  const label = (i: number): string => (kinds[i]?.[0] ? "red" : "dark");
  const samples = pictures.samples.map((sample, i) => ({ ...sample, label: label(i) }));
  const two: LabelledPictures = { ...pictures, labels: ["dark", "red"], samples };
  const { method } = played(colourNet);
  const folds = (quality: number) => ({
    kind: "folds" as const,
    title: "Guesses",
    input: { width: side, height: side },
    unsuitable: () => null,
    prepare: async (context: { truths: readonly number[] }) => ({
      crossValidate: async () => ({
        pictures: context.truths.map((truth, i) =>
          Float64Array.of(...[0, 1].map((k) => (k === truth ? 1 : 0) * (i % 3 === 0 ? quality : 1))),
        ),
        probes: [],
      }),
      finish: async () => {
        const builder = GraphBuilder.from(colourNet({ labels: two.labels } as NetContext).graph);
        builder.add("Softmax", [modelValues.logits], { axis: 1 }, modelValues.probabilities);
        builder.output(modelValues.probabilities);
        return builder.build("guesses");
      },
      dispose: async () => {},
    }),
  });
  const chosen = async (quality: number, budgetMs?: number, more = {}) => {
    const { manifest } = await train({
      ...common,
      pictures: two,
      method: "auto",
      methods: { classifier: folds(quality), ...more, finetune: method },
      ...(budgetMs !== undefined && { budgetMs }),
    });
    return [manifest.method, manifest.candidates.map((one) => one.method)];
  };
  assert.deepEqual(await chosen(-1), ["classifier", ["classifier"]], "without a budget it stays with the quick ones");
  assert.deepEqual(await chosen(-1, 600_000), ["finetune", ["classifier", "finetune"]]);
  assert.deepEqual(await chosen(1, 600_000), ["classifier", ["classifier"]], "nothing is left to gain");
  const better = { patchcore: folds(1) };
  assert.deepEqual(await chosen(-1, undefined, better), ["patchcore", ["classifier", "patchcore"]]);
  assert.deepEqual(await chosen(-1, 1, better), ["classifier", ["classifier"]], "the time was up after the first");
});

/** Always the same three boxes, two of them of the same object. */
function boxNet(labels: number): TrainedNet {
  const builder = new GraphBuilder();
  const image = builder.input(modelValues.image, "float32", ["N", 3, 64, 64]);
  const zero = builder.add("Mul", [builder.add("GlobalAveragePool", [image]), floatTensor([], [0])]);
  const batch = builder.add("Slice", [
    builder.add("Reshape", [zero, indexTensor([-1, 1, 3])]),
    indexTensor([0]),
    indexTensor([1]),
    indexTensor([2]),
  ]);
  const boxes = floatTensor([1, 3, 4], [8, 24, 24, 40, 9, 24, 24, 40, 40, 24, 56, 40]);
  const scores = floatTensor([1, 3, labels], [0.9, 0, 0.8, 0, 0, 0.7]);
  builder.add("Add", [batch, boxes], {}, modelValues.boxes);
  builder.add("Add", [batch, scores], {}, modelValues.scores);
  builder.output(modelValues.boxes);
  builder.output(modelValues.scores);
  return {
    graph: builder.build("boxes"),
    input: { width: 64, height: 64, fit: "letterbox" },
    detection: { scoreThreshold: 0.5, iouThreshold: 0.6, maxDetections: 100 },
    parameters: 0,
    summary,
  };
}

test("a detector's boxes come back in pixels of the picture, once each, and are measured by COCO's rules", async (t) => {
  // Twice as large as the input and half as high: 16 grey rows above and below.
  const set = await drawnPictures(
    "classification",
    null,
    Array.from({ length: 6 }, () => ({ label: "x", picture: drawing(128, 64, () => [90, 90, 90]) })),
  );
  t.after(set.close);
  const boxes = [
    { label: "cap", x1: 16, y1: 16, x2: 48, y2: 48 },
    { label: "ring", x1: 80, y1: 16, x2: 112, y2: 48 },
  ];
  const samples = set.pictures.samples.map((sample) => ({ ...sample, label: "", boxes }));
  const pictures: LabelledPictures = { ...set.pictures, task: "detection", labels: ["cap", "ring"], samples };
  const { method } = played(({ labels }) => boxNet(labels.length));
  const all = { ...methods, detector: method };
  const { bytes, manifest } = await train({ ...common, pictures, method: "auto", methods: all });
  assert.deepEqual(
    manifest.candidates.map((one) => one.method),
    ["detector"],
    "of all methods `auto` takes this one",
  );
  assert.deepEqual(
    [manifest.metrics?.mAP50, manifest.metrics?.source, manifest.metrics?.accuracy],
    [1, "heldOut", null],
  );
  assert.deepEqual(manifest.dataset.byLabel, { cap: 6, ring: 6 });

  const predictor = await openPredictor(bytes, { threads: 1 });
  t.after(() => predictor.close());
  const { label, labels, detections, width } = await predictor.predict(await readFile(samples[0]?.file ?? ""));
  assert.deepEqual([label, labels, width], ["1 cap, 1 ring", ["cap", "ring"], 128]);
  assert.deepEqual(
    detections.map((one) => [one.label, one.x1, one.y1, one.x2, one.y2, one.score.toFixed(2)]),
    [
      ["cap", 16, 16, 48, 48, "0.90"],
      ["ring", 80, 16, 112, 48, "0.70"],
    ],
  );
  const strict = await predictor.predict(await readFile(samples[0]?.file ?? ""), { scoreThreshold: 0.95 });
  assert.deepEqual([strict.label, strict.labels, strict.detections], ["none", [], []]);
  const { evaluation } = await evaluateSamples({ predictor, pictures });
  assert.ok(evaluation.task === "detection");
  assert.deepEqual([evaluation.mAP50, evaluation.mAP50_95, evaluation.images], [1, 1, 6]);
  assert.deepEqual(
    evaluation.perClass.map((row) => [row.label, row.truths, row.precision, row.recall]),
    [
      ["cap", 6, 1, 1],
      ["ring", 6, 1, 1],
    ],
  );
});

test("labels outside the list, options that don't exist and methods for another task are told", async (t) => {
  const { pictures, close } = await colours(8);
  t.after(close);
  const samples = pictures.samples.map((sample) => ({ ...sample, labels: ["green"] }));
  const several: LabelledPictures = { ...pictures, task: "multilabel", labels: ["blue", "red"], samples };
  const { method } = played(colourNet);
  const attempt = (options: object) =>
    train({ ...common, pictures: several, method: "auto", methods: { finetune: method }, ...options });
  await assert.rejects(attempt({}), { code: "DATASET_LABEL_UNKNOWN", message: /"0\/0\.png" is labelled "green"/ });
  const right = { ...several, samples: samples.map((sample, i) => ({ ...sample, labels: i % 2 ? ["red"] : [] })) };
  await assert.rejects(
    train({
      ...common,
      pictures: right,
      method: "finetune" as never,
      methods: { finetune: method },
      methodOptions: { depth: 1 },
    }),
    { code: "METHOD_OPTION_INVALID", message: /has no option "depth". It has: width/ },
  );
  await assert.rejects(
    train({
      ...common,
      pictures: right,
      method: "finetune" as never,
      methods: { finetune: method },
      methodOptions: { width: "10" },
    }),
    { code: "METHOD_OPTION_INVALID", message: /width must be a whole number from 1 to 9, got "10"/ },
  );
  await assert.rejects(train({ ...common, pictures: right, method: "classifier" }), {
    code: "METHOD_UNSUITABLE",
    message: /one label a picture, this training part has several/,
  });
});
