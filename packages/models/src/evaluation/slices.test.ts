import assert from "node:assert/strict";
import { test } from "node:test";
import type { AnsweredPicture } from "./answered-picture.js";
import { slicesByFolder, slicesFromCsv } from "./slice-columns.js";
import { fisher, slicesOf } from "./slices.js";

const prediction = { label: "", labels: [], detections: [], score: null, confidence: 0, probabilities: {} };
const picture = (slices: Record<string, string>): AnsweredPicture => ({ name: "", truth: "", prediction, slices });

test("Fisher's exact test is that of R and SciPy", () => {
  // fisher.test(matrix(c(3, 1, 1, 3), 2))$p.value; scipy.stats.fisher_exact([[8, 2], [1, 5]])
  assert.ok(Math.abs(fisher(3, 1, 1, 3) - 0.4857142857) < 1e-9);
  assert.ok(Math.abs(fisher(8, 2, 1, 5) - 0.0349650349) < 1e-9);
  assert.equal(fisher(0, 5, 0, 7), 1);
});

test("a camera with far more mistakes stands out, one with a few more by chance does not", () => {
  const pictures: AnsweredPicture[] = [];
  const isWrong: boolean[] = [];
  for (const [camera, count, mistakes] of [
    ["north", 100, 3],
    ["east", 100, 6],
    ["south", 100, 30],
  ] as const)
    for (let i = 0; i < count; i++) {
      pictures.push(picture({ camera }));
      isWrong.push(i < mistakes);
    }
  const [table] = slicesOf(pictures, isWrong, []);
  assert.equal(table?.by, "camera");
  assert.deepEqual(
    table?.rows.map(({ value, mistakes, standsOut }) => [value, mistakes, standsOut]),
    [
      ["east", 6, false],
      ["north", 3, false],
      ["south", 30, true],
    ],
  );
});

test("a column with one value, or with a value a picture, is no slice; pictures without a value take part in none", () => {
  const pictures = Array.from({ length: 80 }, (_, i) =>
    picture({ line: "1", serial: `${i}`, ...(i < 40 && { shift: i < 10 ? "late" : "early" }) }),
  );
  const tables = slicesOf(
    pictures,
    pictures.map(() => false),
    [],
  );
  assert.deepEqual(
    tables.map(({ by, rows }) => [by, rows.map(({ images }) => images)]),
    [["shift", [30, 10]]],
  );
});

test("a table tells pictures apart by the end of their path; times by their hour, many numbers by their quarter", () => {
  const lines = Array.from({ length: 16 }, (_, i) => `a/${i}.png,"cam, ${i % 2}",2026-03-01 0${i % 4}:30,${i}`);
  const find = slicesFromCsv(["Picture,camera,time,speed", ...lines, "b/3.png,x,,"].join("\r\n"), "s.csv");
  assert.deepEqual(find({ name: "test/a/5.png", label: "" }), {
    camera: "cam, 1",
    time: "2026-03-01T01:00",
    speed: "3.75 to 7.5",
  });
  assert.deepEqual(find({ name: "test/b/3.png", label: "" }), { camera: "x" });
  // Two pictures are called 3.png: the name alone finds neither.
  assert.deepEqual(find({ name: "3.png", label: "" }), {});
  assert.equal(find({ name: "9.png", label: "" }).camera, "cam, 1");
});

test("a table with a torn line is refused with its number", () => {
  assert.throws(() => slicesFromCsv("picture,camera\na.png,1\nb.png", "s.csv"), {
    code: "SLICES_INVALID",
    message: /Line 3/,
  });
  assert.throws(() => slicesFromCsv("picture\na.png", "s.csv"), { code: "SLICES_INVALID", message: /line of titles/ });
});

test("kinds of defects are told apart, folders only where they say more than the label", () => {
  const sample = (name: string, label: string) => ({ name, label, file: "" });
  const plain = [
    sample("test/good/a.png", "good"),
    sample("test/crack/b.png", "crack"),
    sample("test/dent/c.png", "dent"),
  ];
  assert.deepEqual(slicesByFolder(plain, "good")({ name: "test/dent/c.png", label: "dent" }), { kind: "dent" });
  const deep = [...plain, sample("test/good/monday/d.png", "good")];
  assert.deepEqual(slicesByFolder(deep, "good")({ name: "test/good/monday/d.png", label: "good" }), {
    kind: "good",
    folder: "test/good/monday",
  });
});
