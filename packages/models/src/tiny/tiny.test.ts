import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { Sample } from "@sightline/dataset/dataset";
import { seededRandom } from "@sightline/dataset/seeded-random";
import type { Graph } from "@sightline/nn/graph";
import { type Drawing, discOrSquare, discsAndSquares, drawing, drawnPictures } from "../drawn-pictures.js";
import { evaluateSamples } from "../evaluate.js";
import { readManifest } from "../model-file.js";
import { openPredictor } from "../predictor.js";
import { quietContext } from "../quiet-context.js";
import { train } from "../train.js";
import { tiny } from "./tiny.js";

const smallest = { parameters: 5000, multiplyAccumulates: 300_000 };

test("a small network learns shapes from drawn pictures, keeps its budget, and its file predicts them", async (t) => {
  const { pictures, close } = await discsAndSquares(80);
  t.after(close);
  const points: number[] = [];
  const { bytes, manifest } = await train({
    pictures,
    method: "tiny",
    seed: 1,
    threads: 1,
    epochs: 52,
    methodOptions: { parameters: 20_000, multiplyAccumulates: 600_000 },
    onEpoch: ({ loss }) => points.push(loss),
  });
  assert.equal(points.length, manifest.training?.epochs);
  assert.ok((points.at(-1) ?? 9) < (points[0] ?? 0), "the loss falls");
  assert.ok((manifest.parameters ?? Number.POSITIVE_INFINITY) <= 20_000);
  assert.ok((manifest.multiplyAccumulates ?? Number.POSITIVE_INFINITY) <= 600_000);
  assert.equal(manifest.input.width, 48);
  assert.equal(readManifest(bytes).method, "tiny");

  const fresh = await discsAndSquares(40, 1000);
  t.after(fresh.close);
  const predictor = await openPredictor(bytes, { threads: 1 });
  t.after(() => predictor.close());
  let right = 0;
  for (const { file, label } of fresh.pictures.samples) {
    right += (await predictor.predict(new Uint8Array(await readFile(file)))).label === label ? 1 : 0;
  }
  assert.ok(right >= 34, `${right} of 40 right`);
});

test("pictures set aside measure the network, then it learns on from them too; a list of the dataset's own stays apart", async (t) => {
  const { pictures, close } = await discsAndSquares(40);
  t.after(close);
  const [training, validation] = [pictures.samples.slice(8), pictures.samples.slice(0, 8)];
  const targetOf = (sample: Sample) => pictures.labels.map((label) => (sample.label === label ? 1 : 0));
  const learnt = async (isValidationSetAside: boolean, epochs: number) => {
    const points: (number | null)[] = [];
    const given = { task: pictures.task, labels: pictures.labels, training, validation, targetOf };
    const net = await tiny.train({
      ...quietContext(tiny, given, { epochs, onEpoch: ({ metric }) => points.push(metric) }),
      ...{ isValidationSetAside, options: { ...smallest, size: "48", flips: "none" } },
    });
    const judged = points.flatMap((metric, i) => (metric === null ? [] : [i + 1]));
    return { net, last: judged.at(-1) };
  };
  const weightsOf = ({ initializers }: Graph) => [...initializers.values()].map(({ data }) => [...data].join());
  const divided = await learnt(true, 13);
  assert.equal(divided.last, 10, "after that no picture is left to judge by");
  assert.ok(divided.net.measuredGraph);
  assert.notDeepEqual(weightsOf(divided.net.measuredGraph), weightsOf(divided.net.graph));
  for (const [isSetAside, epochs] of [
    [false, 6],
    [true, 4],
  ] as const) {
    const whole = await learnt(isSetAside, epochs);
    assert.deepEqual([whole.net.measuredGraph, whole.last], [undefined, epochs]);
  }
});

test("stopped while it learns on and resumed, it still tells what it was measured to reach", async (t) => {
  const { pictures, close } = await drawnPictures(
    "classification",
    null,
    Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? "disc" : "square")).map((label, i) => ({
      label,
      picture: discOrSquare(label, i),
    })),
  );
  t.after(close);
  let kept: Uint8Array | null = null;
  const checkpoint = {
    load: async () => kept,
    save: async (bytes: Uint8Array) => {
      kept = bytes;
    },
  };
  const stop = new AbortController();
  const common = { pictures, method: "tiny", seed: 1, threads: 1, epochs: 13, methodOptions: smallest } as const;
  const stopped = train({
    ...common,
    checkpoint,
    signal: stop.signal,
    onEpoch: ({ epoch }) => epoch === 11 && stop.abort(),
  });
  await assert.rejects(stopped, { code: "TRAINING_CANCELLED" });
  const { manifest } = await train({ ...common, checkpoint });
  const whole = await train(common);
  assert.equal(manifest.training?.epochs, 13);
  assert.equal(typeof whole.manifest.training?.best, "number");
  assert.equal(manifest.training?.best, whole.manifest.training?.best);
});

test("several labels at once are learnt apart from each other", async (t) => {
  const scene = (hasRed: boolean, hasBlue: boolean, seed: number): Drawing => {
    const random = seededRandom(seed);
    const picture = drawing(48, 48, () => [90 + 8 * random.normal(), 90, 90]);
    const put = (colour: readonly [number, number, number]): void => {
      const [x, y] = [random.between(2, 34), random.between(2, 34)];
      picture.fill(x, y, x + 12, y + 12, colour);
    };
    if (hasRed) put([220, 40, 40]);
    if (hasBlue) put([40, 40, 220]);
    return picture;
  };
  const labelled = async (count: number, firstSeed: number) => {
    const holds = Array.from({ length: count }, (_, i) => [i % 2 === 0, i % 4 < 2] as const);
    const drawn = await drawnPictures(
      "multilabel",
      null,
      holds.map(([hasRed, hasBlue], i) => ({ label: "", picture: scene(hasRed, hasBlue, firstSeed + i) })),
    );
    t.after(drawn.close);
    const samples = drawn.pictures.samples.map((sample, i) => {
      const [hasRed, hasBlue] = holds[i] ?? [false, false];
      return { ...sample, labels: [...(hasRed ? ["red"] : []), ...(hasBlue ? ["blue"] : [])] };
    });
    return { ...drawn.pictures, labels: ["blue", "red"], samples };
  };
  const { bytes, manifest } = await train({
    pictures: await labelled(48, 1),
    method: "tiny",
    seed: 1,
    threads: 1,
    epochs: 60,
    methodOptions: { ...smallest, flips: "all" },
  });
  assert.deepEqual([manifest.task, manifest.labels], ["multilabel", ["blue", "red"]]);
  const predictor = await openPredictor(bytes, { threads: 1 });
  t.after(() => predictor.close());
  const { metrics } = await evaluateSamples({ predictor, pictures: await labelled(24, 500) });
  assert.ok((metrics.accuracy ?? 0) >= 0.85, `${metrics.accuracy} of the answers are right`);
});

test("too few pictures of a label and boxes are refused with the reason", () => {
  assert.match(tiny.unsuitable("classification", ["a", "b"], [9, 2]) ?? "", /5 pictures of each label, got a 9, b 2/);
  assert.match(tiny.unsuitable("detection", ["a"], [9]) ?? "", /draws no boxes/);
  assert.equal(tiny.unsuitable("multilabel", ["a", "b"], [9, 5]), null);
});
