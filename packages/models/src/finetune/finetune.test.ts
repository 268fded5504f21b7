import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { LabelledPictures } from "@sightline/dataset/dataset";
import { seededRandom } from "@sightline/dataset/seeded-random";
import { exportGraph } from "@sightline/nn/export";
import type { Graph } from "@sightline/nn/graph";
import { openGraphSession } from "@sightline/nn/session/session";
import { floatTensor } from "@sightline/nn/tensor";
import { readBackbone } from "../backbone.js";
import { partsWithHoles } from "../drawn-pictures.js";
import type { NetContext } from "../method.js";
import { readOptions } from "../method-options.js";
import { openPredictor } from "../predictor.js";
import { quietContext } from "../quiet-context.js";
import { train } from "../train.js";
import { labelWeights } from "../training-samples.js";
import { finetune } from "./finetune.js";
import { type OneLabelSettings, trainOneLabel } from "./one-label.js";
import { pretrained, stageRates, withNorms } from "./pretrained.js";
import { flipChoices, type MixChoice, oneLabelRecipe, severalLabelsRecipe } from "./training-pictures.js";

const size = 64;

test("parts with and without holes: fine-tuned, the file tells new ones and shows where", async (t) => {
  const { pictures, close } = await partsWithHoles(20, 20);
  t.after(close);
  const losses: number[] = [];
  const { bytes, manifest } = await train({
    ...{ pictures, method: "finetune", seed: 1, threads: 1, epochs: 3, methodOptions: { size, frozen: 3 } },
    onEpoch: ({ loss }) => losses.push(loss),
  });
  assert.equal(losses.length, 3);
  assert.equal(manifest.training?.epochs, 3);
  assert.equal(manifest.input.width, size);
  const fresh = await partsWithHoles(10, 10, 7);
  t.after(fresh.close);
  const predictor = await openPredictor(bytes, { threads: 1 });
  t.after(() => predictor.close());
  let right = 0;
  for (const { file, label } of fresh.pictures.samples) {
    const { label: answer, heatMapPng } = await predictor.predict(await readFile(file), { heatMap: true });
    right += (answer === "normal") === (label === "good") ? 1 : 0;
    assert.ok(heatMapPng, "an anomaly task has a map");
  }
  assert.ok(right >= 18, `${right} of 20 right`);
});

test("held-out pictures judge: a training that ruins what was there is dropped", async (t) => {
  const { pictures, close } = await partsWithHoles(12, 12);
  t.after(close);
  const { graph, summary } = await trainOneLabel(contextOf(pictures), { ...settings, learningRate: 0.3 });
  assert.deepEqual(changed(graph), []);
  assert.ok((summary.best ?? 0) >= 0.75, `the start is a classifier already: ${summary.best}`);
});

test("a training that held-out pictures like is kept; frozen stages stay as they were", async (t) => {
  const { pictures, close } = await partsWithHoles(12, 12);
  t.after(close);
  const { graph, measuredGraph } = await trainOneLabel(shaken(contextOf(pictures)), lastStageOnly);
  assert.equal(measuredGraph, undefined, "what the dataset lists is not learnt from");
  const names = changed(graph);
  assert.ok(names.length > 10, `learnt: ${names.join(", ")}`);
  assert.ok(
    names.every((name) => /last|block(13|14|15|16)/.test(name)),
    `only the last stage learns: ${names.join(", ")}`,
  );
});

test("pictures that were set aside measure, then they are learnt from too, in epochs of their own", async (t) => {
  const { pictures, close } = await partsWithHoles(12, 12);
  t.after(close);
  const epochs: number[] = [];
  const context = { ...shaken(contextOf(pictures)), isValidationSetAside: true };
  const { graph, measuredGraph, summary } = await trainOneLabel(
    { ...context, onEpoch: ({ epoch }) => epochs.push(epoch) },
    lastStageOnly,
  );
  assert.deepEqual([epochs, summary.epochs], [[1, 2, 3], 3]);
  assert.ok(measuredGraph);
  const weightsOf = ({ initializers }: Graph) => [...initializers].map(([name, { data }]) => [name, [...data].join()]);
  assert.notDeepEqual(weightsOf(graph), weightsOf(measuredGraph));
});

test("batch norms put back leave the answers as they are, and the frozen stages without", async () => {
  const random = seededRandom(3);
  const image = floatTensor(
    [8, 3, size, size],
    Float32Array.from({ length: 8 * 3 * size * size }, () => 255 * random.next()),
  );
  const shape = { width: size, height: size, taps: ["last"] };
  const backbone = readBackbone();
  const plain = pretrained(backbone, shape);
  const normed = await withNorms(plain, [{ image }], { ...shape, backbone, frozen: 3, threads: 1 });
  const normedLayers = [...normed.weights.statistics.keys()].filter((name) => name.endsWith("/mean"));
  assert.ok(normedLayers.length > 20);
  assert.ok(
    normedLayers.every((name) => /block([6-9]|1\d)|last/.test(name)),
    normedLayers.join(", "),
  );
  const [before, after] = await Promise.all(
    [plain, normed].map(async ({ model, weights }) => {
      const inputs = { image: { type: "float32", dims: ["N", 3, size, size] } } as const;
      const session = await openGraphSession(exportGraph(model, weights, inputs, "taps"), { threads: 1 });
      const { last } = await session.run({ image });
      await session.dispose();
      return last?.data as Float32Array;
    }),
  );
  const worst = Math.max(...(before ?? []).map((value, i) => Math.abs(value - (after?.[i] ?? Number.NaN))));
  assert.ok(worst < 1e-2, `of values up to 6: ${worst}`);
});

test("flips: what a person says, else what held-out pictures say, but never where labels speak of sides", () => {
  const choices = (labels: string[], flips: string) =>
    flipChoices({ labels, options: { flips } } as unknown as NetContext).map(
      ({ sideways, upsideDown }) => `${sideways ? "s" : ""}${upsideDown ? "u" : ""}`,
    );
  assert.deepEqual(choices(["cat", "dog"], "auto"), ["", "s", "su"]);
  assert.deepEqual(choices(["turn_left", "turn_right"], "auto"), [""]);
  assert.deepEqual(choices(["turn_left", "turn_right"], "sideways"), ["s"]);
  assert.deepEqual(choices(["cat", "dog"], "none"), [""]);
  const several = severalLabelsRecipe({ labels: ["cat"], options: { flips: "auto" } } as unknown as NetContext);
  assert.equal(several.flipSideways, 0);
});

test("mixing is as wished, and turned off by default", () => {
  const flips = { sideways: true, upsideDown: false, quarterTurns: false };
  const chances = (mix: MixChoice) => {
    const { mixup, cutmix } = oneLabelRecipe(flips, mix);
    return [mixup.chance, cutmix.chance];
  };
  assert.equal(readOptions("finetune", finetune.options, {}).mix, "none");
  assert.deepEqual(chances("none"), [0, 0]);
  assert.deepEqual(chances("mixup"), [0.5, 0]);
  assert.deepEqual(chances("cutmix"), [0, 0.5]);
});

test("each stage learns more slowly than the one behind it, the frozen ones not at all", () => {
  assert.deepEqual(stageRates(["stage1", "stage2", "stage3"], 1, 0.5), {
    stage1: { isFrozen: true },
    stage2: { learningRateScale: 0.5 },
    stage3: { learningRateScale: 1 },
  });
});

test("a rare label's pictures weigh more, the mean weight stays one", () => {
  const targets = [...Array.from({ length: 90 }, () => [1, 0]), ...Array.from({ length: 10 }, () => [0, 1])];
  const [common = 0, rare = 0] = labelWeights(targets);
  assert.ok(Math.abs(rare / common - 3) < 1e-9, "by the root of how much rarer");
  assert.ok(Math.abs(0.9 * common + 0.1 * rare - 1) < 1e-9);
});

test("too few pictures of a label and boxes are refused with the reason", () => {
  assert.match(
    finetune.unsuitable("classification", ["a", "b"], [9, 2]) ?? "",
    /5 pictures of each label, got a 9, b 2/,
  );
  assert.match(finetune.unsuitable("detection", ["a"], [9]) ?? "", /draws no boxes/);
  assert.equal(finetune.unsuitable("multilabel", ["a", "b"], [9, 5]), null);
});

const settings: OneLabelSettings = {
  ...{
    size,
    frozenStages: 2,
    batchSize: 8,
    epochs: 2,
    patience: 2,
    learningRate: 5e-5,
    decay: 0.7,
    head: 1,
    norms: true,
  },
};

const lastStageOnly: OneLabelSettings = { ...settings, frozenStages: 4, learningRate: 1e-2, norms: false };

/** Held-out pictures that say the opposite: whatever shakes the start is better than it. */
function shaken(context: NetContext): NetContext {
  const others = new Set(context.validation);
  return {
    ...context,
    targetOf: (sample) => (others.has(sample) ? context.targetOf(sample).toReversed() : context.targetOf(sample)),
  };
}

/** Parameters of the backbone that aren't what they were. */
function changed({ initializers }: Graph): string[] {
  const { weights, stages } = pretrained(readBackbone(), { width: size, height: size, taps: ["last"] });
  assert.deepEqual(stages, ["stage1", "stage2", "stage3", "stage4", "stage5"]);
  return [...weights.parameters].flatMap(([name, { data }]) => {
    const now = initializers.get(name)?.data;
    return now?.some((value, i) => value !== data[i]) ? [name] : [];
  });
}

/** The first three of four pictures to learn from, the fourth held out. */
function contextOf({ task, labels: names, samples, normalLabel }: LabelledPictures): NetContext {
  const labels = task === "anomaly" ? ["normal", "anomaly"] : names;
  const places = new Map(names.map((name, i) => [name, task === "anomaly" ? (name === normalLabel ? 0 : 1) : i]));
  return quietContext(finetune, {
    task,
    labels,
    training: samples.filter((_, i) => i % 4 < 3),
    validation: samples.filter((_, i) => i % 4 === 3),
    targetOf: ({ label }) => labels.map((_, k) => (places.get(label) === k ? 1 : 0)),
  });
}
