/** The pictures that rows are drawn from, decoded once into memory that the drawing thread shares. */
import { readFile } from "node:fs/promises";
import type { Sample } from "@sightline/dataset/dataset";
import { DefectMaskError, decodeDefectMask, maskOfRegion } from "@sightline/dataset/defect-mask";
import { ImageError, readHeader } from "@sightline/dataset/image-file";
import { randomStream, shuffled } from "@sightline/nn/random";
import type { Image } from "@sightline/vision/image";
import { resize } from "@sightline/vision/resize";
import { nextTurn, throwIfCancelled } from "../model-error.js";
import { SampleReader } from "../pictures.js";
import type { View } from "./views.js";

/** Pictures are kept this much larger than the input, so that what is turned or zoomed in on stays sharp. */
export const keptDetail = 1.15;
/** Pictures in memory take at most this much; beyond it some are drawn by lot, which show as much. */
const mostBytes = 300e6;

export interface TrainingPictures {
  readonly normals: readonly Image[];
  readonly defects: readonly View[];
}

/**
 * @param side of the squares that pictures are brought to
 * @param isDefect which samples are real defects
 * @throws ModelError `TRAINING_CANCELLED`
 */
export async function openTrainingPictures(
  samples: readonly Sample[],
  {
    side,
    isDefect,
    seed,
    signal,
  }: {
    readonly side: number;
    readonly isDefect: (sample: Sample) => boolean;
    readonly seed: number;
    readonly signal: AbortSignal | undefined;
  },
): Promise<TrainingPictures> {
  const most = Math.max(8, Math.floor(mostBytes / (side * side * 3)));
  const chosen = shuffled(samples.length, randomStream(seed, "pictures"))
    .slice(0, most)
    .toSorted((a, b) => a - b);
  const reader = new SampleReader();
  const normals: Image[] = [];
  const defects: View[] = [];
  for (const place of chosen) {
    const sample = samples[place] as Sample;
    const image = shared(await reader.image(sample, { width: side, height: side }));
    if (isDefect(sample)) defects.push({ image, mask: await maskOf(sample, side) });
    else normals.push(image);
    throwIfCancelled(signal);
    await nextTurn();
  }
  return { normals, defects };
}

/** White where the sample's mask shows any defect; `null` without a mask that can be used. */
async function maskOf({ maskFile, maskColours, label, region, file }: Sample, side: number): Promise<Image | null> {
  if (maskFile === undefined) return null;
  try {
    const types = maskColours?.map((colour) => colour.label) ?? [label];
    const whole = await decodeDefectMask(new Uint8Array(await readFile(maskFile)), {
      types,
      colours: maskColours,
      label,
    });
    const mask = region ? maskOfRegion(whole, region, readHeader(new Uint8Array(await readFile(file)))) : whole;
    const data = new Uint8Array(mask.width * mask.height * 3);
    for (let i = 0; i < data.length; i++) data[i] = (mask.data[Math.floor(i / 3)] as number) > 0 ? 255 : 0;
    const image = shared(resize({ width: mask.width, height: mask.height, data }, side, side));
    // A mask that shows nothing doesn't say that there is nothing.
    return image.data.some((value) => value > 127) ? image : null;
  } catch (error) {
    if (error instanceof DefectMaskError || error instanceof ImageError) return null;
    if (error instanceof Error && "code" in error) return null;
    throw error;
  }
}

function shared({ width, height, data }: Image): Image {
  const copy = new Uint8Array(new SharedArrayBuffer(data.length));
  copy.set(data);
  return { width, height, data: copy };
}
