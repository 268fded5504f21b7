/** Puts an evaluation report together from answered pictures: pure arithmetic, the same for the command line and the server. */
import { defaultDetection } from "../detect.js";
import type { Manifest } from "../manifest.js";
import { aupro, type MaskedMap, pixelAuroc } from "../pixel-metrics.js";
import { defectMetrics } from "../segmentation/segmentation-metrics.js";
import { sightlineVersion } from "../version.js";
import type { AnsweredPicture, TaskView } from "./answered-picture.js";
import { level, once, type Statistic, withIntervals } from "./bootstrap.js";
import { thresholdChoice } from "./cost-threshold.js";
import { reliabilityOf } from "./curves.js";
import {
  type CostRule,
  type EvaluationReport,
  type Mistake,
  type Repeats,
  reportVersion,
} from "./evaluation-report.js";
import { detectionView } from "./found-boxes.js";
import { areaStatistics } from "./masked-areas.js";
import { anomalyView, classView, weightedConfusion } from "./one-answer.js";
import { multilabelView } from "./several-labels.js";
import { slicesOf } from "./slices.js";

export interface ReportOrder {
  /** Of the model as it is told to people. */
  readonly modelName: string;
  readonly manifest: Manifest;
  /** Answered with the model's own threshold: the one in force is applied here. */
  readonly pictures: readonly AnsweredPicture[];
  readonly picturesName: string;
  readonly skipped: EvaluationReport["pictures"]["skipped"];
  /** Where the pictures have masks: the anomaly maps beside them. */
  readonly maps?: readonly MaskedMap[] | undefined;
  /** Anomaly task: the one in force on the model's own scale; left out: the model's own, 0.5. */
  readonly threshold?: number | undefined;
  readonly cost?: CostRule | null | undefined;
  readonly repeats?: Repeats | null | undefined;
  readonly msPerImage: EvaluationReport["msPerImage"];
  readonly seed?: number | undefined;
  /** Left out: 1,000. */
  readonly resamples?: number | undefined;
  /** Wrong answers that are listed; left out: 100. */
  readonly mostMistakes?: number | undefined;
  readonly now?: (() => Date) | undefined;
}

const ownThreshold = 0.5;

/**
 * @example
 * const report = buildReport({ modelName: "castings", manifest, pictures, picturesName: "castings/test", skipped: [], msPerImage: null });
 */
export function buildReport(order: ReportOrder): EvaluationReport {
  const { manifest, pictures, threshold = ownThreshold, seed = 0, resamples = 1000 } = order;
  const { task, labels } = manifest;
  const view = viewOf(manifest, pictures, threshold);
  const types = manifest.segmentation?.types ?? [];
  const drawn = pictures.flatMap(({ pixels }) => (pixels ? [pixels] : []));
  const statistics = [...view.statistics, ...areaStatistics(pictures, types), ...mapStatistics(order.maps)];
  const isOneAnswer = task === "anomaly" || task === "classification";
  const { wrong } = view;
  return {
    reportVersion,
    createdAt: (order.now?.() ?? new Date()).toISOString(),
    sightlineVersion,
    model: {
      name: order.modelName,
      method: manifest.method,
      task,
      labels,
      trainImages: manifest.dataset.images,
      createdAt: manifest.createdAt,
    },
    pictures: {
      name: order.picturesName,
      images: pictures.length,
      byTruth: byTruth(view, pictures, labels, task),
      skipped: order.skipped,
    },
    figures: withIntervals(statistics, { strata: view.strata, resamples, seed }),
    intervals: {
      level,
      resamples,
      seed,
      strata: [...new Set(view.strata)].map((name) => ({
        name,
        images: view.strata.filter((one) => one === name).length,
      })),
    },
    confusion: isOneAnswer ? confusionOf(manifest, pictures, threshold) : null,
    curves: view.curves,
    perLabel: view.perLabel,
    reliability: reliabilityOf(view.answers),
    threshold:
      task === "anomaly"
        ? thresholdChoice(
            pictures.map(({ prediction, truth }) => ({
              score: prediction.score ?? 0,
              isAnomaly: truth === labels[1],
            })),
            threshold,
            order.cost ?? null,
            seed,
          )
        : null,
    slices: slicesOf(
      pictures,
      wrong.map((one) => one !== null),
      view.statistics,
    ),
    mistakeCount: wrong.filter((one) => one !== null).length,
    mistakes: mistakesOf(view, pictures).slice(0, order.mostMistakes ?? 100),
    defects: drawn.length > 0 ? defectMetrics(types, drawn, "test") : (manifest.metrics?.defects ?? null),
    repeats: order.repeats ?? null,
    msPerImage: order.msPerImage,
  };
}

function viewOf(manifest: Manifest, pictures: readonly AnsweredPicture[], threshold: number): TaskView {
  const { task, labels } = manifest;
  if (task === "anomaly") return anomalyView(pictures, threshold);
  if (task === "classification") return classView(pictures, labels);
  if (task === "multilabel") return multilabelView(pictures, labels, manifest.labelThresholds ?? labels.map(() => 0.5));
  return detectionView(pictures, labels, (manifest.detection ?? defaultDetection).scoreThreshold);
}

/** Millions of pixels: once, without an interval. */
function mapStatistics(maps: readonly MaskedMap[] | undefined): Statistic[] {
  if (maps === undefined || maps.length === 0) return [];
  return [
    { name: "pixelAuroc", title: "AUROC of pixels", better: "higher", isOnce: true, of: () => pixelAuroc(maps) },
    {
      name: "aupro",
      title: "AUPRO, up to 30 % false positives",
      better: "higher",
      isOnce: true,
      of: () => aupro(maps),
    },
  ];
}

function confusionOf(
  { task, labels }: Manifest,
  pictures: readonly AnsweredPicture[],
  threshold: number,
): EvaluationReport["confusion"] {
  const truths = pictures.map(({ truth }) => labels.indexOf(truth));
  const answers = pictures.map(({ prediction: { label, score } }) =>
    task === "classification" ? labels.indexOf(label) : Number((score ?? 0) >= threshold),
  );
  return weightedConfusion(labels, truths, answers)(once(pictures.length));
}

function byTruth(
  { perLabel }: TaskView,
  pictures: readonly AnsweredPicture[],
  labels: readonly string[],
  task: Manifest["task"],
): Readonly<Record<string, number>> {
  const count = (label: string): number =>
    task === "multilabel" || task === "detection"
      ? (perLabel.find((row) => row.label === label)?.truths ?? 0)
      : pictures.filter(({ truth }) => truth === label).length;
  // From entries, since a label may be "__proto__".
  return Object.fromEntries(labels.map((label) => [label, count(label)]));
}

/** Worst first: the surer a wrong answer was, the more there is to learn from it. */
function mistakesOf({ wrong }: TaskView, pictures: readonly AnsweredPicture[]): Mistake[] {
  return wrong
    .flatMap((one, i): Mistake[] => {
      const picture = pictures[i];
      if (one === null || picture === undefined) return [];
      const { name, id, prediction, slices } = picture;
      const { score, confidence } = prediction;
      return [{ name, ...(id !== undefined && { id }), ...one, score, confidence, slices }];
    })
    .sort((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1));
}
