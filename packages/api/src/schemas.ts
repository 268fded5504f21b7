/** Everything that travels over HTTP and WebSocket, declared once: validation, TypeScript types and OpenAPI follow from these schemas. */
import { z } from "zod";
import { ruleKindNames } from "./rule-kinds.js";
import { targetKindNames } from "./target-kinds.js";

// ---------------------------------------------------------------- words used everywhere

/** Every time on the wire is UTC, ISO 8601, milliseconds, `Z`. */
export const Time = z.iso.datetime({ precision: 3 }).describe("UTC, ISO 8601 with milliseconds");
/** Ids made by the server are ULIDs: sortable by creation. */
export const Id = z
  .string()
  .regex(/^[0-9A-HJKMNP-TV-Z]{26}$/)
  .describe("ULID");
/** Camera, line and image ids come from the plant: what people already print on labels. */
export const PlantId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/)
  .describe("1 to 128 of A–Z a–z 0–9 . _ : -");
export const ProjectName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,254}$/)
  .describe("1 to 255 of A–Z a–z 0–9 _ -");
/** Labels name classes; `normal` is the good class of an anomaly project. */
export const Label = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[^\p{Cc}/\\]+$/u);
export const Role = z.enum(["admin", "operator", "viewer", "device"]);
export const UserRole = z.enum(["admin", "operator", "viewer"]);
export const Unit = z.number().min(0).max(1);
/** The recipient's id and a proof that the server made the link. */
export const MailLinkCode = z.string().regex(/^[0-9A-HJKMNP-TV-Z]{26}[A-Za-z0-9_-]{43}$/);
export const Cursor = z.string().max(200);
export const Limit = z.coerce.number().int().min(1).max(200).default(50);

export const ApiError = z.object({
  code: z.string().describe("Stable code; see docs/reference/errors.md"),
  message: z.string().describe("What happened, to which thing, what to do"),
  details: z.record(z.string(), z.unknown()).optional(),
});

// ---------------------------------------------------------------- models and metrics

export const Task = z
  .enum(["anomaly", "classification", "multilabel", "detection"])
  .describe("classification: one label a picture; multilabel: any number of labels; detection: boxes with labels");

/** How a model learns; `auto` is a wish, never what a model says of itself. */
export const Method = z.enum(["patchcore", "classifier", "finetune", "tiny", "detector"]);
export const MethodChoice = z.enum(["auto", ...Method.options]);

export const Box = z
  .object({ label: z.string(), x1: z.number(), y1: z.number(), x2: z.number(), y2: z.number() })
  .describe("Corners in pixels of the picture as it came, after its EXIF turn; x2 and y2 lie outside the box");

export const Detection = Box.extend({ score: Unit });

/** One picture's held-out or test score: what the threshold slider counts. */
export const ScoredSample = z.object({
  score: Unit.describe("Anomaly score on the model's own scale: 0.5 is the model's initial threshold"),
  isAnomaly: z.boolean().describe("What a person said"),
});

export const RocPoint = z.object({ falsePositiveRate: Unit, truePositiveRate: Unit, threshold: z.number() });

export const DefectType = z.object({
  label: z.string().describe("As the masks name it"),
  colour: z.string().regex(/^#[0-9a-f]{6}$/),
});

export const AnomalyArea = DefectType.extend({
  areaFraction: Unit.describe("Share of the picture; those of one picture add up to 1"),
});

const Anomalies = z
  .array(AnomalyArea)
  .nullable()
  .describe(
    "Kinds of defects and their areas, told apart from the verdict: the background first, then those found; null for models that learnt from no masks",
  );

export const DefectMetrics = DefectType.extend({
  source: z.enum(["test", "heldOut"]).describe("heldOut: training masks held out in turn"),
  images: z.int().describe("Pictures whose masks show it"),
  precision: Unit.nullable().describe("Of pixels, like recall and f1"),
  recall: Unit.nullable(),
  f1: Unit.nullable(),
  iou: Unit.nullable().describe("Intersection over union of all pixels together"),
  meanIou: Unit.nullable().describe("Mean over the pictures that show it"),
});

export const Metrics = z.object({
  source: z
    .enum(["test", "heldOut"])
    .describe("test: pictures kept apart; heldOut: each picture scored by a model that never saw it"),
  images: z.int(),
  accuracy: Unit.nullable().describe("multilabel: share of right yes/no answers; null for detection"),
  precision: Unit.nullable(),
  recall: Unit.nullable(),
  f1: Unit.nullable(),
  auroc: Unit.nullable(),
  ece: Unit.nullable().describe("Expected calibration error"),
  confusion: z
    .object({ labels: z.array(z.string()), counts: z.array(z.array(z.int())) })
    .describe("counts[truth][answer]; empty for multilabel and detection"),
  mAP50: Unit.nullable().describe("Detection: mean average precision at an overlap of 0.5"),
  mAP50_95: Unit.nullable().describe("Detection: mean over overlaps of 0.5 to 0.95"),
  perLabel: z
    .array(
      z.object({
        label: z.string(),
        truths: z.int().describe("How many there were to find"),
        precision: Unit.nullable(),
        recall: Unit.nullable(),
        ap50: Unit.nullable(),
        ap50_95: Unit.nullable(),
      }),
    )
    .describe("One row a label: multilabel and detection; else empty"),
  defects: z.array(DefectMetrics).optional().describe("Models that learnt from masks: a row for each kind of defect"),
});

export const Candidate = z.object({
  method: z.string(),
  foldScores: z.array(z.number()).describe("One per fold, higher is better; the same measure for all candidates"),
  meanScore: z.number(),
  chosen: z.boolean(),
});

export const Model = z.object({
  id: Id,
  projectId: Id,
  version: z.int().min(1),
  method: z.string(),
  task: Task,
  labels: z.array(z.string()),
  createdAt: Time,
  sizeBytes: z.int(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  source: z.enum(["trained", "uploaded"]),
  trainImages: z.int(),
  metrics: Metrics.nullable(),
  candidates: z.array(Candidate),
  isRunning: z.boolean(),
});

export const ModelDetail = Model.extend({
  scores: z.array(ScoredSample).describe("Empty for several classes"),
  roc: z.array(RocPoint),
});

export const Prediction = z.object({
  task: Task,
  label: z.string().describe('The answer in one line: a label, "blue, red", "2 RBC, 1 WBC" or "none"'),
  isAnomalous: z.boolean().nullable().describe("null for several classes"),
  score: Unit.nullable().describe("Anomaly score, 0.5 = at the threshold; null for several classes"),
  confidence: Unit.describe("Anomaly: 2·|score − 0.5|; several classes: calibrated probability of the answer"),
  probabilities: z.record(z.string(), Unit),
  labels: z
    .array(z.string())
    .describe("Every label that holds: one, for multilabel any number, for detection the kinds found"),
  detections: z.array(Detection).describe("Best first; empty but for detection"),
  width: z.int(),
  height: z.int(),
  inferenceMs: z.number(),
  heatMapPng: z.string().nullable().describe("Transparent PNG of the anomaly map, base64"),
  anomalies: Anomalies,
  labelMapPng: z
    .string()
    .nullable()
    .describe("PNG of the picture's size with a colour a kind of defect, transparent elsewhere, base64"),
});

// ---------------------------------------------------------------- projects, pictures, jobs

export const DigestSeconds = z
  .int()
  .min(0)
  .max(86_400)
  .describe("After an alert of a camera, its further ones within this time come as one digest; 0: each by itself");

export const Project = z.object({
  id: Id,
  name: ProjectName,
  createdAt: Time,
  isSample: z.boolean().describe("Belongs to the sample line"),
  runningModelId: Id.nullable(),
  threshold: Unit.describe("In force, on the running model's scale; 0.5 is the model's own"),
  recipients: z
    .array(z.email())
    .max(50)
    .describe("Addresses that were asked or have confirmed; …/recipients tells which"),
  alertConfidence: Unit.describe("A verdict below this confidence is a low-confidence alert (strict <)"),
  digestSeconds: DigestSeconds,
  samples: z.object({ train: z.int(), test: z.int(), byLabel: z.record(z.string(), z.int()) }),
  cameras: z.int(),
  inspections: z.int(),
});
/** What deleting a project deletes. */
export const ProjectContents = z.object({
  samples: z.int(),
  models: z.int(),
  runningModelVersion: z.int().nullable(),
  jobs: z.int(),
  runningJobs: z.int(),
  cameras: z.array(PlantId),
  inspections: z.int(),
  unfinishedInspections: z.int().describe("Accepted and not yet inspected"),
  inspectionBytes: z.int(),
  sampleBytes: z.int(),
  modelBytes: z.int(),
  recipients: z.int(),
  targets: z.int(),
  rules: z.int(),
  undeliveredActions: z.int(),
  tokens: z.array(z.string()).describe("Device tokens that can send for its cameras only: they are revoked"),
});
export const ThresholdChange = z.object({
  changedAt: Time,
  changedBy: z.string(),
  modelId: Id.nullable(),
  threshold: Unit,
});

export const Part = z
  .enum(["train", "test", "auto"])
  .describe("auto: the first training puts every fifth of a label aside for the test");
export const Sample = z.object({
  id: Id,
  projectId: Id,
  name: z.string(),
  label: Label.nullable().describe(
    "null where the picture has boxes or several labels instead, or is not labelled yet",
  ),
  labels: z.array(Label).nullable().describe("multilabel: those that hold, maybe none; else null"),
  boxes: z.array(Box).nullable().describe("detection: every object, maybe none; else null"),
  part: Part,
  imageSha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .describe("Of the file as it came: the same picture is in a project once"),
  width: z.int(),
  height: z.int(),
  addedAt: Time,
  source: z.string().nullable().describe("Where it was taken from, such as s3://bucket/key"),
  hasMask: z.boolean().describe("Whether it is known where in the picture its anomalies are"),
  origin: z
    .enum(["added", "review", "trial"])
    .describe(
      "added: came with its label; review, trial: a person said what it shows when asked about a model's answer",
    ),
});
/** A kind of defect and the colour it is painted in. */
export const MaskColour = z.strictObject({ label: Label, colour: z.string().regex(/^#[0-9a-f]{6}$/) });
/** Exactly one of the three; in words of the picture's project. */
export const Annotation = z.strictObject({
  label: Label.optional().describe("One label; else labels or boxes"),
  labels: z.array(Label).max(200).optional().describe("multilabel: those that hold, maybe none"),
  boxes: z
    .array(Box.extend({ label: Label }).strict())
    .max(5000)
    .optional()
    .describe("detection: every object, maybe none"),
});

/** One epoch of a training, as the curves show it. */
export const TrainingPoint = z.object({
  epoch: z.int(),
  loss: z.number(),
  metric: z.number().nullable().describe("On pictures held out; null where it was not measured after this epoch"),
  learningRate: z.number(),
  picturesPerSecond: z.number(),
  waitedShare: Unit.describe("Share of the time that the step waited for pictures"),
  elapsedSeconds: z.number(),
});
export const TrainingHistory = z.object({
  metricName: z.string().nullable().describe("accuracy, mAP50 …; null for methods without epochs"),
  epochs: z.int().nullable().describe("How many there will be at most"),
  points: z.array(TrainingPoint),
});

export const JobStatus = z
  .enum(["queued", "running", "stopped", "succeeded", "failed", "cancelled"])
  .describe(
    "stopped: by a person, with a checkpoint; it can be resumed, or made a model. Its error, if any, says what to put right first",
  );
export const Job = z.object({
  id: Id,
  kind: z.enum(["train"]),
  projectId: Id,
  status: JobStatus,
  progress: Unit,
  step: z.string().describe("What it does now, for people"),
  method: MethodChoice,
  secondsLeft: z.number().nullable().describe("null where nobody can tell yet"),
  latest: TrainingPoint.nullable().describe("The newest point of the curves"),
  canStop: z.boolean().describe("It has a checkpoint from which it can go on, or a best state that can become a model"),
  createdAt: Time,
  startedAt: Time.nullable(),
  endedAt: Time.nullable(),
  modelId: Id.nullable(),
  error: ApiError.nullable(),
});

// ---------------------------------------------------------------- a person's word on a model's answer

/** What a model said of a picture, as far as a person judges it. */
export const ModelAnswer = z.object({
  label: z.string(),
  labels: z.array(z.string()),
  detections: z.array(Detection),
  isAnomalous: z.boolean().nullable(),
  score: Unit.nullable(),
  confidence: Unit,
  modelId: Id.nullable(),
  modelVersion: z.int().nullable(),
  threshold: Unit.nullable(),
});

export const ReviewReason = z
  .enum(["lowConfidence", "rule", "trial", "person"])
  .describe(
    "Why a person is asked: the model was unsure, a rule said so, the picture is of a trial, a person wants it",
  );
export const ReviewStatus = z
  .enum(["queued", "open", "agreed", "said", "dismissed", "failed"])
  .describe(
    "queued: a trial's model has yet to answer; open: waits for a person; agreed: a trial's answer is the one the line gave; said: a person gave a word; dismissed: set aside; failed: the model could not answer",
  );
export const Review = z.object({
  id: Id,
  projectId: Id,
  trialId: Id.nullable(),
  inspectionId: Id.nullable().describe("Where the picture came from a camera; the inspection itself may be deleted"),
  reason: ReviewReason,
  note: z.string().describe("In words: the rule that asks, or who"),
  status: ReviewStatus,
  name: z.string().describe("The picture's name for people"),
  imageSha256: z.string(),
  width: z.int(),
  height: z.int(),
  hasHeatMap: z.boolean(),
  answer: ModelAnswer.nullable().describe("What a person is asked about; null until the model has answered"),
  served: ModelAnswer.nullable().describe("Trials on inspections: what the line said of the same picture"),
  failure: ApiError.nullable(),
  word: z.enum(["correct", "wrong"]).nullable().describe("What a person said of the answer"),
  annotation: Annotation.nullable().describe("What the picture really shows, as a person said"),
  saidAt: Time.nullable(),
  saidBy: z.string().nullable(),
  sampleId: Id.nullable().describe("The labelled picture that it became"),
  createdAt: Time,
});

export const TrialSource = z
  .enum(["pictures", "inspections", "shadow"])
  .describe(
    "pictures: sent by a person; inspections: recent ones, judged again; shadow: the next ones, judged beside the running version",
  );
export const Trial = z.object({
  id: Id,
  projectId: Id,
  modelId: Id,
  modelVersion: z.int(),
  source: TrialSource,
  threshold: Unit.describe("The one its answers are made with"),
  isOpen: z.boolean().describe("More pictures may come"),
  maxPictures: z.int().describe("It ends by itself when it has so many"),
  skipped: z.int().describe("shadow: pictures that were not judged because the machine was busy with the line"),
  createdAt: Time,
  createdBy: z.string(),
  endedAt: Time.nullable(),
  counts: z.object({
    queued: z.int(),
    open: z.int(),
    agreed: z.int(),
    failed: z.int(),
    dismissed: z.int(),
    correct: z.int().describe("A person said so"),
    wrong: z.int(),
    differing: z.int().describe("Answers that differ from the line's"),
  }),
});

/** One picture of a comparison on which the versions differ, or both are wrong. */
export const ComparedPicture = z.object({
  sampleId: Id,
  name: z.string(),
  truth: z.string().describe("What a person said"),
  base: z.object({ answer: z.string(), isRight: z.boolean(), score: Unit.nullable(), confidence: Unit }),
  candidate: z.object({ answer: z.string(), isRight: z.boolean(), score: Unit.nullable(), confidence: Unit }),
});
export const ComparisonSide = z.object({
  threshold: Unit.describe("In force for the running version, else the version's own"),
  metrics: Metrics,
  msPerImage: z.object({ p50: z.number(), p95: z.number() }),
});
export const ComparisonResult = z.object({
  images: z.int().describe("Pictures that both were measured on"),
  base: ComparisonSide,
  candidate: ComparisonSide,
  bothRight: z.int(),
  bothWrong: z.int(),
  onlyBaseRight: z.int(),
  onlyCandidateRight: z.int(),
  chance: Unit.describe(
    "How likely so uneven a split of the pictures that one alone gets right would be, were both equally good (McNemar's exact test)",
  ),
  pictures: z.array(ComparedPicture).describe("Those not answered alike and right, at most 500, differing ones first"),
  skipped: z.array(z.object({ name: z.string(), reason: z.string() })),
});
export const Comparison = z.object({
  id: Id,
  projectId: Id,
  base: z.object({ modelId: Id, version: z.int() }).describe("Usually the running version"),
  candidate: z.object({ modelId: Id, version: z.int() }),
  status: z.enum(["queued", "running", "succeeded", "failed", "cancelled"]),
  progress: Unit,
  step: z.string(),
  createdAt: Time,
  createdBy: z.string(),
  endedAt: Time.nullable(),
  result: ComparisonResult.nullable(),
  error: ApiError.nullable(),
});

/** A time during which one version inspected its project. */
export const Deployment = z.object({
  id: Id,
  projectId: Id,
  modelId: Id.describe("The version may be deleted since"),
  modelVersion: z.int(),
  kind: z.enum(["start", "rollback"]),
  startedAt: Time,
  startedBy: z.string(),
  endedAt: Time.nullable().describe("null: it still runs"),
  endedBy: z.string().nullable(),
  end: z.enum(["replaced", "rolledBack", "stopped"]).nullable(),
});

// ---------------------------------------------------------------- cameras, people, tokens

export const Camera = z.object({
  id: PlantId,
  projectId: Id,
  name: z.string().max(120),
  assemblyLineId: PlantId,
  createdAt: Time,
  lastImageAt: Time.nullable(),
  inspections: z.int(),
});

export const Token = z.object({
  id: Id,
  name: z.string().max(120),
  role: Role,
  cameraIds: z.array(PlantId).describe("device only: the cameras it may send for"),
  createdAt: Time,
  expiresAt: Time.nullable(),
  revokedAt: Time.nullable(),
  lastUsedAt: Time.nullable(),
});

export const User = z.object({ id: Id, name: z.string(), role: UserRole });

export const AccessKey = z.object({
  id: Id,
  accessKeyId: z.string().describe("What a program names itself by: AWS_ACCESS_KEY_ID"),
  userName: z.string(),
  role: UserRole.describe("That of its person: what the key may do"),
  createdAt: Time,
  revokedAt: Time.nullable(),
  lastUsedAt: Time.nullable(),
});

export const Me = z.object({
  kind: z.enum(["user", "token"]),
  name: z.string(),
  role: Role,
  cameraIds: z.array(PlantId),
});

// ---------------------------------------------------------------- inspections

export const InspectionStatus = z
  .enum(["queued", "waiting", "inspected", "failed"])
  .describe("queued: next in line; waiting: accepted, no model is running");
export const Inspection = z.object({
  id: Id,
  projectId: Id,
  cameraId: PlantId,
  assemblyLineId: PlantId,
  imageId: PlantId,
  status: InspectionStatus,
  capturedAt: Time.nullable().describe("When the device says the picture was taken"),
  receivedAt: Time,
  inspectedAt: Time.nullable(),
  label: z
    .string()
    .nullable()
    .describe('The verdict in one line: normal, anomaly, a class, "blue, red", "2 RBC, 1 WBC"'),
  labels: z.array(z.string()).describe("Every label that holds"),
  detections: z.array(Detection),
  isAnomalous: z.boolean().nullable(),
  score: Unit.nullable(),
  confidence: Unit.nullable(),
  modelId: Id.nullable(),
  modelVersion: z.int().nullable(),
  threshold: Unit.nullable().describe("The one that made this verdict"),
  inferenceMs: z.number().nullable(),
  hasHeatMap: z.boolean(),
  anomalies: Anomalies,
  hasLabelMap: z.boolean(),
  attempts: z.int(),
  failure: ApiError.nullable(),
  imageSha256: z.string(),
  imageBytes: z.int(),
  imageWidth: z.int().describe("Pixels, after the EXIF turn: what the boxes are in"),
  imageHeight: z.int(),
});

export const Recipient = z.object({
  id: Id,
  projectId: Id,
  address: z.email(),
  status: z
    .enum(["asked", "confirmed", "left"])
    .describe("asked: gets alerts once the link in the mail was followed; left: by a link, or by its mail program"),
  askedAt: Time,
  confirmedAt: Time.nullable(),
  leftAt: Time.nullable(),
});
/** What a link in a mail is for, and for whom. */
export const MailLink = z.object({
  purpose: z.enum(["confirm", "leave"]),
  address: z.email(),
  projectName: ProjectName,
  status: Recipient.shape.status,
});

export const TargetKind = z.enum(targetKindNames);
export const TargetSettings = z
  .record(z.string().max(60), z.string().max(2000))
  .describe("By kind: webhook {url}; mqtt {url, topic, qos, retain, username}");
export const Target = z.object({
  id: Id,
  projectId: Id,
  kind: TargetKind,
  name: z.string().min(1).max(120),
  settings: TargetSettings,
  hasSecret: z.boolean(),
  isEnabled: z.boolean().describe("While it is not, its messages wait"),
  createdAt: Time,
  actions: z.object({ pending: z.int(), delivered: z.int(), parked: z.int() }),
});

export const RuleKind = z.enum(ruleKindNames);
export const Rule = z.object({
  id: Id,
  projectId: Id,
  kind: RuleKind,
  limit: z.number().min(0).max(1000).nullable().describe("A share from 0 to 1 or a whole number, by kind"),
  label: Label.nullable(),
  outcome: z
    .enum(["mail", "target", "review"])
    .describe("mail: to the recipients; target: a message to it; review: a person is asked to look"),
  targetId: Id.nullable(),
  isEnabled: z.boolean(),
  createdAt: Time,
  text: z.string().describe("The condition in words"),
});

export const Action = z.object({
  id: Id,
  kind: z.enum(["mail", ...targetKindNames]),
  inspectionId: Id.nullable(),
  projectId: Id,
  targetId: Id.nullable(),
  status: z.enum(["pending", "delivered", "parked"]).describe("parked: failed too often, and waits for a person"),
  attempts: z.int(),
  nextAttemptAt: Time.nullable(),
  createdAt: Time,
  deliveredAt: Time.nullable(),
  summary: z.string().describe("What is sent, and to whom"),
  lastError: z.string().nullable(),
});

/** One bar of the dashboard's chart. */
export const StatsBucket = z.object({ startsAt: Time, inspected: z.int(), anomalous: z.int(), failed: z.int() });
export const Stats = z.object({
  from: Time,
  to: Time,
  bucketSeconds: z.int(),
  totals: z.object({
    inspected: z.int(),
    anomalous: z.int(),
    failed: z.int(),
    queued: z.int(),
    waiting: z.int(),
    inferenceMsMean: z.number().nullable(),
  }),
  buckets: z.array(StatsBucket),
  byCamera: z.array(z.object({ cameraId: PlantId, inspected: z.int(), anomalous: z.int() })),
  byLine: z.array(z.object({ assemblyLineId: PlantId, inspected: z.int(), anomalous: z.int() })),
  byLabel: z.array(z.object({ label: z.string(), inspected: z.int() })),
});

// ---------------------------------------------------------------- analytics

/** What the results can be counted by. */
export const AnalyticsDimension = z.enum([
  "hour",
  "day",
  "hourOfDay",
  "shift",
  "project",
  "camera",
  "line",
  "model",
  "verdict",
  "defect",
  "confidence",
]);

/** Counts over some results. */
export const AnalyticsCounts = z.object({
  inspected: z.int(),
  judged: z.int().describe("Those that the model called normal or anomalous; others have several classes"),
  anomalous: z.int(),
  firstJudged: z.int().describe("Without pictures of an image id that the same camera had sent up to a day before"),
  firstNormal: z.int().describe("Of those, the normal ones: their share is the first-pass yield"),
  confidenceMean: Unit.nullable(),
  inferenceMsMean: z.number().nullable(),
  confirmed: z.int().describe("Judged ones of which a person said what they are"),
  confirmedAnomalous: z.int(),
  escapes: z.int().describe("Confirmed anomalies that were judged normal"),
  falseRejects: z.int().describe("Confirmed normal ones that were judged anomalous"),
});

export const AnalyticsGroup = AnalyticsCounts.extend({
  key: z
    .partialRecord(AnalyticsDimension, z.union([z.string(), z.number()]).nullable())
    .describe(
      "hour: its start in UTC; day: the local date, with shift the day the shift began; hourOfDay: 0 to 23, local; confidence: lower end of a twentieth",
    ),
});

export const Analytics = z.object({
  from: Time,
  to: Time,
  timeZone: z.string().describe("Of hours, days and shifts"),
  groupBy: z.array(AnalyticsDimension),
  groups: z.array(AnalyticsGroup).describe("In the order of their keys; with nothing to group by, one group of all"),
  isTruncated: z.boolean().describe("There were more groups than are told"),
});

export const AnalyticsFiles = z.object({
  files: z.int(),
  rows: z.int(),
  bytes: z.int(),
  firstAt: Time.nullable().describe("Receive time of the oldest row"),
  lastAt: Time.nullable(),
  pending: z.int().describe("Results that are not in these files yet"),
});

/** Where the results are kept as files, and how far they are written. */
export const AnalyticsState = z.object({
  folder: z.string(),
  json: AnalyticsFiles,
  parquet: AnalyticsFiles,
  lastFlushAt: Time.nullable(),
  problem: z.string().nullable(),
  keepDays: z.number(),
  timeZone: z.string(),
  shifts: z.array(z.object({ name: z.string(), startsAt: z.string().describe("HH:MM, local") })),
});

export const SqlTable = z.object({
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  rows: z.array(z.array(z.unknown())),
  isTruncated: z.boolean().describe("There were more rows"),
  elapsedMs: z.number(),
});

// ---------------------------------------------------------------- the service itself

export const SampleLine = z.object({
  state: z.enum(["absent", "settingUp", "running", "failed"]),
  projectId: Id.nullable(),
  jobId: Id.nullable(),
  message: z.string(),
});
export const System = z.object({
  version: z.string(),
  startedAt: Time,
  publicUrl: z.string(),
  sampleLine: SampleLine,
  mailConfigured: z.boolean(),
  freeDiskBytes: z.int(),
  minFreeDiskBytes: z.int(),
  projects: z.int(),
});

/** What the WebSocket at /api/live sends, one JSON object a message. */
export const LiveEvent = z.discriminatedUnion("type", [
  z.object({ type: z.literal("hello"), at: Time }),
  z.object({ type: z.literal("inspection"), inspection: Inspection }),
  z.object({ type: z.literal("job"), job: Job }),
  z.object({ type: z.literal("project"), projectId: Id, change: z.enum(["created", "changed", "deleted"]) }),
  z.object({ type: z.literal("inspectionDeleted"), inspectionId: Id }),
  z.object({ type: z.literal("sampleLine"), sampleLine: SampleLine }),
  z.object({ type: z.literal("alarm"), projectId: Id, alarmId: Id }).describe("Its state, settings or being changed"),
  z
    .object({ type: z.literal("reviews"), projectId: Id, trialId: Id.nullable() })
    .describe("Something changed among the reviews of a project, or of one of its trials"),
  z.object({ type: z.literal("comparison"), projectId: Id, comparisonId: Id }),
]);

export type ApiError = z.infer<typeof ApiError>;
export type Task = z.infer<typeof Task>;
export type Method = z.infer<typeof Method>;
export type MethodChoice = z.infer<typeof MethodChoice>;
export type Box = z.infer<typeof Box>;
export type Detection = z.infer<typeof Detection>;
export type TrainingPoint = z.infer<typeof TrainingPoint>;
export type TrainingHistory = z.infer<typeof TrainingHistory>;
export type Role = z.infer<typeof Role>;
export type UserRole = z.infer<typeof UserRole>;
export type Metrics = z.infer<typeof Metrics>;
export type ScoredSample = z.infer<typeof ScoredSample>;
export type RocPoint = z.infer<typeof RocPoint>;
export type Candidate = z.infer<typeof Candidate>;
export type Model = z.infer<typeof Model>;
export type ModelDetail = z.infer<typeof ModelDetail>;
export type AnomalyArea = z.infer<typeof AnomalyArea>;
export type Prediction = z.infer<typeof Prediction>;
export type Project = z.infer<typeof Project>;
export type ThresholdChange = z.infer<typeof ThresholdChange>;
export type Part = z.infer<typeof Part>;
export type Sample = z.infer<typeof Sample>;
export type Annotation = z.infer<typeof Annotation>;
export type Job = z.infer<typeof Job>;
export type JobStatus = z.infer<typeof JobStatus>;
export type Camera = z.infer<typeof Camera>;
export type Token = z.infer<typeof Token>;
export type AccessKey = z.infer<typeof AccessKey>;
export type Me = z.infer<typeof Me>;
export type Inspection = z.infer<typeof Inspection>;
export type InspectionStatus = z.infer<typeof InspectionStatus>;
export type Recipient = z.infer<typeof Recipient>;
export type MailLink = z.infer<typeof MailLink>;
export type Target = z.infer<typeof Target>;
export type TargetSettings = z.infer<typeof TargetSettings>;
export type Rule = z.infer<typeof Rule>;
export type Action = z.infer<typeof Action>;
export type ProjectContents = z.infer<typeof ProjectContents>;
export type Stats = z.infer<typeof Stats>;
export type AnalyticsDimension = z.infer<typeof AnalyticsDimension>;
export type AnalyticsCounts = z.infer<typeof AnalyticsCounts>;
export type AnalyticsGroup = z.infer<typeof AnalyticsGroup>;
export type Analytics = z.infer<typeof Analytics>;
export type AnalyticsState = z.infer<typeof AnalyticsState>;
export type SqlTable = z.infer<typeof SqlTable>;
export type SampleLine = z.infer<typeof SampleLine>;
export type System = z.infer<typeof System>;
export type LiveEvent = z.infer<typeof LiveEvent>;
export type ModelAnswer = z.infer<typeof ModelAnswer>;
export type ReviewReason = z.infer<typeof ReviewReason>;
export type ReviewStatus = z.infer<typeof ReviewStatus>;
export type Review = z.infer<typeof Review>;
export type TrialSource = z.infer<typeof TrialSource>;
export type Trial = z.infer<typeof Trial>;
export type ComparedPicture = z.infer<typeof ComparedPicture>;
export type ComparisonSide = z.infer<typeof ComparisonSide>;
export type ComparisonResult = z.infer<typeof ComparisonResult>;
export type Comparison = z.infer<typeof Comparison>;
export type Deployment = z.infer<typeof Deployment>;
