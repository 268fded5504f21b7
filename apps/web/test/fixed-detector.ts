/** A detector for page tests that costs nothing to make: it finds the same boxes on every picture. */
import { GraphBuilder } from "@sightline/nn/graph-builder";
import { floatTensor, indexTensor } from "@sightline/nn/tensor";
import { handMadeModel } from "./hand-made-model.js";

/** The network's input; every picture is stretched to it. */
const side = 8;

export interface FixedBox {
  label: string;
  /** As shares of the picture's width and height. */
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

/** A model file that an upload takes. @param labels all that the model knows, found or not */
export function fixedDetector(labels: readonly string[], found: readonly FixedBox[]): Uint8Array {
  const builder = new GraphBuilder();
  const image = builder.input("image", "float32", ["N", 3, side, side]);
  const mean = builder.add("ReduceMean", [image, indexTensor([1, 2, 3])], { keepdims: 0 });
  const nothing = builder.add("Mul", [builder.add("Reshape", [mean, indexTensor([-1, 1, 1])]), floatTensor([], [0])]);
  const corners = found.flatMap(({ x1, y1, x2, y2 }) => [x1, y1, x2, y2].map((share) => share * side));
  const scores = found.flatMap(({ label }) => labels.map((one) => (one === label ? 0.9 : 0)));
  builder.output(builder.add("Add", [nothing, floatTensor([1, found.length, 4], corners)]), "boxes");
  builder.output(builder.add("Add", [nothing, floatTensor([1, found.length, labels.length], scores)]), "scores");
  return handMadeModel(builder, {
    ...{ side, method: "detector", task: "detection", labels, normalLabel: null },
    detection: { scoreThreshold: 0.5, iouThreshold: 0.6, maxDetections: 10 },
  });
}
