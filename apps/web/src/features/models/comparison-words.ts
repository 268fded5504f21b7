/** A comparison in plain words: who is better, and whether the pictures are enough to say so. */
import type { ComparisonResult } from "@sightline/api/comparisons";
import { plural } from "../../components/format.js";

export interface ComparisonWords {
  headline: string;
  detail: string;
  tone: "better" | "worse" | "open";
}

/** What statisticians ask for by custom. */
const soundBelow = 0.05;

export function inWords(result: ComparisonResult, base: number, candidate: number): ComparisonWords {
  const { images, onlyBaseRight, onlyCandidateRight, bothWrong, chance } = result;
  const both = bothWrong === 0 ? "" : ` ${plural(bothWrong, "picture")} both get wrong.`;
  if (onlyBaseRight + onlyCandidateRight === 0) {
    return {
      headline: `Versions ${base} and ${candidate} are right on the same pictures`,
      detail: `On ${plural(images, "test picture")} there is nothing to tell them apart.${both}`,
      tone: "open",
    };
  }
  const split =
    `Version ${candidate} gets ${onlyCandidateRight} right that version ${base} gets wrong, and ${onlyBaseRight} the other way round, ` +
    `of ${plural(images, "test picture")}.${both}`;
  if (chance >= soundBelow) {
    const odds = Math.min(100, Math.max(1, Math.round(chance * 100)));
    return {
      headline: "Too few pictures to say which is better",
      detail: `${split} Equally good versions would differ as much in ${odds} of 100 such tests.`,
      tone: "open",
    };
  }
  const isBetter = onlyCandidateRight > onlyBaseRight;
  const share = chance < 0.01 ? "fewer than 1" : String(Math.round(chance * 100));
  return {
    headline: `Version ${isBetter ? candidate : base} is better`,
    detail: `${split} Equally good versions would differ as much in ${share} of 100 such tests.`,
    tone: isBetter ? "better" : "worse",
  };
}
