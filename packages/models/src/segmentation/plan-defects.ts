/** Whether a training part says where its defects are well enough to learn it, and from which pictures. */
import type { LabelledPictures, Sample } from "@sightline/dataset/dataset";
import { type DefectType, defectTypes, isDrawn } from "./defect-types.js";

export interface DefectPlan {
  readonly types: readonly DefectType[];
  /** With masks, or good. */
  readonly samples: readonly Sample[];
}

/** Fewer masks leave folds without any. */
const leastMasks = 5;
/** More good pictures than this for each mask teach nothing further about places. */
const goodPerMask = 3;
const leastGood = 50;

/** The plan, why there is none although there are masks, or `null` where nobody drew any. */
export function planDefects(
  { task, normalLabel }: Pick<LabelledPictures, "task" | "normalLabel">,
  samples: readonly Sample[],
): DefectPlan | string | null {
  const masked = samples.filter(({ maskFile }) => maskFile !== undefined);
  if (task !== "anomaly" || masked.length === 0) return null;
  if (masked.length < leastMasks)
    return `${masked.length} pictures have masks; to learn where defects are takes ${leastMasks}`;
  const types = defectTypes(masked);
  if (types.length === 0) return "the masks name no defect";
  const good = samples.filter((sample) => sample.maskFile === undefined && isDrawn(sample, normalLabel));
  return { types, samples: [...masked, ...thinned(good, Math.max(leastGood, goodPerMask * masked.length))] };
}

/** So many, from all over the list. */
function thinned(samples: readonly Sample[], most: number): readonly Sample[] {
  if (samples.length <= most) return samples;
  return Array.from({ length: most }, (_, i) => samples[Math.floor((i * samples.length) / most)] as Sample);
}
