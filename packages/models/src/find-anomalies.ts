/** From an anomaly network's answers to those about one picture: as a whole, or tile by tile and put together. */
import type { Tensor } from "@sightline/nn/tensor";
import type { ScoreMap } from "@sightline/vision/heat-map";
import type { Image } from "@sightline/vision/image";
import { stitchMaps } from "@sightline/vision/tile-maps";
import { cutTile, planTiles } from "@sightline/vision/tiles";
import type { Manifest } from "./manifest.js";
import { modelValues } from "./model-values.js";
import { fitInput } from "./pictures.js";
import type { StageTimes } from "./prediction.js";
import type { DefectScores } from "./segmentation/label-map.js";

/** What the network says of one input, by the names of its outputs. */
export type AnomalyOutputs = Readonly<Record<string, Tensor>>;

export interface FoundAnomalies {
  /** On the model's own scale; of a tiled picture the worst tile's. */
  readonly score: number;
  /** `null` for a network without. */
  readonly anomalyMap: ScoreMap | null;
  /** `null` for a network that learnt from no masks. */
  readonly defects: DefectScores | null;
}

/**
 * @param picture fitted to the input already, unless the model is tiled: then as it came
 * @param run computes the network on one picture of the input's size
 */
export async function findAnomalies(
  picture: Image,
  { input, tiling }: Pick<Manifest, "input" | "tiling">,
  run: (image: Image) => Promise<AnomalyOutputs>,
  times: { -readonly [Stage in keyof StageTimes]: number },
): Promise<FoundAnomalies> {
  if (tiling === undefined) {
    const begun = performance.now();
    const outputs = await run(picture);
    times.networkMs += performance.now() - begun;
    return answerOf(outputs);
  }
  const { tile, overlap } = tiling;
  const tiles = planTiles(picture.width, picture.height, { width: tile, height: tile, overlap });
  const found: FoundAnomalies[] = [];
  for (const part of tiles) {
    let begun = performance.now();
    const image = fitInput(cutTile(picture, part), input);
    times.resizeMs += performance.now() - begun;
    begun = performance.now();
    found.push(answerOf(await run(image)));
    times.networkMs += performance.now() - begun;
  }
  const begun = performance.now();
  const maps = found.flatMap(({ anomalyMap }) => anomalyMap ?? []);
  const defects = found.flatMap((answer) => answer.defects ?? []);
  const stitched: FoundAnomalies = {
    score: Math.max(...found.map(({ score }) => score)),
    anomalyMap: maps.length === 0 ? null : stitchMaps(tiles, maps, picture),
    defects: defects.length === 0 ? null : stitchDefects(defects, (layers) => stitchMaps(tiles, layers, picture)),
  };
  times.postProcessingMs += performance.now() - begun;
  return stitched;
}

function answerOf(outputs: AnomalyOutputs): FoundAnomalies {
  const map = outputs[modelValues.anomalyMap];
  const defects = outputs[modelValues.defectMap];
  const sides = ({ dims }: Tensor): { width: number; height: number } => ({
    width: dims[3] as number,
    height: dims[2] as number,
  });
  return {
    score: floats(outputs[modelValues.score])[0] as number,
    anomalyMap: map ? { ...sides(map), data: floats(map) } : null,
    defects: defects ? { ...sides(defects), types: defects.dims[1] as number, data: floats(defects) } : null,
  };
}

/** Each type's layer is a map of its own. */
function stitchDefects(
  found: readonly DefectScores[],
  stitch: (layers: readonly ScoreMap[]) => ScoreMap,
): DefectScores | null {
  const types = found[0]?.types ?? 0;
  const layers = Array.from({ length: types }, (_, k) =>
    stitch(
      found.map(({ width, height, data }) => ({
        width,
        height,
        data: data.subarray(k * width * height, (k + 1) * width * height),
      })),
    ),
  );
  const [first] = layers;
  if (!first) return null;
  const data = new Float32Array(types * first.data.length);
  for (const [k, layer] of layers.entries()) data.set(layer.data, k * first.data.length);
  return { types, width: first.width, height: first.height, data };
}

function floats(tensor: Tensor | undefined): Float32Array {
  return tensor?.data as Float32Array;
}
