/** What a model file says about itself: labels, how to feed it, its threshold, how good it is and where it comes from. */
import type { Task } from "@sightline/dataset/dataset";
import type { Metrics, RocPoint, ScoredSample } from "./metrics.js";
import { ModelError } from "./model-error.js";
import { type DefectType, maxDefectTypes } from "./segmentation/defect-types.js";
import type { DefectMetrics } from "./segmentation/segmentation-metrics.js";
import type { Calibration } from "./threshold.js";

export const manifestVersion = 1;

/** A method that was tried on the training part, with what it reached there. */
export interface Candidate {
  readonly method: string;
  /** One per fold, higher is better; the same measure for all candidates. */
  readonly foldScores: readonly number[];
  readonly meanScore: number;
  readonly chosen: boolean;
}

export interface ModelInput {
  readonly width: number;
  readonly height: number;
  /** stretch (the default): resized without keeping the aspect. letterbox: as a whole, the rest grey. */
  readonly fit?: "stretch" | "letterbox";
}

export interface DetectionSettings {
  /** From this score on an object counts. */
  readonly scoreThreshold: number;
  /** Of boxes of one label that overlap more than this only the best stays. */
  readonly iouThreshold: number;
  readonly maxDetections: number;
}

/** A large picture is cut into squares that overlap, each resized to the input; what is found is merged. */
export interface Tiling {
  /** Side of a square in pixels of the picture as it came. */
  readonly tile: number;
  /** Pixels that neighbours share: at least the largest object. */
  readonly overlap: number;
}

export interface TrainingSummary {
  /** What was measured on pictures held out: accuracy, mAP50 … */
  readonly metricName: string;
  readonly best: number | null;
  readonly epochs: number;
  readonly seconds: number;
  /** Why it ended: all epochs done, no more progress, time over, or a person. */
  readonly ended: "finished" | "patience" | "budget" | "stopped";
}

/** A model whose answers another one learnt from. */
export interface TeacherSummary {
  readonly method: string;
  /** Of its file, or of its network where it was never one. */
  readonly sha256: string;
}

/** The model that another one is a smaller copy of. */
export interface PrunedModelSummary extends TeacherSummary {
  /** Share of the parameters and of the multiply-accumulates that was to stay. */
  readonly keep: number;
  readonly parameters: number;
  /** For one picture. */
  readonly multiplyAccumulates: number;
  /** On the pictures held out from the pruning, which it may have learnt from. */
  readonly accuracy: number;
}

/** What a model knows of defects' places. */
export interface SegmentationSummary {
  /** In the order of the map's layers. */
  readonly types: readonly DefectType[];
  /** Pictures with masks that it learnt from. */
  readonly images: number;
}

/** The pretrained network that a model was made from; its weights, changed or not, are in the model's file. */
export interface ManifestBackbone {
  readonly name: string;
  readonly title: string;
  /** Of the backbone's file. */
  readonly sha256: string;
  /** SPDX identifier; `null`: nobody said. */
  readonly licence: string | null;
  readonly copyright: string | null;
  readonly source: string | null;
}

export interface Manifest extends Calibration {
  readonly formatVersion: typeof manifestVersion;
  readonly method: string;
  readonly task: Task;
  /** What the model answers with: `normal` and `anomaly` for an anomaly task, else the classes in the order of the probabilities. */
  readonly labels: readonly string[];
  /** The good label as the dataset wrote it; `null` for several classes. */
  readonly normalLabel: string | null;
  /** Pictures enter as float32 `[N, 3, height, width]`, red green blue, 0–255. */
  readonly input: ModelInput;
  /** Several labels at once: the probability from which each label holds. */
  readonly labelThresholds?: readonly number[];
  /** Detectors only. */
  readonly detection?: DetectionSettings;
  /** Detectors for small objects in large pictures; left out: the picture enters as a whole. */
  readonly tiling?: Tiling;
  /** Numbers that training found. */
  readonly parameters?: number;
  /** For one picture. */
  readonly multiplyAccumulates?: number;
  /** Left out where it was made from none, and in files older than this field. */
  readonly backbone?: ManifestBackbone;
  /** How a training by epochs went. */
  readonly training?: TrainingSummary;
  /** Students: whom they learnt from. */
  readonly teachers?: readonly TeacherSummary[];
  /** Models made smaller by taking channels away: what they were before. */
  readonly prunedFrom?: PrunedModelSummary;
  /** Models that learnt from masks: the types of defects that their map shows. */
  readonly segmentation?: SegmentationSummary;
  readonly metrics: Metrics | null;
  /** What the threshold slider counts; empty for several classes. */
  readonly scores: readonly ScoredSample[];
  readonly roc: readonly RocPoint[];
  readonly candidates: readonly Candidate[];
  readonly dataset: {
    readonly name: string;
    /** SHA-256 over the training pictures' names, labels and bytes. */
    readonly hash: string;
    readonly images: number;
    readonly byLabel: Readonly<Record<string, number>>;
  };
  readonly seed: number;
  readonly createdAt: string;
  readonly sightlineVersion: string;
}

/** Answers of an anomaly model, whatever the dataset called its folders. */
export const anomalyLabels = ["normal", "anomaly"] as const;

/**
 * Checks a manifest that came from a file.
 *
 * @throws ModelError `MODEL_MANIFEST_INVALID`, `MODEL_VERSION_UNSUPPORTED`
 */
export function parseManifest(text: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ModelError("MODEL_MANIFEST_INVALID", `The model's manifest is not JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
  const manifest = new Reader("manifest", value);
  const formatVersion = manifest.number("formatVersion", 1, 1e6);
  if (formatVersion !== manifestVersion)
    throw new ModelError(
      "MODEL_VERSION_UNSUPPORTED",
      `The model's manifest has format version ${formatVersion}; this Sightline reads version ${manifestVersion}. Use a Sightline as new as the one that made it.`,
    );
  const task = manifest.oneOf("task", ["anomaly", "classification", "multilabel", "detection"] as const);
  const labels = manifest.strings("labels");
  const fewest = task === "multilabel" || task === "detection" ? 1 : 2;
  if (new Set(labels).size !== labels.length || labels.length < fewest)
    manifest.fail("labels", `${fewest === 1 ? "one" : "two"} or more, all different`);
  if (task === "anomaly" && labels.join() !== anomalyLabels.join())
    manifest.fail("labels", `${anomalyLabels.join(", ")} for an anomaly task`);
  const input = manifest.object("input");
  const dataset = manifest.object("dataset");
  const byLabel = dataset.object("byLabel");
  return {
    formatVersion: manifestVersion,
    method: manifest.string("method"),
    task,
    labels,
    normalLabel: manifest.optional("normalLabel")?.string("normalLabel") ?? null,
    input: {
      width: input.whole("width", 8, 4096),
      height: input.whole("height", 8, 4096),
      ...(input.optional("fit") && { fit: input.oneOf("fit", ["stretch", "letterbox"] as const) }),
    },
    ...readNetSettings(manifest, task, labels),
    ...readSegmentation(manifest),
    ...readBackbone(manifest.optional("backbone")?.object("backbone")),
    threshold: manifest.number("threshold"),
    temperature: manifest.number("temperature", Number.MIN_VALUE),
    metrics: readMetrics(manifest.optional("metrics")?.object("metrics")),
    scores: manifest.list("scores", (entry) => ({
      score: entry.number("score", 0, 1),
      isAnomaly: entry.boolean("isAnomaly"),
    })),
    roc: manifest.list("roc", (entry) => ({
      falsePositiveRate: entry.number("falsePositiveRate", 0, 1),
      truePositiveRate: entry.number("truePositiveRate", 0, 1),
      threshold: entry.number("threshold"),
    })),
    candidates: manifest.list("candidates", (entry) => ({
      method: entry.string("method"),
      foldScores: entry.numbers("foldScores"),
      meanScore: entry.number("meanScore"),
      chosen: entry.boolean("chosen"),
    })),
    dataset: {
      name: dataset.string("name"),
      hash: dataset.string("hash"),
      images: dataset.whole("images", 0),
      byLabel: Object.fromEntries(byLabel.keys().map((label) => [label, byLabel.whole(label, 0)])),
    },
    seed: manifest.number("seed"),
    createdAt: manifest.string("createdAt"),
    sightlineVersion: manifest.string("sightlineVersion"),
  };
}

/** What only some methods and tasks have; files written before there were any lack them all. */
function readNetSettings(manifest: Reader, task: Task, labels: readonly string[]): Partial<Manifest> {
  const thresholds = manifest.optional("labelThresholds")?.numbers("labelThresholds");
  if (thresholds && (thresholds.length !== labels.length || thresholds.some((value) => !(value >= 0 && value <= 1))))
    manifest.fail("labelThresholds", `${labels.length} numbers from 0 to 1`);
  const tiling = manifest.optional("tiling")?.object("tiling");
  const training = manifest.optional("training")?.object("training");
  const detection = task === "detection" ? manifest.object("detection") : null;
  const tile = tiling?.whole("tile", 32, 65_536) ?? 0;
  return {
    ...(thresholds && { labelThresholds: thresholds }),
    ...(detection && {
      detection: {
        scoreThreshold: detection.number("scoreThreshold", 0, 1),
        iouThreshold: detection.number("iouThreshold", 0, 1),
        maxDetections: detection.whole("maxDetections", 1, 10_000),
      },
    }),
    ...(tiling && { tiling: { tile, overlap: tiling.whole("overlap", 0, tile - 1) } }),
    ...(manifest.optional("parameters") && { parameters: manifest.whole("parameters", 0) }),
    ...(manifest.optional("multiplyAccumulates") && {
      multiplyAccumulates: manifest.whole("multiplyAccumulates", 0),
    }),
    ...(manifest.optional("teachers") && {
      teachers: manifest.list("teachers", (row) => ({ method: row.string("method"), sha256: row.string("sha256") })),
    }),
    ...(manifest.optional("prunedFrom") && { prunedFrom: readPruned(manifest.object("prunedFrom")) }),
    ...(training && {
      training: {
        metricName: training.string("metricName"),
        best: training.optional("best")?.number("best") ?? null,
        epochs: training.whole("epochs", 0),
        seconds: training.number("seconds", 0),
        ended: training.oneOf("ended", ["finished", "patience", "budget", "stopped"] as const),
      },
    }),
  };
}

function readPruned(from: Reader): PrunedModelSummary {
  return {
    method: from.string("method"),
    sha256: from.string("sha256"),
    keep: from.number("keep", 0, 1),
    parameters: from.whole("parameters", 0),
    multiplyAccumulates: from.whole("multiplyAccumulates", 0),
    accuracy: from.number("accuracy", 0, 1),
  };
}

function readSegmentation(manifest: Reader): Pick<Manifest, "segmentation"> {
  const segmentation = manifest.optional("segmentation")?.object("segmentation");
  if (!segmentation) return {};
  const types = segmentation.list("types", readDefectType);
  if (
    types.length === 0 ||
    types.length > maxDefectTypes ||
    new Set(types.map(({ label }) => label)).size !== types.length
  )
    segmentation.fail("types", `1 to ${maxDefectTypes} types, all different`);
  return { segmentation: { types, images: segmentation.whole("images", 0) } };
}

function readBackbone(backbone: Reader | undefined): Pick<Manifest, "backbone"> {
  if (!backbone) return {};
  const text = (name: string): string | null => backbone.optional(name)?.string(name) ?? null;
  return {
    backbone: {
      name: backbone.string("name"),
      title: backbone.string("title"),
      sha256: backbone.string("sha256"),
      licence: text("licence"),
      copyright: text("copyright"),
      source: text("source"),
    },
  };
}

function readDefectType(row: Reader): DefectType {
  const colour = row.string("colour");
  if (!/^#[0-9a-f]{6}$/.test(colour)) row.fail("colour", "a colour like #23a436");
  return { label: row.string("label"), colour };
}

function readMetrics(metrics: Reader | undefined): Metrics | null {
  if (!metrics) return null;
  const confusion = metrics.object("confusion");
  const labels = confusion.strings("labels");
  const counts = confusion.rows("counts");
  if (counts.length !== labels.length || counts.some((row) => row.length !== labels.length))
    confusion.fail("counts", `${labels.length} rows of ${labels.length}`);
  const share = (name: string): number | null => metrics.optional(name)?.number(name, 0, 1) ?? null;
  return {
    source: metrics.oneOf("source", ["test", "heldOut"] as const),
    images: metrics.whole("images", 0),
    accuracy: share("accuracy"),
    precision: share("precision"),
    recall: share("recall"),
    f1: share("f1"),
    auroc: share("auroc"),
    ece: share("ece"),
    confusion: { labels, counts },
    mAP50: share("mAP50"),
    mAP50_95: share("mAP50_95"),
    perLabel: metrics.optional("perLabel")
      ? metrics.list("perLabel", (row) => {
          const part = (name: string): number | null => row.optional(name)?.number(name, 0, 1) ?? null;
          return {
            label: row.string("label"),
            truths: row.whole("truths", 0),
            precision: part("precision"),
            recall: part("recall"),
            ap50: part("ap50"),
            ap50_95: part("ap50_95"),
          };
        })
      : [],
    ...(metrics.optional("defects") && { defects: metrics.list("defects", readDefectMetrics) }),
  };
}

function readDefectMetrics(row: Reader): DefectMetrics {
  const part = (name: string): number | null => row.optional(name)?.number(name, 0, 1) ?? null;
  return {
    ...readDefectType(row),
    source: row.oneOf("source", ["test", "heldOut"] as const),
    images: row.whole("images", 0),
    precision: part("precision"),
    recall: part("recall"),
    f1: part("f1"),
    iou: part("iou"),
    meanIou: part("meanIou"),
  };
}

/** Reads the fields of an object that may hold anything; says where and what when one is wrong. */
class Reader {
  readonly #path: string;
  readonly #fields: Record<string, unknown>;

  constructor(path: string, value: unknown) {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw new ModelError("MODEL_MANIFEST_INVALID", `The model's ${path} must be an object, got ${show(value)}.`);
    this.#path = path;
    this.#fields = value as Record<string, unknown>;
  }

  fail(name: string, expected: string): never {
    throw new ModelError(
      "MODEL_MANIFEST_INVALID",
      `The model's ${this.#path}.${name} must be ${expected}, got ${show(this.#fields[name])}. Train the model again.`,
    );
  }

  keys(): string[] {
    return Object.keys(this.#fields);
  }

  /** This reader when the field is neither missing nor null. */
  optional(name: string): Reader | undefined {
    return this.#fields[name] === undefined || this.#fields[name] === null ? undefined : this;
  }

  string(name: string): string {
    const value = this.#fields[name];
    return typeof value === "string" ? value : this.fail(name, "text");
  }

  boolean(name: string): boolean {
    const value = this.#fields[name];
    return typeof value === "boolean" ? value : this.fail(name, "true or false");
  }

  number(name: string, minimum = -Number.MAX_VALUE, maximum = Number.MAX_VALUE): number {
    const value = this.#fields[name];
    if (typeof value === "number" && value >= minimum && value <= maximum) return value;
    return this.fail(name, minimum <= -Number.MAX_VALUE ? "a number" : `a number from ${minimum} to ${maximum}`);
  }

  whole(name: string, minimum: number, maximum = Number.MAX_SAFE_INTEGER): number {
    const value = this.number(name, minimum, maximum);
    return Number.isInteger(value) ? value : this.fail(name, "a whole number");
  }

  oneOf<T extends string>(name: string, choices: readonly T[]): T {
    const value = this.string(name);
    return choices.find((choice) => choice === value) ?? this.fail(name, `one of ${choices.join(", ")}`);
  }

  object(name: string): Reader {
    return new Reader(`${this.#path}.${name}`, this.#fields[name]);
  }

  list<T>(name: string, read: (entry: Reader) => T): T[] {
    return this.#array(name).map((entry, i) => read(new Reader(`${this.#path}.${name}[${i}]`, entry)));
  }

  strings(name: string): string[] {
    return this.#array(name).map((entry) => (typeof entry === "string" ? entry : this.fail(name, "a list of texts")));
  }

  numbers(name: string): number[] {
    return this.#array(name).map((entry) => (typeof entry === "number" ? entry : this.fail(name, "a list of numbers")));
  }

  rows(name: string): number[][] {
    const isRow = (row: unknown): row is number[] =>
      Array.isArray(row) && row.every((n) => Number.isInteger(n) && (n as number) >= 0);
    return this.#array(name).map((row) => (isRow(row) ? row : this.fail(name, "rows of counts")));
  }

  #array(name: string): unknown[] {
    const value = this.#fields[name];
    return Array.isArray(value) ? value : this.fail(name, "a list");
  }
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
