import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { readGroundTruthManifest, writeGroundTruthLine, writeGroundTruthManifest } from "./ground-truth-manifest.js";

const cookies = path.join(import.meta.dirname, "../../../../shared/data/lookout-cookies/template.manifest");

/** As the documentation of Lookout for Vision shows a line. */
const documented = {
  "source-ref": "s3://bucket/images/1.jpg",
  "anomaly-label": 1,
  "anomaly-label-metadata": {
    confidence: 0.9,
    "class-name": "anomaly",
    type: "groundtruth/image-classification",
    "human-annotated": "no",
    "creation-date": "2021-06-24T11:41:15.612000",
    "job-name": "auto",
  },
  "anomaly-mask-ref": "s3://bucket/masks/1.png",
  "anomaly-mask-ref-metadata": {
    "internal-color-map": {
      "0": { "class-name": "BACKGROUND", "hex-color": "#ffffff", confidence: 0 },
      "1": { "class-name": "scratch", "hex-color": "#2CA02C", confidence: 0.9 },
      "2": { "class-name": "dent", "hex-color": "1f77b4" },
    },
    type: "groundtruth/semantic-segmentation",
    "creation-date": "Mon Aug 22 2022 13:52:52 GMT-0700 (Pacific Daylight Time)",
    "job-name": "masks",
  },
};

test("a documented line is read whole", () => {
  const { entries, skipped, notes } = readGroundTruthManifest(`\uFEFF${JSON.stringify(documented)}\r\n\r\n`);
  assert.deepEqual([skipped, notes], [[], []]);
  assert.deepEqual(entries, [
    {
      sourceRef: "s3://bucket/images/1.jpg",
      line: 1,
      isAnomalous: true,
      className: "anomaly",
      attribute: "anomaly-label",
      confidence: 0.9,
      isHumanAnnotated: false,
      jobName: "auto",
      createdAtMs: Date.UTC(2021, 5, 24, 11, 41, 15, 612),
      mask: {
        ref: "s3://bucket/masks/1.png",
        colours: [
          { label: "scratch", colour: "#2ca02c" },
          { label: "dent", colour: "#1f77b4" },
        ],
        attribute: "anomaly-mask-ref",
        jobName: "masks",
        createdAtMs: Date.UTC(2022, 7, 22, 20, 52, 52),
      },
    },
  ]);
});

test("lines that can't be used are skipped with their reasons, and the others count", () => {
  const label = (value: unknown, name?: string) => ({
    l: value,
    "l-metadata": { ...(name && { "class-name": name }), type: "groundtruth/image-classification" },
  });
  const rows = [
    "{",
    "[1]",
    { source: "some text" },
    { "source-ref": "a.jpg", ...label(1, "broken") },
    { "source-ref": "b.jpg", ...label(7) },
    { "source-ref": "c.jpg", ...label(1) },
    { "source-ref": "c.jpg", ...label(0) },
    { "source-ref": "d.jpg" },
    { "source-ref": "e.jpg", ...label(1, "Normal") },
  ];
  const text = rows.map((row) => (typeof row === "string" ? row : JSON.stringify(row))).join("\n");
  const { entries, skipped, notes } = readGroundTruthManifest(text);
  assert.deepEqual(
    entries.map(({ sourceRef, isAnomalous }) => [sourceRef, isAnomalous]),
    [
      ["c.jpg", false],
      ["d.jpg", null],
      ["e.jpg", false],
    ],
  );
  assert.deepEqual(
    skipped.map(({ line }) => line),
    [1, 2, 3, 4, 5, 6],
  );
  assert.match(skipped[2]?.reason ?? "", /"source" holds text/);
  assert.match(skipped[3]?.reason ?? "", /labelled "broken", where "normal" or "anomaly" is expected/);
  assert.match(skipped[4]?.reason ?? "", /"l" must be 0 \(normal\) or 1 \(anomaly\), got 7/);
  assert.match(skipped[5]?.reason ?? "", /named again in line 7/);
  assert.deepEqual(
    notes.map(({ sourceRef, reason }) => `${sourceRef}: ${reason}`),
    ['e.jpg: "l" is 1, but its class name is "Normal", which counts'],
  );
});

test("masks that can't be used are left out, their pictures stay", () => {
  const masked = (change: object, isAnomalous = 1) =>
    JSON.stringify({
      ...documented,
      "source-ref": `${Math.random()}.jpg`,
      "anomaly-label": isAnomalous,
      "anomaly-label-metadata": {
        "class-name": isAnomalous ? "anomaly" : "normal",
        type: "groundtruth/image-classification",
      },
      ...change,
    });
  const map = (colours: object) => ({ "anomaly-mask-ref-metadata": { "internal-color-map": colours } });
  const { entries, notes } = readGroundTruthManifest(
    [
      masked({}, 0),
      masked({ "anomaly-mask-ref": 5 }),
      masked({ "anomaly-mask-ref-metadata": {} }),
      masked(map({ 0: { "class-name": "background", "hex-color": "#fff" } })),
      masked(
        map({ 0: { "class-name": "dent", "hex-color": "red" }, 1: { "class-name": "hole", "hex-color": "#010203" } }),
      ),
    ].join("\n"),
  );
  assert.deepEqual(
    entries.map(({ mask }) => mask?.colours ?? null),
    [null, null, null, null, [{ label: "hole", colour: "#010203" }]],
  );
  assert.equal(notes.length, 5);
  assert.match(notes[0]?.reason ?? "", /the picture is normal/);
  assert.match(notes[4]?.reason ?? "", /entry "0" .* has no colour #rrggbb/);
});

test("what is written reads as it was meant", () => {
  const colours = [{ label: "cracked", colour: "#23a436" }];
  const createdAtMs = Date.UTC(2026, 0, 2, 3, 4, 5);
  const text = writeGroundTruthManifest([
    { sourceRef: "s3://b/a.jpg", isAnomalous: true, createdAtMs, mask: { ref: "s3://b/a.png", colours } },
    {
      sourceRef: "s3://b/b.jpg",
      isAnomalous: false,
      createdAtMs,
      confidence: 0.25,
      isHumanAnnotated: false,
      jobName: "j",
    },
    { sourceRef: "s3://b/c.jpg", isAnomalous: null, createdAtMs },
  ]);
  const { entries, skipped, notes } = readGroundTruthManifest(text);
  assert.deepEqual([skipped, notes], [[], []]);
  assert.deepEqual(
    entries.map((entry) => [
      entry.isAnomalous,
      entry.confidence,
      entry.isHumanAnnotated,
      entry.jobName,
      entry.createdAtMs,
      entry.mask?.colours,
    ]),
    [
      [true, 1, true, "labeling-job/sightline", createdAtMs, colours],
      [false, 0.25, false, "j", createdAtMs, undefined],
      [null, null, null, null, null, undefined],
    ],
  );
  assert.throws(
    () => writeGroundTruthLine({ sourceRef: "a", isAnomalous: false, createdAtMs, mask: { ref: "m", colours } }),
    RangeError,
  );
});

test("the cookies' manifest is read without a word", {
  skip: existsSync(cookies) ? false : "there is no ../shared/data/lookout-cookies",
}, async () => {
  const { entries, skipped, notes } = readGroundTruthManifest(await readFile(cookies, "utf8"));
  assert.deepEqual([entries.length, skipped, notes], [63, [], []]);
  assert.ok(
    entries.every(({ createdAtMs, isAnomalous, mask }) => createdAtMs !== null && isAnomalous === (mask !== null)),
  );
});
