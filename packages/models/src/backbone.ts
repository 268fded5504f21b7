/** The pretrained network below every method: where its file is, and its graph for one picture size and some taps. */

import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Graph, ValueInfo } from "@sightline/nn/graph";
import { pruned, standardOpset } from "@sightline/nn/graph";
import { readOnnx } from "@sightline/nn/onnx-file";
import { withInputSize } from "@sightline/nn/padding";
import { allTaps, type Backbone, describeBackbone, mapNamed, pixelScales } from "./backbone-description.js";
import { ModelError } from "./model-error.js";

export interface BackboneOptions {
  /** Size in pixels of the pictures that the graph takes. */
  readonly width: number;
  readonly height: number;
  /** Names of the feature maps wanted; they become the graph's outputs, in this order. */
  readonly taps: readonly string[];
}

export interface BackboneLocation {
  /** A backbone named by the user: any ONNX file that takes float32 [N, 3, H, W] pictures in [-1, 1]. */
  readonly file?: string;
  readonly dataFolder?: string;
}

const fileName = "mobilenet_v2.onnx";

/** Digest of the file that `npm run build` writes; changes only when the conversion does. */
export const backboneSha256 = "928ef610ad0a3700461c32f1209ba441eb6ad5166a04673c256685be77986820";

/** What the built-in file is; its licence is in NOTICE, too. */
const ourLabel = {
  name: "mobilenet-v2",
  title: "MobileNetV2 1.0, trained on Open Images",
  licence: "Apache-2.0",
  copyright: "The MediaPipe Authors",
  source: "npm @mediapipe/objectron 0.4.1675468480",
  pixels: pixelScales.centred,
} as const;

/** `<repository>/.cache/backbone/mobilenet_v2.onnx`: what the build writes. */
export function builtBackboneFile(): string {
  return fileURLToPath(new URL(`../../../.cache/backbone/${fileName}`, import.meta.url));
}

/**
 * The backbone's file: the one named by the caller, else by SIGHTLINE_BACKBONE, else the build's, else the copy in the data
 * folder.
 *
 * @throws ModelError `BACKBONE_MISSING`
 */
export function backboneFile({ file, dataFolder }: BackboneLocation = {}): string {
  const named = file ?? (process.env.SIGHTLINE_BACKBONE || undefined);
  if (named !== undefined) {
    if (existsSync(named)) return resolve(named);
    const source = file === undefined ? "SIGHTLINE_BACKBONE names" : "The backbone's file is named";
    throw new ModelError(
      "BACKBONE_MISSING",
      `${source} "${named}", which doesn't exist. Name an ONNX file or nothing.`,
    );
  }
  const places = [builtBackboneFile(), ...(dataFolder === undefined ? [] : [copiedFile(dataFolder)])];
  const found = places.find((place) => existsSync(place));
  if (found !== undefined) return found;
  throw new ModelError(
    "BACKBONE_MISSING",
    `The pretrained backbone isn't at ${places.join(" or ")}. Run "npm run build", which makes it without a network, ` +
      "or name an ONNX file in SIGHTLINE_BACKBONE.",
  );
}

/**
 * The backbone's copy in a data folder, made from the build's when it isn't there, so that the folder trains models
 * wherever it goes. `null` where the user named a backbone, or where there is no build and no copy, or no room for one:
 * training then looks for the backbone itself and says what is missing.
 */
export function keptBackbone(dataFolder: string): string | null {
  if (process.env.SIGHTLINE_BACKBONE) return null;
  const [source, target] = [builtBackboneFile(), copiedFile(dataFolder)];
  if (existsSync(target) && sha256(readFileSync(target)) === backboneSha256) return target;
  if (!existsSync(source)) return null;
  const unfinished = `${target}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(source, unfinished);
    renameSync(unfinished, target);
    return target;
  } catch {
    if (existsSync(unfinished)) rmSync(unfinished);
    return null;
  }
}

/**
 * The backbone for one picture size: input `image` float32 [N, 3, height, width] in [-1, 1], outputs the taps.
 *
 * @throws ModelError `BACKBONE_MISSING`, `BACKBONE_UNSUITABLE`
 */
export function backboneGraph({ file, dataFolder, ...options }: BackboneOptions & BackboneLocation): Graph {
  return buildBackbone(readBackbone({ ...(file && { file }), ...(dataFolder && { dataFolder }) }), options);
}

/**
 * The whole backbone, for pictures of any size, with its description.
 *
 * @throws ModelError `BACKBONE_MISSING`, `BACKBONE_UNSUITABLE`; NnError `MODEL_NOT_ONNX`
 */
export function readBackbone(location: BackboneLocation = {}): Backbone {
  const file = backboneFile(location);
  const bytes = readFileSync(file);
  const isOurs = file === builtBackboneFile() || file.endsWith(join("backbone", fileName));
  const digest = sha256(bytes);
  if (isOurs && digest !== backboneSha256) {
    throw new ModelError(
      "BACKBONE_UNSUITABLE",
      `The backbone ${file} is damaged or of another version. Delete it and run "npm run build".`,
    );
  }
  const graph = readOnnx(bytes);
  if (!isOurs) refuseNonNumbers(graph, file);
  return describeBackbone(graph, digest, isOurs ? ourLabel : {});
}

/** One weight that is no number makes every answer none: better told here than as a training that goes nowhere. */
function refuseNonNumbers({ initializers }: Graph, file: string): void {
  for (const [name, { data }] of initializers) {
    if (!(data instanceof Float32Array || data instanceof Float64Array)) continue;
    const at = data.findIndex((value: number) => !Number.isFinite(value));
    if (at >= 0)
      throw new ModelError(
        "BACKBONE_UNSUITABLE",
        `The backbone ${file} holds ${data[at]} in "${name}", where every weight must be a finite number. Export it again.`,
      );
  }
}

/**
 * The part of a backbone that leads to some of its maps, with its paddings settled for the picture size: input `image` as the
 * network itself takes it, by its own scale.
 *
 * @throws ModelError `BACKBONE_UNSUITABLE`
 */
export function buildBackbone(backbone: Backbone, { width, height, taps }: BackboneOptions): Graph {
  const { graph } = backbone;
  const [input, ...others] = graph.inputs;
  if (
    !input ||
    others.length > 0 ||
    input.type !== "float32" ||
    input.dims.length !== 4 ||
    graph.opset !== standardOpset
  ) {
    const got = graph.inputs.map(({ type, dims }) => `${type} (${dims.join(", ")})`).join(" and ");
    throw new ModelError(
      "BACKBONE_UNSUITABLE",
      `A backbone takes one input, float32 (N, 3, height, width), and is exported with operator set ${standardOpset}; ` +
        `"${graph.name}" takes ${got} in operator set ${graph.opset}. "sightline backbone add" brings a file into this form.`,
    );
  }
  const wanted = ["N", 3, height, width];
  if (input.dims.some((size, axis) => typeof size === "number" && size !== wanted[axis])) {
    throw new ModelError(
      "BACKBONE_UNSUITABLE",
      `The backbone "${graph.name}" is exported for (${input.dims.join(", ")}), wanted (${wanted.join(", ")}). ` +
        'Export it with a dynamic batch, height and width, or let "sightline backbone add" change it.',
    );
  }
  const outputs = taps.map((tap): ValueInfo => {
    const output = graph.outputs.find(({ name }) => name === tap);
    if (output) return output;
    const map = mapNamed(backbone, tap);
    if (map) return { name: tap, type: "float32", dims: ["N", map.channels, `${tap}Height`, `${tap}Width`] };
    const known = [...new Set([...graph.outputs, ...allTaps(backbone)].map(({ name }) => name))].join(", ");
    throw new ModelError("BACKBONE_UNSUITABLE", `The backbone "${graph.name}" has no tap "${tap}", only ${known}.`);
  });
  return withInputName(withInputSize(pruned(graph, outputs), wanted), input.name);
}

/** Models name their picture `image`, whatever a foreign backbone calls it. */
function withInputName(graph: Graph, before: string): Graph {
  if (before === "image") return graph;
  const rename = (name: string) => (name === before ? "image" : name);
  return {
    ...graph,
    inputs: graph.inputs.map((input) => ({ ...input, name: rename(input.name) })),
    nodes: graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map(rename) })),
  };
}

function copiedFile(dataFolder: string): string {
  return join(resolve(dataFolder), "backbone", fileName);
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
