/** Reads what a person says of a picture from a request: one label, several labels, or boxes. */
import { Box, Label } from "@sightline/api/schemas";
import { z } from "zod";
import { errors } from "../errors.js";
import type { Annotation } from "../store/samples.js";

/** As they stand in the query; lists are JSON text. */
export interface AnnotationText {
  readonly label?: string | undefined;
  readonly labels?: string | undefined;
  readonly boxes?: string | undefined;
}

const MAX_LABELS = 200;
const MAX_BOXES = 5000;
const Labels = z.array(Label).max(MAX_LABELS);
const Boxes = z.array(Box.extend({ label: Label }).strict()).max(MAX_BOXES);

/** @throws ServerError SAMPLE_LABEL_AMBIGUOUS, SAMPLE_LABELS_INVALID, SAMPLE_BOXES_INVALID. */
export function parseAnnotation(text: AnnotationText): Annotation {
  const given = (["label", "labels", "boxes"] as const).filter((name) => text[name] !== undefined);
  if (given.length !== 1) throw errors.sampleLabelAmbiguous({ given });
  if (text.label !== undefined) return { kind: "label", label: text.label };
  if (text.labels !== undefined) {
    const labels = parsed(Labels, text.labels, (problem) => errors.sampleLabelsInvalid({ problem }));
    const twice = labels.find((label, i) => labels.indexOf(label) !== i);
    if (twice !== undefined) throw errors.sampleLabelsInvalid({ problem: `"${twice}" is named twice` });
    return { kind: "labels", labels: [...labels].sort() };
  }
  return {
    kind: "boxes",
    boxes: parsed(Boxes, text.boxes ?? "", (problem) => errors.sampleBoxesInvalid({ problem })),
  };
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
