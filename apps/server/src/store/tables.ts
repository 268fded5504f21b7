/** The columns of every table, as Kysely types them. Times are epoch milliseconds, lists are JSON text, truth values are 0 and 1. */
import type { RuleKindName } from "@sightline/api/rule-kinds";
import type { TargetKindName } from "@sightline/api/target-kinds";
import type { ColumnType, Generated } from "kysely";

type Bit = 0 | 1;
/** Written once, never updated. */
type Fixed<T> = ColumnType<T, T, never>;

export interface ProjectsTable {
  id: Fixed<string>;
  name: string;
  created_at: Fixed<number>;
  is_sample: Fixed<Bit>;
  running_model_id: string | null;
  threshold: number;
  alert_confidence: number;
  /** After an alert of a camera, its further ones within this time come as one digest. */
  digest_seconds: Generated<number>;
  /** JSON: cost of an escape and of a false reject, with their currency; `null` until somebody has said them. */
  mistake_costs: Generated<string | null>;
  next_model_version: Generated<number>;
  /** Kept by triggers on `inspections`. */
  inspections: Generated<number>;
  stored_bytes: Generated<number>;
}

export interface ThresholdChangesTable {
  id: Fixed<string>;
  project_id: Fixed<string>;
  changed_at: Fixed<number>;
  changed_by: Fixed<string>;
  model_id: Fixed<string | null>;
  threshold: Fixed<number>;
}

export interface SamplesTable {
  id: Fixed<string>;
  project_id: Fixed<string>;
  name: Fixed<string>;
  /** "none": nobody has said anything of it yet. */
  kind: "label" | "labels" | "boxes" | "none";
  /** Where `kind` is "label". */
  label: string | null;
  /** JSON: the one label, the labels that hold, or the labels of the boxes, each once. */
  labels: string;
  /** JSON, where `kind` is "boxes". */
  boxes: string | null;
  part: "train" | "test" | "auto";
  image_sha256: Fixed<string>;
  image_bytes: Fixed<number>;
  format: Fixed<"jpeg" | "png">;
  width: Fixed<number>;
  height: Fixed<number>;
  added_at: Fixed<number>;
  /** Where it was taken from, such as `s3://bucket/key`. */
  source_ref: string | null;
  /** The manifest's line as it came, for as long as what it says of the picture still holds. */
  source_line: string | null;
  /** A mask's PNG … */
  mask_sha256: string | null;
  /** … and JSON: the anomaly types in it, each with its colour. */
  mask_types: string | null;
  origin: Fixed<"added" | "review" | "trial">;
}

export interface ModelsTable {
  id: Fixed<string>;
  project_id: Fixed<string>;
  version: Fixed<number>;
  method: Fixed<string>;
  task: Fixed<"anomaly" | "classification" | "multilabel" | "detection">;
  labels: Fixed<string>;
  created_at: Fixed<number>;
  size_bytes: Fixed<number>;
  sha256: Fixed<string>;
  source: Fixed<"trained" | "uploaded">;
  train_images: Fixed<number>;
  metrics: Fixed<string | null>;
  candidates: Fixed<string>;
  scores: Fixed<string>;
  roc: Fixed<string>;
}

export interface JobsTable {
  id: Fixed<string>;
  kind: Fixed<"train">;
  project_id: Fixed<string>;
  status: "queued" | "running" | "stopped" | "succeeded" | "failed" | "cancelled";
  progress: number;
  step: string;
  seconds_left: number | null;
  /** What the curves' metric is, and how many epochs there will be at most; `null` until the first epoch has ended. */
  metric_name: string | null;
  epochs: number | null;
  /** JSON: the newest point of the curves. */
  latest: string | null;
  created_at: Fixed<number>;
  created_by: Fixed<string>;
  started_at: number | null;
  ended_at: number | null;
  model_id: string | null;
  error_code: string | null;
  error_message: string | null;
  /** JSON: what to do (method, seed, budget), and what a training that goes on needs to know. */
  parameters: string;
  /** How often it was started: a job that ends the server with it must not do so for ever. */
  attempts: Generated<number>;
}

/** The curves of trainings, a row an epoch. */
export interface TrainingPointsTable {
  job_id: Fixed<string>;
  epoch: Fixed<number>;
  /** JSON. */
  point: string;
}

export interface CamerasTable {
  id: Fixed<string>;
  project_id: Fixed<string>;
  name: string;
  assembly_line_id: string;
  created_at: Fixed<number>;
  /** Kept by triggers on `inspections`. */
  last_image_at: number | null;
  inspections: Generated<number>;
}

export interface TokensTable {
  id: Fixed<string>;
  name: string;
  role: Fixed<"admin" | "operator" | "viewer" | "device">;
  secret_hash: Fixed<string>;
  camera_ids: string;
  created_at: Fixed<number>;
  expires_at: number | null;
  revoked_at: number | null;
  last_used_at: number | null;
}

export interface UsersTable {
  id: Fixed<string>;
  name: Fixed<string>;
  role: "admin" | "operator" | "viewer";
  created_at: Fixed<number>;
}

export interface SignInCodesTable {
  code_hash: Fixed<string>;
  user_id: Fixed<string>;
  created_at: Fixed<number>;
  expires_at: Fixed<number>;
}

export interface SessionsTable {
  secret_hash: Fixed<string>;
  user_id: Fixed<string>;
  created_at: Fixed<number>;
  expires_at: number;
}

export interface SigningKeysTable {
  id: Fixed<string>;
  /** Encrypted under the key file of the data folder. */
  sealed_secret: Fixed<string>;
  created_at: Fixed<number>;
  /** Signs no more since; its addresses stay valid until they expire. */
  retired_at: number | null;
}

export interface AccessKeysTable {
  id: Fixed<string>;
  access_key_id: Fixed<string>;
  user_id: Fixed<string>;
  /** Encrypted under the key file of the data folder. */
  sealed_secret: Fixed<string>;
  created_at: Fixed<number>;
  revoked_at: number | null;
  last_used_at: number | null;
}

export interface LookoutDatasetsTable {
  project_id: Fixed<string>;
  type: Fixed<"train" | "test">;
  created_at: number;
  updated_at: number;
  status: string;
  message: string;
  /** JSON: the change being worked on. */
  pending: string | null;
}

export interface LookoutModelsTable {
  project_id: Fixed<string>;
  version: Fixed<number>;
  /** `null` for a version that was not asked for through the Lookout API. */
  job_id: string | null;
  created_at: Fixed<number>;
  description: string | null;
  output_bucket: string | null;
  output_prefix: string | null;
  kms_key_id: string | null;
  evaluated_at: number | null;
  evaluation_problem: string | null;
  hosting: "starting" | "hosted" | "stopping" | "failed" | null;
  hosting_message: string | null;
  min_units: number | null;
  max_units: number | null;
}

export interface LookoutTagsTable {
  project_id: Fixed<string>;
  version: Fixed<number>;
  key: Fixed<string>;
  value: string;
}

export interface PackagingJobsTable {
  id: Fixed<string>;
  project_id: Fixed<string>;
  name: Fixed<string>;
  version: Fixed<number>;
  description: Fixed<string | null>;
  /** JSON, as it was asked for. */
  configuration: Fixed<string>;
  status: "CREATED" | "RUNNING" | "SUCCEEDED" | "FAILED";
  message: string;
  /** JSON: what was made and where it lies. */
  output: string | null;
  created_at: Fixed<number>;
  updated_at: number;
}

export interface ClientTokensTable {
  access_key_id: Fixed<string>;
  operation: Fixed<string>;
  token: Fixed<string>;
  /** SHA-256 of everything that was asked for. */
  fingerprint: Fixed<string>;
  status: Fixed<number>;
  reply: Fixed<string>;
  created_at: Fixed<number>;
}

export interface UploadsTable {
  id: Fixed<string>;
  inspection_id: Fixed<string>;
  image_sha256: Fixed<string>;
  /** The row may go afterwards: an expired address is refused before it is looked up. */
  expires_at: Fixed<number>;
}

export interface InspectionsTable {
  /** A ULID: the order of ids is the order of arrival, so that paging and time filters need no other index. */
  id: Fixed<string>;
  project_id: Fixed<string>;
  camera_id: Fixed<string>;
  assembly_line_id: Fixed<string>;
  image_id: Fixed<string>;
  status: "queued" | "waiting" | "inspected" | "failed";
  captured_at: Fixed<number | null>;
  received_at: Fixed<number>;
  inspected_at: number | null;
  /** The verdict in one line. */
  label: string | null;
  /** JSON: every label that holds; `null` until inspected. */
  labels: string | null;
  /** JSON: boxes found; `null` where the model finds none by its nature. */
  detections: string | null;
  is_anomalous: Bit | null;
  score: number | null;
  confidence: number | null;
  model_id: string | null;
  model_version: number | null;
  threshold: number | null;
  inference_ms: number | null;
  attempts: Generated<number>;
  failure_code: string | null;
  failure_message: string | null;
  image_sha256: Fixed<string>;
  image_bytes: Fixed<number>;
  image_format: Fixed<"jpeg" | "png">;
  image_width: Fixed<number>;
  image_height: Fixed<number>;
  heat_map_sha256: string | null;
  /** JSON; null: the model learnt from no masks. */
  anomalies: string | null;
  label_map_sha256: string | null;
}

/** Kept by triggers on `inspections`; never written from here. */
export interface InspectionCountsTable {
  /** Seconds: a minute or an hour. */
  span: Fixed<60 | 3600>;
  starts_at: Fixed<number>;
  project_id: Fixed<string>;
  camera_id: Fixed<string>;
  assembly_line_id: Fixed<string>;
  status: Fixed<"inspected" | "failed">;
  count: number;
  anomalous: number;
  inference_ms: number;
}

/** How many pictures had which label, kept by triggers; pictures with several labels count under each, those without under "none". */
export interface InspectionLabelCountsTable {
  span: Fixed<60 | 3600>;
  starts_at: Fixed<number>;
  project_id: Fixed<string>;
  camera_id: Fixed<string>;
  assembly_line_id: Fixed<string>;
  label: Fixed<string>;
  count: number;
}

/** Kept by triggers, only for inspections whose one-line label is not their label. */
export interface InspectionLabelsTable {
  label: Fixed<string>;
  inspection_id: Fixed<string>;
}

export interface RecipientsTable {
  id: Fixed<string>;
  project_id: Fixed<string>;
  address: Fixed<string>;
  status: "asked" | "confirmed" | "left";
  asked_at: number;
  confirmed_at: number | null;
  left_at: number | null;
}

export interface TargetsTable {
  id: Fixed<string>;
  project_id: Fixed<string>;
  kind: Fixed<TargetKindName>;
  name: string;
  /** JSON. */
  settings: string;
  sealed_secret: string | null;
  is_enabled: Bit;
  created_at: Fixed<number>;
  changed_at: number;
}

export interface RulesTable {
  id: Fixed<string>;
  project_id: Fixed<string>;
  kind: Fixed<RuleKindName>;
  bound: number | null;
  label: string | null;
  outcome: Fixed<"mail" | "target" | "review">;
  target_id: Fixed<string | null>;
  is_enabled: Bit;
  created_at: Fixed<number>;
}

export interface AlertsTable {
  project_id: Fixed<string>;
  camera_id: Fixed<string>;
  /** When the first alert of its span of time came. */
  opened_at: Fixed<number>;
  inspection_id: Fixed<string>;
  title: Fixed<string>;
  /** JSON: why, in words. */
  reasons: Fixed<string>;
  /** By itself; the others are in the digest. */
  is_mailed: Fixed<Bit>;
}

export interface ActionsTable {
  id: Fixed<string>;
  kind: Fixed<"mail" | TargetKindName>;
  lane: Fixed<string>;
  inspection_id: Fixed<string | null>;
  project_id: Fixed<string>;
  target_id: Fixed<string | null>;
  recipient_id: Fixed<string | null>;
  idempotency_key: Fixed<string>;
  status: "pending" | "delivered" | "parked";
  attempts: Generated<number>;
  next_attempt_at: number | null;
  created_at: Fixed<number>;
  delivered_at: number | null;
  summary: Fixed<string>;
  payload: Fixed<string>;
  last_error: string | null;
}

/** Readings of the watched metrics per minute and hour, kept by a trigger on `inspections` and by `readings.ts`. */
export interface ReadingsTable {
  /** Seconds: a minute or an hour. */
  span: Fixed<60 | 3600>;
  project_id: Fixed<string>;
  metric: Fixed<string>;
  starts_at: Fixed<number>;
  camera_id: Fixed<string>;
  samples: number;
  sum: number;
  minimum: number;
  maximum: number;
}

export interface AlarmsTable {
  id: Fixed<string>;
  project_id: Fixed<string>;
  name: string;
  metric: string;
  statistic: string;
  camera_id: string | null;
  comparison: string;
  threshold: number;
  period_seconds: number;
  evaluation_periods: number;
  datapoints_to_alarm: number;
  missing_data: string;
  is_on: Bit;
  /** JSON: the states whose beginning is told. */
  notify_on: string;
  /** 0: only those in `alarm_receivers`. */
  tells_all: Generated<Bit>;
  muted_until: number | null;
  revision: Generated<number>;
  state: "OK" | "ALARM" | "INSUFFICIENT_DATA";
  reason: string;
  state_since: number;
  judged_until: number | null;
  evaluated_at: number | null;
  created_at: Fixed<number>;
}

export interface AlarmReceiversTable {
  alarm_id: Fixed<string>;
  /** One of the two. */
  recipient_id: Fixed<string | null>;
  target_id: Fixed<string | null>;
}

export interface AlarmChangesTable {
  number: Generated<number>;
  alarm_id: Fixed<string>;
  changed_at: Fixed<number>;
  from_state: Fixed<"OK" | "ALARM" | "INSUFFICIENT_DATA">;
  to_state: Fixed<"OK" | "ALARM" | "INSUFFICIENT_DATA">;
  reason: Fixed<string>;
  is_told: Fixed<Bit>;
}

export interface GivenAlarmsTable {
  project_id: Fixed<string>;
  kind: Fixed<string>;
}

export interface TrialsTable {
  id: Fixed<string>;
  project_id: Fixed<string>;
  model_id: Fixed<string>;
  model_version: Fixed<number>;
  source: Fixed<"pictures" | "inspections" | "shadow">;
  threshold: Fixed<number>;
  max_pictures: Fixed<number>;
  /** Pictures of a shadow trial that were left out because the machine was busy. */
  skipped: Generated<number>;
  created_at: Fixed<number>;
  created_by: Fixed<string>;
  ended_at: number | null;
}

/** Pictures that a person is asked about. */
export interface ReviewsTable {
  id: Fixed<string>;
  project_id: Fixed<string>;
  trial_id: Fixed<string | null>;
  inspection_id: Fixed<string | null>;
  reason: Fixed<"lowConfidence" | "rule" | "trial" | "person">;
  note: Fixed<string>;
  status: "queued" | "open" | "agreed" | "said" | "dismissed" | "failed";
  name: Fixed<string>;
  image_sha256: Fixed<string>;
  image_bytes: Fixed<number>;
  image_format: Fixed<"jpeg" | "png">;
  image_width: Fixed<number>;
  image_height: Fixed<number>;
  heat_map_sha256: string | null;
  /** JSON: what the model said. */
  answer: string | null;
  /** JSON: what the line said, where a trial judges an inspection again. */
  served: Fixed<string | null>;
  is_differing: Bit;
  failure_code: string | null;
  failure_message: string | null;
  word: "correct" | "wrong" | null;
  /** JSON: what the picture shows, as a person said. */
  annotation: string | null;
  said_at: number | null;
  said_by: string | null;
  sample_id: string | null;
  /** JSON: what was said of the sample before; `null` where the word made the sample. */
  sample_before: string | null;
  created_at: Fixed<number>;
}

/** What the table of every kind of measurement has. */
export interface MeasurementColumns {
  id: Fixed<string>;
  project_id: Fixed<string>;
  status: "queued" | "running" | "succeeded" | "failed" | "cancelled";
  progress: number;
  step: string;
  created_at: Fixed<number>;
  created_by: Fixed<string>;
  ended_at: number | null;
  error_code: string | null;
  error_message: string | null;
}

export interface ComparisonsTable extends MeasurementColumns {
  base_model_id: Fixed<string>;
  base_version: Fixed<number>;
  candidate_model_id: Fixed<string>;
  candidate_version: Fixed<number>;
  /** JSON. */
  result: string | null;
}

export interface EvaluationsTable extends MeasurementColumns {
  model_id: Fixed<string>;
  model_version: Fixed<number>;
  pictures: Fixed<"test" | "inspections">;
  defect_rate: Fixed<number | null>;
  /** Of trainings repeated; `null` where none are. */
  folds: Fixed<number | null>;
  seeds: Fixed<number | null>;
}

export interface EvaluationReportsTable {
  evaluation_id: Fixed<string>;
  /** JSON. */
  report: Fixed<string>;
  /** HTML. */
  page: Fixed<string>;
}

export interface DeploymentsTable {
  id: Fixed<string>;
  project_id: Fixed<string>;
  model_id: Fixed<string>;
  model_version: Fixed<number>;
  kind: Fixed<"start" | "rollback">;
  previous_id: Fixed<string | null>;
  started_at: Fixed<number>;
  started_by: Fixed<string>;
  ended_at: number | null;
  ended_by: string | null;
  ending: "replaced" | "rolledBack" | "stopped" | null;
}

/** JSON lists in the order of `figureTitles`. */
export interface InspectionFiguresTable {
  inspection_id: Fixed<string>;
  figures: Fixed<string>;
}

export interface SampleFiguresTable {
  sample_id: Fixed<string>;
  figures: Fixed<string>;
}

export interface SampleEmbeddingsTable {
  sample_id: Fixed<string>;
  /** Digest of the network that made it. */
  backbone: string;
  /** float32, little endian, base64. */
  embedding: string;
}

export interface InspectionDistancesTable {
  inspection_id: Fixed<string>;
  /** Digest of the training pictures and the network. */
  measured_by: string;
  distance: number;
}

export interface CameraDriftsTable {
  camera_id: Fixed<string>;
  project_id: string;
  /** JSON: what was found last. */
  found: string;
}

/** Verdicts on their way into the result files. Inserted by a trigger on `inspections`, which knows when a verdict is recorded. */
export interface ResultsTable {
  /** Rises in the order of commits and is never used twice. */
  sequence: ColumnType<number, never, never>;
  inspection_id: Fixed<string>;
  project_id: Fixed<string>;
  camera_id: Fixed<string>;
  assembly_line_id: Fixed<string>;
  image_id: Fixed<string>;
  captured_at: Fixed<number | null>;
  received_at: Fixed<number>;
  inspected_at: Fixed<number>;
  label: Fixed<string>;
  /** JSON. */
  labels: Fixed<string>;
  /** JSON: kinds of defects with their areas; `null`: the model learnt from no masks. */
  anomalies: Fixed<string | null>;
  is_anomalous: Fixed<Bit | null>;
  score: Fixed<number | null>;
  confidence: Fixed<number | null>;
  model_version: Fixed<number | null>;
  threshold: Fixed<number | null>;
  inference_ms: Fixed<number | null>;
  image_sha256: Fixed<string>;
  /** The same camera sent a picture of the same image id up to a day before. */
  is_repeat: Fixed<Bit>;
}

/** The catalogue: a file that has no row here does not count and is removed. */
export interface ResultFilesTable {
  id: Fixed<string>;
  kind: Fixed<"json" | "parquet">;
  project_id: Fixed<string>;
  /** Below the analytics folder. */
  path: Fixed<string>;
  /** The hour (JSON) or day (Parquet) of its rows' receive times, UTC. */
  starts_at: Fixed<number>;
  /** How often its rows were merged: many small files become few large ones. */
  level: Fixed<number>;
  /** Receive times of the first and the last row. */
  first_at: number;
  last_at: number;
  row_count: number;
  /** As many bytes count; what stands behind them was not committed. */
  bytes: number;
}

/** Results that a person deleted and that may still stand in files. */
export interface ResultDeletionsTable {
  inspection_id: Fixed<string>;
  project_id: Fixed<string>;
  received_at: Fixed<number>;
}

export interface SettingsTable {
  key: Fixed<string>;
  value: string;
}

export interface Tables {
  projects: ProjectsTable;
  threshold_changes: ThresholdChangesTable;
  samples: SamplesTable;
  models: ModelsTable;
  jobs: JobsTable;
  training_points: TrainingPointsTable;
  cameras: CamerasTable;
  tokens: TokensTable;
  users: UsersTable;
  sign_in_codes: SignInCodesTable;
  sessions: SessionsTable;
  signing_keys: SigningKeysTable;
  uploads: UploadsTable;
  inspections: InspectionsTable;
  inspection_counts: InspectionCountsTable;
  inspection_label_counts: InspectionLabelCountsTable;
  inspection_labels: InspectionLabelsTable;
  recipients: RecipientsTable;
  targets: TargetsTable;
  rules: RulesTable;
  alerts: AlertsTable;
  actions: ActionsTable;
  readings: ReadingsTable;
  alarms: AlarmsTable;
  alarm_receivers: AlarmReceiversTable;
  alarm_changes: AlarmChangesTable;
  given_alarms: GivenAlarmsTable;
  inspection_figures: InspectionFiguresTable;
  sample_figures: SampleFiguresTable;
  sample_embeddings: SampleEmbeddingsTable;
  inspection_distances: InspectionDistancesTable;
  camera_drifts: CameraDriftsTable;
  results: ResultsTable;
  result_files: ResultFilesTable;
  result_deletions: ResultDeletionsTable;
  settings: SettingsTable;
  access_keys: AccessKeysTable;
  lookout_datasets: LookoutDatasetsTable;
  lookout_models: LookoutModelsTable;
  lookout_tags: LookoutTagsTable;
  packaging_jobs: PackagingJobsTable;
  client_tokens: ClientTokensTable;
  trials: TrialsTable;
  reviews: ReviewsTable;
  comparisons: ComparisonsTable;
  evaluations: EvaluationsTable;
  evaluation_reports: EvaluationReportsTable;
  deployments: DeploymentsTable;
}
