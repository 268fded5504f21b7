/** What a network is judged on while it learns: held-out good pictures, the same with drawn defects, and held-out real ones. */
import type { Sample } from "@sightline/dataset/dataset";
import { randomStream } from "@sightline/nn/random";
import type { Image } from "@sightline/vision/image";
import { addSyntheticDefect } from "@sightline/vision/synthetic-defect";
import { SampleReader } from "../pictures.js";

/** Pictures that a judgement looks at, about; more would take longer than they tell. */
const mostPictures = 120;
/** Drawn defects for each good picture, at most. */
const mostEach = 6;

export interface JudgedPicture {
  readonly image: Image;
  readonly isDefect: boolean;
}

/** Always the same pictures, so that epochs compare. */
export async function judgedPictures(
  samples: readonly Sample[],
  {
    size,
    seed,
    isDefect,
  }: { readonly size: number; readonly seed: number; readonly isDefect: (sample: Sample) => boolean },
): Promise<JudgedPicture[]> {
  const reader = new SampleReader();
  const step = Math.max(1, Math.ceil((2 * samples.length) / mostPictures));
  const kept: JudgedPicture[] = [];
  for (const [i, sample] of samples.entries()) {
    if (i % step !== 0) continue;
    kept.push({ image: await reader.image(sample, { width: size, height: size }), isDefect: isDefect(sample) });
  }
  const normals = kept.flatMap(({ image, isDefect: isBad }) => (isBad ? [] : [image]));
  const each = Math.min(mostEach, Math.ceil(mostPictures / 2 / Math.max(1, normals.length)));
  const drawn = normals.flatMap((normal, i) =>
    Array.from(
      { length: each },
      (_, k) => addSyntheticDefect(normal, normals, randomStream(seed, "judged", i, k)).image,
    ),
  );
  return [...kept, ...drawn.map((image) => ({ image, isDefect: true }))];
}
