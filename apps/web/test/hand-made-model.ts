/** Model files around networks made by hand, for page tests: they cost nothing to make and it is known what they answer. */
import { type Manifest, writeModel } from "@sightline/models/model-file";
import type { GraphBuilder } from "@sightline/nn/graph-builder";

/** What differs from model to model; by default an anomaly model that was trained elsewhere. */
export interface HandMadeModel extends Partial<Manifest> {
  /** Side of the network's input; every picture is stretched to it. */
  readonly side: number;
}

/** A model file that an upload takes. */
export function handMadeModel(builder: GraphBuilder, { side, ...changes }: HandMadeModel): Uint8Array {
  return writeModel(builder.build("made by hand"), {
    formatVersion: 1,
    method: "patchcore",
    task: "anomaly",
    labels: ["normal", "anomaly"],
    normalLabel: "good",
    input: { width: side, height: side },
    threshold: 0,
    temperature: 1,
    metrics: null,
    scores: [],
    roc: [],
    candidates: [],
    dataset: { name: "elsewhere", hash: "0".repeat(64), images: 40, byLabel: {} },
    seed: 1,
    createdAt: "2026-01-02T03:04:05.678Z",
    sightlineVersion: "0.1.0",
    ...changes,
  }).bytes;
}
