/** From the network's map of defects to what each pixel shows, the areas, and a picture of them. */
import { encodePalettePng } from "@sightline/dataset/palette-png";
import { resizeMap } from "@sightline/vision/heat-map";
import type { AnomalyArea } from "../prediction.js";
import { backgroundType, type DefectType } from "./defect-types.js";

/** What each pixel shows: 0 nothing, k the k-th type. Row by row. */
export interface LabelMap {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** The network's answer about one picture: `[types, height, width]`, 0–1, 0.5 at each type's limit. */
export interface DefectScores {
  readonly width: number;
  readonly height: number;
  readonly types: number;
  readonly data: Float32Array;
}

/** From here on a place shows the type: the network's map is made so. */
const limit = 0.5;

/** Pixels on the longer side: finer than any network sees, and quick. */
const longestSide = 512;

/** The size at which areas are measured: the picture's shape. */
export function labelMapSize(picture: { readonly width: number; readonly height: number }): {
  width: number;
  height: number;
} {
  const scale = Math.min(1, longestSide / Math.max(picture.width, picture.height));
  return {
    width: Math.max(1, Math.round(picture.width * scale)),
    height: Math.max(1, Math.round(picture.height * scale)),
  };
}

/** At each pixel the type that is highest, where it reaches its limit. */
export function labelMap(scores: DefectScores, width: number, height: number): LabelMap {
  const area = scores.width * scores.height;
  const data = new Uint8Array(width * height);
  let best: Float32Array | null = null;
  for (let k = 0; k < scores.types; k++) {
    const layer = scores.data.subarray(k * area, (k + 1) * area);
    // Most pictures are good ones: nothing to enlarge.
    if (!layer.some((value) => value >= limit)) continue;
    const layerMap = { width: scores.width, height: scores.height, data: layer };
    const large = resizeMap(layerMap, width, height, { least: limit }).data;
    for (let i = 0; i < large.length; i++) {
      const value = large[i] as number;
      if (value >= limit && (best === null || data[i] === 0 || value > (best[i] as number))) data[i] = k + 1;
    }
    if (best === null) best = large;
    else for (let i = 0; i < large.length; i++) best[i] = Math.max(best[i] as number, large[i] as number);
  }
  return { width, height, data };
}

/** The background first, then what was found, the largest area first. */
export function anomalyAreas({ data }: LabelMap, types: readonly DefectType[]): AnomalyArea[] {
  const counts = new Uint32Array(types.length + 1);
  // By index: an iterator over so many pixels takes ten times as long.
  for (let i = 0; i < data.length; i++) {
    const type = data[i] as number;
    counts[type] = (counts[type] as number) + 1;
  }
  const rows = [backgroundType, ...types].map((type, k) => ({
    ...type,
    areaFraction: (counts[k] as number) / data.length,
  }));
  const [rest, ...found] = rows as [AnomalyArea, ...AnomalyArea[]];
  return [
    rest,
    ...found.filter(({ areaFraction }) => areaFraction > 0).sort((a, b) => b.areaFraction - a.areaFraction),
  ];
}

/** PNG of the picture's size: a colour a type, the rest white and transparent, so that it can lie over the picture. */
export function labelMapPng(
  map: LabelMap,
  types: readonly DefectType[],
  picture: { readonly width: number; readonly height: number },
): Promise<Uint8Array> {
  const palette = new Uint8Array((types.length + 1) * 4);
  for (const [k, { colour }] of [backgroundType, ...types].entries()) {
    const value = Number.parseInt(colour.slice(1), 16);
    palette.set([value >> 16, (value >> 8) & 255, value & 255, k === 0 ? 0 : 255], k * 4);
  }
  return encodePalettePng(enlarged(map, picture.width, picture.height), palette);
}

/** Each pixel as its nearest one is: areas stay what they are. */
function enlarged(map: LabelMap, width: number, height: number): LabelMap {
  if (map.width === width && map.height === height) return map;
  const data = new Uint8Array(width * height);
  const columns = Int32Array.from({ length: width }, (_, x) => Math.floor(((x + 0.5) * map.width) / width));
  let before = -1;
  for (let y = 0; y < height; y++) {
    const line = Math.floor(((y + 0.5) * map.height) / height);
    if (line === before) data.copyWithin(y * width, (y - 1) * width, y * width);
    else
      for (let x = 0; x < width; x++)
        data[y * width + x] = map.data[line * map.width + (columns[x] as number)] as number;
    before = line;
  }
  return { width, height, data };
}
