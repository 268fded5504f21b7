/** What methods that learn labels of whole pictures by gradient have in common: how the loader gets them, what a label weighs. */
import type { Sample } from "@sightline/dataset/dataset";
import type { LoaderSample } from "@sightline/dataset/loader";
import type { NetContext } from "./method.js";

export function loaderSamples({ targetOf }: NetContext, samples: readonly Sample[]): LoaderSample[] {
  return samples.map((sample) => ({
    name: sample.name,
    file: sample.file,
    target: targetOf(sample),
    ...(sample.region && { region: sample.region }),
  }));
}

/**
 * Rare labels count more, but not so much that a few pictures lead: by the root of how much rarer they are. The pictures'
 * weights average to 1.
 *
 * @param targets one row a picture, one value a label
 */
export function labelWeights(targets: readonly (readonly number[])[]): number[] {
  const counts = (targets[0] ?? []).map((_, k) => targets.reduce((sum, row) => sum + (row[k] ?? 0), 0));
  const roots = counts.map((count) => 1 / Math.sqrt(Math.max(1, count)));
  const total = counts.reduce((sum, count, k) => sum + count * (roots[k] as number), 0);
  return roots.map((root) => (root * targets.length) / Math.max(1e-9, total));
}
