/** Puts labelled pictures aside for the test, before the first training can see them. */
import { createHash } from "node:crypto";
import type { Part } from "@sightline/api/samples";

export interface SplitSample {
  readonly id: string;
  /** Every label it has, each once: one, or for several labels and boxes any number. */
  readonly labels: readonly string[];
  readonly part: Part;
}

/** Every fifth picture of a label is for the test, from this many on: with fewer, the training needs them all. */
const TEST_EVERY = 5;
const MIN_FOR_TEST = 10;

/**
 * Decides for the pictures that are still `auto`; a picture that has its part keeps it for good, so that none is trained on today and tested
 * with tomorrow. Pictures that people put into the test themselves count towards the fifth.
 *
 * Labels are served from the rarest on, so that a picture with several fills the need of each (the idea of iterative stratification,
 * Sechidis et al. 2011); pictures without a label are served like a label of their own.
 * @returns ids, to be stored before the training starts.
 */
export function splitForTest(samples: readonly SplitSample[], seed: number): { train: string[]; test: string[] } {
  const ranked = samples
    .map((sample) => ({ ...sample, rank: createHash("sha256").update(`${seed} ${sample.id}`).digest("hex") }))
    .sort((a, b) => (a.rank < b.rank ? -1 : 1));
  const isTest = new Set(ranked.filter(({ part }) => part === "test").map(({ id }) => id));
  const groups = new Map<string, typeof ranked>();
  for (const sample of ranked) {
    // Pictures without any label are a kind of their own.
    for (const label of sample.labels.length === 0 ? [""] : sample.labels)
      groups.set(label, [...(groups.get(label) ?? []), sample]);
  }
  const rarestFirst = [...groups].sort(([a, one], [b, other]) => one.length - other.length || (a < b ? -1 : 1));
  for (const [, group] of rarestFirst) {
    const wanted = group.length < MIN_FOR_TEST ? 0 : Math.floor(group.length / TEST_EVERY);
    const inTest = group.filter(({ id }) => isTest.has(id)).length;
    const undecided = group.filter(({ id, part }) => part === "auto" && !isTest.has(id));
    for (const { id } of undecided.slice(0, Math.max(0, wanted - inTest))) isTest.add(id);
  }
  const decided = ranked.filter(({ part }) => part === "auto");
  return {
    train: decided.filter(({ id }) => !isTest.has(id)).map(({ id }) => id),
    test: decided.filter(({ id }) => isTest.has(id)).map(({ id }) => id),
  };
}
