import assert from "node:assert/strict";
import { test } from "node:test";
import { dividedEpochs } from "./divided-epochs.js";

const validation = [{ name: "a.png", file: "a.png", label: "good" }];
const setAside = { epochs: undefined, isValidationSetAside: true, validation };

test("the usual epochs are measured, then some learn from all pictures", () => {
  assert.deepEqual(dividedEpochs(setAside, 100), { epochs: 130, measuredEpochs: 100 });
  assert.deepEqual(dividedEpochs(setAside, 1), { epochs: 2, measuredEpochs: 1 });
});

test("a person's number of epochs is the number in all, and a small one is not divided", () => {
  assert.deepEqual(dividedEpochs({ ...setAside, epochs: 13 }, 100), { epochs: 13, measuredEpochs: 10 });
  assert.deepEqual(dividedEpochs({ ...setAside, epochs: 4 }, 100), { epochs: 4, measuredEpochs: 4 });
});

test("a list of the dataset's own is never learnt from", () => {
  const listed = { ...setAside, isValidationSetAside: false };
  assert.deepEqual(dividedEpochs(listed, 100), { epochs: 100, measuredEpochs: 100 });
  assert.deepEqual(dividedEpochs({ ...setAside, validation: [] }, 7), { epochs: 7, measuredEpochs: 7 });
});
