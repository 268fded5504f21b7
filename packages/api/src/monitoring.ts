/** What travels about monitoring: the metrics that are watched, alarms on them, their states and their history. */
import { z } from "zod";
import { Id, PlantId, ProjectName, Time } from "./words.js";

export const Statistic = z.enum(["sum", "average", "minimum", "maximum", "samples"]);
export type Statistic = z.infer<typeof Statistic>;

export interface MetricFacts {
  readonly title: string;
  /** `share`: each reading is 0 or 1, so that the average is a share and the sum a count. */
  readonly unit: "pictures" | "share" | "milliseconds" | "seconds" | "score" | "distance" | "troubles";
  /** Those that mean something, the usual one first. */
  readonly statistics: readonly Statistic[];
  /** What one reading is. */
  readonly description: string;
}

/** Every metric there is; an alarm, a chart and a page can be made of each. */
export const watchedMetrics = {
  anomalies: {
    title: "Anomalies",
    unit: "share",
    statistics: ["sum", "average", "samples"],
    description: "Each inspected picture: 1 where it is anomalous, else 0",
  },
  processed: {
    title: "Processed",
    unit: "pictures",
    statistics: ["sum"],
    description: "Each inspection that ended, with a verdict or failed",
  },
  failed: {
    title: "Failed",
    unit: "share",
    statistics: ["sum", "average"],
    description: "Each inspection that ended: 1 where it failed, else 0",
  },
  invalid: {
    title: "Invalid",
    unit: "pictures",
    statistics: ["sum"],
    description: "Each picture refused at its signed address: damaged, too large or not a picture",
  },
  inferenceTime: {
    title: "Inference time",
    unit: "milliseconds",
    statistics: ["average", "maximum", "minimum", "samples"],
    description: "Each inspected picture: the time that the model took",
  },
  inspectionTime: {
    title: "Time to the verdict",
    unit: "milliseconds",
    statistics: ["average", "maximum", "minimum", "samples"],
    description: "Each inspected picture: from its arrival to its verdict",
  },
  score: {
    title: "Anomaly score",
    unit: "score",
    statistics: ["average", "maximum", "minimum", "samples"],
    description: "Each inspected picture: its anomaly score, 0.5 = at the threshold",
  },
  scoreDrift: {
    title: "Drift of scores",
    unit: "distance",
    statistics: ["maximum", "average", "minimum"],
    description:
      "Each camera, every five minutes: how far its scores are from the held-out ones; from 1 on it is no chance",
  },
  pictureDrift: {
    title: "Drift of pictures",
    unit: "distance",
    statistics: ["maximum", "average", "minimum"],
    description:
      "Each camera, every five minutes: how far its pictures look from the training ones; from 1 on it is no chance",
  },
  featureDrift: {
    title: "Drift of features",
    unit: "distance",
    statistics: ["maximum", "average", "minimum"],
    description:
      "Each camera, every five minutes: how far what its pictures show is from the training ones; from 1 on it is no chance",
  },
  trouble: {
    title: "Camera trouble",
    unit: "troubles",
    statistics: ["maximum", "average", "minimum"],
    description: "Each camera, every five minutes: how many hold of dark, blurred and frozen",
  },
  silence: {
    title: "Silence",
    unit: "seconds",
    statistics: ["maximum", "minimum"],
    description: "Each camera that ever sent a picture, every minute: the time since its last one",
  },
} as const satisfies Record<string, MetricFacts>;

export type MetricName = keyof typeof watchedMetrics;
export const metricNames = Object.keys(watchedMetrics) as [MetricName, ...MetricName[]];
export const factsOf = (metric: MetricName): MetricFacts => watchedMetrics[metric];

export const Metric = z.enum(metricNames);
export const AlarmComparison = z
  .enum([">=", ">", "<", "<="])
  .describe("A datapoint breaches when it compares so to the threshold");
export const MissingData = z
  .enum(["notBreaching", "breaching", "ignore", "missing"])
  .describe(
    "A period without readings counts as within the threshold, as beyond it, not at all (the state stays), or as no data (INSUFFICIENT_DATA where all are missing)",
  );
export const AlarmState = z.enum(["OK", "ALARM", "INSUFFICIENT_DATA"]);

export const PeriodSeconds = z
  .number()
  .int()
  .min(60)
  .max(86_400)
  .multipleOf(60)
  .describe("Whole minutes; a datapoint is one such period, counted from midnight UTC");

/** Some of a project's recipients and targets. */
export const Receivers = z.strictObject({
  recipientIds: z.array(Id).max(50),
  targetIds: z.array(Id).max(200),
});
export type Receivers = z.infer<typeof Receivers>;

const alarmFields = {
  name: z.string().trim().min(1).max(100),
  metric: Metric,
  statistic: Statistic,
  cameraId: PlantId.nullable().describe("null: all cameras of the project together"),
  comparison: AlarmComparison,
  threshold: z.number().min(-1e9).max(1e9),
  periodSeconds: PeriodSeconds,
  evaluationPeriods: z.number().int().min(1).max(1440).describe("How many of the latest periods are looked at"),
  datapointsToAlarm: z.number().int().min(1).max(1440).describe("How many of them must breach"),
  missingData: MissingData,
  isOn: z.boolean().describe("Off: it is not evaluated"),
  notifyOn: z.array(AlarmState).max(3).describe("Changes to these states are told"),
  tells: Receivers.nullable()
    .default(null)
    .describe("Whom: those named, as far as they are still there; null: all recipients and targets of the project"),
};

/** How far back an alarm may look, as in CloudWatch: a day, or a week where its periods are whole hours. */
const longestWindowSeconds = (periodSeconds: number) => (periodSeconds % 3600 === 0 ? 7 : 1) * 86_400;

export const AlarmSettings = z.strictObject(alarmFields).superRefine((settings, context) => {
  const { periodSeconds, evaluationPeriods, datapointsToAlarm, metric, statistic } = settings;
  if (datapointsToAlarm > evaluationPeriods) {
    const message = `at most evaluationPeriods (${evaluationPeriods})`;
    context.addIssue({ code: "custom", path: ["datapointsToAlarm"], message });
  }
  const longest = longestWindowSeconds(periodSeconds);
  if (periodSeconds * evaluationPeriods > longest) {
    const message = `at most ${Math.floor(longest / periodSeconds)} periods of ${periodSeconds} s: an alarm looks back a day, or a week with periods of whole hours`;
    context.addIssue({ code: "custom", path: ["evaluationPeriods"], message });
  }
  const { statistics } = factsOf(metric);
  if (!statistics.includes(statistic)) {
    const message = `one of ${statistics.map((one) => `"${one}"`).join(", ")} for the metric "${metric}"`;
    context.addIssue({ code: "custom", path: ["statistic"], message });
  }
});

export const Alarm = z.object({
  ...alarmFields,
  id: Id,
  projectId: Id,
  projectName: ProjectName,
  mutedUntil: Time.nullable().describe("Changes of state are not told until then; the history keeps them"),
  state: AlarmState,
  reason: z.string().describe("Why it is in this state, for people"),
  stateSince: Time,
  evaluatedAt: Time.nullable().describe("null until it was evaluated for the first time"),
  createdAt: Time,
});

export const AlarmChange = z.object({
  changedAt: Time,
  from: AlarmState,
  to: AlarmState,
  reason: z.string(),
  isTold: z.boolean().describe("An action was sent; false where it is muted or nobody is to be told"),
});

/** One period of a metric. */
export const Datapoint = z.object({
  startsAt: Time,
  value: z.number().nullable().describe("null where the period has no readings"),
  samples: z.int(),
});

export const Readings = z.object({
  metric: Metric,
  statistic: Statistic,
  periodSeconds: z.int(),
  from: Time,
  to: Time,
  points: z.array(Datapoint),
});

/** The counters of one camera, or of all of them. */
export const Counters = z.object({
  processed: z.int().describe("Inspections that ended"),
  succeeded: z.int().describe("… with a verdict"),
  failed: z.int(),
  anomalies: z.int().describe("Pictures with an anomaly detected"),
  invalid: z.int().describe("Pictures refused at their signed address"),
  anomalyShare: z.number().nullable().describe("Of the pictures that can be anomalous; null where there is none"),
  inferenceMsMean: z.number().nullable(),
  inspectionMsMean: z.number().nullable(),
});
export const Monitoring = z.object({
  from: Time,
  to: Time,
  totals: Counters,
  cameras: z.array(Counters.extend({ cameraId: PlantId, projectId: Id })),
});

/** What was found of one camera's latest pictures, against what its running model was trained on. */
export const CameraDrift = z.object({
  projectId: Id,
  cameraId: PlantId,
  modelId: Id,
  modelVersion: z.int(),
  comparedAt: Time,
  pictures: z.int().describe("How many of the latest were compared"),
  scoreDrift: z.number().nullable().describe("From 1 on the scores have drifted; null for several classes or too few"),
  pictureDrift: z.number().nullable().describe("From 1 on the pictures look different; null where there are too few"),
  featureDrift: z
    .number()
    .nullable()
    .describe("From 1 on the pictures show something else; null where there are too few or no backbone"),
  farShare: z
    .number()
    .nullable()
    .describe("Share of the pictures farther from the training pictures than 19 of 20 held-out ones are"),
  mostChanged: z
    .object({ figure: z.string(), before: z.number(), after: z.number() })
    .nullable()
    .describe("The figure that changed most: median of the training pictures, median now"),
  health: z
    .array(z.enum(["dark", "blurred", "frozen"]))
    .describe("What is wrong with the camera, as its pictures tell"),
});
export type CameraDrift = z.infer<typeof CameraDrift>;

export type AlarmComparison = z.infer<typeof AlarmComparison>;
export type MissingData = z.infer<typeof MissingData>;
export type AlarmState = z.infer<typeof AlarmState>;
export type AlarmSettings = z.infer<typeof AlarmSettings>;
export type Alarm = z.infer<typeof Alarm>;
export type AlarmChange = z.infer<typeof AlarmChange>;
export type Datapoint = z.infer<typeof Datapoint>;
export type Readings = z.infer<typeof Readings>;
export type Counters = z.infer<typeof Counters>;
export type Monitoring = z.infer<typeof Monitoring>;
