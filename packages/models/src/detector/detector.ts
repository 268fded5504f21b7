/** Boxes around objects: an anchor-free, one-stage detector trained by gradient, for small objects too. */
import { readPictureHeader } from "@sightline/dataset/annotated-boxes";
import type { Sample } from "@sightline/dataset/dataset";
import { type Batch, batchSource, type LoaderBox, type LoaderSample, openLoader } from "@sightline/dataset/loader";
import { exportGraph } from "@sightline/nn/export";
import type { Weights } from "@sightline/nn/network";
import { floatTensor } from "@sightline/nn/tensor";
import type { TrainingDefinition } from "@sightline/nn/training";
import { clipBoxes, defaultBoxLimits } from "@sightline/vision/augment/boxes";
import {
  allowedFlips,
  type FlipChoice,
  plainRecipe,
  type Recipe,
  withAllowedFlips,
} from "@sightline/vision/augment/recipe";
import { planTiles } from "@sightline/vision/tiles";
import { tooFew } from "../enough-pictures.js";
import { flipsOption } from "../flips-option.js";
import { trainByGradient } from "../gradient-run.js";
import type { NetContext, NetMethod, TrainedNet } from "../method.js";
import { ModelError } from "../model-error.js";
import { modelValues } from "../model-values.js";
import { backboneGroups } from "./backbone.js";
import { type InputPlan, type InputWishes, planInput } from "./input-plan.js";
import { DetectionJudge } from "./judge.js";
import { detectorLoss, targetValues } from "./loss.js";
import { type DetectorShape, detectorModel } from "./network.js";
import { assignTargets, makePlaces, type Places, type TargetBox } from "./places.js";

/** Fewer boxes of a label can't be divided into some to learn from and some to stop by. */
const minimumBoxes = 5;
const minimumPictures = 4;
/** Small, for many steps: a head that begins at nothing needs them more than it needs smooth gradients. */
const usualBatch = 4;
/** Each picture is shown so often … */
const usualEpochs = 60;
/** … within these numbers of pictures shown altogether: few must be shown more often, many less. */
const leastShown = 4000;
const mostShown = 9000;
/** … and however many they are, so often at least. */
const leastEpochs = 12;
/** Held-out pictures or tiles that an epoch is judged by, at most: they stay in memory. */
const mostJudged = 500;
/** Validations are made so seldom that they take about this share of the time. */
const validationShare = 0.1;
/** What one costs, in training pictures: for each of its pictures, and for making the network ready. */
const validationCost = { picture: 0.25, start: 20 };

/**
 * Of an object that our own cutting left less than this much, nobody said whether it counts: some people mark whatever
 * shows at a picture's edge, others what is nearly whole. The pictures' own edges teach which.
 */
const sureShare = 0.8;

/** What holds for most cameras: things come nearer and farther, lie elsewhere, in other light and in other company. */
const recipe: Recipe = {
  ...plainRecipe,
  flipSideways: 0.5,
  flipUpsideDown: 0.5,
  quarterTurn: 0.5,
  shift: 0.1,
  zoom: [0.75, 1.35],
  stretch: 1.2,
  brightness: 0.25,
  contrast: 0.25,
  saturation: 0.35,
  hueDegrees: 8,
  gamma: 0.2,
  blur: { chance: 0.1, sigma: 1 },
  noise: { chance: 0.1, deviation: 6 },
  mosaic: 0.4,
  border: 114,
};

export const detector: NetMethod = {
  kind: "net",
  title: "Boxes around objects",
  startsFromBackbone: ({ start }) => start === "backbone",
  options: {
    side: {
      kind: "whole",
      minimum: 64,
      maximum: 1280,
      default: 320,
      meaning: "longer side of the network's input in pixels; time grows with its square",
    },
    start: {
      kind: "choice",
      choices: ["backbone", "scratch"],
      default: "backbone",
      meaning: "what to start from: the pretrained backbone, or nothing",
    },
    fine: {
      kind: "choice",
      choices: ["auto", "yes", "no"],
      default: "auto",
      meaning: "look at every 4th pixel for very small objects; auto: where the training boxes are that small",
    },
    tiles: {
      kind: "choice",
      choices: ["auto", "yes", "no"],
      default: "auto",
      meaning: "cut large pictures into overlapping tiles; auto: where whole pictures leave the objects too small",
    },
    flips: flipsOption(),
    channels: {
      kind: "whole",
      minimum: 16,
      maximum: 256,
      default: 64,
      meaning: "width of neck and heads",
    },
  },
  unsuitable(task, labels, counts) {
    if (task !== "detection") return "detector learns from boxes, and this training part has none";
    return tooFew("detector", labels, counts, minimumBoxes, "boxes of each label in the training pictures");
  },
  train: trainDetector,
};

async function trainDetector(context: NetContext): Promise<TrainedNet> {
  const { labels, options, seed, training, validation, threads, batchSize = usualBatch } = context;
  if (training.length < minimumPictures) {
    throw new ModelError(
      "DATASET_TOO_SMALL",
      `detector needs ${minimumPictures} pictures to learn from beside those held out, got ${training.length}. Add pictures.`,
    );
  }
  const wishes = { side: options.side, fine: options.fine, tiles: options.tiles } as InputWishes;
  const [toLearn, toJudge] = [await measured(training, labels), await measured(validation, labels)];
  const plan = planInput(toLearn, wishes);
  const shape: DetectorShape = {
    places: makePlaces(plan.width, plan.height, plan.strides),
    labelCount: labels.length,
    channels: Number(options.channels),
    backbone: options.start === "backbone" ? context.backbone : null,
  };
  const common = { width: plan.width, height: plan.height, fit: "letterbox", batchSize, seed } as const;
  const loader = openLoader({
    ...common,
    samples: loaderSamples(toLearn, plan),
    recipe: withAllowedFlips(recipe, allowedFlips(labels, options.flips as FlipChoice)),
    detail: 1.35,
  });
  const heldSamples = spreadOver(loaderSamples(toJudge, plan), mostJudged);
  const held = openLoader({ ...common, samples: heldSamples, recipe: null });
  const definition = definitionOf(shape);
  const epochs = context.epochs ?? epochsFor(loader.batches * batchSize);
  const finished = (weights: Weights) =>
    exportGraph(detectorModel(shape), weights, { [modelValues.image]: imageInput(shape.places) }, "sightline_detector");
  try {
    const judge = await DetectionJudge.open(held, labels, threads);
    await held.close();
    const cost = heldSamples.length * validationCost.picture + validationCost.start;
    const every = Math.max(1, Math.round(cost / (loader.batches * batchSize * validationShare)));
    const { weights, summary } = await trainByGradient(context, {
      definition,
      source: batchSource(loader, (batch) => feeds(batch, shape)),
      batchSize,
      epochs,
      optimizer: { kind: "adamw", weightDecay: 0.05 },
      schedule: { kind: "cosine", learningRate: 1.5e-3, warmUp: 0.03, final: 0.02 },
      groups: shape.backbone
        ? { [backboneGroups.early]: { isFrozen: true }, [backboneGroups.late]: { learningRateScale: 0.15 } }
        : {},
      clipNorm: 10,
      // Averages over about the last twentieth of the steps.
      ema: { decay: 1 - Math.min(0.05, 20 / (epochs * loader.batches)) },
      metricName: "mAP50",
      evaluate: async (candidate, epoch, isLast) =>
        epoch % every === 0 || isLast
          ? { metric: await judge.meanPrecision(finished(candidate), context.signal) }
          : null,
    });
    const graph = finished(weights);
    return {
      graph,
      input: { width: plan.width, height: plan.height, fit: "letterbox" },
      detection: await judge.bestSettings(graph, context.signal),
      ...(plan.tiling && { tiling: plan.tiling }),
      parameters: [...weights.parameters.values()].reduce((sum, { data }) => sum + data.length, 0),
      summary,
    };
  } finally {
    await Promise.all([loader.close(), held.close()]);
  }
}

interface MeasuredSample {
  readonly sample: Sample;
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly LoaderBox[];
}

async function measured(samples: readonly Sample[], labels: readonly string[]): Promise<MeasuredSample[]> {
  const rows: MeasuredSample[] = [];
  for (const sample of samples) {
    const { width, height } = await readPictureHeader(sample.file);
    const boxes = (sample.boxes ?? []).map(({ label, ...corners }) => ({ ...corners, label: labels.indexOf(label) }));
    rows.push({ sample, width, height, boxes });
  }
  return rows;
}

function epochsFor(pictures: number): number {
  const shown = Math.min(mostShown, Math.max(leastShown, usualEpochs * pictures));
  return Math.max(leastEpochs, Math.round(shown / pictures));
}

/** Whole pictures, or their tiles: all that show something, and as many again that show nothing. */
function loaderSamples(rows: readonly MeasuredSample[], { tiling }: InputPlan): LoaderSample[] {
  return rows.flatMap(({ sample, width, height, boxes }) => {
    const { name, file } = sample;
    if (tiling === null) return [{ name, file, target: [], boxes }];
    const { tile, overlap } = tiling;
    const tiles = planTiles(width, height, { width: tile, height: tile, overlap }).map((part) => {
      const region = { x1: part.x, y1: part.y, x2: part.x + part.width, y2: part.y + part.height };
      const inside = clipBoxes(boxes, region, defaultBoxLimits).map((box) => ({
        ...box,
        x1: box.x1 - part.x,
        y1: box.y1 - part.y,
        x2: box.x2 - part.x,
        y2: box.y2 - part.y,
      }));
      return { name: `${name} (${part.x}, ${part.y})`, file, target: [], region, boxes: inside };
    });
    const filled = tiles.filter((part) => part.boxes.length > 0);
    const empty = tiles.filter((part) => part.boxes.length === 0);
    return [...filled, ...spreadOver(empty, Math.max(1, filled.length))];
  });
}

/** So many of the rows at most, evenly spread over them, the same in every run. */
export function spreadOver<Row>(rows: readonly Row[], most: number): readonly Row[] {
  return rows.length <= most ? rows : rows.filter((_, i) => (i * most) % rows.length < most);
}

function imageInput({ width, height }: Places) {
  return { type: "float32", dims: ["N", 3, height, width] } as const;
}

export function definitionOf(shape: DetectorShape): TrainingDefinition {
  const { places, labelCount } = shape;
  return {
    inputs: {
      [modelValues.image]: imageInput(places),
      [targetValues.boxes]: { type: "float32", dims: ["N", places.count, 4] },
      [targetValues.labels]: { type: "float32", dims: ["N", places.count, labelCount] },
      [targetValues.weights]: { type: "float32", dims: ["N", places.count] },
      [targetValues.share]: { type: "float32", dims: ["N", 1] },
    },
    model: detectorModel(shape),
    loss: (net, outputs, inputs) => detectorLoss(net, outputs, inputs, places),
  };
}

/** A loader's batch as the step takes it: places are dealt out here, from the boxes alone. */
export function feeds(
  batch: Pick<Batch, "pictures" | "rows" | "boxes" | "visible">,
  { places, labelCount }: DetectorShape,
) {
  const { pictures, rows } = batch;
  const perPicture: TargetBox[][] = Array.from({ length: rows }, () => []);
  for (let at = 0; at < batch.boxes.length; at += 6) {
    const [row, label, x1, y1, x2, y2] = batch.boxes.subarray(at, at + 6) as unknown as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    perPicture[row]?.push({ label, x1, y1, x2, y2, isUnsure: (batch.visible[at / 6] ?? 1) < sureShare });
  }
  const boxes = new Float32Array(rows * places.count * 4);
  const labels = new Float32Array(rows * places.count * labelCount);
  const weights = new Float32Array(rows * places.count);
  let positives = 0;
  for (const [row, objects] of perPicture.entries()) {
    const targets = assignTargets(objects, places, labelCount);
    boxes.set(targets.boxes, row * places.count * 4);
    labels.set(targets.labels, row * places.count * labelCount);
    weights.set(targets.weights, row * places.count);
    positives += targets.positives;
  }
  return {
    [modelValues.image]: floatTensor([rows, 3, places.height, places.width], pictures),
    [targetValues.boxes]: floatTensor([rows, places.count, 4], boxes),
    [targetValues.labels]: floatTensor([rows, places.count, labelCount], labels),
    [targetValues.weights]: floatTensor([rows, places.count], weights),
    [targetValues.share]: floatTensor([rows, 1], new Float32Array(rows).fill(1 / Math.max(1, positives))),
  };
}
