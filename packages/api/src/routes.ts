/** The one table of HTTP routes: address, who may call, what goes in, what comes out. Server, client, web and OpenAPI are made from it. */
import { z } from "zod";
import * as m from "./monitoring.js";
import * as s from "./schemas.js";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
/** `anyone` needs no credential; `signed` proves itself by its signature or one-time code. */
export type Access = readonly s.Role[] | "anyone" | "signed";

export interface Route<
  Path extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Reply extends z.ZodType = z.ZodType,
  Consumes extends string = string,
  Produces extends string = string,
> {
  readonly method: Method;
  /** Fastify's form: `/api/projects/:projectId`. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly params: Path;
  readonly query: Query;
  /** A JSON body; `undefined` where the body is raw bytes (`consumes`) or absent. */
  readonly body: Body | undefined;
  /** Media types of a raw body. */
  readonly consumes: readonly Consumes[];
  readonly status: number;
  /** A JSON reply; `undefined` where the reply is bytes (`produces`) or empty (204). */
  readonly reply: Reply | undefined;
  readonly produces: Produces;
  /** Statuses of refusals besides those that follow from what the route takes. */
  readonly alsoRefuses: readonly number[];
}

const none = z.strictObject({});
type None = typeof none;

interface Spec<
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  R extends z.ZodType,
  C extends string,
  O extends string,
> {
  summary: string;
  access: Access;
  params?: P;
  query?: Q;
  body?: B;
  consumes?: readonly C[];
  status?: number;
  reply?: R;
  produces?: O;
  alsoRefuses?: readonly number[];
}

function route<
  P extends z.ZodType = None,
  Q extends z.ZodType = None,
  B extends z.ZodType = z.ZodUndefined,
  R extends z.ZodType = z.ZodUndefined,
  C extends string = never,
  O extends string = "application/json",
>(method: Method, path: string, spec: Spec<P, Q, B, R, C, O>): Route<P, Q, B, R, C, O> {
  return Object.freeze({
    method,
    path,
    summary: spec.summary,
    access: spec.access,
    params: spec.params ?? (none as unknown as P),
    query: spec.query ?? (none as unknown as Q),
    body: spec.body,
    consumes: spec.consumes ?? [],
    status: spec.status ?? (spec.reply === undefined && spec.produces === undefined ? 204 : 200),
    reply: spec.reply,
    produces: spec.produces ?? ("application/json" as O),
    alsoRefuses: spec.alsoRefuses ?? [],
  });
}

const admin = ["admin"] as const;
const operator = ["admin", "operator"] as const;
const viewer = ["admin", "operator", "viewer"] as const;
const device = ["admin", "operator", "device"] as const;
const everyRole = ["admin", "operator", "viewer", "device"] as const;

const images = ["image/jpeg", "image/png"] as const;
const projectId = z.strictObject({ projectId: s.Id });
const modelId = z.strictObject({ modelId: s.Id });
const alarmId = z.strictObject({ alarmId: s.Id });
const recipientId = z.strictObject({ recipientId: s.Id });
const targetId = z.strictObject({ targetId: s.Id });
const reviewId = z.strictObject({ reviewId: s.Id });
const trialId = z.strictObject({ trialId: s.Id });
const comparisonId = z.strictObject({ comparisonId: s.Id });
const inspectionId = z.strictObject({ inspectionId: s.Id });
const paging = { cursor: s.Cursor.optional(), limit: s.Limit };
const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), nextCursor: s.Cursor.nullable() });
const list = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });

const dimensions = s.AnalyticsDimension.options.join("|");
/** Which results an analysis is about. */
const resultFilter = {
  project: s.Id.optional(),
  camera: s.PlantId.optional(),
  line: s.PlantId.optional(),
  verdict: z.string().max(200).optional().describe("The verdict's whole line"),
  defect: z.string().max(64).optional().describe("A type of defect that was found"),
  model: z.coerce.number().int().min(1).optional().describe("Version; best with a project"),
  from: s.Time.optional().describe("Received at or after; default: 30 days before `to`"),
  to: s.Time.optional().describe("Received before; default: now"),
};

// No `satisfies Record<string, Route>`: as a contextual type it would widen every part that a row leaves out to `unknown`.
export const routes = {
  // ------------------------------------------------------------ a picture's way in (S1)
  getSignedUrl: route("GET", "/getsignedurl", {
    summary: "Ask for a signed address to PUT one picture to",
    access: device,
    query: z.strictObject({
      cameraid: s.PlantId,
      assemblylineid: s.PlantId,
      imageid: s.PlantId,
      capturedat: s.Time.optional(),
    }),
    reply: z.object({ uploadURL: z.string(), photoFilename: z.string() }),
  }),
  putImage: route("PUT", "/upload/:uploadId", {
    summary: "Send the picture's bytes; 200 means it is on disk and will be inspected",
    access: "signed",
    params: z.strictObject({ uploadId: s.Id }),
    query: z.strictObject({
      camera: s.PlantId,
      line: s.PlantId,
      image: s.PlantId,
      captured: s.Time.optional(),
      expires: z.coerce.number().int().describe("Epoch seconds"),
      key: s.Id.describe("The signing key"),
      signature: z.string().regex(/^[0-9a-f]{64}$/),
    }),
    consumes: images,
    reply: z.object({ inspectionId: s.Id, status: s.InspectionStatus }),
  }),

  // ------------------------------------------------------------ inspections
  listInspections: route("GET", "/api/inspections", {
    summary: "Inspections, newest first",
    access: viewer,
    query: z.strictObject({
      ...paging,
      project: s.Id.optional(),
      camera: s.PlantId.optional(),
      line: s.PlantId.optional(),
      verdict: z.string().max(64).optional().describe("A label: normal, anomaly, or a class"),
      status: s.InspectionStatus.optional(),
      from: s.Time.optional(),
      to: s.Time.optional(),
    }),
    reply: page(s.Inspection),
  }),
  getInspection: route("GET", "/api/inspections/:inspectionId", {
    summary: "One inspection",
    access: viewer,
    params: inspectionId,
    reply: s.Inspection.extend({ projectName: s.ProjectName, actions: z.array(s.Action) }),
  }),
  getInspectionImage: route("GET", "/api/inspections/:inspectionId/image", {
    summary: "The picture as it came in",
    access: viewer,
    params: inspectionId,
    produces: "image/*",
  }),
  getInspectionThumbnail: route("GET", "/api/inspections/:inspectionId/thumbnail", {
    summary: "The picture, at most 160 pixels wide",
    access: viewer,
    params: inspectionId,
    produces: "image/jpeg",
  }),
  getInspectionHeatMap: route("GET", "/api/inspections/:inspectionId/heatmap", {
    summary: "The anomaly map as a transparent PNG of the picture's shape",
    access: viewer,
    params: inspectionId,
    produces: "image/png",
  }),
  getInspectionLabelMap: route("GET", "/api/inspections/:inspectionId/labelmap", {
    summary: "The defects as a PNG of the picture's size: a colour a kind, transparent elsewhere",
    access: viewer,
    params: inspectionId,
    produces: "image/png",
  }),
  retryInspection: route("POST", "/api/inspections/:inspectionId/retry", {
    summary: "Inspect a failed one again",
    access: operator,
    params: inspectionId,
    reply: s.Inspection,
  }),
  retryInspections: route("POST", "/api/inspections/retry", {
    summary: "Inspect all failed ones again, of a project, a camera, or all",
    access: operator,
    body: z.strictObject({ project: s.Id.optional(), camera: s.PlantId.optional() }),
    reply: z.object({ count: z.int() }),
  }),
  deleteInspection: route("DELETE", "/api/inspections/:inspectionId", {
    summary: "Delete an inspection and its picture",
    access: admin,
    params: inspectionId,
  }),
  getStats: route("GET", "/api/stats", {
    summary: "Counts and anomaly rate over time, per camera and line",
    access: viewer,
    query: z.strictObject({
      project: s.Id.optional(),
      camera: s.PlantId.optional(),
      line: s.PlantId.optional(),
      from: s.Time.optional().describe("Default: one hour before `to`"),
      to: s.Time.optional().describe("Default: now"),
      buckets: z.coerce.number().int().min(1).max(500).default(60),
    }),
    reply: s.Stats,
  }),

  // ------------------------------------------------------------ analytics
  getAnalytics: route("GET", "/api/analytics", {
    summary: "Results counted by time, place, verdict or defect; with yields, escapes and false rejects",
    access: viewer,
    query: z.strictObject({
      ...resultFilter,
      groupBy: z
        .string()
        .regex(new RegExp(`^(${dimensions})(,(${dimensions})){0,4}$`))
        .optional()
        .describe(`Up to five of ${s.AnalyticsDimension.options.join(", ")}; default: none`),
      limit: z.coerce.number().int().min(1).max(10_000).default(2000).describe("Most groups"),
    }),
    reply: s.Analytics,
    alsoRefuses: [422, 503],
  }),
  getAnalyticsState: route("GET", "/api/analytics/state", {
    summary: "The files that the results are kept in, and how far they are written",
    access: viewer,
    reply: s.AnalyticsState,
  }),
  exportCsv: route("GET", "/api/analytics/results.csv", {
    summary: "The results themselves, a row each, as CSV",
    access: viewer,
    query: z.strictObject(resultFilter),
    produces: "text/csv",
    alsoRefuses: [422, 503, 507],
  }),
  exportParquet: route("GET", "/api/analytics/results.parquet", {
    summary: "The results themselves, a row each, as Parquet",
    access: viewer,
    query: z.strictObject(resultFilter),
    produces: "application/vnd.apache.parquet",
    alsoRefuses: [422, 503, 507],
  }),
  runSql: route("POST", "/api/analytics/sql", {
    summary: "One SELECT statement over the results (tables results and truths), read only",
    access: admin,
    body: z.strictObject({ sql: z.string().min(1).max(20_000) }),
    reply: s.SqlTable,
    alsoRefuses: [503],
  }),

  // ------------------------------------------------------------ projects and their pictures
  listProjects: route("GET", "/api/projects", { summary: "All projects", access: viewer, reply: list(s.Project) }),
  createProject: route("POST", "/api/projects", {
    summary: "Create a project",
    access: operator,
    body: z.strictObject({
      name: s.ProjectName,
      recipients: z.array(z.email()).max(50).optional(),
    }),
    status: 201,
    reply: s.Project,
  }),
  getProject: route("GET", "/api/projects/:projectId", {
    summary: "One project",
    access: viewer,
    params: projectId,
    reply: s.Project,
  }),
  changeProject: route("PATCH", "/api/projects/:projectId", {
    summary: "Change its mail recipients, the low-confidence limit or the time of a digest",
    access: operator,
    params: projectId,
    body: z.strictObject({
      recipients: z.array(z.email()).max(50).optional().describe("New ones are asked, missing ones removed"),
      alertConfidence: s.Unit.optional(),
      digestSeconds: s.DigestSeconds.optional(),
    }),
    reply: s.Project,
  }),
  deleteProject: route("DELETE", "/api/projects/:projectId", {
    summary: "Delete a project with its pictures, models, cameras and inspections",
    access: admin,
    params: projectId,
  }),
  getProjectContents: route("GET", "/api/projects/:projectId/contents", {
    summary: "What deleting the project would delete",
    access: viewer,
    params: projectId,
    reply: s.ProjectContents,
  }),
  setThreshold: route("PUT", "/api/projects/:projectId/threshold", {
    summary: "Set the threshold in force",
    access: operator,
    params: projectId,
    body: z.strictObject({ threshold: z.number().min(0.001).max(0.999) }),
    reply: s.Project,
  }),
  getThresholdHistory: route("GET", "/api/projects/:projectId/threshold-history", {
    summary: "Every threshold that was in force, newest first",
    access: viewer,
    params: projectId,
    reply: list(s.ThresholdChange),
  }),
  listSamples: route("GET", "/api/projects/:projectId/samples", {
    summary: "The labelled pictures",
    access: viewer,
    params: projectId,
    query: z.strictObject({
      ...paging,
      label: s.Label.optional(),
      part: s.Part.optional(),
      order: z.enum(["newest", "oldest"]).default("newest").describe("Which come first"),
    }),
    reply: page(s.Sample),
  }),
  addSample: route("POST", "/api/projects/:projectId/samples", {
    summary: "Add one labelled picture (raw bytes)",
    access: operator,
    params: projectId,
    query: z.strictObject({
      label: s.Label.optional().describe("One label; else labels or boxes"),
      labels: z.string().max(4000).optional().describe("multilabel: JSON list of the labels that hold"),
      boxes: z
        .string()
        .max(8000)
        .optional()
        .describe("detection: JSON list of {label, x1, y1, x2, y2} in pixels; a longer one goes by PATCH afterwards"),
      part: s.Part.default("auto"),
      name: z.string().max(200).optional(),
    }),
    consumes: images,
    status: 201,
    reply: s.Sample,
  }),
  getSample: route("GET", "/api/samples/:sampleId", {
    summary: "One labelled picture",
    access: viewer,
    params: z.strictObject({ sampleId: s.Id }),
    reply: s.Sample,
  }),
  changeSample: route("PATCH", "/api/samples/:sampleId", {
    summary: "Say something else of a labelled picture: its label, its labels or its boxes",
    access: operator,
    params: z.strictObject({ sampleId: s.Id }),
    body: s.Annotation,
    reply: s.Sample,
  }),
  getSampleImage: route("GET", "/api/samples/:sampleId/image", {
    summary: "A labelled picture",
    access: viewer,
    params: z.strictObject({ sampleId: s.Id }),
    produces: "image/*",
  }),
  putSampleMask: route("PUT", "/api/samples/:sampleId/mask", {
    summary: "Say where in a picture its anomalies are: a PNG with a colour per kind of defect",
    access: operator,
    params: z.strictObject({ sampleId: s.Id }),
    query: z.strictObject({
      types: z.string().min(2).max(8000).describe('JSON: [{"label":"crack","colour":"#ff0000"}]'),
    }),
    consumes: ["image/png"],
    reply: s.Sample,
  }),
  deleteSample: route("DELETE", "/api/samples/:sampleId", {
    summary: "Remove a labelled picture",
    access: operator,
    params: z.strictObject({ sampleId: s.Id }),
  }),

  // ------------------------------------------------------------ who and what is told of inspections
  listRecipients: route("GET", "/api/projects/:projectId/recipients", {
    summary: "Who gets mails, who was asked, who left",
    access: viewer,
    params: projectId,
    reply: list(s.Recipient),
  }),
  addRecipient: route("POST", "/api/projects/:projectId/recipients", {
    summary: "Ask somebody by mail whether to get this project's alerts",
    access: operator,
    params: projectId,
    body: z.strictObject({ address: z.email().max(254) }),
    status: 201,
    reply: s.Recipient,
  }),
  askRecipient: route("POST", "/api/recipients/:recipientId/ask", {
    summary: "Ask again; the link of the mail before is void",
    access: operator,
    params: recipientId,
    reply: s.Recipient,
  }),
  removeRecipient: route("DELETE", "/api/recipients/:recipientId", {
    summary: "Remove a recipient; mails on their way there are not sent",
    access: operator,
    params: recipientId,
  }),
  getMailLink: route("GET", "/api/mail-links/:code", {
    summary: "What a link in a mail is for; nothing is changed",
    access: "signed",
    params: z.strictObject({ code: s.MailLinkCode }),
    reply: s.MailLink,
  }),
  followMailLink: route("POST", "/mail-links/:code", {
    summary: "Confirm or leave: what the link says. Mail programs leave by it with one click (RFC 8058)",
    access: "signed",
    params: z.strictObject({ code: s.MailLinkCode }),
    consumes: ["application/x-www-form-urlencoded", "multipart/form-data"],
    reply: s.MailLink,
  }),
  listTargets: route("GET", "/api/projects/:projectId/targets", {
    summary: "Webhooks and brokers of a project, without their secrets",
    access: viewer,
    params: projectId,
    reply: list(s.Target),
  }),
  addTarget: route("POST", "/api/projects/:projectId/targets", {
    summary: "Add a webhook or a broker; the signing secret of a webhook is shown only now",
    access: operator,
    params: projectId,
    body: z.strictObject({
      kind: s.TargetKind,
      name: s.Target.shape.name,
      settings: s.TargetSettings,
      secret: z.string().min(1).max(1000).optional().describe("mqtt: the password"),
    }),
    status: 201,
    reply: s.Target.extend({ secret: z.string().nullable().describe("webhook: what its messages are signed with") }),
  }),
  changeTarget: route("PATCH", "/api/targets/:targetId", {
    summary: "Change a target, or switch it off and on",
    access: operator,
    params: targetId,
    body: z.strictObject({
      name: s.Target.shape.name.optional(),
      settings: s.TargetSettings.optional(),
      secret: z.string().min(1).max(1000).nullable().optional().describe("mqtt: another password; null: none"),
      isEnabled: z.boolean().optional(),
    }),
    reply: s.Target,
  }),
  renewTargetSecret: route("POST", "/api/targets/:targetId/secret", {
    summary: "Make a new signing secret for a webhook; the one before signs no more",
    access: operator,
    params: targetId,
    reply: z.object({ secret: z.string() }),
  }),
  tryTarget: route("POST", "/api/targets/:targetId/try", {
    summary: "Send a test message now, once",
    access: operator,
    params: targetId,
    reply: z.object({ isDelivered: z.boolean(), problem: z.string().nullable(), tookMs: z.number() }),
  }),
  removeTarget: route("DELETE", "/api/targets/:targetId", {
    summary: "Remove a target with its rules and undelivered messages",
    access: operator,
    params: targetId,
  }),
  listRules: route("GET", "/api/projects/:projectId/rules", {
    summary: "The rules of a project",
    access: viewer,
    params: projectId,
    reply: list(s.Rule),
  }),
  addRule: route("POST", "/api/projects/:projectId/rules", {
    summary: "Add a rule: a condition on an inspection, and what comes of it",
    access: operator,
    params: projectId,
    body: z.strictObject({
      kind: s.RuleKind,
      limit: s.Rule.shape.limit.default(null),
      label: s.Rule.shape.label.default(null),
      outcome: s.Rule.shape.outcome,
      targetId: s.Id.nullable().default(null),
    }),
    status: 201,
    reply: s.Rule,
  }),
  changeRule: route("PATCH", "/api/rules/:ruleId", {
    summary: "Change a rule's limit or label, or switch it off and on",
    access: operator,
    params: z.strictObject({ ruleId: s.Id }),
    body: z.strictObject({
      limit: s.Rule.shape.limit.optional(),
      label: s.Rule.shape.label.optional(),
      isEnabled: z.boolean().optional(),
    }),
    reply: s.Rule,
  }),
  removeRule: route("DELETE", "/api/rules/:ruleId", {
    summary: "Remove a rule; what it caused stays",
    access: operator,
    params: z.strictObject({ ruleId: s.Id }),
  }),

  // ------------------------------------------------------------ training
  startTraining: route("POST", "/api/projects/:projectId/train", {
    summary: "Train a model version from the project's pictures",
    access: operator,
    params: projectId,
    body: z.strictObject({
      method: s.MethodChoice.default("auto"),
      seed: z
        .int()
        .min(0)
        .max(2 ** 31 - 1)
        .default(0),
      budgetSeconds: z
        .int()
        .min(10)
        .max(86_400)
        .optional()
        .describe("Training ends within this time, with the best so far"),
    }),
    status: 202,
    reply: s.Job,
  }),
  listJobs: route("GET", "/api/jobs", {
    summary: "Jobs, newest first",
    access: viewer,
    query: z.strictObject({ project: s.Id.optional(), limit: s.Limit }),
    reply: list(s.Job),
  }),
  getJob: route("GET", "/api/jobs/:jobId", {
    summary: "One job",
    access: viewer,
    params: z.strictObject({ jobId: s.Id }),
    reply: s.Job,
  }),
  cancelJob: route("POST", "/api/jobs/:jobId/cancel", {
    summary: "Cancel a job",
    access: operator,
    params: z.strictObject({ jobId: s.Id }),
    reply: s.Job,
  }),

  getJobHistory: route("GET", "/api/jobs/:jobId/history", {
    summary: "The curves of a training: loss, metric and speed by epoch",
    access: viewer,
    params: z.strictObject({ jobId: s.Id }),
    reply: s.TrainingHistory,
  }),
  stopJob: route("POST", "/api/jobs/:jobId/stop", {
    summary:
      "Stop a training: keep a checkpoint to go on from, or make a model of the best state so far (of a stopped one, too)",
    access: operator,
    params: z.strictObject({ jobId: s.Id }),
    body: z.strictObject({ keep: z.enum(["checkpoint", "model"]) }),
    reply: s.Job,
  }),
  resumeJob: route("POST", "/api/jobs/:jobId/resume", {
    summary: "Go on with a stopped training",
    access: operator,
    params: z.strictObject({ jobId: s.Id }),
    status: 202,
    reply: s.Job,
  }),

  // ------------------------------------------------------------ models
  listModels: route("GET", "/api/models", {
    summary: "Model versions, newest first",
    access: viewer,
    query: z.strictObject({ project: s.Id.optional() }),
    reply: list(s.Model),
  }),
  uploadModel: route("POST", "/api/projects/:projectId/models", {
    summary: "Add a model file made by `sightline train`",
    access: operator,
    params: projectId,
    consumes: ["application/octet-stream"],
    status: 201,
    reply: s.Model,
  }),
  getModel: route("GET", "/api/models/:modelId", {
    summary: "One model version with its scores",
    access: viewer,
    params: modelId,
    reply: s.ModelDetail,
  }),
  getModelFile: route("GET", "/api/models/:modelId/file", {
    summary: "The model as one ONNX file",
    access: viewer,
    params: modelId,
    produces: "application/octet-stream",
  }),
  startModel: route("POST", "/api/models/:modelId/start", {
    summary: "Let this version inspect (the one before it stops); its own threshold comes into force",
    access: operator,
    params: modelId,
    reply: s.Model,
  }),
  stopModel: route("POST", "/api/models/:modelId/stop", {
    summary: "Stop inspecting with this version",
    access: operator,
    params: modelId,
    reply: s.Model,
  }),
  deleteModel: route("DELETE", "/api/models/:modelId", {
    summary: "Delete a version that is not running",
    access: admin,
    params: modelId,
  }),
  predict: route("POST", "/api/models/:modelId/predict", {
    summary: "Try a picture: nothing is recorded",
    access: viewer,
    params: modelId,
    query: z.strictObject({ heatmap: z.stringbool().default(true), labelmap: z.stringbool().default(true) }),
    consumes: images,
    reply: s.Prediction,
  }),

  getDeployments: route("GET", "/api/projects/:projectId/deployments", {
    summary: "Which version inspected when, newest first",
    access: viewer,
    params: projectId,
    reply: list(s.Deployment).extend({
      rollBackTo: z
        .object({ modelId: s.Id, modelVersion: z.int(), threshold: s.Unit })
        .nullable()
        .describe("Where a rollback leads; null: nowhere"),
    }),
  }),
  rollBack: route("POST", "/api/projects/:projectId/rollback", {
    summary: "Let the version before inspect again, with the threshold it had",
    access: operator,
    params: projectId,
    reply: s.Model,
  }),
  predictWithRunning: route("POST", "/api/projects/:projectId/predict", {
    summary: "Ask the running version, whichever it is just then: nothing is recorded",
    access: viewer,
    params: projectId,
    query: z.strictObject({ heatmap: z.stringbool().default(true), labelmap: z.stringbool().default(true) }),
    consumes: images,
    reply: s.Prediction.extend({ modelId: s.Id, modelVersion: z.int() }),
  }),

  // ------------------------------------------------------------ reviews, trials, comparisons
  listReviews: route("GET", "/api/reviews", {
    summary: "Pictures that a person is asked about: of the queue, or of one trial; oldest first",
    access: viewer,
    query: z.strictObject({
      ...paging,
      project: s.Id.optional(),
      trial: s.Id.optional().describe("Default: all but trials' pictures on which line and trial agree"),
      reason: s.ReviewReason.optional(),
      status: s.ReviewStatus.optional(),
      word: z.enum(["correct", "wrong"]).optional(),
      differing: z.stringbool().optional().describe("Only answers that differ from the line's"),
      order: z.enum(["newest", "oldest"]).default("oldest"),
    }),
    reply: page(s.Review).extend({ total: z.int().describe("On all pages") }),
  }),
  getReview: route("GET", "/api/reviews/:reviewId", {
    summary: "One picture that a person is asked about",
    access: viewer,
    params: reviewId,
    reply: s.Review,
  }),
  getReviewImage: route("GET", "/api/reviews/:reviewId/image", {
    summary: "Its picture",
    access: viewer,
    params: reviewId,
    produces: "image/*",
  }),
  getReviewHeatMap: route("GET", "/api/reviews/:reviewId/heatmap", {
    summary: "The anomaly map of its answer",
    access: viewer,
    params: reviewId,
    produces: "image/png",
  }),
  askForReview: route("POST", "/api/inspections/:inspectionId/review", {
    summary: "Put an inspection into the review queue; one that is there already stays as it is",
    access: operator,
    params: inspectionId,
    reply: s.Review,
  }),
  sayWord: route("PUT", "/api/reviews/:reviewId/word", {
    summary: "Say whether the answer is right, or what the picture shows; the picture joins the project's pictures",
    access: operator,
    params: reviewId,
    body: s.Annotation.extend({
      word: z
        .enum(["correct", "wrong"])
        .optional()
        .describe(
          "Alone, of an anomaly, wrong means the other of the two; left out, it follows from label, labels or boxes",
        ),
      keep: z.boolean().default(true).describe("Add the picture to the project's pictures"),
    }),
    reply: s.Review,
  }),
  takeBackWord: route("DELETE", "/api/reviews/:reviewId/word", {
    summary: "Take a person's word back, with the labelled picture that it made",
    access: operator,
    params: reviewId,
    status: 200,
    reply: s.Review,
  }),
  dismissReview: route("POST", "/api/reviews/:reviewId/dismiss", {
    summary: "Set a picture aside without a word",
    access: operator,
    params: reviewId,
    reply: s.Review,
  }),
  startTrial: route("POST", "/api/models/:modelId/trials", {
    summary: "Try a version on pictures to be sent, on recent inspections, or beside the running version",
    access: operator,
    params: modelId,
    body: z.strictObject({
      source: s.TrialSource,
      inspections: z
        .strictObject({
          count: z.int().min(1).max(500).default(50).describe("The newest so many"),
          camera: s.PlantId.optional(),
          verdict: z.string().max(64).optional(),
          from: s.Time.optional(),
          to: s.Time.optional(),
        })
        .optional()
        .describe("Which ones, where the source is inspections"),
      maxPictures: z.int().min(1).max(2000).default(500),
    }),
    status: 201,
    reply: s.Trial,
  }),
  listTrials: route("GET", "/api/trials", {
    summary: "Trials, newest first",
    access: viewer,
    query: z.strictObject({ project: s.Id.optional(), limit: s.Limit }),
    reply: list(s.Trial),
  }),
  getTrial: route("GET", "/api/trials/:trialId", {
    summary: "One trial",
    access: viewer,
    params: trialId,
    reply: s.Trial,
  }),
  addTrialPicture: route("POST", "/api/trials/:trialId/pictures", {
    summary: "Add a picture to a trial (raw bytes); the same picture again is the same one",
    access: operator,
    params: trialId,
    query: z.strictObject({ name: z.string().max(200).optional() }),
    consumes: images,
    status: 201,
    reply: s.Review,
  }),
  endTrial: route("POST", "/api/trials/:trialId/end", {
    summary: "No more pictures come; those not judged yet are left out",
    access: operator,
    params: trialId,
    reply: s.Trial,
  }),
  deleteTrial: route("DELETE", "/api/trials/:trialId", {
    summary: "Delete a trial with its pictures; what became labelled pictures stays",
    access: operator,
    params: trialId,
  }),
  startComparison: route("POST", "/api/projects/:projectId/comparisons", {
    summary: "Measure two versions on the pictures kept for the test",
    access: operator,
    params: projectId,
    body: z.strictObject({ base: s.Id.describe("Usually the running version"), candidate: s.Id }),
    status: 202,
    reply: s.Comparison,
  }),
  listComparisons: route("GET", "/api/comparisons", {
    summary: "Comparisons, newest first",
    access: viewer,
    query: z.strictObject({
      project: s.Id.optional(),
      base: s.Id.optional(),
      candidate: s.Id.optional(),
      limit: s.Limit,
    }),
    reply: list(s.Comparison),
  }),
  getComparison: route("GET", "/api/comparisons/:comparisonId", {
    summary: "One comparison with the pictures on which the versions differ",
    access: viewer,
    params: comparisonId,
    reply: s.Comparison,
  }),
  cancelComparison: route("POST", "/api/comparisons/:comparisonId/cancel", {
    summary: "Cancel a comparison",
    access: operator,
    params: comparisonId,
    reply: s.Comparison,
  }),

  // ------------------------------------------------------------ cameras, tokens, people
  listCameras: route("GET", "/api/cameras", {
    summary: "Cameras",
    access: viewer,
    query: z.strictObject({ project: s.Id.optional() }),
    reply: list(s.Camera),
  }),
  addCamera: route("POST", "/api/cameras", {
    summary: "Add a camera to a project",
    access: operator,
    body: z.strictObject({
      id: s.PlantId,
      projectId: s.Id,
      assemblyLineId: s.PlantId,
      name: z.string().max(120).optional(),
    }),
    status: 201,
    reply: s.Camera,
  }),
  removeCamera: route("DELETE", "/api/cameras/:cameraId", {
    summary: "Remove a camera; its inspections stay",
    access: operator,
    params: z.strictObject({ cameraId: s.PlantId }),
  }),
  listTokens: route("GET", "/api/tokens", {
    summary: "Tokens, without their secrets",
    access: admin,
    reply: list(s.Token),
  }),
  createToken: route("POST", "/api/tokens", {
    summary: "Create a token; its secret is shown only now",
    access: admin,
    body: z.strictObject({
      name: z.string().min(1).max(120),
      role: s.Role,
      cameraIds: z.array(s.PlantId).max(500).default([]),
      expiresInDays: z.number().positive().max(3650).nullable().default(null),
    }),
    status: 201,
    reply: s.Token.extend({ secret: z.string() }),
  }),
  revokeToken: route("DELETE", "/api/tokens/:tokenId", {
    summary: "Revoke a token",
    access: admin,
    params: z.strictObject({ tokenId: s.Id }),
  }),
  listUsers: route("GET", "/api/users", {
    summary: "People who may sign in",
    access: admin,
    reply: list(s.User),
  }),
  listAccessKeys: route("GET", "/api/access-keys", {
    summary: "Access keys of the Lookout for Vision API, without their secrets",
    access: admin,
    reply: list(s.AccessKey),
  }),
  createAccessKey: route("POST", "/api/access-keys", {
    summary: "Create an access key for a person's programs; its secret is shown only now",
    access: admin,
    body: z.strictObject({ userName: z.string().min(1).max(120) }),
    status: 201,
    reply: s.AccessKey.extend({ secretAccessKey: z.string().describe("AWS_SECRET_ACCESS_KEY") }),
  }),
  revokeAccessKey: route("DELETE", "/api/access-keys/:keyId", {
    summary: "Revoke an access key",
    access: admin,
    params: z.strictObject({ keyId: s.Id }),
  }),
  createSignInLink: route("POST", "/api/users/link", {
    summary: "Make a sign-in link that works once",
    access: admin,
    body: z.strictObject({
      name: z.string().min(1).max(120),
      role: s.UserRole,
      expiresInMinutes: z
        .number()
        .positive()
        .max(60 * 24 * 7)
        .default(60),
    }),
    status: 201,
    reply: z.object({ url: z.string(), expiresAt: s.Time }),
  }),
  signIn: route("GET", "/signin/:code", {
    summary: "Swap a sign-in link for a session cookie and go to the dashboard",
    access: "signed",
    params: z.strictObject({ code: z.string().max(100) }),
    status: 303,
    produces: "text/html",
  }),
  signOut: route("POST", "/api/signout", { summary: "End this browser's session", access: "anyone" }),
  getMe: route("GET", "/api/me", { summary: "Who I am and what I may do", access: everyRole, reply: s.Me }),

  // ------------------------------------------------------------ monitoring
  getMonitoring: route("GET", "/api/monitoring", {
    summary: "Counters of a time: processed, succeeded, failed, anomalies, invalid; in all and per camera",
    access: viewer,
    query: z.strictObject({
      project: s.Id.optional(),
      camera: s.PlantId.optional(),
      from: s.Time.optional().describe("Default: one hour before `to`"),
      to: s.Time.optional().describe("Default: now"),
    }),
    reply: m.Monitoring,
  }),
  getReadings: route("GET", "/api/readings", {
    summary: "A watched metric over time, one datapoint a period; minutes are kept for two days, hours for 400",
    access: viewer,
    query: z.strictObject({
      project: s.Id,
      camera: s.PlantId.optional(),
      metric: m.Metric,
      statistic: m.Statistic,
      period: z.coerce.number().pipe(m.PeriodSeconds).default(60).describe("Seconds, whole minutes"),
      from: s.Time.optional().describe("Default: 60 periods before `to`"),
      to: s.Time.optional().describe("Default: now"),
    }),
    reply: m.Readings,
  }),
  listDrifts: route("GET", "/api/drifts", {
    summary: "Drift and health of each camera, as its latest pictures tell",
    access: viewer,
    query: z.strictObject({ project: s.Id.optional() }),
    reply: list(m.CameraDrift),
  }),
  listAlarms: route("GET", "/api/alarms", {
    summary: "Alarms with their states",
    access: viewer,
    query: z.strictObject({ project: s.Id.optional() }),
    reply: list(m.Alarm),
  }),
  addAlarm: route("POST", "/api/projects/:projectId/alarms", {
    summary: "Watch a metric of a project",
    access: operator,
    params: projectId,
    body: m.AlarmSettings,
    status: 201,
    reply: m.Alarm,
  }),
  getAlarm: route("GET", "/api/alarms/:alarmId", {
    summary: "One alarm",
    access: viewer,
    params: alarmId,
    reply: m.Alarm,
  }),
  changeAlarm: route("PUT", "/api/alarms/:alarmId", {
    summary: "Give an alarm other settings; its state stays until it is evaluated by them",
    access: operator,
    params: alarmId,
    body: m.AlarmSettings,
    reply: m.Alarm,
  }),
  muteAlarm: route("PUT", "/api/alarms/:alarmId/mute", {
    summary: "Tell nobody of changes until a time; null: tell again",
    access: operator,
    params: alarmId,
    body: z.strictObject({ until: s.Time.nullable() }),
    reply: m.Alarm,
  }),
  removeAlarm: route("DELETE", "/api/alarms/:alarmId", {
    summary: "Delete an alarm with its history",
    access: operator,
    params: alarmId,
  }),
  getAlarmHistory: route("GET", "/api/alarms/:alarmId/history", {
    summary: "Changes of an alarm's state, newest first; the last 500",
    access: viewer,
    params: alarmId,
    reply: list(m.AlarmChange),
  }),

  // ------------------------------------------------------------ outgoing actions, the service itself
  listActions: route("GET", "/api/actions", {
    summary: "Outgoing mails and messages and their state, newest first",
    access: viewer,
    query: z.strictObject({
      ...paging,
      status: s.Action.shape.status.optional(),
      kind: s.Action.shape.kind.optional(),
      project: s.Id.optional(),
      target: s.Id.optional(),
    }),
    reply: page(s.Action),
  }),
  retryAction: route("POST", "/api/actions/:actionId/retry", {
    summary: "Send a parked one again",
    access: operator,
    params: z.strictObject({ actionId: s.Id }),
    reply: s.Action,
  }),
  retryActions: route("POST", "/api/actions/retry", {
    summary: "Send all parked ones again, of a project, a target, or all",
    access: operator,
    body: z.strictObject({ project: s.Id.optional(), target: s.Id.optional() }),
    reply: z.object({ count: z.int() }),
  }),
  discardAction: route("DELETE", "/api/actions/:actionId", {
    summary: "Give up a parked one",
    access: operator,
    params: z.strictObject({ actionId: s.Id }),
  }),
  getSystem: route("GET", "/api/system", { summary: "Version, disk, sample line", access: viewer, reply: s.System }),
  removeSampleLine: route("DELETE", "/api/sample-line", {
    summary: "Remove the sample line with its project, camera, model and inspections",
    access: admin,
  }),
  live: route("GET", "/api/live", {
    summary: "WebSocket: live events (see LiveEvent)",
    access: viewer,
    query: z.strictObject({ project: s.Id.optional() }),
    status: 101,
    produces: "application/json",
  }),
  getOpenApi: route("GET", "/api/openapi.json", {
    summary: "This table as OpenAPI 3.1",
    access: "anyone",
    reply: z.record(z.string(), z.unknown()),
  }),
  getMetrics: route("GET", "/metrics", {
    summary: "Prometheus metrics; no token is asked from the loopback address",
    access: viewer,
    produces: "text/plain",
  }),
  getHealth: route("GET", "/healthz", {
    summary: "Is it up, can it write",
    access: "anyone",
    reply: z.object({ status: z.enum(["ok", "degraded"]), version: z.string(), reasons: z.array(z.string()) }),
  }),
};

export type Routes = typeof routes;
export type RouteName = keyof Routes;
/** What a caller may pass (defaults not yet filled in). */
export type ParamsIn<N extends RouteName> = z.input<Routes[N]["params"]>;
export type QueryIn<N extends RouteName> = z.input<Routes[N]["query"]>;
export type BodyIn<N extends RouteName> = z.input<NonNullable<Routes[N]["body"]>>;
/** What a handler receives (checked, defaults filled in). */
export type Params<N extends RouteName> = z.output<Routes[N]["params"]>;
export type Query<N extends RouteName> = z.output<Routes[N]["query"]>;
export type Body<N extends RouteName> = z.output<NonNullable<Routes[N]["body"]>>;
export type Reply<N extends RouteName> = z.output<NonNullable<Routes[N]["reply"]>>;
