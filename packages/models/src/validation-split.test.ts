import assert from "node:assert/strict";
import { test } from "node:test";
import type { Sample } from "@sightline/dataset/dataset";
import { splitForValidation } from "./validation-split.js";

function samples(counts: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(counts).flatMap(([label, count]) =>
    Array.from({ length: count }, (_, i) => ({ name: `${label}/${i}.png`, file: `${label}/${i}.png`, label })),
  );
}

test("a fifth of each label is held out", () => {
  for (const count of [40, 900]) {
    const all = samples({ good: count / 2, bad: count / 2 });
    const { training, validation } = splitForValidation({ samples: all }, 1);
    assert.equal(training.length + validation.length, count);
    assert.equal(validation.length, count / 5);
    const good = validation.filter(({ label }) => label === "good").length;
    assert.ok(Math.abs(good - validation.length / 2) <= 1, `${good} good ones of ${validation.length}`);
  }
});

test("every label of two or more pictures is held out once at least and learnt from", () => {
  const { training, validation } = splitForValidation({ samples: samples({ common: 100, pair: 2, single: 1 }) }, 3);
  const count = (part: readonly Sample[], wanted: string) => part.filter(({ label }) => label === wanted).length;
  assert.deepEqual([count(training, "pair"), count(validation, "pair")], [1, 1]);
  assert.deepEqual([count(training, "single"), count(validation, "single")], [1, 0]);
});

test("the same seed holds out the same pictures, another one others; a list of the dataset's own is taken as it is", () => {
  const all = samples({ good: 30, bad: 30 });
  const names = (seed: number) => splitForValidation({ samples: all }, seed).validation.map(({ name }) => name);
  assert.deepEqual(names(1), names(1));
  assert.notDeepEqual(names(1), names(2));
  const validation = samples({ good: 2 });
  assert.deepEqual(splitForValidation({ samples: all, validation }, 1), {
    training: all,
    validation,
    isSetAside: false,
  });
});
