/** Reads what a person says of a picture from a request: one label, several labels, or boxes. */
import { Annotation as Said } from "@sightline/api/samples";
import type { z } from "zod";
import { errors } from "../errors.js";
import type { Annotation } from "../store/samples.js";

/** As they stand in the query; lists are JSON text. */
export interface AnnotationText {
  readonly label?: string | undefined;
  readonly labels?: string | undefined;
  readonly boxes?: string | undefined;
}

const Labels = Said.shape.labels.unwrap();
const Boxes = Said.shape.boxes.unwrap();

/** @throws ServerError SAMPLE_LABEL_AMBIGUOUS, SAMPLE_LABELS_INVALID, SAMPLE_BOXES_INVALID. */
export function parseAnnotation({ label, labels, boxes }: AnnotationText): Annotation {
  return annotationOf({
    label,
    labels:
      labels === undefined ? labels : parsed(Labels, labels, (problem) => errors.sampleLabelsInvalid({ problem })),
    boxes: boxes === undefined ? boxes : parsed(Boxes, boxes, (problem) => errors.sampleBoxesInvalid({ problem })),
  });
}

/** @throws ServerError SAMPLE_LABEL_AMBIGUOUS, SAMPLE_LABELS_INVALID. */
export function annotationOf({ label, labels, boxes }: Said): Annotation {
  const given = Object.entries({ label, labels, boxes }).flatMap(([name, value]) => (value === undefined ? [] : name));
  if (given.length !== 1) throw errors.sampleLabelAmbiguous({ given });
  if (boxes !== undefined) return { kind: "boxes", boxes };
  if (labels === undefined) return { kind: "label", label: label ?? "" };
  const twice = labels.find((one, i) => labels.indexOf(one) !== i);
  if (twice !== undefined) throw errors.sampleLabelsInvalid({ problem: `"${twice}" is named twice` });
  return { kind: "labels", labels: [...labels].sort() };
}

/** @throws ServerError SAMPLE_BOXES_INVALID when a box is empty or leaves the picture. */
export function checkBoxes(annotation: Annotation, { width, height }: { width: number; height: number }): void {
  if (annotation.kind !== "boxes") return;
  for (const [index, { label, x1, y1, x2, y2 }] of annotation.boxes.entries()) {
    const box = `box ${index + 1} ("${label}", ${x1}, ${y1} to ${x2}, ${y2})`;
    if (x2 <= x1 || y2 <= y1) throw errors.sampleBoxesInvalid({ problem: `${box} is empty: x1 < x2 and y1 < y2` });
    if (x1 < 0 || y1 < 0 || x2 > width || y2 > height)
      throw errors.sampleBoxesInvalid({ problem: `${box} leaves the picture of ${width} x ${height} pixels` });
  }
}

function parsed<T>(schema: z.ZodType<T>, text: string, refusal: (problem: string) => Error): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refusal(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const at = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
  throw refusal(`${issue?.message ?? "not a list"}${at}`);
}
