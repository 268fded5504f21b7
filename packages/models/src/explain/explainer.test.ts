import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { decodeImage, encodePng } from "@sightline/dataset/image-file";
import type { Image } from "@sightline/vision/image";
import { openPredictor } from "../predictor.js";
import { type Explainer, type Explanation, openExplainer } from "./explainer.js";
import { hueClassifier, hueDetector, rednessJudge } from "./hand-made-models.js";

const red = [230, 40, 40] as const;
const blue = [40, 40, 230] as const;

interface Patch {
  readonly x: number;
  readonly y: number;
  readonly side: number;
  readonly colour: readonly [number, number, number];
}

/** Grey with patches of colour. */
function picture(patches: readonly Patch[], width = 128, height = 96): Promise<Uint8Array> {
  const data = new Uint8Array(width * height * 3).fill(128);
  for (const { x, y, side, colour } of patches)
    for (let v = y; v < y + side; v++) for (let u = x; u < x + side; u++) data.set(colour, (v * width + u) * 3);
  return encodePng({ width, height, data });
}

const redPatch = { x: 80, y: 12, side: 24, colour: red };
const bluePatch = { x: 16, y: 60, side: 16, colour: blue };

let hues: Explainer;
let judge: Explainer;
let detector: Explainer;
before(async () => {
  hues = await openExplainer(hueClassifier(), { threads: 1 });
  judge = await openExplainer(rednessJudge(), { threads: 1 });
  detector = await openExplainer(hueDetector(), { threads: 1 });
});
after(() => Promise.all([hues, judge, detector].map((one) => one?.close())));

const sumOf = ({ regions }: Explanation) => regions.reduce((sum, { value }) => sum + value, 0);
const highest = ({ regions }: Explanation) => regions.toSorted((a, b) => b.value - a.value)[0];

/** Does a region's box reach into the patch? */
function touches(region: Explanation["regions"][number] | undefined, { x, y, side }: Patch): boolean {
  const { box } = region ?? assert.fail("no region");
  return box.x1 < x + side && box.x2 > x && box.y1 < y + side && box.y2 > y;
}

test("Shapley values add up to the model's answer minus the base, and the answer is the predictor's", async (t) => {
  const bytes = await picture([redPatch, bluePatch]);
  const predictor = await openPredictor(hueClassifier(), { threads: 1 });
  t.after(() => predictor.close());
  const { probabilities } = await predictor.predict(bytes);
  for (const shape of ["superpixels", "grid"] as const) {
    for (const unit of ["log-odds", "probability"] as const) {
      const explanation = await hues.explain(bytes, { shape, unit, regions: 30, evaluations: 200 });
      const { prediction, base, evidence, baseEvidence, label, additivityError, evaluations } = explanation;
      assert.equal(label, "red");
      assert.ok(Math.abs(prediction - (probabilities.red ?? 0)) < 1e-5);
      assert.ok(Math.abs(sumOf(explanation) - ((evidence ?? 0) - (baseEvidence ?? 0))) < 1e-3);
      if (unit === "probability") assert.deepEqual([evidence, baseEvidence], [prediction, base]);
      else assert.ok(Math.abs((evidence ?? 0) - Math.log(prediction / (1 - prediction))) < 1e-3);
      assert.ok((additivityError ?? 1) < 1e-3);
      assert.ok(evaluations <= 200);
    }
  }
});

test("what shows the label speaks for it, what shows the other speaks against it, by every method", async () => {
  const bytes = await picture([redPatch, bluePatch]);
  for (const method of ["shap", "occlusion", "activation"] as const) {
    for (const [label, own, other] of [
      ["red", redPatch, bluePatch],
      ["blue", bluePatch, redPatch],
    ] as const) {
      const explanation = await hues.explain(bytes, { method, label, regions: 40 });
      const lowest = explanation.regions.toSorted((a, b) => a.value - b.value)[0];
      assert.ok(touches(highest(explanation), own), `${method}: ${label} is not where it shows`);
      assert.ok(
        touches(lowest, other) && (lowest?.value ?? 0) < 0,
        `${method}: the other label doesn't speak against ${label}`,
      );
    }
  }
});

test("of a linear head each region's activation is what it adds to the log-odds", async () => {
  const explanation = await hues.explain(await picture([redPatch]), { method: "activation", regions: 40 });
  const logOdds = Math.log(explanation.prediction / (1 - explanation.prediction));
  // The head's temperature is 2, and it has no bias.
  assert.ok(
    Math.abs(2 * logOdds - sumOf(explanation)) < 0.02 * sumOf(explanation),
    `${logOdds} and ${sumOf(explanation)}`,
  );
});

test("an anomaly's score is explained, and that a part is normal by the same values turned round", async () => {
  const bytes = await picture([redPatch]);
  for (const method of ["shap", "occlusion", "activation"] as const) {
    const explanation = await judge.explain(bytes, { method, regions: 40 });
    assert.equal(explanation.label, "anomaly");
    assert.ok(explanation.prediction > 0.9);
    assert.ok(touches(highest(explanation), redPatch), method);
  }
  // A baseline takes away one answer or the other: with the same one the values only change their signs.
  const [anomaly, normal] = await Promise.all([
    judge.explain(bytes, { baseline: "blur" }),
    judge.explain(bytes, { baseline: "blur", label: "normal" }),
  ]);
  assert.ok(Math.abs(anomaly.prediction + normal.prediction - 1) < 1e-6);
  for (const [region, { value }] of anomaly.regions.entries())
    assert.ok(Math.abs(value + (normal.regions[region]?.value ?? 0)) < 1e-6);
});

test("the score explained is the one under the threshold in force", async () => {
  const bytes = await picture([{ ...redPatch, side: 9 }]);
  const [own, strict] = await Promise.all([judge.explain(bytes), judge.explain(bytes, { threshold: 0.9 })]);
  assert.ok(strict.prediction < own.prediction);
});

test("of two objects each is explained by what shows it", async () => {
  // Both patches are cells of the detector's grid.
  const [a, b] = [
    { x: 96, y: 12, side: 16, colour: red },
    { x: 16, y: 72, side: 12, colour: red },
  ];
  const bytes = await picture([a, b]);
  const seen = new Set<Patch>();
  for (const detection of [0, 1]) {
    for (const method of ["shap", "occlusion"] as const) {
      const explanation = await detector.explain(bytes, { method, detection, regions: 40 });
      const object = explanation.detection ?? assert.fail("no object");
      const patch = object.x1 > 64 ? a : b;
      seen.add(patch);
      assert.equal(object.index, detection);
      assert.ok(Math.abs(explanation.prediction - object.score) < 1e-5);
      assert.ok(touches(highest(explanation), patch), `${method} of object ${detection}`);
      if (method === "shap") assert.ok((explanation.additivityError ?? 1) < 1e-3);
    }
  }
  assert.equal(seen.size, 2);
  await assert.rejects(detector.explain(bytes, { detection: 7 }), { code: "EXPLANATION_NO_OBJECT" });
});

test("the map is a transparent picture of the picture's shape, and the regions cover it", async () => {
  const explanation = await hues.explain(await picture([redPatch]), { regions: 20 });
  const overlay: Image = await decodeImage(explanation.overlayPng);
  assert.deepEqual([overlay.width, overlay.height], [128, 96]);
  const share = explanation.regions.reduce((sum, region) => sum + region.share, 0);
  assert.ok(Math.abs(share - 1) < 1e-9);
  assert.equal(explanation.values.length, explanation.mapWidth * explanation.mapHeight);
});

test("what is taken away makes a difference, of a speck and of a picture full of it", async () => {
  for (const patch of [
    { x: 48, y: 36, side: 14, colour: red },
    { x: 20, y: 10, side: 70, colour: red },
  ]) {
    const { evidence, baseEvidence, prediction } = await judge.explain(await picture([patch]), { regions: 40 });
    assert.ok(prediction > 0.5);
    assert.ok((evidence ?? 0) - (baseEvidence ?? 0) >= 1, `${evidence} becomes ${baseEvidence}`);
  }
});

test("the same seed gives the same values, another one others", async () => {
  const bytes = await picture([redPatch, bluePatch]);
  const valuesOf = async (seed: number) => (await hues.explain(bytes, { seed, evaluations: 100 })).values;
  const [first, again, other] = [await valuesOf(1), await valuesOf(1), await valuesOf(2)];
  assert.deepEqual(again, first);
  assert.notDeepEqual(other, first);
});

test("progress grows to its end, and a stop between two batches ends the work at once", async () => {
  const bytes = await picture([redPatch]);
  const shares: number[] = [];
  const stop = new AbortController();
  const long = hues.explain(
    bytes,
    { evaluations: 20_000 },
    {
      signal: stop.signal,
      onProgress: (share) => {
        shares.push(share);
        if (shares.length === 3) stop.abort();
      },
    },
  );
  await assert.rejects(long, { code: "EXPLANATION_CANCELLED" });
  assert.deepEqual(
    shares.toSorted((a, b) => a - b),
    shares,
  );
  assert.ok((shares.at(-1) ?? 1) < 1);
  // The thread goes on with the next one.
  assert.equal((await hues.explain(bytes, { method: "activation" })).label, "red");
});

test("what can't be explained is refused with what there is instead", async () => {
  const bytes = await picture([redPatch]);
  await assert.rejects(hues.explain(bytes, { label: "green" }), {
    code: "EXPLANATION_LABEL_UNKNOWN",
    message: /no label "green", only red, blue/,
  });
  await assert.rejects(hues.explain(bytes, { regions: 2 }), { name: "RangeError", message: /"regions".*4 to 400/ });
  await assert.rejects(hues.explain(new TextEncoder().encode("no picture")), { code: "NOT_AN_IMAGE" });
  const closed = await openExplainer(hueClassifier(), { threads: 1 });
  await closed.close();
  await assert.rejects(closed.explain(bytes), { code: "PREDICTOR_CLOSED" });
});
