import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { partsWithHoles } from "../drawn-pictures.js";
import { evaluateSamples } from "../evaluate.js";
import { openPredictor } from "../predictor.js";
import { train } from "../train.js";
import { answeredPictures } from "./answered-picture.js";
import { buildReport } from "./build-report.js";
import { mistakePictures } from "./mistake-pictures.js";
import { repeatTraining } from "./repeats.js";
import { reportPage } from "./report-page.js";
import { escaped, plotSvg, roundTicks, shareAxis } from "./svg-plot.js";

test("a report tells figures, curves, slices, costs and the worst mistakes, and its page needs nothing else", async (t) => {
  const { pictures, close } = await partsWithHoles(12, 6);
  t.after(close);
  const { bytes } = await train({ pictures, method: "patchcore", seed: 1, threads: 1 });
  const predictor = await openPredictor(bytes, { threads: 1 });
  t.after(() => predictor.close());
  // Two truths turned round make two mistakes.
  const samples = pictures.samples.map((sample, i) => {
    if (i === 0) return { ...sample, label: "hole" };
    return i === 17 ? { ...sample, label: "good" } : sample;
  });
  const measured = await evaluateSamples({ predictor, pictures: { ...pictures, samples } });
  const report = buildReport({
    ...{ modelName: "<parts>", manifest: predictor.manifest, skipped: [], picturesName: "drawn" },
    pictures: answeredPictures(measured.answered, ({ name }) => ({ camera: name.endsWith("0.png") ? "a" : "b" })),
    cost: { escape: 100, falseReject: 5, defectRate: 0.01 },
    msPerImage: measured.evaluation.msPerImage,
  });
  assert.deepEqual(report.confusion?.counts, [
    [11, 1],
    [1, 5],
  ]);
  assert.equal(report.mistakeCount, 2);
  assert.deepEqual(report.mistakes.map(({ kind }) => kind).sort(), ["escape", "falseReject"]);
  assert.equal(report.mistakes.find(({ kind }) => kind === "escape")?.name, "good/0.png");
  const accuracy = report.figures.find(({ name }) => name === "accuracy");
  assert.ok(accuracy && Math.abs((accuracy.value ?? 0) - 16 / 18) < 1e-12);
  assert.ok((accuracy.low ?? 1) < 0.88 && (accuracy.high ?? 0) > 0.9);
  assert.deepEqual(
    report.slices[0]?.rows.map(({ value, images }) => [value, images]),
    [
      ["a", 2],
      ["b", 16],
    ],
  );
  assert.ok(report.threshold?.cheapest && report.reliability && report.curves[0]?.roc.length);
  assert.deepEqual(JSON.parse(JSON.stringify(report)), report, "plain data");

  const fileOf = new Map(samples.map((sample) => [sample.name, sample]));
  const shown = await mistakePictures({
    ...{ predictor, mistakes: report.mistakes, most: 1 },
    sampleOf: ({ name }) => fileOf.get(name),
  });
  assert.deepEqual([...shown.keys()], [0]);
  const page = reportPage(report, { pictures: shown });
  assert.match(page, /^<!doctype html>/);
  assert.ok(page.includes("Evaluation of &lt;parts&gt;") && !page.includes("<parts>"));
  assert.equal(page.match(/<img /g)?.length, 2, "the picture and its heat map");
  assert.doesNotMatch(page, /(src|href)="(?!data:)|<script|@import|url\(/);
  for (const title of ["Confusion matrix", "Curves", "Threshold", "Reliability", "By camera", "Worst mistakes"])
    assert.ok(page.includes(`<h2>${title}</h2>`), title);
});

test("good pictures alone: nothing is promised of defects, and a perfect model's interval is not one point", async (t) => {
  const { pictures, close } = await partsWithHoles(10, 0);
  t.after(close);
  const { bytes } = await train({ pictures, method: "patchcore", seed: 1, threads: 1 });
  const predictor = await openPredictor(bytes, { threads: 1 });
  t.after(() => predictor.close());
  const { answered } = await evaluateSamples({ predictor, pictures });
  const report = buildReport({
    ...{ modelName: "parts", manifest: predictor.manifest, skipped: [], picturesName: "drawn", msPerImage: null },
    pictures: answeredPictures(answered, () => ({})),
  });
  const value = (name: string) => report.figures.find((one) => one.name === name);
  assert.deepEqual([value("auroc")?.value, value("recall")?.value, value("ece")?.value], [null, null, null]);
  assert.equal(value("falseRejectRate")?.value, 0);
  assert.ok((value("falseRejectRate")?.high ?? 0) > 0.2);
  assert.deepEqual([report.reliability, report.curves], [null, []]);
  assert.match(reportPage(report), /all 10 pictures are answered right/);
});

test("a method trained again by folds and seeds has each picture held out once a seed", async (t) => {
  const { pictures, close } = await partsWithHoles(12, 6);
  t.after(close);
  const before = await readFile(pictures.samples[0]?.file ?? "");
  const steps: number[] = [];
  const { runs, figures } = await repeatTraining({
    ...{ pictures, method: "patchcore", folds: 3, seeds: [1, 2], threads: 1 },
    onProgress: ({ progress }) => steps.push(progress),
  });
  assert.equal(runs.length, 6);
  for (const seed of [1, 2]) {
    const own = runs.filter((run) => run.seed === seed);
    assert.equal(
      own.reduce((sum, { testImages }) => sum + testImages, 0),
      18,
    );
    assert.ok(own.every(({ trainImages, testImages }) => trainImages + testImages === 18));
  }
  const auroc = figures.find(({ name }) => name === "auroc");
  assert.ok(auroc && auroc.mean > 0.9 && auroc.deviation < 0.2 && auroc.runs === 6);
  const values = runs.map((run) => run.figures.accuracy as number);
  const mean = values.reduce((sum, one) => sum + one, 0) / 6;
  const deviation = Math.sqrt(values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / 5);
  const accuracy = figures.find(({ name }) => name === "accuracy");
  assert.ok(Math.abs((accuracy?.mean ?? 0) - mean) < 1e-12 && Math.abs((accuracy?.deviation ?? 0) - deviation) < 1e-12);
  assert.deepEqual(
    steps,
    steps.toSorted((a, b) => a - b),
  );
  assert.deepEqual(await readFile(pictures.samples[0]?.file ?? ""), before);
});

test("a repeated training that is cancelled ends at once", async (t) => {
  const { pictures, close } = await partsWithHoles(6, 0);
  t.after(close);
  const order = { pictures, method: "patchcore" as const, folds: 2, seeds: [1], threads: 1 };
  await assert.rejects(repeatTraining({ ...order, signal: AbortSignal.abort() }), { code: "TRAINING_CANCELLED" });
});

test("plots keep their points inside, round their ticks and escape what people wrote", () => {
  assert.deepEqual(roundTicks(0, 1), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(roundTicks(0, 37), [0, 10, 20, 30]);
  assert.equal(escaped(`<a href="x">&`), "&lt;a href=&quot;x&quot;&gt;&amp;");
  const svg = plotSvg({
    description: `"quoted"`,
    ...{ x: shareAxis("x"), y: shareAxis("y"), width: 420, height: 300 },
    series: [{ title: "<b>", colour: 0, points: [[-1, 2] as const, [0.5, 0.5] as const] }],
  });
  assert.ok(svg.includes("M48 12L227 136") && svg.includes("&lt;b&gt;") && svg.includes("&quot;quoted&quot;"), svg);
});
