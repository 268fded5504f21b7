/** Figures of models that learnt from masks: each kind of defect to the pixel, by how often each picture counts. */
import type { DefectType } from "../segmentation/defect-types.js";
import type { AnsweredPicture } from "./answered-picture.js";
import { higher, type Statistic } from "./bootstrap.js";
import { meanOf, share, type Weights } from "./ranking.js";

/** Empty where no picture has a mask that the model's map was compared with. */
export function areaStatistics(pictures: readonly AnsweredPicture[], types: readonly DefectType[]): Statistic[] {
  if (!pictures.some(({ pixels }) => pixels)) return [];
  const iouOf = types.map((_, k) => {
    const hits = pictures.map(({ pixels }) => pixels?.[k + 1]?.[k + 1] ?? 0);
    const joined = pictures.map(({ pixels }, i) => {
      if (pixels === undefined) return 0;
      const actual = pixels[k + 1]?.reduce((sum, count) => sum + count, 0) ?? 0;
      const called = pixels.reduce((sum, row) => sum + (row[k + 1] ?? 0), 0);
      return actual + called - (hits[i] as number);
    });
    return (weights: Weights): number | null => share(dot(hits, weights), dot(joined, weights));
  });
  return [
    ...types.map(({ label }, k) =>
      higher(`iou:${label}`, `Overlap (IoU) of “${label}”`, iouOf[k] as (weights: Weights) => number | null),
    ),
    ...(types.length > 1
      ? [higher("meanIou", "Overlap (IoU), mean of the kinds", (w) => meanOf(iouOf.map((of) => of(w))))]
      : []),
  ];
}

function dot(values: readonly number[], weights: Weights): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) * (weights[i] as number);
  return sum;
}
