/** Chooses what stands where a part of a picture is taken away: what decides an explanation more than the method does. */
import type { Task } from "@sightline/dataset/dataset";
import type { RegionMap } from "@sightline/vision/regions";
import { type AskedNetwork, networkFor } from "./asked-network.js";
import { type Baseline, baseline, baselines, type Planes, planesOf } from "./baselines.js";
import { explainBounds } from "./explain-options.js";
import type { Work } from "./explanation-work.js";
import { MaskedPictures } from "./masked-pictures.js";
import type { Question } from "./question.js";
import { inInput } from "./scene.js";

/** The picture to be taken apart, and how many questions it took to choose what stands in for its parts. */
export async function maskedPictures(work: Work) {
  const { scene, question, regions, options, model } = work;
  const shown = planesOf(scene.input);
  const owners = inInput(regions, scene);
  const pictureWith = (hidden: Baseline) => new MaskedPictures(shown, hidden, owners, scene.input.width);
  const name = options.baseline ?? "auto";
  if (name !== "auto") return { masked: pictureWith(baseline(scene.input, name)), asked: 0 };
  const candidates = [...baselines(scene.input)];
  const all = candidates.map(pictureWith);
  const network = await networkFor(question.outputs, model);
  const telling = model.manifest.task === "anomaly" ? await mostTelling(work, network, shown, candidates, all) : null;
  if (telling?.masked) return { masked: telling.masked, asked: telling.asked };
  // Margins stay as they are in the baseline, too.
  const nothing = new Uint8Array(regions.count);
  const answers = await network.each(
    all.length + 1,
    (i, target, offset) => {
      if (i === 0) target.set(shown, offset);
      else (all[i - 1] as MaskedPictures).writeCoalition(nothing, target, offset);
    },
    question.read,
    () => model.onProgress(0),
  );
  const chosen = mildest(answers[0] as number, answers.subarray(1), question.unit, model.manifest.task);
  return { masked: all[chosen] as MaskedPictures, asked: answers.length + (telling?.asked ?? 0) };
}

/** Share of the questions that choosing may take. */
const choosingShare = 0.4;
/** The filters tried so; the larger ones leave stains that look worse than most defects. */
const mostFilters = 3;
/** A region whose loss changes the answer by less tells nothing of a filter. */
const leastTelling = { "log-odds": 0.5, probability: 0.05 } as const;

/**
 * Of an anomaly model: the filter by which a single region, taken away alone, changes the answer most. With nothing shown at
 * all the score tells little, for the filter's own traces look anomalous, too; with one region gone the picture is nearly
 * itself. A filter smaller than the defect leaves it, a larger one than needed leaves a stain instead: both change less.
 *
 * @returns no picture where no region is the reason under any of the filters: what is anomalous is larger then
 */
async function mostTelling(
  { scene, question, regions, options, model }: Work,
  network: AskedNetwork,
  shown: Planes,
  candidates: readonly Baseline[],
  all: readonly MaskedPictures[],
): Promise<{ masked: MaskedPictures | null; asked: number }> {
  const tried = candidates.slice(0, mostFilters).filter(({ softness }) => softness > 0);
  if (tried.length === 0) return { masked: null, asked: 0 };
  const evaluations = options.evaluations ?? explainBounds.evaluations.usual;
  const most = Math.max(1, Math.floor((choosingShare * evaluations - 1) / tried.length));
  const asked = mostChanged(regions, inInput(regions, scene), shown, tried.at(-1) as Baseline).slice(0, most);
  const without = asked.map((region) => new Uint8Array(regions.count).fill(1).fill(0, region, region + 1));
  const answers = await network.each(
    1 + tried.length * without.length,
    (i, target, offset) => {
      const at = i - 1;
      if (i === 0) target.set(shown, offset);
      else
        (all[Math.floor(at / without.length)] as MaskedPictures).writeCoalition(
          without[at % without.length] as Uint8Array,
          target,
          offset,
        );
    },
    question.read,
    () => model.onProgress(0),
  );
  const sign = question.labelIndex === 1 ? 1 : -1;
  const drops = tried.map((_, f) => {
    const own = answers.subarray(1 + f * without.length, 1 + (f + 1) * without.length);
    return own.reduce((best, one) => Math.max(best, sign * ((answers[0] as number) - one)), Number.NEGATIVE_INFINITY);
  });
  const best = Math.max(...drops);
  const masked = best < leastTelling[question.unit] ? null : (all[drops.indexOf(best)] as MaskedPictures);
  return { masked, asked: answers.length };
}

/** Regions by how much a filter changes them, most first. */
function mostChanged(
  { count }: RegionMap,
  owners: Uint16Array,
  shown: Planes,
  { planes }: Baseline,
): readonly number[] {
  const changes = new Float64Array(count);
  for (let at = 0; at < shown.length; at++) {
    const region = owners[at % owners.length] as number;
    if (region < count)
      changes[region] = (changes[region] as number) + Math.abs((shown[at] as number) - (planes[at] as number));
  }
  return [...changes.keys()].sort((a, b) => (changes[b] as number) - (changes[a] as number));
}

/**
 * The first baseline that makes a difference; where none does, the one that takes most away. A class must become half as
 * sure. An anomaly's score may as well rise, for what lies between the parts of a taken-apart picture looks anomalous itself.
 */
function mildest(answer: number, bases: Float64Array, unit: Question["unit"], task: Task): number {
  const enough = unit === "log-odds" ? answer - Math.max(1, answer / 2) : answer / 2;
  const first = bases.findIndex((base) =>
    task === "anomaly" && unit === "log-odds" ? Math.abs(answer - base) >= 1 : base <= enough,
  );
  return first >= 0 ? first : bases.indexOf(Math.min(...bases));
}
