/** The classifier's view of a picture: means and deviations of backbone channels over all places. */
import type { GraphBuilder } from "@sightline/nn/graph-builder";
import { floatTensor, indexTensor } from "@sightline/nn/tensor";
import { type Backbone, type BackboneDescription, tapOf } from "../backbone-description.js";
import type { BackboneTap, TapRole } from "../backbone-taps.js";
import { backboneOnPixels } from "../pixel-input.js";

/** Chosen by cross-validation on training parts only: README.md has the table. */
export const classifierInput = { width: 224, height: 224 } as const;

interface PooledRole extends TapRole {
  /** Also how much each channel varies over the picture: small defects change it more than the mean. */
  readonly withDeviation: boolean;
}

/** Early, middle and last layers: a scratch shows early, what a thing is shows late. */
const pooledRoles: readonly PooledRole[] = [
  { stride: 32, kind: "wide", withDeviation: false },
  { stride: 16, kind: "wide", withDeviation: true },
  { stride: 8, kind: "wide", withDeviation: true },
];

export interface PooledMap extends BackboneTap {
  readonly withDeviation: boolean;
}

/** The maps that are pooled, in the order of the features. */
export function pooledMaps(backbone: BackboneDescription): PooledMap[] {
  return pooledRoles.map(({ withDeviation, ...role }) => ({ ...tapOf(backbone, role), withDeviation }));
}

/** Numbers that a picture's pooled features have. */
export function pooledFeatureCount(backbone: BackboneDescription): number {
  return pooledMaps(backbone).reduce((sum, { channels, withDeviation }) => sum + channels * (withDeviation ? 2 : 1), 0);
}

/** Values of one tap inside the network, for the head to build on. */
export interface TapValues extends BackboneTap {
  /** `[N, C, h, w]` */
  readonly map: string;
  /** `[N, C, h, w]`, squared distance of each place from the mean. */
  readonly squares: string | null;
  /** `[N, C, 1, 1]` */
  readonly deviation: string | null;
}

/** Backbone and pooling; `features` is `[N, pooledFeatureCount]`, means and deviations tap by tap. */
export function addPooledFeatures(backbone: Backbone): { builder: GraphBuilder; features: string; taps: TapValues[] } {
  const { width, height } = classifierInput;
  const builder = backboneOnPixels(backbone, { width, height, taps: pooledMaps(backbone).map(({ name }) => name) });
  return { builder, ...poolTaps(builder, backbone, (tap) => tap) };
}

/** Pooling behind any network that has the backbone's taps; `mapOf` names a tap's value in it. */
export function poolTaps(
  builder: GraphBuilder,
  backbone: BackboneDescription,
  mapOf: (tap: string) => string,
): { features: string; taps: TapValues[] } {
  const places = indexTensor([2, 3]);
  const parts: string[] = [];
  const taps = pooledMaps(backbone).map(({ withDeviation, ...tap }): TapValues => {
    const map = mapOf(tap.name);
    const mean = builder.add("ReduceMean", [map, places]);
    parts.push(mean);
    if (!withDeviation) return { ...tap, map, squares: null, deviation: null };
    const distance = builder.add("Sub", [map, mean]);
    const squares = builder.add("Mul", [distance, distance]);
    const variance = builder.add("ReduceMean", [squares, places]);
    // The small addend keeps the square root's slope, and a channel that never varies, tame.
    const deviation = builder.add("Sqrt", [builder.add("Add", [variance, floatTensor([], [1e-6])])]);
    parts.push(deviation);
    return { ...tap, map, squares, deviation };
  });
  const features = builder.add("Flatten", [builder.add("Concat", parts, { axis: 1 })]);
  return { features, taps };
}
