import assert from "node:assert/strict";
import { test } from "node:test";
import { plainRecipe } from "@sightline/vision/augment/recipe";
import { discsAndSquares, drawing, drawnPictures, partsWithHoles } from "../drawn-pictures.js";
import { evaluateSamples } from "../evaluate.js";
import { readManifest, type TrainedModel } from "../model-file.js";
import { openPredictor } from "../predictor.js";
import { quietContext } from "../quiet-context.js";
import { train } from "../train.js";
import { distilled } from "./distilled.js";
import { ownTeacher } from "./own-teacher.js";
import { taughtBatches } from "./taught-batches.js";
import { openTeachers, type Teacher } from "./teacher.js";

const small = { start: "nothing", parameters: 9000, size: 48, flips: "all" } as const;
const common = { seed: 1, threads: 1 } as const;

async function accuracyOf({ bytes }: TrainedModel, firstSeed: number): Promise<number> {
  const fresh = await discsAndSquares(40, firstSeed);
  const predictor = await openPredictor(bytes, { threads: 1 });
  try {
    return (await evaluateSamples({ predictor, pictures: fresh.pictures })).metrics.accuracy ?? 0;
  } finally {
    await Promise.all([predictor.close(), fresh.close()]);
  }
}

test("of few labels and many pictures without any a student learns what its teacher knows", async (t) => {
  const known = await discsAndSquares(120);
  t.after(known.close);
  const teacher = await train({
    ...{ ...common, pictures: known.pictures, method: "tiny", epochs: 45 },
    methodOptions: { parameters: 20_000, multiplyAccumulates: 600_000, flips: "all" },
  });
  assert.ok((await accuracyOf(teacher, 5000)) >= 0.85, "the teacher knows something");
  const few = await discsAndSquares(12, 700);
  const untold = await discsAndSquares(120, 900);
  t.after(() => Promise.all([few.close(), untold.close()]));
  const order = { ...common, pictures: few.pictures, method: "distilled", epochs: 40, methodOptions: small } as const;
  const unlabelled = untold.pictures.samples.map(({ name, file }) => ({ name, file }));
  const taught = await train({ ...order, teachers: [teacher.bytes], unlabelled });
  const manifest = readManifest(taught.bytes);
  assert.deepEqual(
    manifest.teachers?.map(({ method }) => method),
    ["tiny"],
  );
  assert.ok((manifest.parameters ?? 1e9) <= small.parameters);
  const reached = await accuracyOf(taught, 5000);
  assert.ok(reached >= 0.8, `taught ${reached}`);
});

test("teacher and student see the same pictures, each at its own size, and the teacher is asked once for each view", async (t) => {
  const { pictures, close } = await discsAndSquares(8);
  t.after(close);
  const seen: Float32Array[] = [];
  const teacher = (size: number): Teacher => ({
    summary: { method: "test", sha256: "" },
    input: { width: size, height: size },
    answers: async (planes, rows) => {
      seen.push(planes.slice());
      return new Float32Array(2 * rows).fill(size === 24 ? 0.25 : 0.75);
    },
    dispose: async () => {},
  });
  const batches = taughtBatches({
    samples: pictures.samples.map(({ name, file }) => ({ name, file, target: [1, 0] })),
    ...{ size: 24, batchSize: 4, seed: 3, views: 2, detail: 1.5 },
    recipe: { ...plainRecipe, flipSideways: 0.5, shift: 0.1, rotationDegrees: 20, brightness: 0.3 },
    teachers: [teacher(24), teacher(48)],
  });
  t.after(() => batches.close());
  const first = await batches.batch(0, 1);
  assert.deepEqual(seen[0], first.image?.data);
  assert.deepEqual([...new Set(first.taught?.data as Float32Array)], [0.5], "several teachers answer with their mean");
  const [large, little] = [seen[1] ?? [], seen[0] ?? []];
  let difference = 0;
  for (let i = 0; i < little.length; i++) {
    const [x, y, plane] = [i % 24, Math.floor(i / 24) % 24, Math.floor(i / 576)];
    difference += Math.abs((little[i] ?? 0) - (large[plane * 2304 + 2 * y * 48 + 2 * x] ?? 0)) / little.length;
  }
  assert.ok(difference < 12, `the same views at two sizes differ by ${difference.toFixed(1)} steps of 256`);
  const again = await batches.batch(2, 1);
  assert.deepEqual(again.image?.data, first.image?.data);
  assert.equal(seen.length, 2, "no teacher was asked again");
  await batches.batch(1, 1);
  assert.equal(seen.length, 4);
});

test("a teacher of another task or with other labels is refused, and so is one for a method that takes none", async (t) => {
  const { pictures, close } = await discsAndSquares(20);
  t.after(close);
  const colours = Array.from({ length: 20 }, (_, i) => ({
    label: i % 2 === 0 ? "red" : "blue",
    picture: drawing(20, 20, () => (i % 2 === 0 ? [200, 20, 20] : [20, 20, 200])),
  }));
  const painted = await drawnPictures("classification", null, colours);
  t.after(painted.close);
  const methodOptions = { parameters: 2000, multiplyAccumulates: 300_000, size: 48 };
  const other = await train({ ...common, pictures: painted.pictures, method: "tiny", epochs: 1, methodOptions });
  const order = { ...common, pictures, teachers: [other.bytes] };
  await assert.rejects(train({ ...order, method: "distilled", epochs: 1, methodOptions: small }), {
    code: "TEACHER_UNSUITABLE",
    message: /Teacher 1 \(tiny\) knows the labels blue, red, these pictures have disc, square/,
  });
  const anomaly = { task: "anomaly", labels: ["normal", "anomaly"], threads: 1 } as const;
  await assert.rejects(openTeachers([other.bytes], anomaly), {
    code: "TEACHER_UNSUITABLE",
    message: /trained for classification, these pictures are for anomaly/,
  });
  await assert.rejects(train({ ...order, method: "tiny", epochs: 1 }), {
    code: "METHOD_OPTION_INVALID",
    message: /tiny doesn't learn from other models. Choose distilled/,
  });
});

test("a teacher made on the way is kept in the checkpoint: what goes on doesn't train it again", async (t) => {
  const { pictures, close } = await partsWithHoles(6, 6);
  t.after(close);
  const [validation, training] = [pictures.samples.slice(4, 8), pictures.samples];
  let kept: Uint8Array | null = null;
  const context = quietContext(
    distilled,
    {
      ...{ task: "anomaly", labels: ["normal", "anomaly"], training, validation },
      targetOf: ({ label }) => (label === "good" ? [1, 0] : [0, 1]),
    },
    {
      checkpoint: {
        load: async () => kept,
        save: async (bytes) => {
          kept = bytes;
        },
      },
      // Nearly no time: its linear start alone.
      leftMs: () => 1,
      plannedMs: 1,
    },
  );
  const first = await ownTeacher(context);
  let steps = 0;
  const second = await ownTeacher({ ...context, onProgress: () => steps++ });
  assert.equal(steps, 0);
  assert.deepEqual([...second.teacher.measured.initializers.keys()].length > 20, true);
  assert.deepEqual(second.teacher.input, first.teacher.input);
  await second.checkpoint?.save(Uint8Array.of(1, 2, 3));
  assert.deepEqual(await (await ownTeacher(context)).checkpoint?.load(), Uint8Array.of(1, 2, 3));
});
