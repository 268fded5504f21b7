/** What is known of a pretrained network besides its weights: where its features are, how it takes pictures, whose it is. */
import type { Graph } from "@sightline/nn/graph";
import {
  type BackboneStage,
  type BackboneTap,
  featureMaps,
  findStages,
  type TapRole,
  tapKinds,
} from "./backbone-taps.js";
import type { ManifestBackbone } from "./manifest.js";
import { ModelError } from "./model-error.js";

/** What enters is (pixel − mean) / deviation: red, green, blue, in the pixels' own 0–255. */
export interface PixelScale {
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/** What a file may say of itself, in its metadata. */
export interface BackboneLabel {
  /** What people call it by: letters, digits, dots, dashes, underscores. */
  readonly name: string;
  readonly title: string;
  /** SPDX identifier; `null`: nobody said. */
  readonly licence: string | null;
  /** Whose it is, as the licence wants it kept; `null`: nobody said. */
  readonly copyright: string | null;
  /** Where its weights came from. */
  readonly source: string | null;
  readonly pixels: PixelScale;
}

export interface BackboneDescription extends BackboneLabel {
  /** Of its file. */
  readonly sha256: string;
  readonly stages: readonly BackboneStage[];
}

/** A pretrained network for pictures of any size. */
export interface Backbone extends BackboneDescription {
  readonly graph: Graph;
}

/** The key in a file's metadata that its label stands behind, as JSON. */
export const backboneMetadataKey = "sightline.backbone";

/** Scales that networks commonly take their pictures in. */
export const pixelScales = {
  /** −1 … 1: TensorFlow's. */
  centred: { mean: [127.5, 127.5, 127.5], deviation: [127.5, 127.5, 127.5] },
  /** Mean and deviation of ImageNet's pictures: torchvision's and most of PyTorch's. */
  imagenet: { mean: [123.675, 116.28, 103.53], deviation: [58.395, 57.12, 57.375] },
  /** 0 … 1. */
  unit: { mean: [0, 0, 0], deviation: [255, 255, 255] },
  /** 0 … 255, as they are. */
  plain: { mean: [0, 0, 0], deviation: [1, 1, 1] },
} as const satisfies Readonly<Record<string, PixelScale>>;

export type PixelScaleName = keyof typeof pixelScales;

/**
 * The network with its description: what its file's metadata says, and its stages by their shapes.
 *
 * @param label what is known besides; the file's own word comes before it
 * @throws ModelError `BACKBONE_UNSUITABLE` where the metadata is damaged
 */
export function describeBackbone(graph: Graph, sha256: string, label: Partial<BackboneLabel> = {}): Backbone {
  const told = readLabel(graph);
  return {
    ...{ name: graph.name || "unnamed", title: graph.name || "Unnamed network" },
    ...{ licence: null, copyright: null, source: null, pixels: pixelScales.centred },
    ...label,
    ...told,
    sha256,
    stages: findStages(graph),
    graph,
  };
}

/** What a model's manifest says of the network that it was made from. */
export function manifestBackbone(backbone: BackboneDescription): ManifestBackbone {
  const { name, title, sha256, licence, copyright, source } = backbone;
  return { name, title, sha256, licence, copyright, source };
}

/**
 * The map that plays a role.
 *
 * @throws ModelError `BACKBONE_UNSUITABLE` where the network has no maps of the stride
 */
export function tapOf({ name, stages }: BackboneDescription, { stride, kind }: TapRole): BackboneTap {
  const stage = stages.find((candidate) => candidate.stride === stride);
  if (stage) return stage[kind];
  const strides = stages.map((candidate) => candidate.stride).join(", ") || "none";
  throw new ModelError(
    "BACKBONE_UNSUITABLE",
    `The backbone "${name}" has no feature maps of stride ${stride}, only of strides ${strides}. ` +
      "Name a convolutional network with maps of strides 4, 8, 16 and 32.",
  );
}

/** Every map that plays some role, once. */
export function allTaps({ stages }: BackboneDescription): BackboneTap[] {
  const taps = stages.flatMap((stage) => tapKinds.map((kind) => stage[kind]));
  return [...new Map(taps.map((tap) => [tap.name, tap])).values()];
}

/** Any map of the network by its name. */
export function mapNamed(backbone: Backbone, name: string): BackboneTap | undefined {
  return (
    allTaps(backbone).find((tap) => tap.name === name) ?? featureMaps(backbone.graph).find((tap) => tap.name === name)
  );
}

function readLabel({ name, metadata }: Graph): Partial<BackboneLabel> {
  const text = metadata.get(backboneMetadataKey);
  if (text === undefined) return {};
  const label = parsed(text);
  if (label !== null) return label;
  throw new ModelError(
    "BACKBONE_UNSUITABLE",
    `The backbone "${name}" has metadata "${backboneMetadataKey}" that can't be read: ${text.slice(0, 200)}. ` +
      "Add it again from its source.",
  );
}

function parsed(text: string): BackboneLabel | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return isLabel(value) ? value : null;
}

/** @returns whether something from a file is a label, all fields of the right kind. */
export function isLabel(value: unknown): value is BackboneLabel {
  if (typeof value !== "object" || value === null) return false;
  const { name, title, licence, copyright, source, pixels } = value as Readonly<Record<string, unknown>>;
  const isText = (field: unknown): boolean => field === null || typeof field === "string";
  return (
    typeof name === "string" &&
    typeof title === "string" &&
    [licence, copyright, source].every(isText) &&
    isPixelScale(pixels)
  );
}

function isPixelScale(value: unknown): value is PixelScale {
  if (typeof value !== "object" || value === null) return false;
  const { mean, deviation } = value as Readonly<Record<string, unknown>>;
  const isTriple = (field: unknown): field is number[] =>
    Array.isArray(field) && field.length === 3 && field.every((number) => Number.isFinite(number));
  return isTriple(mean) && isTriple(deviation) && deviation.every((number) => number > 0);
}
