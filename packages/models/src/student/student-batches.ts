/** Batches of good pictures, each beside a picture with a defect: the same one with drawn ones, or another with real ones. */
import { floatTensor, type Tensor } from "@sightline/nn/tensor";
import type { BatchSource } from "@sightline/nn/training/batch-source";
import type { DrawnBatch, PlannedRow } from "../drawn-batches/batch-messages.js";
import { type DrawnBatchesOptions, drawnBatches, plannedRows } from "../drawn-batches/drawn-batches.js";
import { modelValues } from "../model-values.js";
import { stepInputs } from "./definition.js";

/** @param options `batchSize` counts both pictures of each pair */
export function studentBatches(options: DrawnBatchesOptions): BatchSource {
  const { batches, batchSize, sources } = options;
  const drawn = drawnBatches(options);
  return {
    samples: batches * batchSize,
    batches,
    batch: async (epoch, index) => pairs(await drawn.batch(epoch, index), plannedRows(options, epoch, index), sources),
    close: () => drawn.close(),
  };
}

/** The first half of a drawn batch are good pictures, the second half what stands beside them. */
export function pairs(
  { image, target, weight }: Pick<DrawnBatch, "image" | "target" | "weight">,
  rows: readonly PlannedRow[],
  { size, stride }: { readonly size: number; readonly stride: number },
): Record<string, Tensor> {
  const count = rows.length / 2;
  const side = size / stride;
  const places = side * side;
  const half = count * 3 * size * size;
  const imitated = new Float32Array(count * places);
  const defect = new Float32Array(count * places);
  const isReal = new Float32Array(count);
  const isUnplaced = new Float32Array(count);
  for (const [i, { kind }] of rows.slice(count).entries()) {
    const from = (count + i) * places;
    if (kind !== "defect") {
      imitated.fill(1, i * places, (i + 1) * places);
      continue;
    }
    isReal[i] = 1;
    const isPlaced = weight.subarray(from, from + places).some((value) => value > 0);
    if (!isPlaced) isUnplaced[i] = 1;
    for (let p = 0; isPlaced && p < places; p++) {
      const share = target[from + p] as number;
      defect[i * places + p] = share;
      imitated[i * places + p] = share > 0 ? 0 : 1;
    }
  }
  return {
    [modelValues.image]: floatTensor([count, 3, size, size], image.subarray(0, half)),
    [stepInputs.altered]: floatTensor([count, 3, size, size], image.subarray(half)),
    [stepInputs.imitated]: floatTensor([count, 1, side, side], imitated),
    [stepInputs.defect]: floatTensor([count, 1, side, side], defect),
    [stepInputs.isReal]: floatTensor([count, 1, 1, 1], isReal),
    [stepInputs.isUnplaced]: floatTensor([count, 1], isUnplaced),
  };
}
