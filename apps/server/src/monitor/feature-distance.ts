/**
 * How far a picture's features are from those of the training pictures: the Euclidean distance in units of each feature's
 * own spread. (A Mahalanobis distance with a diagonal covariance, as Lee et al. 2018 tell pictures of another distribution by
 * a network's features; too few training pictures for a whole covariance.) What is far is told by the training pictures
 * themselves, held out in folds.
 */

export interface FeatureReference {
  /** Of a picture that is none of the training's. */
  distanceOf(embedding: Float32Array): number;
  /** Distances of the normal training pictures, each measured by those outside its fold. */
  readonly normal: readonly number[];
  /** Distances of the anomalous ones, which none of them was fitted to. */
  readonly anomalous: readonly number[];
}

const folds = 5;
/** Farther than this share of the held-out ones is far. */
const farQuantile = 0.95;

/** @param normal in an order that means nothing, at least two; folds are every fifth. */
export function fitReference(
  normal: readonly Float32Array[],
  anomalous: readonly Float32Array[] = [],
): FeatureReference {
  const all = fit(normal);
  const heldOut = Array.from({ length: folds }, (_, fold) =>
    fit(normal.filter((_, index) => index % folds !== fold || normal.length <= folds)),
  );
  return {
    distanceOf: all,
    normal: normal.map((embedding, index) => (heldOut[index % folds] ?? all)(embedding)),
    anomalous: anomalous.map(all),
  };
}

/** Share of distances beyond that of 19 in 20 held-out normal pictures. */
export function farShareOf({ normal }: Pick<FeatureReference, "normal">, distances: readonly number[]): number {
  const ordered = normal.toSorted((a, b) => a - b);
  const limit = ordered[Math.ceil(farQuantile * ordered.length) - 1] ?? Number.POSITIVE_INFINITY;
  return distances.filter((distance) => distance > limit).length / Math.max(1, distances.length);
}

/** Mean and spread of each feature; @returns the distance by them. */
function fit(embeddings: readonly Float32Array[]): (embedding: Float32Array) => number {
  const features = embeddings[0]?.length ?? 0;
  const mean = new Float64Array(features);
  for (const embedding of embeddings)
    for (let at = 0; at < features; at++) mean[at] = (mean[at] ?? 0) + (embedding[at] ?? 0);
  for (let at = 0; at < features; at++) mean[at] = (mean[at] ?? 0) / embeddings.length;
  const variance = new Float64Array(features);
  for (const embedding of embeddings)
    for (let at = 0; at < features; at++)
      variance[at] = (variance[at] ?? 0) + ((embedding[at] ?? 0) - (mean[at] ?? 0)) ** 2;
  // One more picture of the usual spread: a feature that never varied in a few pictures is not one that never varies.
  const usual = variance.reduce((sum, one) => sum + one, 0) / Math.max(1, features * embeddings.length);
  const spread = variance.map((one) => Math.sqrt(Math.max((one + usual) / embeddings.length, Number.MIN_VALUE)));
  return (embedding) => {
    let sum = 0;
    for (let at = 0; at < features; at++) sum += (((embedding[at] ?? 0) - (mean[at] ?? 0)) / (spread[at] ?? 1)) ** 2;
    return Math.sqrt(sum / Math.max(1, features));
  };
}
