/** Puts some training pictures aside for stopping early and measuring, where the dataset's own lists don't. */
import type { LabelledPictures, Sample } from "@sightline/dataset/dataset";
import { stratifiedFolds } from "@sightline/dataset/folds";

/** One picture of five is held out. */
const parts = 5;

export interface Split {
  readonly training: readonly Sample[];
  readonly validation: readonly Sample[];
  /** The validation pictures are some of the training part's, not a list of the dataset's own. */
  readonly isSetAside: boolean;
}

/**
 * The dataset's own validation list, else a fifth of each kind of picture, at least one where a kind has two or more. The
 * same pictures and seed give the same split.
 */
export function splitForValidation(pictures: Pick<LabelledPictures, "samples" | "validation">, seed: number): Split {
  const { samples, validation = [] } = pictures;
  if (validation.length > 0) return { training: samples, validation, isSetAside: false };
  const kinds = kindsOf(samples);
  const fold = stratifiedFolds(kinds, parts, seed);
  const heldOut = new Set<number>();
  samples.forEach((_, i) => {
    if (fold[i] === 0) heldOut.add(i);
  });
  for (const kind of new Set(kinds)) {
    const members = kinds.flatMap((other, i) => (other === kind ? [i] : []));
    // A kind of which nothing is held out is never measured; one of which all is held out is never learnt.
    if (members.length < 2) for (const i of members) heldOut.delete(i);
    else if (!members.some((i) => heldOut.has(i))) heldOut.add(members[members.length - 1] as number);
    else if (members.every((i) => heldOut.has(i))) heldOut.delete(members[0] as number);
  }
  return {
    training: samples.filter((_, i) => !heldOut.has(i)),
    validation: samples.filter((_, i) => heldOut.has(i)),
    isSetAside: true,
  };
}

/** What to spread evenly: the label; of several at once or of boxes the rarest label in the picture. */
function kindsOf(samples: readonly Sample[]): string[] {
  const labelsIn = (sample: Sample): readonly string[] =>
    sample.boxes ? [...new Set(sample.boxes.map(({ label }) => label))] : (sample.labels ?? [sample.label]);
  const counts = new Map<string, number>();
  for (const sample of samples) for (const label of labelsIn(sample)) counts.set(label, (counts.get(label) ?? 0) + 1);
  return samples.map((sample) =>
    labelsIn(sample).reduce<string>(
      (rarest, label) => (rarest === "" || (counts.get(label) ?? 0) < (counts.get(rarest) ?? 0) ? label : rarest),
      "",
    ),
  );
}
