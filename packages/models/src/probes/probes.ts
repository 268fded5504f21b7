/** Probes: good pictures with a drawn defect. What a method says of them tells how well it finds what it has never seen. */
import type { Sample } from "@sightline/dataset/dataset";
import { type SeededRandom, seededRandom } from "@sightline/dataset/seeded-random";
import type { Image } from "@sightline/vision/image";
import { resize } from "@sightline/vision/resize";
import { nextTurn, throwIfCancelled } from "../model-error.js";
import type { PictureSet } from "../pictures.js";
import { withProbeDefect } from "./probe-defect.js";

export interface Probe {
  /** The good picture that it was made from: only a model that never saw that one may answer. */
  readonly sample: Sample;
  /** That picture's place among the training part's. */
  readonly source: number;
  readonly image: Image;
}

/** Pixels along each side: the largest that a method looks at; each brings a probe to its own input size. */
export const probeSide = 320;
/** Few good pictures give several probes each, many give one each. */
const fewest = 60;
const most = 80;
/** Good pictures at hand to take texture from. */
const sourceCount = 8;

/**
 * Probes from good pictures, the same for the same pictures and seed.
 *
 * @param truths 0: a good picture
 * @throws ModelError `TRAINING_CANCELLED`
 */
export async function makeProbes(
  pictures: PictureSet,
  truths: readonly number[],
  { seed, signal }: { readonly seed: number; readonly signal?: AbortSignal | undefined },
): Promise<Probe[]> {
  const random = seededRandom(seed).branch("probes");
  const normals = shuffled(
    truths.flatMap((truth, i) => (truth === 0 ? [i] : [])),
    random,
  ).slice(0, most);
  if (normals.length === 0) return [];
  const each = Math.max(1, Math.ceil(fewest / normals.length));
  const open = (source: number): Promise<Image> =>
    pictures.image(pictures.samples[source] as Sample, probeSide, probeSide);
  const sources = await Promise.all(normals.slice(0, sourceCount).map(open));
  const probes: Probe[] = [];
  for (const source of normals.toSorted((a, b) => a - b)) {
    const picture = await open(source);
    for (let k = 0; k < each; k++) {
      const image = withProbeDefect(picture, sources, random);
      probes.push({ sample: pictures.samples[source] as Sample, source, image });
    }
    await nextTurn();
    throwIfCancelled(signal);
  }
  return probes;
}

/** A probe at a network's input size. */
export function probeAt({ image }: Probe, width: number, height: number): Image {
  return resize(image, width, height);
}

function shuffled(items: readonly number[], random: SeededRandom): number[] {
  const left = [...items];
  for (let i = left.length - 1; i > 0; i--) {
    const j = random.index(i + 1);
    [left[i], left[j]] = [left[j] as number, left[i] as number];
  }
  return left;
}
