/**
 * A model card (Mitchell et al. 2019): what a model is for, what it learnt from, how good it is and how sure that is, what it can't
 * do, whose weights it holds and how it was made; all of it from what its file says.
 */
import { sha256 } from "./backbone.js";
import { wilson } from "./evaluation/bootstrap.js";
import type { Page, PageSection } from "./html-page.js";
import type { Manifest } from "./manifest.js";
import type { Metrics } from "./metrics.js";
import { readModel } from "./model-file.js";
import { type NetworkCost, networkCost } from "./network-cost.js";

export interface CardFacts {
  readonly manifest: Manifest;
  /** The file's name. */
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly cost: NetworkCost;
}

/** Fewer pictures than this to measure by, or to learn a label from, are said to be few. */
const fewMeasured = 100;
const fewLearnt = 20;

const answers: Readonly<Record<Manifest["task"], string>> = {
  anomaly: "tells good parts from others, with a score from 0 to 1",
  classification: "tells which one of its labels a picture shows",
  multilabel: "tells for each of its labels whether it holds in a picture",
  detection: "finds things in pictures: boxes with labels and scores",
};

/**
 * The card of a model file: what it says of itself and what it costs.
 *
 * @param name the file's
 * @throws what `readModel` throws
 */
export function cardOfFile(bytes: Uint8Array, name: string): Page {
  const { graph, manifest } = readModel(bytes);
  return modelCard({ manifest, name, sha256: sha256(bytes), bytes: bytes.length, cost: networkCost(graph) });
}

/** As HTML by `htmlPage`, as Markdown by `markdownPage`. */
export function modelCard(facts: CardFacts): Page {
  const { manifest, name } = facts;
  return {
    title: `Model card: ${name}`,
    note: `A model by ${manifest.method} that ${answers[manifest.task]}: ${manifest.labels.join(", ")}.`,
    sections: [data(manifest), figures(manifest), limits(manifest), weights(manifest), making(facts), cost(facts)],
  };
}

function data({ dataset, normalLabel, segmentation }: Manifest): PageSection {
  return {
    title: "What it learnt from",
    note: `${dataset.images} pictures of ${dataset.name === "" ? "a dataset without a name" : `"${dataset.name}"`}; SHA-256 over their names, labels and bytes: ${dataset.hash}.`,
    table: {
      titles: ["label", "pictures or boxes"],
      rows: Object.entries(dataset.byLabel).map(([label, count]) => [label, String(count)]),
    },
    lines: [
      ...(normalLabel === null ? [] : [`Good parts were labelled "${normalLabel}".`]),
      ...(segmentation ? [`${segmentation.images} of them had masks of named defects.`] : []),
    ],
  };
}

function figures({ metrics }: Manifest): PageSection {
  if (metrics === null) return { title: "How good it is", note: "Nobody has measured it." };
  const source =
    metrics.source === "test"
      ? "a test part that took no part in its making"
      : "pictures held out of its training, each answered by a state that had not seen it";
  return {
    title: "How good it is",
    note: `Measured on ${metrics.images} pictures: ${source}. Intervals hold the true figure in 95 of 100 such measurements (Wilson 1927).`,
    table: { titles: ["figure", "value", "95 % interval"], rows: [...overall(metrics), ...perLabel(metrics)] },
  };
}

function overall({
  accuracy,
  precision,
  recall,
  f1,
  auroc,
  ece,
  mAP50,
  mAP50_95,
  images,
  confusion,
}: Metrics): string[][] {
  const plain = {
    precision,
    recall,
    F1: f1,
    AUROC: auroc,
    "calibration error (ECE)": ece,
    mAP50,
    "mAP50-95": mAP50_95,
  };
  const isOfOneLabel = confusion.labels.length > 0;
  return [
    ...(accuracy === null
      ? []
      : [["accuracy", percent(accuracy), isOfOneLabel ? interval(Math.round(accuracy * images), images) : "–"]]),
    ...Object.entries(plain).flatMap(([name, value]) => (value === null ? [] : [[name, percent(value), "–"]])),
  ];
}

function perLabel({ confusion, perLabel: rows }: Metrics): string[][] {
  const found = confusion.labels.flatMap((label, k) => {
    const row = confusion.counts[k] ?? [];
    const all = row.reduce((sum, count) => sum + count, 0);
    const right = row[k] ?? 0;
    return all === 0 ? [] : [[`"${label}" told as such`, `${percent(right / all)} of ${all}`, interval(right, all)]];
  });
  const others = rows.flatMap(({ label, truths, recall, ap50 }) => [
    ...(recall === null
      ? []
      : [[`"${label}" found`, `${percent(recall)} of ${truths}`, interval(Math.round(recall * truths), truths)]]),
    ...(ap50 === null ? [] : [[`"${label}" average precision`, percent(ap50), "–"]]),
  ]);
  return [...found, ...others];
}

function limits({ metrics, dataset, task, tiling, teachers, input }: Manifest): PageSection {
  const scarce = Object.entries(dataset.byLabel).filter(([, count]) => count < fewLearnt);
  return {
    title: "What it can't do",
    lines: [
      "It knows what its pictures showed: another camera, lens, light, place or product needs pictures of its own, and a new measurement.",
      `Every picture is brought to ${input.width} x ${input.height} pixels${tiling ? ` tile by tile (${tiling.tile} pixels)` : ""}: what is smaller than a few of those can't be seen.`,
      ...(task === "anomaly"
        ? ["What it takes for good is what good parts looked like; a defect that looks like them escapes."]
        : task === "detection"
          ? ["What none of its labels names is not found."]
          : ["A picture that shows none of its labels is given one nevertheless."]),
      ...(metrics !== null && metrics.images < fewMeasured
        ? [`Only ${metrics.images} pictures measured it: the intervals are wide.`]
        : []),
      ...(metrics?.source === "heldOut"
        ? [
            "The figures are of pictures taken beside those it learnt from; of later ones they are often a little lower.",
          ]
        : []),
      ...scarce.map(([label, count]) => `It saw "${label}" only ${count} times.`),
      ...(teachers && metrics?.source === "heldOut"
        ? ["Its teachers may have seen pictures held out here: the figures lean to the good side."]
        : []),
      "Figures by camera, line or time are not in this file: `sightline evaluate --report` measures them.",
    ],
  };
}

function weights({ backbone, method, prunedFrom }: Manifest): PageSection {
  const origin = prunedFrom?.method ?? method;
  if (!backbone)
    return {
      title: "Whose weights it holds",
      note:
        origin === "tiny" || origin === "synthetic"
          ? "Its own alone: all were found in its training."
          : "Its file doesn't say whether it was made from a pretrained network.",
    };
  return {
    title: "Whose weights it holds",
    note: `It was made from the pretrained network ${backbone.title}, whose licence goes on to hold.`,
    table: {
      titles: ["", ""],
      rows: [
        ["licence", backbone.licence ?? "nobody said"],
        ["copyright", backbone.copyright ?? "nobody said"],
        ["source", backbone.source ?? "nobody said"],
        ["SHA-256 of its file", backbone.sha256],
      ],
    },
  };
}

function making({ manifest }: CardFacts): PageSection {
  const { training, candidates, teachers, prunedFrom, seed, createdAt, sightlineVersion, threshold, temperature } =
    manifest;
  return {
    title: "How it was made",
    lines: [
      `${createdAt} by Sightline ${sightlineVersion}, seed ${seed}.`,
      ...(training
        ? [`${training.epochs} epochs in ${Math.round(training.seconds)} s; ended: ${training.ended}.`]
        : ["By features of a pretrained network, without epochs."]),
      ...(prunedFrom ? [smallerThan(manifest, prunedFrom)] : []),
      ...(teachers ?? []).map(({ method, sha256 }) => `Taught by a model of ${method} (SHA-256 ${sha256}).`),
      ...(candidates.length > 1
        ? [
            `Chosen among ${candidates.map(({ method, meanScore }) => `${method} (${meanScore.toFixed(3)})`).join(", ")}.`,
          ]
        : []),
      `Calibration: threshold ${threshold.toPrecision(4)}, temperature ${temperature.toPrecision(4)}.`,
    ],
  };
}

function smallerThan(
  { metrics, parameters, multiplyAccumulates }: Manifest,
  before: NonNullable<Manifest["prunedFrom"]>,
): string {
  const share = (now: number | undefined, then: number): string =>
    now === undefined ? "a share" : percent(now / Math.max(1, then));
  const accuracy = metrics?.accuracy == null ? "" : `, now ${percent(metrics.accuracy)}`;
  return `A smaller copy of a model of ${before.method} (SHA-256 ${before.sha256}): channels were taken away, and what was left learnt again. It has ${share(parameters, before.parameters)} of its ${before.parameters.toLocaleString("en")} parameters and ${share(multiplyAccumulates, before.multiplyAccumulates)} of its ${(before.multiplyAccumulates / 1e6).toFixed(1)} M multiply-accumulates. On the pictures held out the model before was right in ${percent(before.accuracy)}${accuracy}; it may have learnt from them.`;
}

function cost({
  manifest: { input },
  sha256,
  bytes,
  cost: { parameters, multiplyAccumulates },
}: CardFacts): PageSection {
  return {
    title: "What it costs",
    table: {
      titles: ["", ""],
      rows: [
        ["input", `${input.width} x ${input.height} pixels, red green blue`],
        ["parameters", parameters.toLocaleString("en")],
        ["multiply-accumulates a picture", `${(multiplyAccumulates / 1e6).toFixed(1)} M`],
        ["file", `${(bytes / 1e6).toFixed(2)} MB, SHA-256 ${sha256}`],
      ],
    },
  };
}

function interval(hits: number, count: number): string {
  const { low, high } = wilson(hits, count);
  return `${percent(low)} – ${percent(high)}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
