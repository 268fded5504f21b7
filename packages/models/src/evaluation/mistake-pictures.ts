/** Small pictures of the worst mistakes, with what the model saw: its heat map, or the boxes it found beside those there are. */
import { readFile } from "node:fs/promises";
import type { Sample } from "@sightline/dataset/dataset";
import { decodeImage, encodeJpeg, encodeOverlay, ImageError } from "@sightline/dataset/image-file";
import { type DrawnBox, drawBoxes } from "@sightline/vision/drawing";
import type { Image } from "@sightline/vision/image";
import { resize } from "@sightline/vision/resize";
import { throwIfCancelled } from "../model-error.js";
import type { Predictor } from "../predictor.js";
import type { Mistake } from "./evaluation-report.js";
import type { MistakePicture } from "./report-page.js";

/** Of the longer side, in pixels. */
const side = 300;
const quality = 78;

export interface MistakePicturesOrder {
  readonly predictor: Predictor;
  readonly mistakes: readonly Mistake[];
  /** Where each mistake's picture is. */
  readonly sampleOf: (mistake: Mistake) => Pick<Sample, "file" | "boxes"> | undefined;
  /** So many of the list get a picture. */
  readonly most: number;
  readonly signal?: AbortSignal | undefined;
}

/** By the mistake's place in the list; files that have gone since are left out. */
export async function mistakePictures(order: MistakePicturesOrder): Promise<Map<number, MistakePicture>> {
  const found = new Map<number, MistakePicture>();
  for (const [place, mistake] of order.mistakes.slice(0, order.most).entries()) {
    throwIfCancelled(order.signal);
    const sample = order.sampleOf(mistake);
    if (sample === undefined) continue;
    try {
      found.set(place, await pictureOf(order.predictor, sample));
    } catch (error) {
      if (!(error instanceof ImageError || (error instanceof Error && "syscall" in error))) throw error;
    }
  }
  return found;
}

async function pictureOf(
  predictor: Predictor,
  { file, boxes }: Pick<Sample, "file" | "boxes">,
): Promise<MistakePicture> {
  const bytes = new Uint8Array(await readFile(file));
  const picture = await decodeImage(bytes);
  const scale = Math.min(1, side / Math.max(picture.width, picture.height));
  const small = resize(
    picture,
    Math.max(1, Math.round(picture.width * scale)),
    Math.max(1, Math.round(picture.height * scale)),
  );
  const { task, labels } = predictor.manifest;
  const plain = await encodeJpeg(small, quality);
  if (task === "anomaly") {
    const { heatMapPng } = await predictor.predict(bytes, { heatMap: true });
    return { plain, marked: heatMapPng ? await encodeOverlay(small, heatMapPng, quality) : null };
  }
  if (task !== "detection") return { plain, marked: null };
  const { detections } = await predictor.predict(bytes);
  const drawn = (list: readonly (Omit<DrawnBox, "classIndex"> & { readonly label: string })[]): Promise<Uint8Array> =>
    encodeJpeg(withBoxes(small, list, labels, scale), quality);
  return { plain: await drawn(boxes ?? []), marked: await drawn(detections) };
}

function withBoxes(
  picture: Image,
  boxes: readonly (Omit<DrawnBox, "classIndex"> & { readonly label: string })[],
  labels: readonly string[],
  scale: number,
): Image {
  return drawBoxes(
    picture,
    boxes.map(({ label, x1, y1, x2, y2 }) => ({
      ...{ x1: x1 * scale, y1: y1 * scale, x2: x2 * scale, y2: y2 * scale },
      classIndex: Math.max(0, labels.indexOf(label)),
    })),
  );
}
