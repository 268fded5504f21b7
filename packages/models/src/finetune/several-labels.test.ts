import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { Sample } from "@sightline/dataset/dataset";
import { decodeImage } from "@sightline/dataset/image-file";
import { seededRandom } from "@sightline/dataset/seeded-random";
import { openGraphSession } from "@sightline/nn/session/session";
import { floatTensor } from "@sightline/nn/tensor";
import { writePlanes } from "@sightline/vision/planes";
import { resize } from "@sightline/vision/resize";
import { drawing, drawnPictures } from "../drawn-pictures.js";
import type { NetContext } from "../method.js";
import { quietContext } from "../quiet-context.js";
import { finetune } from "./finetune.js";
import { type SeveralLabelsSettings, severalLabelsSettings, trainSeveralLabels } from "./several-labels.js";

const labels = ["box", "disc", "tray"];
const settings: SeveralLabelsSettings = {
  ...severalLabelsSettings,
  ...{ area: 160 * 128, batchSize: 16, views: 288, viewsPerPicture: 12, heads: 1, steps: 120 },
};

/** A rack with a piece for each label on a shelf of its own, seen by a camera that may have been moved. */
async function racks(count: number, seed: number, moved: { x: number; y: number; zoom: number; light: number }) {
  const random = seededRandom(seed);
  const kinds = Array.from({ length: count }, (_, i) => [i & 1, (i >> 1) & 1, (i >> 2) & 1]);
  const pieces = [
    { x: 52, y: 36, colour: [70, 90, 210] },
    { x: 56, y: 66, colour: [200, 70, 60] },
    { x: 54, y: 96, colour: [220, 220, 210] },
  ] as const;
  const pictureOf = (kind: readonly number[]) => {
    const shade = 0.8 + 0.4 * random.next();
    return drawing(160, 128, (px, py) => {
      const [x, y] = [(px - 80) / moved.zoom + 80 - moved.x, (py - 64) / moved.zoom + 64 - moved.y];
      const piece = pieces.find((p, k) => kind[k] === 1 && ((x - p.x) / 11) ** 2 + ((y - p.y) / 5) ** 2 < 1);
      const isPost = [30, 76, 122].some((at) => Math.abs(x - at) < 4) && y > 14 && y < 118;
      const isShelf = [42, 72, 102].some((at) => Math.abs(y - at) < 2) && x > 26 && x < 126;
      const sign = Math.abs(x - 122) < 9 && Math.abs(y - 16) < 7;
      const wall = [150 + 0.3 * y, 160, 170 - 0.3 * x];
      const [r, g, b] = piece?.colour ?? (sign ? [230, 170, 30] : isPost || isShelf ? [40, 42, 45] : wall);
      const noise = 8 * random.normal();
      return [r, g, b].map((value = 0) => value * shade * moved.light + noise) as [number, number, number];
    });
  };
  const drawn = await drawnPictures(
    "multilabel",
    null,
    kinds.map((kind, i) => ({ label: String(i), picture: pictureOf(kind) })),
  );
  const samples = drawn.pictures.samples.map(
    (sample, i): Sample => ({ ...sample, label: "", labels: labels.filter((_, k) => kinds[i]?.[k] === 1) }),
  );
  return { samples, close: drawn.close };
}

function contextOf(
  training: readonly Sample[],
  validation: readonly Sample[] = [],
  limits: Partial<NetContext> = {},
): NetContext {
  const targetOf = ({ labels: has = [] }: Sample) => labels.map((label) => (has.includes(label) ? 1 : 0));
  return quietContext(finetune, { task: "multilabel", labels, training, validation, targetOf }, limits);
}

test("sixteen pictures of a rack are enough to tell its pieces when the camera was moved and the light has changed", async (t) => {
  const seen = await racks(16, 1, { x: 0, y: 0, zoom: 1, light: 1 });
  t.after(seen.close);
  const context = contextOf(seen.samples);
  const { graph, input, heldOut, summary } = await trainSeveralLabels(context, settings);
  assert.deepEqual(input, { width: 160, height: 128 });
  assert.equal(heldOut?.length, 16, "few pictures are measured fold by fold");
  assert.ok((summary.best ?? 0) >= 0.9, `held out ${summary.best}`);

  const fresh = await racks(16, 9, { x: 12, y: -7, zoom: 1.12, light: 0.75 });
  t.after(fresh.close);
  const session = await openGraphSession(graph, { threads: 1 });
  t.after(() => session.dispose());
  let right = 0;
  for (const sample of fresh.samples) {
    const planes = new Float32Array(3 * 160 * 128);
    writePlanes(resize(await decodeImage(await readFile(sample.file)), 160, 128), planes, 0);
    const results = await session.run({ image: floatTensor([1, 3, 128, 160], planes) });
    const logits = results.logits?.data as Float32Array;
    right += context.targetOf(sample).filter((value, k) => value === (Number(logits[k]) > 0 ? 1 : 0)).length;
  }
  assert.ok(right >= 44, `${right} of 48 right`);
});

test("features that would take more memory than may be taken are refused before they are made", async (t) => {
  const { samples, close } = await racks(8, 1, { x: 0, y: 0, zoom: 1, light: 1 });
  t.after(close);
  await assert.rejects(
    trainSeveralLabels(contextOf(samples, [], { maxMemoryBytes: 100_000 }), settings),
    (error: Error & { code?: string }) =>
      error.code === "TRAINING_OUT_OF_MEMORY" && /features of 8 pictures take 1 MB, 1 MB may/.test(error.message),
  );
});
