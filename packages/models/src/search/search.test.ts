import assert from "node:assert/strict";
import { test } from "node:test";
import { dominates, front, survivors } from "./front.js";
import { frontPage } from "./front-page.js";
import { candidatesWithin, roundsOf, type SearchPoint, search, searchSpace } from "./search.js";

const point = (accuracy: number, parameters: number, multiplyAccumulates = parameters) => ({
  ...{ accuracy, auroc: null, parameters, multiplyAccumulates },
});

test("a network is beaten by one at least as good and as small in all, and better in one", () => {
  assert.ok(dominates(point(0.9, 100), point(0.8, 100)));
  assert.ok(dominates(point(0.9, 90), point(0.9, 100)));
  assert.ok(!dominates(point(0.9, 100), point(0.9, 100)), "itself");
  assert.ok(!dominates(point(0.9, 100), point(0.8, 50)), "the worse is smaller");
  assert.ok(!dominates(point(0.9, 100, 300), point(0.9, 200, 200)), "one is smaller, one faster");
});

test("the front keeps the best of each size, and halving keeps its small end too", () => {
  const points = [point(0.7, 10), point(0.65, 20), point(0.9, 50), point(0.88, 60), point(0.95, 200), point(0.94, 300)];
  assert.deepEqual(
    front(points).map(({ parameters }) => parameters),
    [10, 50, 200],
  );
  const names = (count: number) => survivors(points, count).map(({ parameters }) => parameters);
  assert.deepEqual(names(2).sort(ascending), [10, 200]);
  assert.deepEqual(names(3).sort(ascending), [10, 50, 200]);
  assert.equal(new Set(names(5)).size, 5);
  assert.equal(names(9).length, 6, "no more than there are");
});

test("each round has a third of the candidates and three times the time for each; all that was trained is told", async () => {
  assert.deepEqual(roundsOf(10), [10, 4]);
  assert.deepEqual(roundsOf(27), [27, 9, 3]);
  assert.deepEqual(roundsOf(2), [2]);
  const asked: { name: string; round: number; budgetMs: number }[] = [];
  const shares: number[] = [];
  const { points, best } = await search({
    candidates: searchSpace.slice(0, 9),
    budgetMs: 180_000,
    onProgress: (share) => shares.push(share),
    train: async ({ candidate, round, budgetMs, onProgress }) => {
      asked.push({ name: candidate.name, round, budgetMs });
      onProgress(0.5);
      const parameters = Number(candidate.options.parameters);
      return measured(candidate.name, 0.5 + Math.log10(parameters) / 20 + round / 100, parameters, round);
    },
  });
  const rounds = [1, 2].map((round) => asked.filter((one) => one.round === round));
  assert.deepEqual(
    rounds.map((round) => [round.length, Math.round(round[0]?.budgetMs ?? 0)]),
    [
      [9, 10_000],
      [3, 30_000],
    ],
  );
  assert.equal(points.length, 9);
  assert.deepEqual(Math.max(...points.map(({ round }) => round)), 2);
  assert.ok(best.length > 0 && best.every((one) => points.includes(one)));
  assert.deepEqual(shares, shares.toSorted(ascending));
});

test("a short time tries fewer candidates, spread from small to large", () => {
  assert.equal(candidatesWithin(30 * 60_000).length, searchSpace.length);
  const few = candidatesWithin(400_000);
  assert.ok(few.length >= 2 && few.length < searchSpace.length, `${few.length}`);
  assert.equal(few[0], searchSpace[0]);
});

test("the page draws every network, and tells files and figures without markup of their own", () => {
  const points = [measured("small <b>", 0.9, 10_000, 1), measured("large", 0.95, 100_000, 2)];
  const teacher = { accuracy: 0.98, parameters: 2e6 };
  const page = frontPage({ dataset: "masks & more", points, best: points, teacher, seconds: 1800 });
  assert.match(page, /<title>Small networks for masks &amp; more<\/title>/);
  assert.equal(page.match(/<svg/g)?.length, 3);
  assert.match(page, /small &lt;b&gt;\.onnx/);
  assert.doesNotMatch(page, /<b>/);
  assert.match(page, /teacher reaches 98\.0 %/);
});

function measured(name: string, accuracy: number, parameters: number, round: number): SearchPoint {
  return {
    candidate: { name, method: "tiny", options: {} },
    ...{ accuracy, auroc: null, parameters, multiplyAccumulates: 10 * parameters },
    ...{ round, images: 100, seconds: 1, msPerImage: 1, file: `${name}.onnx` },
  };
}

function ascending(a: number, b: number): number {
  return a - b;
}
