import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { decodeDefectMask } from "../defect-mask.js";
import { encodeJpeg, encodePng } from "../image-file.js";
import { readTestPart } from "../test-part.js";
import { readTrainingPart } from "../training-part.js";

const cookies = path.join(import.meta.dirname, "../../../../../shared/data/lookout-cookies");
const jpeg = await encodeJpeg({ width: 32, height: 16, data: new Uint8Array(32 * 16 * 3).fill(120) });

async function folderWith(t: TestContext, files: Record<string, string | Uint8Array>): Promise<string> {
  const root = await mkdtemp(path.join(tmpdir(), "sightline-manifest-"));
  t.after(() => rm(root, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, name)), { recursive: true });
    await writeFile(path.join(root, name), content);
  }
  return root;
}

function line(ref: string, label: 0 | 1 | null, mask?: string): string {
  return JSON.stringify({
    "source-ref": ref,
    ...(label !== null && {
      quality: label,
      "quality-metadata": { "class-name": label ? "anomaly" : "normal", type: "groundtruth/image-classification" },
    }),
    ...(mask && {
      "mask-ref": mask,
      "mask-ref-metadata": {
        "internal-color-map": {
          0: { "class-name": "BACKGROUND", "hex-color": "#ffffff" },
          1: { "class-name": "crack", "hex-color": "#FF0000" },
        },
        type: "groundtruth/semantic-segmentation",
      },
    }),
  });
}

test("manifests of a copied bucket: pictures are found by the end of their paths, what is missing is named", async (t) => {
  const root = await folderWith(t, {
    "train.manifest": [
      line("s3://lost-bucket/some/prefix/pictures/a.jpg", 0),
      line("s3://lost-bucket/pictures/b.jpg", 1, "s3://lost-bucket/masks/b.png"),
      line("pictures/c.jpg", 1, "masks/gone.png"),
      line("pictures/d.jpg", null),
      line("../outside.jpg", 1),
      "nonsense",
    ].join("\r\n"),
    "test.manifest": line("pictures/e.jpg", 1),
    "pictures/a.jpg": jpeg,
    "pictures/b.jpg": jpeg,
    "pictures/c.jpg": jpeg,
    "pictures/d.jpg": jpeg,
    "pictures/e.jpg": jpeg,
    "masks/b.png": await encodePng({ width: 32, height: 16, data: new Uint8Array(32 * 16 * 3).fill(255) }),
  });
  const { task, labels, normalLabel, samples, skipped, maskNotes } = await readTrainingPart(root);
  assert.deepEqual([task, labels, normalLabel], ["anomaly", ["normal", "anomaly"], "normal"]);
  assert.deepEqual(
    samples.map(({ name, label, maskFile, maskColours }) => [
      name,
      label,
      maskFile && path.relative(root, maskFile),
      maskColours,
    ]),
    [
      ["pictures/a.jpg", "normal", undefined, undefined],
      ["pictures/b.jpg", "anomaly", path.join("masks", "b.png"), [{ label: "crack", colour: "#ff0000" }]],
      ["pictures/c.jpg", "anomaly", undefined, undefined],
    ],
  );
  assert.deepEqual(
    skipped.map(({ name, reason }) => `${name}: ${reason.replace(/\(Unex.*"\)/, "(…)")}`),
    [
      "../outside.jpg: isn't in the dataset's folder (train.manifest, line 5)",
      "pictures/d.jpg: has no label yet (train.manifest, line 4)",
      `train.manifest, line 6: ${skipped.at(-1)?.reason}`,
    ],
  );
  assert.match(skipped.at(-1)?.reason ?? "", /is not JSON/);
  assert.deepEqual(maskNotes, [
    {
      name: "pictures/c.jpg",
      reason: `its mask "masks/gone.png" isn't in the dataset's folder; the picture takes part without`,
    },
  ]);
  assert.deepEqual(
    (await readTestPart(root)).samples.map(({ name }) => name),
    ["pictures/e.jpg"],
  );
});

test("a manifest that doesn't say which part it lists is refused beside others", async (t) => {
  const root = await folderWith(t, {
    "one.manifest": line("a.jpg", 0),
    "two.manifest": line("b.jpg", 0),
    "a.jpg": jpeg,
    "b.jpg": jpeg,
  });
  await assert.rejects(readTrainingPart(root), {
    code: "DATASET_LABELS_INVALID",
    message: /one\.manifest" must say in its name/,
  });
});

test("JSON lines of another kind are no dataset", async (t) => {
  const root = await folderWith(t, { "log.jsonl": '{"time": 1}\n', "good/a.jpg": jpeg, "bad/b.jpg": jpeg });
  assert.deepEqual((await readTrainingPart(root)).labels, ["good", "bad"]);
});

test("lookout-cookies: 63 and 22 pictures, 32 masks of one type, nothing lost", {
  skip: existsSync(cookies) ? false : "there is no ../shared/data/lookout-cookies",
}, async () => {
  const training = await readTrainingPart(cookies);
  assert.deepEqual([training.samples.length, training.skipped.length, training.maskNotes], [63, 0, undefined]);
  const masked = training.samples.filter(({ maskFile }) => maskFile !== undefined);
  assert.equal(masked.length, 32);
  const held = await readTestPart(cookies);
  assert.deepEqual(
    ["normal", "anomaly"].map((label) => held.samples.filter((sample) => sample.label === label).length),
    [14, 8],
  );
  const [first] = masked;
  assert.deepEqual(first?.maskColours, [{ label: "cracked", colour: "#23a436" }]);
  const { width, height, data } = await decodeDefectMask(new Uint8Array(await readFile(first?.maskFile ?? "")), {
    types: ["cracked"],
    colours: first?.maskColours,
    label: "anomaly",
  });
  // Its pixels with an alpha above 127, counted by Python's PIL, are 1.74 % of the picture.
  const share = data.reduce((sum, type) => sum + type, 0) / data.length;
  assert.deepEqual([width, height, share.toFixed(3)], [576, 768, "0.017"]);
});
