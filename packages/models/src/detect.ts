/** From a detector's raw boxes to the objects of one picture: letterboxed or tile by tile, double boxes suppressed. */
import { Detections } from "@sightline/vision/detections";
import type { Image } from "@sightline/vision/image";
import { letterbox, outOfLetterbox } from "@sightline/vision/letterbox";
import { resize } from "@sightline/vision/resize";
import { cutTile, mergeTiles, planTiles } from "@sightline/vision/tiles";
import type { DetectionSettings, Manifest, ModelInput } from "./manifest.js";
import type { Detection } from "./prediction.js";

/** What the network says of one input. */
export interface RawBoxes {
  /** `M × 4`, x1 y1 x2 y2 in pixels of the input. */
  readonly boxes: Float32Array;
  /** `M × labels`. */
  readonly scores: Float32Array;
}

/** What a detector without settings in its manifest is run with. */
export const defaultDetection: DetectionSettings = { scoreThreshold: 0.3, iouThreshold: 0.6, maxDetections: 300 };

/** Of one input so many boxes at most go on to the suppression, which compares each with each. */
const maxCandidates = 1000;

export interface DetectTimes {
  resizeMs: number;
  networkMs: number;
  postProcessingMs: number;
}

export interface Found {
  /** Best first. */
  readonly objects: Detection[];
  /** The highest score of all places, 0–1, whether it was enough or not: how near an empty answer came to a full one. */
  readonly strongest: number;
}

/**
 * The objects in a picture, in pixels of `size`: the picture as it came, which may be larger than it was decoded.
 *
 * @param run computes the network on one picture of the input's size
 */
export async function detect(
  picture: Image,
  size: { readonly width: number; readonly height: number },
  { labels, input, tiling, detection }: Pick<Manifest, "labels" | "input" | "tiling" | "detection">,
  scoreThreshold: number | undefined,
  run: (image: Image) => Promise<RawBoxes>,
  times: DetectTimes = { resizeMs: 0, networkMs: 0, postProcessingMs: 0 },
): Promise<Found> {
  const settings = detection ?? defaultDetection;
  const { iouThreshold, maxDetections } = settings;
  const lowest = scoreThreshold ?? settings.scoreThreshold;
  const tiles =
    tiling === undefined
      ? [{ x: 0, y: 0, width: picture.width, height: picture.height }]
      : planTiles(picture.width, picture.height, {
          width: tiling.tile,
          height: tiling.tile,
          overlap: tiling.overlap,
        });
  const found: Detections[] = [];
  let strongest = 0;
  for (const tile of tiles) {
    let begun = performance.now();
    const part = tiles.length === 1 ? picture : cutTile(picture, tile);
    const { image, toPicture } = fitted(part, input);
    times.resizeMs += performance.now() - begun;
    begun = performance.now();
    const raw = await run(image);
    times.networkMs += performance.now() - begun;
    begun = performance.now();
    for (const score of raw.scores) if (score > strongest) strongest = score;
    found.push(
      toPicture(candidates(raw, labels.length, lowest)).nonMaximumSuppression(iouThreshold, { limit: maxDetections }),
    );
    times.postProcessingMs += performance.now() - begun;
  }
  const begun = performance.now();
  const merged =
    tiles.length === 1
      ? (found[0] as Detections)
      : mergeTiles(tiles, found, picture, { maxOverlap: iouThreshold, limit: maxDetections });
  const across = size.width / picture.width;
  const down = size.height / picture.height;
  const rows = merged.best(maxDetections).rows();
  const objects = rows.map(({ x1, y1, x2, y2, score, classIndex }) => ({
    label: labels[classIndex] as string,
    score,
    x1: x1 * across,
    y1: y1 * down,
    x2: x2 * across,
    y2: y2 * down,
  }));
  times.postProcessingMs += performance.now() - begun;
  return { objects, strongest: Math.min(1, strongest) };
}

/** A picture at the input's size, with the way back for boxes. */
function fitted(picture: Image, { width, height, fit }: ModelInput) {
  if (fit === "letterbox") {
    const { image, plan } = letterbox(picture, width, height);
    return { image, toPicture: (boxes: Detections) => outOfLetterbox(boxes, plan) };
  }
  const toPicture = (boxes: Detections) =>
    boxes.transform(picture.width / width, picture.height / height, 0, 0).clip(picture.width, picture.height);
  return { image: resize(picture, width, height), toPicture };
}

/** The boxes and labels that score enough, best first. A box without area or with a side that is no number is none. */
function candidates({ boxes, scores }: RawBoxes, labelCount: number, lowest: number): Detections {
  const places: number[] = [];
  for (let at = 0; at < scores.length; at++) {
    if (!((scores[at] as number) >= lowest)) continue;
    const box = Math.floor(at / labelCount) * 4;
    const wide = (boxes[box + 2] as number) - (boxes[box] as number);
    const high = (boxes[box + 3] as number) - (boxes[box + 1] as number);
    if (wide > 0 && high > 0 && Number.isFinite(wide) && Number.isFinite(high)) places.push(at);
  }
  places.sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
  const kept = places.slice(0, maxCandidates);
  return new Detections(
    kept.flatMap((at) => [...boxes.subarray(Math.floor(at / labelCount) * 4, Math.floor(at / labelCount) * 4 + 4)]),
    kept.map((at) => Math.min(1, scores[at] as number)),
    kept.map((at) => at % labelCount),
  );
}
