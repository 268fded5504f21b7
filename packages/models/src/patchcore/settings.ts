/** What patchcore chooses for each training part by itself, and the choices it has. */

export interface PatchSettings {
  /** Weight of the coarse part beside the fine one's 1. */
  readonly coarse: number;
  /** How much a patch's place counts; 0: it may be anywhere. */
  readonly position: number;
  /** A picture's raw score is the mean distance of its this many strangest patches. */
  readonly strangest: number;
}

/** What is taken unless another choice is clearly better, or nothing can tell. */
export const usualSettings: PatchSettings = { coarse: 0, position: 0, strangest: 3 };

export const coarseWeights = [0, 0.5] as const;
export const positionWeights = [0, 0.6] as const;
export const strangestCounts = [3, 1, 8] as const;
