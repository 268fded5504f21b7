/** A model's answer against what a person says a picture shows: which word follows from which. */
import type { Inspection } from "@sightline/api/inspections";
import type { ModelAnswer } from "@sightline/api/reviews";
import { findNormalLabel } from "@sightline/dataset/labelled-pictures";
import { intersectionOverUnion } from "@sightline/vision/detections";
import type { Prediction } from "../inspect/predictors.js";
import type { Annotation } from "../store/samples.js";

/** A found box is the drawn one from this overlap on. */
const sameFrom = 0.5;

export const isNormalLabel = (label: string): boolean => findNormalLabel([label]) !== null;

/** What the line said of an inspection; `undefined` while it has said nothing. */
export function answerOfInspection(inspection: Inspection): ModelAnswer | undefined {
  const { label, confidence } = inspection;
  if (label === null || confidence === null) return undefined;
  const { labels, detections, isAnomalous, score, modelId, modelVersion, threshold } = inspection;
  return { label, labels, detections, isAnomalous, score, confidence, modelId, modelVersion, threshold };
}

export function answerOfPrediction(
  prediction: Prediction,
  by: { readonly modelId: string; readonly modelVersion: number; readonly threshold: number },
): ModelAnswer {
  const { label, labels, detections, isAnomalous, score, confidence } = prediction;
  const { modelId, modelVersion, threshold } = by;
  const found = { labels: [...labels], detections: detections.map((one) => ({ ...one })) };
  return { label, ...found, isAnomalous, score, confidence, modelId, modelVersion, threshold };
}

/** Whether two answers would be treated alike: the same verdict, the same labels, as many boxes of each label. */
export function isSameAnswer(a: ModelAnswer, b: ModelAnswer): boolean {
  if (a.isAnomalous !== null && b.isAnomalous !== null) return a.isAnomalous === b.isAnomalous;
  const named = ({ detections, labels }: ModelAnswer) =>
    [...(detections.length > 0 ? detections.map(({ label }) => label) : labels)].sort();
  return isSameList(named(a), named(b));
}

/** Whether an answer says what a person says. */
export function isRight(
  answer: Pick<ModelAnswer, "label" | "labels" | "detections" | "isAnomalous">,
  said: Annotation,
) {
  if (said.kind === "none") return false;
  if (said.kind === "boxes") return hasSameBoxes(answer.detections, said.boxes);
  if (said.kind === "labels") return isSameList([...answer.labels].sort(), [...said.labels].sort());
  if (answer.isAnomalous !== null) return answer.isAnomalous !== isNormalLabel(said.label);
  return answer.label === said.label;
}

/**
 * What the picture shows when a person says of the answer only that it is right or wrong.
 * @param kind how the project's pictures are labelled.
 * @param labels those of the project's pictures.
 * @returns `null` where the word alone does not tell: of several classes, "wrong" names none.
 */
export function annotationOfWord(
  answer: ModelAnswer,
  word: "correct" | "wrong",
  kind: Annotation["kind"],
  labels: readonly string[],
): Annotation | null {
  if (answer.isAnomalous !== null && kind === "label") {
    const isDefect = answer.isAnomalous === (word === "correct");
    return { kind, label: isDefect ? defectLabel(labels) : (labels.find(isNormalLabel) ?? "normal") };
  }
  if (word === "wrong") return null;
  if (kind === "labels") return { kind, labels: [...answer.labels].sort() };
  if (kind === "label") return { kind, label: answer.label };
  return { kind, boxes: answer.detections.map(({ label, x1, y1, x2, y2 }) => ({ label, x1, y1, x2, y2 })) };
}

/** Of one kind of defect the name is plain; of several, nobody said which. */
function defectLabel(labels: readonly string[]): string {
  const defects = labels.filter((label) => !isNormalLabel(label));
  return defects.length === 1 ? (defects[0] as string) : "anomaly";
}

type Boxes = readonly { readonly label: string; x1: number; y1: number; x2: number; y2: number }[];

function hasSameBoxes(found: Boxes, drawn: Boxes): boolean {
  if (found.length !== drawn.length) return false;
  const left = [...drawn];
  return found.every((box) => {
    const at = left.findIndex((one) => one.label === box.label && overlap(one, box) >= sameFrom);
    if (at !== -1) left.splice(at, 1);
    return at !== -1;
  });
}

function overlap(a: Boxes[number], b: Boxes[number]): number {
  const corners = (box: Boxes[number]) => [box.x1, box.y1, box.x2, box.y2];
  return intersectionOverUnion(corners(a), 0, corners(b), 0);
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one, i) => one === b[i]);
}
