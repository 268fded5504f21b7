/** The end of the network: from a picture's patches to how strange each is, and to the picture's raw score. */
import type { Graph } from "@sightline/nn/graph";
import { GraphBuilder } from "@sightline/nn/graph-builder";
import { writeOnnx } from "@sightline/nn/onnx-file";
import { openSession } from "@sightline/nn/session/session";
import { floatTensor, indexTensor } from "@sightline/nn/tensor";
import { nextTurn, throwIfCancelled } from "../model-error.js";
import { modelValues } from "../model-values.js";
import type { Calibration } from "../threshold.js";
import type { DefectDirection } from "./defect-direction.js";
import { patchCount, patchDimensions, patchGrid } from "./patch-features.js";

/** What known defects add to a patch's distance. */
export interface Lean {
  readonly direction: DefectDirection;
  /** Distance that a lean of one deviation is worth. */
  readonly weight: number;
}

/**
 * Distances of patches to the nearest of the bank as one matrix product: |a − b|² = |a|² − 2ab + |b|².
 *
 * @returns the distances, `[N, patchCount]`
 */
function addDistances(builder: GraphBuilder, patches: string, bank: Float32Array): string {
  const size = bank.length / patchDimensions;
  const columns = new Float32Array(bank.length);
  const squares = new Float32Array(size);
  for (let b = 0; b < size; b++)
    for (let d = 0; d < patchDimensions; d++) {
      const value = bank[b * patchDimensions + d] as number;
      columns[d * size + b] = -2 * value;
      squares[b] = (squares[b] as number) + value * value;
    }
  const products = builder.add("MatMul", [patches, floatTensor([patchDimensions, size], columns)]);
  const partial = builder.add("Add", [products, floatTensor([size], squares)]);
  const nearest = builder.add("ReduceMin", [partial, indexTensor([2])], { keepdims: 0 });
  const lengths = builder.add("ReduceSumSquare", [patches, indexTensor([2])], { keepdims: 0 });
  // Rounding can leave a patch that is in the bank a little below zero.
  return builder.add("Sqrt", [builder.add("Relu", [builder.add("Add", [nearest, lengths])])]);
}

/** Adds the model's outputs: raw score, score and anomaly map. */
export function addOutputs(
  builder: GraphBuilder,
  patches: string,
  bank: Float32Array,
  lean: Lean | null,
  strangest: number,
  { threshold, temperature }: Calibration,
): void {
  let strangeness = addDistances(builder, patches, bank);
  if (lean !== null) {
    const weights = lean.direction.weights.map((value) => value * lean.weight);
    // As a column: ONNX Runtime 1.30 joins a MatMul by a vector with the Transpose before it and then answers wrongly.
    const column = builder.add("MatMul", [patches, floatTensor([patchDimensions, 1], weights)]);
    const leans = builder.add("Squeeze", [column, indexTensor([2])]);
    const offset = floatTensor([], [lean.direction.offset * lean.weight]);
    strangeness = builder.add("Add", [strangeness, builder.add("Add", [leans, offset])]);
  }
  const top = builder.addAll("TopK", [strangeness, indexTensor([strangest])], {}, [
    "strangest",
    "strangest/places",
  ])[0] as string;
  builder.add("ReduceMean", [top, indexTensor([1])], { keepdims: 0 }, modelValues.rawScore);
  const calibrated = (value: string, output: string): void => {
    const excess = builder.add("Sub", [value, floatTensor([], [threshold])]);
    builder.add("Sigmoid", [builder.add("Div", [excess, floatTensor([], [temperature])])], {}, output);
  };
  calibrated(modelValues.rawScore, modelValues.score);
  const map = builder.add("Reshape", [strangeness, indexTensor([0, 1, patchGrid.height, patchGrid.width])]);
  calibrated(map, modelValues.anomalyMap);
  for (const output of [modelValues.rawScore, modelValues.score, modelValues.anomalyMap]) builder.output(output);
}

/** How far each picture's patches, computed before, are from a bank: `[patchCount]` for each picture. */
export async function distancesTo(
  bank: Float32Array,
  pictures: Iterable<Float32Array>,
  { threads, signal }: { readonly threads: number; readonly signal: AbortSignal | undefined },
): Promise<Float32Array[]> {
  const session = await openSession(writeOnnx(distanceGraph(bank)), { threads });
  const distances: Float32Array[] = [];
  try {
    for (const patches of pictures) {
      const results = await session.run({ patches: floatTensor([1, patchCount, patchDimensions], patches) });
      distances.push(Float32Array.from(results.distances?.data as Float32Array));
      if (distances.length % 16 === 0) await nextTurn();
      throwIfCancelled(signal);
    }
  } finally {
    await session.dispose();
  }
  return distances;
}

function distanceGraph(bank: Float32Array): Graph {
  const builder = new GraphBuilder();
  builder.input("patches", "float32", ["N", patchCount, patchDimensions]);
  builder.add("Identity", [addDistances(builder, "patches", bank)], {}, "distances");
  builder.output("distances");
  return builder.build("patchcore_distances");
}

/** How far each patch of a picture leans towards the known defects. */
export function leansOf(patches: Float32Array, { weights, offset }: DefectDirection): Float32Array {
  return Float32Array.from({ length: patchCount }, (_, p) => {
    let sum = offset;
    for (let d = 0; d < patchDimensions; d++)
      sum += (weights[d] as number) * (patches[p * patchDimensions + d] as number);
    return sum;
  });
}

/** A picture's raw score, as the network computes it. */
export function pictureScore(strangeness: Float32Array, strangest: number): number {
  const top = Float32Array.from(strangeness).sort().subarray(-strangest);
  return top.reduce((sum, value) => sum + value, 0) / top.length;
}
