/** One explanation from a picture's bytes to regions with values, and a picture of them. */
import { encodePalettePng } from "@sightline/dataset/palette-png";
import type { ScoreMap } from "@sightline/vision/heat-map";
import { type RegionMap, regionOutline, regionPlaces } from "@sightline/vision/regions";
import { paintSignedLevels, signedPalette } from "@sightline/vision/signed-map";
import type { AskedModel } from "./asked-network.js";
import { askAbout } from "./asked-scene.js";
import { methods, type Told } from "./explain-methods.js";
import type { Area, ExplainedRegion, ExplainOptions, Explanation, ExplanationUnit } from "./explanation.js";
import { asProbability } from "./question.js";
import { regionsOf, type Scene } from "./scene.js";

/** @throws ImageError; ModelError `EXPLANATION_LABEL_UNKNOWN`, `EXPLANATION_NO_OBJECT`, `EXPLANATION_NO_MAP` */
export async function explainPicture(
  bytes: Uint8Array,
  options: ExplainOptions,
  model: AskedModel,
): Promise<Explanation> {
  const begun = performance.now();
  const { scene, question, focus, detection, size } = await askAbout(bytes, options, model);
  const regions = regionsOf(scene, options, focus);
  const method = options.method ?? "shap";
  const told = await methods[method]({ scene, question, regions, options, model });
  const { answer, base, regionValues } = told;
  const unit = method === "activation" ? "activation" : question.unit;
  const values = told.map ?? spread(regions, regionValues);
  const perRegion = regionValues ?? regionMeans(regions, values, told.isSum === true);
  const sum = perRegion.reduce((total, value) => total + value, 0);
  return {
    method,
    task: model.manifest.task,
    label: question.label,
    detection,
    prediction: asProbability(answer, question.unit),
    base: base === undefined ? null : asProbability(base, question.unit),
    unit,
    evidence: method === "activation" ? null : answer,
    baseEvidence: base ?? null,
    additivityError: base === undefined ? null : Math.abs(sum - (answer - base)),
    evaluations: told.evaluations,
    elapsedMs: performance.now() - begun,
    ...size,
    area: scene.area,
    mapWidth: regions.width,
    mapHeight: regions.height,
    regions: listed(regions, scene, perRegion, told.errors),
    overlayPng: await painted({ width: regions.width, height: regions.height, data: values }, scene.area, unit, told),
    values,
    regionOf: regions.data,
  };
}

/** Strongest first. */
function listed(
  regions: RegionMap,
  { area: shown }: Scene,
  values: Float64Array,
  errors: Float64Array | undefined,
): ExplainedRegion[] {
  const across = (shown.x2 - shown.x1) / regions.width;
  const down = (shown.y2 - shown.y1) / regions.height;
  const all = regionPlaces(regions).map(({ area, x1, y1, x2, y2 }, region) => ({
    region,
    value: values[region] as number,
    error: errors?.[region] ?? null,
    share: area / regions.data.length,
    box: {
      x1: shown.x1 + x1 * across,
      y1: shown.y1 + y1 * down,
      x2: shown.x1 + x2 * across,
      y2: shown.y1 + y2 * down,
    },
    outline: regionOutline(regions, region),
  }));
  return all.toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value));
}

function spread({ data }: RegionMap, values: Float64Array | undefined): Float32Array {
  return Float32Array.from(data, (region) => values?.[region] ?? 0);
}

/** Each region's mean; or its share of the picture's, so that they add up to the mean over the picture. */
function regionMeans({ count, data }: RegionMap, values: Float32Array, isSum: boolean): Float64Array {
  const sums = new Float64Array(count);
  const areas = new Uint32Array(count);
  data.forEach((region, i) => {
    sums[region] = (sums[region] as number) + (values[i] as number);
    areas[region] = (areas[region] as number) + 1;
  });
  return sums.map((sum, region) => sum / (isSum ? data.length : Math.max(1, areas[region] as number)));
}

/** A map whose largest value is smaller than this stays faint: there is nothing to be seen. By unit. */
const leastPainted = { "log-odds": 0.25, probability: 0.02, activation: 0 } as const;
/** Pixels on the longer side of an overlay. */
const overlaySide = 512;

async function painted(
  map: ScoreMap,
  area: Area,
  unit: ExplanationUnit,
  { strongest, regionValues }: Told,
): Promise<Uint8Array> {
  const [wide, high] = [area.x2 - area.x1, area.y2 - area.y1];
  const scale = Math.min(1, overlaySide / Math.max(wide, high));
  const width = Math.max(1, Math.round(wide * scale));
  const height = Math.max(1, Math.round(high * scale));
  let largest = strongest ?? leastPainted[unit];
  if (strongest === undefined) for (const value of map.data) largest = Math.max(largest, Math.abs(value));
  const levels = paintSignedLevels(map, width, height, { largest, smooth: regionValues === undefined });
  return new Uint8Array(await encodePalettePng(levels, signedPalette));
}
