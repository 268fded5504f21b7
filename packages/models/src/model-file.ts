/** A model is one plain ONNX file that any ONNX Runtime runs; its manifest is JSON in the file's metadata. */
import type { Task } from "@sightline/dataset/dataset";
import type { Graph } from "@sightline/nn/graph";
import { readOnnx, writeOnnx } from "@sightline/nn/onnx-file";
import { type Manifest, parseManifest } from "./manifest.js";
import { ModelError } from "./model-error.js";
import { modelValues } from "./model-values.js";

export type { Candidate, Manifest } from "./manifest.js";

/** A finished model: the file's bytes and what they say. */
export interface TrainedModel {
  readonly bytes: Uint8Array;
  readonly manifest: Manifest;
}

/** Key of the manifest in the file's `metadata_props`. */
const manifestKey = "sightline";

export function writeModel(graph: Graph, manifest: Manifest): TrainedModel {
  const metadata = new Map(graph.metadata).set(manifestKey, JSON.stringify(manifest));
  return { bytes: writeOnnx({ ...graph, metadata }), manifest };
}

/**
 * The manifest of a model file, after checking that the file is safe to run: an ONNX file below 200 MB, with all
 * weights inside, standard operators only, and the inputs and outputs that its manifest promises.
 *
 * @throws NnError for a file that is no such ONNX file, ModelError `MODEL_NOT_SIGHTLINE`, `MODEL_MANIFEST_INVALID`,
 * `MODEL_VERSION_UNSUPPORTED`, `MODEL_DAMAGED`
 */
export function readManifest(bytes: Uint8Array): Manifest {
  return readModel(bytes).manifest;
}

/** The same model saying something else about itself, e.g. how it did on a test part; the network stays as it is. */
export function withManifest(model: Uint8Array, change: (manifest: Manifest) => Manifest): TrainedModel {
  const { graph, manifest } = readModel(model);
  return writeModel(graph, change(manifest));
}

/** The network of a model file with what it says of itself, checked like `readManifest`. */
export function readModel(bytes: Uint8Array): { graph: Graph; manifest: Manifest } {
  const graph = readOnnx(bytes);
  const text = graph.metadata.get(manifestKey);
  if (text === undefined)
    throw new ModelError(
      "MODEL_NOT_SIGHTLINE",
      `The ONNX file has no "${manifestKey}" manifest: it was not trained by Sightline. Use a file written by sightline train.`,
    );
  const manifest = parseManifest(text);
  checkValues(graph, manifest);
  return { graph, manifest };
}

/** An anomaly model may say where (`anomaly_map`), but need not. */
const promisedOutputs: Readonly<Record<Task, readonly string[]>> = {
  anomaly: [modelValues.rawScore, modelValues.score],
  classification: [modelValues.probabilities],
  multilabel: [modelValues.probabilities],
  detection: [modelValues.boxes, modelValues.scores],
};

function checkValues(graph: Graph, { task, input, labels, segmentation }: Manifest): void {
  const image = graph.inputs.find((value) => value.name === modelValues.image);
  const expected = ["N", 3, input.height, input.width].join(" × ");
  const isAsked =
    graph.inputs.length === 1 &&
    image?.type === "float32" &&
    image.dims.length === 4 &&
    image.dims[1] === 3 &&
    image.dims[2] === input.height &&
    image.dims[3] === input.width;
  if (!isAsked)
    throw new ModelError(
      "MODEL_DAMAGED",
      `The model file must have one input "image", float32 ${expected}, got ${graph.inputs.map((v) => `${v.name} ${v.type} ${v.dims.join(" × ")}`).join(", ")}. Train the model again.`,
    );
  const { probabilities, boxes, scores } = modelValues;
  const promised = [...promisedOutputs[task], ...(segmentation ? [modelValues.defectMap] : [])];
  const missing = promised.filter((name) => !graph.outputs.some((output) => output.name === name));
  if (missing.length > 0)
    throw new ModelError(
      "MODEL_DAMAGED",
      `The model file lacks the output ${missing.join(", ")} that its manifest promises. Train the model again.`,
    );
  const sizeOf = (name: string, axis: number) => graph.outputs.find((output) => output.name === name)?.dims[axis];
  const classes = task === "detection" ? sizeOf(scores, 2) : sizeOf(probabilities, 1);
  if (typeof classes === "number" && classes !== labels.length)
    throw new ModelError(
      "MODEL_DAMAGED",
      `The model file answers with ${classes} ${task === "detection" ? "scores a box" : "probabilities"}, its manifest names ${labels.length} labels. Train the model again.`,
    );
  const layers = sizeOf(modelValues.defectMap, 1);
  if (segmentation && typeof layers === "number" && layers !== segmentation.types.length)
    throw new ModelError(
      "MODEL_DAMAGED",
      `The model file's map shows ${layers} kinds of defects, its manifest names ${segmentation.types.length}. Train the model again.`,
    );
  const sides = sizeOf(boxes, 2);
  if (task === "detection" && typeof sides === "number" && sides !== 4)
    throw new ModelError(
      "MODEL_DAMAGED",
      `The model file's boxes must have 4 coordinates, got ${sides}. Train the model again.`,
    );
}
