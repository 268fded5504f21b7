/** What a model said of a tried picture, as what a person would say of a labelled one. */
import type { Prediction } from "@sightline/api/predictions";
import type { Annotation } from "@sightline/api/samples";

export type ModelAnswer = Pick<Prediction, "task" | "labels" | "detections" | "width" | "height">;

/** So many boxes fit into an address. */
export const boxesInAddress = 30;

/** What the model said, as a person would have said it; `null` where one label is to be chosen. */
export function answerOf({ task, labels, detections, width, height }: ModelAnswer): Annotation | null {
  if (task === "multilabel") return { labels: [...labels] };
  if (task !== "detection") return null;
  const inside = (value: number, most: number) => Math.round(Math.min(Math.max(value, 0), most));
  const boxes = detections.map(({ label, x1, y1, x2, y2 }) => ({
    label,
    x1: inside(x1, width),
    y1: inside(y1, height),
    x2: inside(x2, width),
    y2: inside(y2, height),
  }));
  return { boxes: boxes.filter(({ x1, y1, x2, y2 }) => x1 < x2 && y1 < y2) };
}
