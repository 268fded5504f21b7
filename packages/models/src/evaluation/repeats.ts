/** A method trained again and again on the training part, by folds and seeds: how much of a figure is luck. */
import type { LabelledPictures, Sample } from "@sightline/dataset/dataset";
import { stratifiedFolds } from "@sightline/dataset/folds";
import type { TilingWish } from "../anomaly-tiles.js";
import { evaluateSamples } from "../evaluate.js";
import type { Manifest } from "../manifest.js";
import type { MethodOptions } from "../method-options.js";
import { throwIfCancelled } from "../model-error.js";
import { openPredictor } from "../predictor.js";
import type { MethodChoice } from "../registry.js";
import { train } from "../train.js";
import { answeredPictures } from "./answered-picture.js";
import { buildReport } from "./build-report.js";
import type { RepeatRun, Repeats } from "./evaluation-report.js";

export interface RepeatsOrder {
  /** The training part; its validation list takes part in every training. */
  readonly pictures: LabelledPictures;
  readonly method: MethodChoice;
  readonly methodOptions?: MethodOptions | undefined;
  readonly backboneFile?: string | undefined;
  readonly tiling?: TilingWish | undefined;
  readonly folds: number;
  readonly seeds: readonly number[];
  readonly threads: number;
  /** Of each training. */
  readonly budgetMs?: number | undefined;
  readonly epochs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: { readonly progress: number; readonly step: string }) => void) | undefined;
}

/** @throws what `train` and `evaluateSamples` throw */
export async function repeatTraining(order: RepeatsOrder): Promise<Repeats> {
  const { pictures, folds, seeds } = order;
  const strata = pictures.samples.map(stratumOf);
  const titles = new Map<string, string>();
  const runs: RepeatRun[] = [];
  const total = folds * seeds.length;
  for (const seed of seeds) {
    const fold = stratifiedFolds(strata, folds, seed);
    for (let held = 0; held < folds; held++) {
      throwIfCancelled(order.signal);
      const done = runs.length;
      const name = `seed ${seed}, fold ${held + 1} of ${folds}`;
      const tell = (share: number, step: string): void =>
        order.onProgress?.({ progress: (done + share) / total, step: `${name}: ${step}` });
      const part = (isHeld: boolean): LabelledPictures => ({
        ...pictures,
        samples: pictures.samples.filter((_, i) => (fold[i] === held) === isHeld),
      });
      const { method, figures, testImages, trainImages } = await oneRun(order, part(false), part(true), seed, tell);
      for (const { name: figure, title } of figures) titles.set(figure, title);
      runs.push({
        seed,
        fold: held + 1,
        ...{ method, trainImages, testImages },
        figures: Object.fromEntries(figures.map(({ name: figure, value }) => [figure, value])),
      });
    }
  }
  return { folds, seeds, runs, figures: summarised(runs, titles) };
}

interface OneRun {
  readonly method: string;
  readonly trainImages: number;
  readonly testImages: number;
  readonly figures: readonly { readonly name: string; readonly title: string; readonly value: number | null }[];
}

async function oneRun(
  order: RepeatsOrder,
  training: LabelledPictures,
  held: LabelledPictures,
  seed: number,
  tell: (share: number, step: string) => void,
): Promise<OneRun> {
  const { method, threads, signal } = order;
  const { bytes } = await train({
    ...{ pictures: training, method, seed, threads, signal, tiling: order.tiling },
    ...(order.methodOptions && { methodOptions: order.methodOptions }),
    ...(order.backboneFile !== undefined && { backboneFile: order.backboneFile }),
    ...(order.budgetMs !== undefined && { budgetMs: order.budgetMs }),
    ...(order.epochs !== undefined && { epochs: order.epochs }),
    onProgress: ({ progress, step }) => tell(0.95 * progress, step),
  });
  const predictor = await openPredictor(bytes, { threads });
  try {
    const { answered, maps } = await evaluateSamples({
      ...{ predictor, pictures: held },
      ...(signal && { signal }),
      onProgress: ({ progress, step }) => tell(0.95 + 0.05 * progress, step),
    });
    const manifest: Manifest = predictor.manifest;
    const { figures } = buildReport({
      ...{ modelName: "", manifest, maps, skipped: [], picturesName: "", msPerImage: null },
      pictures: answeredPictures(answered, () => ({})),
      // The spread between the runs is the interval.
      resamples: 0,
    });
    return {
      method: manifest.method,
      trainImages: manifest.dataset.images,
      testImages: answered.length,
      figures,
    };
  } finally {
    await predictor.close();
  }
}

/** Pictures with several labels or boxes are dealt by their rarest thing in common: what they show, in one line. */
function stratumOf({ label, labels, boxes }: Sample): string {
  if (boxes) return [...new Set(boxes.map((box) => box.label))].sort().join(" ");
  return labels ? [...labels].sort().join(" ") : label;
}

/** Mean and standard deviation over the runs that have the figure. */
function summarised(runs: readonly RepeatRun[], titles: ReadonlyMap<string, string>): Repeats["figures"] {
  return [...titles].flatMap(([name, title]) => {
    const values = runs.map(({ figures }) => figures[name]).filter((value) => value !== null && value !== undefined);
    if (values.length === 0) return [];
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return [{ name, title, mean, deviation: Math.sqrt(squares / Math.max(1, values.length - 1)), runs: values.length }];
  });
}
