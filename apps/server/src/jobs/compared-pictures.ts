/** Two versions' answers to the same pictures, put side by side: who is right where, and how much that says. */
import type { ComparedPicture, ComparisonResult } from "@sightline/api/comparisons";
import type { Prediction } from "@sightline/models/predictor";
import { isRight } from "../review/answers.js";
import { type Annotation, labelsOf } from "../store/samples.js";

export interface AnsweredPicture {
  readonly sampleId: string;
  readonly name: string;
  readonly annotation: Annotation;
  readonly base: Prediction;
  readonly candidate: Prediction;
}

/** A person looks through these one by one. */
const mostPictures = 500;

export function compared(
  answered: readonly AnsweredPicture[],
): Pick<
  ComparisonResult,
  "images" | "bothRight" | "bothWrong" | "onlyBaseRight" | "onlyCandidateRight" | "chance" | "pictures"
> {
  const rows = answered.map(({ sampleId, name, annotation, base, candidate }): ComparedPicture => {
    const side = (prediction: Prediction): ComparedPicture["base"] => {
      const { label, score, confidence } = prediction;
      const found = { ...prediction, labels: [...prediction.labels], detections: [...prediction.detections] };
      return { answer: label, isRight: isRight(found, annotation), score, confidence };
    };
    return { sampleId, name, truth: inOneLine(annotation), base: side(base), candidate: side(candidate) };
  });
  const count = (isBaseRight: boolean, isCandidateRight: boolean) =>
    rows.filter(({ base, candidate }) => base.isRight === isBaseRight && candidate.isRight === isCandidateRight).length;
  const [onlyBaseRight, onlyCandidateRight] = [count(true, false), count(false, true)];
  const differs = ({ base, candidate }: ComparedPicture) => base.isRight !== candidate.isRight;
  const wrong = rows.filter(({ base, candidate }) => !(base.isRight && candidate.isRight));
  return {
    images: rows.length,
    bothRight: count(true, true),
    bothWrong: count(false, false),
    onlyBaseRight,
    onlyCandidateRight,
    chance: chanceOfSplit(onlyBaseRight, onlyCandidateRight),
    pictures: [...wrong.filter(differs), ...wrong.filter((row) => !differs(row))].slice(0, mostPictures),
  };
}

/**
 * McNemar's exact test, two-sided: of the pictures that only one version gets right, each would go to either with one half.
 * McNemar (1947), Psychometrika 12: 153–157.
 */
export function chanceOfSplit(a: number, b: number): number {
  const n = a + b;
  // Logarithms, because one half to the power of a thousand pictures is no number any more.
  let logTerm = -n * Math.LN2;
  let tail = 0;
  for (let k = 0; k <= Math.min(a, b); k++) {
    tail += Math.exp(logTerm);
    logTerm += Math.log(n - k) - Math.log(k + 1);
  }
  return Math.min(1, 2 * tail);
}

function inOneLine(annotation: Annotation): string {
  if (annotation.kind === "label") return annotation.label;
  if (annotation.kind === "none") return "unlabelled";
  if (annotation.kind === "labels") return annotation.labels.join(", ") || "none";
  const count = (label: string) => annotation.boxes.filter((box) => box.label === label).length;
  return (
    labelsOf(annotation)
      .map((label) => `${count(label)} ${label}`)
      .join(", ") || "none"
  );
}
