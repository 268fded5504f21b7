import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@sightline/dataset/seeded-random";
import { type Coalition, planCoalitions } from "./coalitions.js";
import { kernelShap } from "./kernel-shap.js";

type Game = (shown: Coalition) => number;

/** By definition: the mean over all coalitions of what a region adds to one. */
function shapleyByDefinition(players: number, game: Game): number[] {
  const factorial = (k: number): number => (k <= 1 ? 1 : k * factorial(k - 1));
  return Array.from({ length: players }, (_, player) => {
    let value = 0;
    for (let bits = 0; bits < 2 ** players; bits++) {
      if (bits & (1 << player)) continue;
      const coalition = Uint8Array.from({ length: players }, (_, i) => (bits >> i) & 1);
      const size = coalition.reduce((sum, one) => sum + one, 0);
      const weight = (factorial(size) * factorial(players - size - 1)) / factorial(players);
      const joined = coalition.slice();
      joined[player] = 1;
      value += weight * (game(joined) - game(coalition));
    }
    return value;
  });
}

const asking = (game: Game) => async (coalitions: readonly Coalition[]) => Float64Array.from(coalitions, game);

/** Neither additive nor symmetric: products of pairs, and a bend. */
const bent: Game = (z) => {
  let sum = 0.1;
  for (let i = 0; i < z.length; i++)
    sum += (z[i] ?? 0) * (0.05 * i + (z[(i + 3) % z.length] ?? 0) * 0.2 * (i % 3 === 0 ? 1 : -0.4));
  return 1 / (1 + Math.exp(-2 * sum));
};

test("asked about all coalitions it gives Shapley's values by their definition", async () => {
  const { values, errors } = await kernelShap(8, asking(bent), 256, seededRandom(1).next);
  for (const [i, expected] of shapleyByDefinition(8, bent).entries())
    assert.ok(Math.abs((values[i] ?? 0) - expected) < 1e-6, `region ${i}: ${values[i]}, by definition ${expected}`);
  assert.deepEqual([...errors], new Array(8).fill(0));
});

test("an additive answer is told exactly from a sample of its coalitions", async () => {
  const parts = Array.from({ length: 40 }, (_, i) => Math.sin(i));
  const additive: Game = (z) => 2 + parts.reduce((sum, part, i) => sum + part * (z[i] ?? 0), 0);
  const { values, evaluations, base } = await kernelShap(40, asking(additive), 300, seededRandom(1).next);
  assert.ok(evaluations <= 300);
  assert.equal(base, 2);
  for (const [i, part] of parts.entries()) assert.ok(Math.abs((values[i] ?? 0) - part) < 1e-6);
});

test("the values add up to the answer minus the base, however few coalitions were asked about", async () => {
  for (const evaluations of [4, 20, 100, 500]) {
    const { values, base, full } = await kernelShap(30, asking(bent), evaluations, seededRandom(3).next);
    const sum = values.reduce((total, value) => total + value, 0);
    assert.ok(Math.abs(sum - (full - base)) < 1e-9, `${evaluations} evaluations: ${sum} against ${full - base}`);
  }
});

test("the errors told are as large as the errors made", async () => {
  const exact = shapleyByDefinition(12, bent);
  const ratios: number[] = [];
  for (let seed = 0; seed < 20; seed++) {
    const { values, errors } = await kernelShap(12, asking(bent), 120, seededRandom(seed).next);
    exact.forEach((value, i) => void ratios.push((((values[i] ?? 0) - value) / (errors[i] ?? 1)) ** 2));
  }
  const spread = Math.sqrt(ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length);
  assert.ok(spread > 0.4 && spread < 1.6, `errors made are ${spread.toFixed(2)} times those told`);
});

test("coalitions are asked about once each, their weights add up, and each drawn one has its opposite", () => {
  const { coalitions, weights, draws } = planCoalitions(50, 498, seededRandom(5).next);
  const keys = coalitions.map((one) => one.join(""));
  assert.equal(new Set(keys).size, keys.length);
  assert.ok(coalitions.length <= 498 && coalitions.length > 480, `${coalitions.length}`);
  assert.ok(Math.abs(weights.reduce((sum, weight) => sum + weight, 0) - 1) < 1e-9);
  const all = new Set(keys);
  for (const [i, one] of coalitions.entries()) {
    assert.ok(all.has(one.map((shown) => 1 - shown).join("")));
    const size = one.reduce((sum, shown) => sum + shown, 0);
    assert.equal(draws[i] === -1, size === 1 || size === 49);
  }
});

test("a picture of one region owes everything to it", async () => {
  const { values } = await kernelShap(
    1,
    asking((z) => (z[0] === 1 ? 0.9 : 0.2)),
    500,
    Math.random,
  );
  assert.ok(Math.abs((values[0] ?? 0) - 0.7) < 1e-12);
});
