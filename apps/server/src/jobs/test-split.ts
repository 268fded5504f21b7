/** Puts labelled pictures aside for the test, before the first training can see them. */
import { createHash } from "node:crypto";
import type { Part } from "@sightline/api/schemas";

export interface SplitSample {
  readonly id: string;
  readonly label: string;
  readonly part: Part;
}

/** Every fifth picture of a label is for the test, from this many on: with fewer, the training needs them all. */
const TEST_EVERY = 5;
const MIN_FOR_TEST = 10;

/**
 * Decides for the pictures that are still `auto`; a picture that has its part keeps it for good, so that none is trained on today and tested
 * with tomorrow. Pictures that people put into the test themselves count towards the fifth.
 * @returns ids, to be stored before the training starts.
 */
export function splitForTest(samples: readonly SplitSample[], seed: number): { train: string[]; test: string[] } {
  const split: { train: string[]; test: string[] } = { train: [], test: [] };
  for (const label of new Set(samples.map((sample) => sample.label))) {
    const group = samples.filter((sample) => sample.label === label);
    const undecided = group
      .filter((sample) => sample.part === "auto")
      .map(({ id }) => ({ id, rank: createHash("sha256").update(`${seed} ${id}`).digest("hex") }))
      .sort((a, b) => (a.rank < b.rank ? -1 : 1));
    const inTest = group.filter((sample) => sample.part === "test").length;
    const wanted = group.length < MIN_FOR_TEST ? 0 : Math.max(0, Math.floor(group.length / TEST_EVERY) - inTest);
    split.test.push(...undecided.slice(0, wanted).map(({ id }) => id));
    split.train.push(...undecided.slice(wanted).map(({ id }) => id));
  }
  return split;
}
