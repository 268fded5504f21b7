/** The one table of errors the server answers with: the code is the contract, the text is for people, the status is for HTTP. */

/** An error whose code and text a caller may see. Anything else that is thrown is a bug: logged whole, answered without detail. */
export class ServerError extends Error {
  override readonly name = "ServerError";
  constructor(
    readonly code: string,
    readonly status: number,
    message: string,
    options: { cause?: unknown; details?: Record<string, unknown>; retryAfterSeconds?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.details = options.details;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
  /** Goes into the reply's `details`. */
  readonly details: Record<string, unknown> | undefined;
  /** Goes into the reply's `Retry-After` header. */
  readonly retryAfterSeconds: number | undefined;
}

export interface ErrorDefinition<P> {
  (
    parameters: P,
    options?: { cause?: unknown; details?: Record<string, unknown>; retryAfterSeconds?: number },
  ): ServerError;
  readonly code: string;
  readonly status: number;
}

function define<P>(code: string, status: number, message: (parameters: P) => string): ErrorDefinition<P> {
  return Object.assign((parameters: P, options = {}) => new ServerError(code, status, message(parameters), options), {
    code,
    status,
  });
}

/** Says what could not be found and how to find what exists. */
const notFound = (code: string, noun: string, listedAt: string) =>
  define(code, 404, (p: { id: string }) => `There is no ${noun} "${p.id}". See ${listedAt}.`);

/** Codes are never reused and never renamed; `docs/reference/errors.md` lists each of them. */
export const errors = {
  // ------------------------------------------------------------ who is asking
  notSignedIn: define(
    "NOT_SIGNED_IN",
    401,
    (_: object) => "This needs a token (header Authorization: Bearer …) or a signed-in browser. Ask an admin for one.",
  ),
  tokenUnknown: define(
    "TOKEN_UNKNOWN",
    401,
    (_: object) => "The token is not known here. Check that it was copied whole and is for this server.",
  ),
  tokenExpired: define(
    "TOKEN_EXPIRED",
    401,
    (p: { name: string; expiredAt: string }) =>
      `Token "${p.name}" expired at ${p.expiredAt}. Ask an admin for a new one.`,
  ),
  tokenRevoked: define(
    "TOKEN_REVOKED",
    403,
    (p: { name: string }) => `Token "${p.name}" was revoked. Ask an admin for a new one.`,
  ),
  roleDenied: define(
    "ROLE_DENIED",
    403,
    (p: { role: string; needs: readonly string[] }) =>
      `The role "${p.role}" may not do this; it needs one of: ${p.needs.join(", ")}.`,
  ),
  cameraDenied: define(
    "CAMERA_DENIED",
    403,
    (p: { cameraId: string }) =>
      `This token may not send for camera "${p.cameraId}". Ask an admin to bind it to that camera.`,
  ),
  signInLinkInvalid: define(
    "SIGN_IN_LINK_INVALID",
    401,
    (_: object) =>
      "This sign-in link was used already, has expired or is not whole. Ask an admin for a new one, or run: sightline user link",
  ),
  hostDenied: define(
    "HOST_DENIED",
    403,
    (p: { host: string }) =>
      `The Host header "${p.host}" is not one this server answers to. Add it to allowedHosts or set publicUrl.`,
  ),
  originDenied: define(
    "ORIGIN_DENIED",
    403,
    (p: { origin: string }) => `Pages from "${p.origin}" may not call this server. Add the origin to corsOrigins.`,
  ),
  tooManyRequests: define(
    "TOO_MANY_REQUESTS",
    429,
    (p: { afterSeconds: number }) => `Too many requests from this address. Try again in ${p.afterSeconds} s.`,
  ),

  // ------------------------------------------------------------ the request's shape
  badRequest: define("BAD_REQUEST", 400, (p: { problem: string }) => p.problem),
  parameterMissing: define(
    "PARAMETER_MISSING",
    400,
    (p: { name: string; where: string }) => `"${p.name}" is missing in the ${p.where}.`,
  ),
  parameterInvalid: define(
    "PARAMETER_INVALID",
    400,
    (p: { name: string; where: string; problem: string }) =>
      `"${p.name}" in the ${p.where} is not usable: ${p.problem}.`,
  ),
  parameterUnknown: define(
    "PARAMETER_UNKNOWN",
    400,
    (p: { name: string; where: string; nearest: string | undefined }) =>
      `"${p.name}" in the ${p.where} is not known.${p.nearest === undefined ? "" : ` Did you mean "${p.nearest}"?`}`,
  ),
  bodyNotJson: define("BODY_NOT_JSON", 400, (p: { problem: string }) => `The body must be JSON: ${p.problem}.`),
  bodyTooLarge: define(
    "BODY_TOO_LARGE",
    413,
    (p: { maxBytes: number }) => `The body is larger than the ${p.maxBytes} bytes allowed here.`,
  ),
  contentTypeUnsupported: define(
    "CONTENT_TYPE_UNSUPPORTED",
    415,
    (p: { got: string; expected: readonly string[] }) =>
      `Content-Type must be ${p.expected.join(" or ")}, got ${p.got === "" ? "none" : `"${p.got}"`}.`,
  ),
  routeNotFound: define(
    "ROUTE_NOT_FOUND",
    404,
    (p: { method: string; path: string }) => `There is nothing at ${p.method} ${p.path}. See /api/openapi.json.`,
  ),
  cursorInvalid: define(
    "CURSOR_INVALID",
    400,
    (_: object) => "The cursor is not one this server gave out. Start again without a cursor.",
  ),

  // ------------------------------------------------------------ pictures coming in
  imageEmpty: define("IMAGE_EMPTY", 422, (p: { problem: string }) => `${p.problem} Nothing was stored.`),
  notAnImage: define("NOT_AN_IMAGE", 422, (p: { problem: string }) => `${p.problem} Nothing was stored.`),
  imageTruncated: define("IMAGE_TRUNCATED", 422, (p: { problem: string }) => `${p.problem} Nothing was stored.`),
  imageTooLarge: define("IMAGE_TOO_LARGE", 422, (p: { problem: string }) => `${p.problem} Nothing was stored.`),
  contentTypeMismatch: define(
    "CONTENT_TYPE_MISMATCH",
    415,
    (p: { declared: string; actual: string }) =>
      `Content-Type says ${p.declared} but the bytes are ${p.actual}. Send the right type.`,
  ),
  uploadTooLarge: define(
    "UPLOAD_TOO_LARGE",
    413,
    (p: { maxBytes: number }) => `A picture may have at most ${p.maxBytes} bytes. Send it smaller or more compressed.`,
  ),
  signatureInvalid: define(
    "SIGNATURE_INVALID",
    401,
    (_: object) => "The address was altered or signed by a key that is gone. Ask /getsignedurl for a new one.",
  ),
  signatureExpired: define(
    "SIGNATURE_EXPIRED",
    401,
    (p: { expiredAt: string }) => `The signed address expired at ${p.expiredAt}. Ask /getsignedurl for a new one.`,
  ),
  uploadUsed: define(
    "UPLOAD_USED",
    409,
    (p: { inspectionId: string }) =>
      `This address was used already for other bytes (inspection ${p.inspectionId}). Ask /getsignedurl for a new one.`,
  ),
  uploadDeleted: define(
    "UPLOAD_DELETED",
    410,
    (p: { inspectionId: string }) =>
      `This address was used already and its inspection ${p.inspectionId} was deleted since. Ask /getsignedurl for a new one.`,
  ),
  queueFull: define(
    "QUEUE_FULL",
    503,
    (p: { queued: number; maxQueued: number }) =>
      `${p.queued} pictures wait for inspection and at most ${p.maxQueued} may. Nothing was stored; send this one again later.`,
  ),
  diskFull: define(
    "DISK_FULL",
    507,
    (p: { freeBytes: number; minFreeBytes: number }) =>
      `The disk has ${p.freeBytes} bytes free and ${p.minFreeBytes} must stay free. Nothing was stored; free space or shorten the retention.`,
  ),

  sampleLabelAmbiguous: define(
    "SAMPLE_LABEL_AMBIGUOUS",
    422,
    (p: { given: readonly string[] }) =>
      `A labelled picture has exactly one of "label", "labels" and "boxes", got ${p.given.length === 0 ? "none" : p.given.join(" and ")}. Nothing was stored.`,
  ),
  sampleLabelsInvalid: define(
    "SAMPLE_LABELS_INVALID",
    422,
    (p: { problem: string }) =>
      `"labels" must be a JSON list of label names, such as ["blue","red"] or []: ${p.problem}. Nothing was stored.`,
  ),
  sampleBoxesInvalid: define(
    "SAMPLE_BOXES_INVALID",
    422,
    (p: { problem: string }) =>
      `"boxes" must be a JSON list of {"label","x1","y1","x2","y2"} in pixels inside the picture: ${p.problem}. Nothing was stored.`,
  ),

  sampleMaskInvalid: define(
    "SAMPLE_MASK_INVALID",
    422,
    (p: { problem: string }) => `The mask can't be used: ${p.problem}. Nothing was stored.`,
  ),

  // ------------------------------------------------------------ things that are not there, or are there already
  projectNotFound: notFound("PROJECT_NOT_FOUND", "project", "GET /api/projects"),
  sampleMaskNotFound: define(
    "SAMPLE_MASK_NOT_FOUND",
    404,
    (p: { id: string }) =>
      `Nobody said where in the picture ${p.id} its anomalies are: it has no mask. PUT /api/samples/${p.id}/mask sets one.`,
  ),
  sampleNotFound: notFound("SAMPLE_NOT_FOUND", "labelled picture", "GET /api/projects/:projectId/samples"),
  cameraNotFound: notFound("CAMERA_NOT_FOUND", "camera", "GET /api/cameras, or add it first"),
  modelNotFound: notFound("MODEL_NOT_FOUND", "model version", "GET /api/models"),
  backboneNotFound: define("BACKBONE_NOT_FOUND", 404, (p: { problem: string }) => p.problem),
  jobNotFound: notFound("JOB_NOT_FOUND", "job", "GET /api/jobs"),
  tokenNotFound: notFound("TOKEN_NOT_FOUND", "token", "GET /api/tokens"),
  accessKeyNotFound: notFound("ACCESS_KEY_NOT_FOUND", "access key", "GET /api/access-keys"),
  userNotFound: notFound("USER_NOT_FOUND", "person", "GET /api/users, or make a sign-in link for them first"),
  inspectionNotFound: notFound("INSPECTION_NOT_FOUND", "inspection", "GET /api/inspections"),
  alarmNotFound: notFound("ALARM_NOT_FOUND", "alarm", "GET /api/alarms"),
  recipientNotFound: notFound("RECIPIENT_NOT_FOUND", "recipient", "GET /api/projects/:projectId/recipients"),
  targetNotFound: notFound("TARGET_NOT_FOUND", "target", "GET /api/projects/:projectId/targets"),
  ruleNotFound: notFound("RULE_NOT_FOUND", "rule", "GET /api/projects/:projectId/rules"),
  mailLinkInvalid: define(
    "MAIL_LINK_INVALID",
    404,
    (_: object) =>
      "This link is not whole, was replaced by a newer mail, or its recipient was removed. Ask for a new mail if you want to get alerts.",
  ),
  actionNotFound: notFound("ACTION_NOT_FOUND", "action", "GET /api/actions"),
  reviewNotFound: notFound("REVIEW_NOT_FOUND", "review", "GET /api/reviews"),
  trialNotFound: notFound("TRIAL_NOT_FOUND", "trial", "GET /api/trials"),
  evaluationNotFound: notFound("EVALUATION_NOT_FOUND", "evaluation", "GET /api/evaluations"),
  comparisonNotFound: notFound("COMPARISON_NOT_FOUND", "comparison", "GET /api/comparisons"),
  pictureNotFound: define("PICTURE_NOT_FOUND", 404, (p: { kind: string; id: string }) => `"${p.id}" has no ${p.kind}.`),
  projectExists: define(
    "PROJECT_EXISTS",
    409,
    (p: { name: string }) => `There is a project named "${p.name}" already. Choose another name.`,
  ),
  cameraExists: define(
    "CAMERA_EXISTS",
    409,
    (p: { cameraId: string; projectName: string }) =>
      `Camera "${p.cameraId}" exists already, in project "${p.projectName}". Remove it there first or choose another id.`,
  ),
  recipientExists: define("RECIPIENT_EXISTS", 409, (p: { address: string; status: string }) =>
    p.status === "confirmed"
      ? `${p.address} gets these mails already.`
      : `${p.address} was asked already and has not answered. Ask again to send another mail.`,
  ),
  recipientsTooMany: define(
    "RECIPIENTS_TOO_MANY",
    409,
    (p: { most: number }) => `A project has at most ${p.most} recipients. Remove one first, or name a mailing list.`,
  ),
  targetSettingsInvalid: define(
    "TARGET_SETTINGS_INVALID",
    422,
    (p: { kind: string; problem: string }) => `The settings of a target "${p.kind}" are not usable: ${p.problem}.`,
  ),
  targetSecretMisplaced: define("TARGET_SECRET_MISPLACED", 422, (p: { kind: string; from: string }) =>
    p.from === "made"
      ? `The secret of a target "${p.kind}" is made by the server. Leave it out; a new one is made with POST …/secret.`
      : `The secret of a target "${p.kind}" is given by you. Change the target with {"secret": …}.`,
  ),
  ruleInvalid: define("RULE_INVALID", 422, (p: { problem: string }) => `The rule can't be used: ${p.problem}.`),
  sampleExists: define(
    "SAMPLE_EXISTS",
    409,
    (p: { name: string; said: string }) => `The same picture is in this project already: "${p.name}", ${p.said}.`,
  ),
  sampleKindMixed: define(
    "SAMPLE_KIND_MIXED",
    409,
    (p: { projectName: string; has: string; got: string }) =>
      `The pictures of project "${p.projectName}" have ${p.has}, this one has ${p.got}. A project learns one kind of answer: make another project for the other kind, or remove its pictures first.`,
  ),

  // ------------------------------------------------------------ buckets (s3://bucket/key)
  bucketNotFound: define(
    "BUCKET_NOT_FOUND",
    404,
    (p: { bucket: string; place: string }) => `There is no bucket "${p.bucket}". Make it first: ${p.place}.`,
  ),
  objectNotFound: define(
    "OBJECT_NOT_FOUND",
    404,
    (p: { bucket: string; key: string }) => `There is no s3://${p.bucket}/${p.key}. Check the bucket and the key.`,
  ),
  objectNameInvalid: define(
    "OBJECT_NAME_INVALID",
    400,
    (p: { bucket: string; key: string; problem: string }) =>
      `s3://${p.bucket}/${p.key} is not a usable name: ${p.problem}.`,
  ),
  objectTooLarge: define(
    "OBJECT_TOO_LARGE",
    413,
    (p: { bucket: string; key: string; maxBytes: number }) =>
      `s3://${p.bucket}/${p.key} is larger than the ${p.maxBytes} bytes that are read at once.`,
  ),
  objectStoreFailed: define(
    "OBJECT_STORE_FAILED",
    502,
    (p: { bucket: string; problem: string }) =>
      `The object store can't be used for bucket "${p.bucket}": ${p.problem}. Check the settings of objectStore and its access rights.`,
  ),

  // ------------------------------------------------------------ states that don't allow it
  inspectionNotFailed: define(
    "INSPECTION_NOT_FAILED",
    409,
    (p: { id: string; status: string }) =>
      `Inspection ${p.id} is "${p.status}"; only a failed one can be inspected again.`,
  ),
  alarmExists: define(
    "ALARM_EXISTS",
    409,
    (p: { name: string; projectName: string }) =>
      `Project "${p.projectName}" has an alarm "${p.name}" already. Choose another name or change that one.`,
  ),
  actionNotParked: define(
    "ACTION_NOT_PARKED",
    409,
    (p: { id: string; status: string }) => `Action ${p.id} is "${p.status}"; only a parked one can be sent again.`,
  ),
  jobEnded: define(
    "JOB_ENDED",
    409,
    (p: { id: string; status: string }) => `Job ${p.id} has ended already: "${p.status}".`,
  ),
  jobCannotStop: define("JOB_CANNOT_STOP", 409, (p: { id: string; status: string }) =>
    p.status === "running"
      ? `Job ${p.id} has nothing yet that a stop could keep. Wait for its first epoch, or cancel it.`
      : p.status === "stopped"
        ? `Job ${p.id} is stopped already: let it go on or, once it has a whole epoch, make a model of it with {"keep":"model"}.`
        : `Job ${p.id} is "${p.status}"; only a running training can be stopped.`,
  ),
  jobNotStopped: define(
    "JOB_NOT_STOPPED",
    409,
    (p: { id: string; status: string }) => `Job ${p.id} is "${p.status}"; only a stopped one can go on.`,
  ),
  checkpointMissing: define(
    "CHECKPOINT_MISSING",
    409,
    (p: { id: string }) =>
      `The checkpoint of job ${p.id} is no longer in the data folder. Start a new training instead.`,
  ),
  trainingRunning: define(
    "TRAINING_RUNNING",
    409,
    (p: { jobId: string }) => `This project is training already (job ${p.jobId}). Wait for it or cancel it.`,
  ),
  modelRunning: define(
    "MODEL_RUNNING",
    409,
    (p: { id: string; version: number }) => `Model version ${p.version} (${p.id}) is running. Stop it first.`,
  ),
  modelNotRunning: define(
    "MODEL_NOT_RUNNING",
    409,
    (p: { id: string; version: number }) => `Model version ${p.version} (${p.id}) is not running.`,
  ),
  noRunningModel: define(
    "NO_RUNNING_MODEL",
    409,
    (p: { projectName: string }) => `No model is running in project "${p.projectName}". Start one first.`,
  ),
  nothingToRollBackTo: define(
    "NOTHING_TO_ROLL_BACK_TO",
    409,
    (p: { projectName: string }) =>
      `No version served project "${p.projectName}" before this one, or it was deleted since. Start another version instead.`,
  ),
  wordAmbiguous: define(
    "WORD_AMBIGUOUS",
    422,
    (p: { given: readonly string[] }) =>
      `A word on a picture is "word", or one of "label", "labels" and "boxes", got ${p.given.length === 0 ? "none" : p.given.join(" and ")}. Nothing was changed.`,
  ),
  reviewUnanswered: define("REVIEW_UNANSWERED", 409, (p: { id: string; status: string }) =>
    p.status === "queued"
      ? `The model has yet to answer picture ${p.id}. Wait for it.`
      : `The model gave no answer to picture ${p.id}, so it is neither right nor wrong. Say what the picture shows: a label, labels or boxes.`,
  ),
  reviewNotSaid: define(
    "REVIEW_NOT_SAID",
    409,
    (p: { id: string; status: string }) => `Review ${p.id} is "${p.status}": there is no word to take back.`,
  ),
  trialEnded: define(
    "TRIAL_ENDED",
    409,
    (p: { id: string }) => `Trial ${p.id} has ended and takes no more pictures. Start another one.`,
  ),
  trialFull: define(
    "TRIAL_FULL",
    409,
    (p: { id: string; maxPictures: number }) =>
      `Trial ${p.id} has its ${p.maxPictures} pictures. Start another one for the rest.`,
  ),
  shadowRunning: define(
    "SHADOW_RUNNING",
    409,
    (p: { trialId: string; version: number }) =>
      `Version ${p.version} is tried beside the running one already (trial ${p.trialId}). End that trial first.`,
  ),
  shadowNeedsAnother: define(
    "SHADOW_NEEDS_ANOTHER",
    409,
    (p: { version: number }) =>
      `Version ${p.version} is the running one: nothing would differ. Choose another version to try beside it.`,
  ),
  comparisonNeedsTwo: define(
    "COMPARISON_NEEDS_TWO",
    422,
    (p: { problem: string }) => `Two versions of one project are compared: ${p.problem}.`,
  ),
  comparisonEnded: define(
    "COMPARISON_ENDED",
    409,
    (p: { id: string; status: string }) => `Comparison ${p.id} has ended already: "${p.status}".`,
  ),
  evaluationEnded: define(
    "EVALUATION_ENDED",
    409,
    (p: { id: string; status: string }) => `Evaluation ${p.id} has ended already: "${p.status}".`,
  ),
  evaluationHasNoReport: define(
    "EVALUATION_HAS_NO_REPORT",
    409,
    (p: { id: string; status: string }) =>
      `Evaluation ${p.id} has no report: its status is "${p.status}". Wait until it has succeeded, or evaluate again.`,
  ),
  noJudgedInspections: define(
    "NO_JUDGED_INSPECTIONS",
    422,
    (p: { version: number }) =>
      `Nobody has yet said what a picture shows that version ${p.version} inspected. Answer some reviews, then evaluate again.`,
  ),
  noTestPictures: define(
    "NO_TEST_PICTURES",
    422,
    (p: { projectName: string }) =>
      `Project "${p.projectName}" has no pictures kept for the test that can be measured on. Add some with part "test", or train once: every fifth picture is put aside then.`,
  ),
  modelFileInvalid: define(
    "MODEL_FILE_INVALID",
    422,
    (p: { problem: string }) => `The model file can't be used: ${p.problem}`,
  ),
  tooFewSamples: define("TOO_FEW_SAMPLES", 422, (p: { problem: string }) => p.problem),
  sampleLineAbsent: define("SAMPLE_LINE_ABSENT", 404, (_: object) => "There is no sample line to remove."),

  // ------------------------------------------------------------ analytics
  analyticsUnavailable: define(
    "ANALYTICS_UNAVAILABLE",
    503,
    (p: { problem: string }) => `The analysis can't be made now: ${p.problem}. Try again; the server's log says more.`,
  ),
  analyticsTooSlow: define(
    "ANALYTICS_TOO_SLOW",
    422,
    (p: { seconds: number }) =>
      `The analysis took longer than ${p.seconds} s and was ended. Choose a shorter time, fewer columns or one project.`,
  ),
  analyticsTooLarge: define(
    "ANALYTICS_TOO_LARGE",
    422,
    (p: { megabytes: number }) =>
      `The analysis needs more than the ${p.megabytes} MB of memory it may take. Choose a shorter time or fewer columns, or raise analytics.memoryMegabytes.`,
  ),
  sqlNotSelect: define(
    "SQL_NOT_SELECT",
    422,
    (p: { problem: string }) =>
      `Only one SELECT statement is run here, over the tables "results" and "truths". ${p.problem} Nothing was run.`,
  ),
  sqlFailed: define("SQL_FAILED", 422, (p: { problem: string }) => p.problem),
  sqlBusy: define(
    "SQL_BUSY",
    429,
    (p: { atOnce: number }) =>
      `${p.atOnce} SQL statements run already and more would hold up each other. Try again soon.`,
  ),

  // ------------------------------------------------------------ explanations
  explanationNotFound: define(
    "EXPLANATION_NOT_FOUND",
    404,
    (p: { id: string }) =>
      `There is no explanation "${p.id}" any more: they are kept for ten minutes. Ask for it again.`,
  ),
  explanationsBusy: define(
    "EXPLANATIONS_BUSY",
    429,
    (p: { waiting: number }) => `${p.waiting} explanations wait already. Try again in a minute.`,
  ),
  explanationWithoutVerdict: define(
    "EXPLANATION_WITHOUT_VERDICT",
    409,
    (p: { what: "Inspection" | "Review"; id: string }) =>
      `${p.what} ${p.id} has no answer of a model that is still here, so there is nothing to explain.`,
  ),

  // ------------------------------------------------------------ why an inspection or a job failed
  inspectionTimedOut: define(
    "INSPECTION_TIMED_OUT",
    500,
    (p: { step: string; timeoutMs: number; attempts: number }) =>
      `Step "${p.step}" did not end within ${p.timeoutMs} ms, ${p.attempts} times. Retry the inspection when the machine is less busy.`,
  ),
  inspectionStepFailed: define(
    "INSPECTION_STEP_FAILED",
    500,
    (p: { step: string; attempts: number; problem: string }) =>
      `Step "${p.step}" failed ${p.attempts} times, last with: ${p.problem}`,
  ),
  pictureMissing: define(
    "PICTURE_MISSING",
    500,
    (p: { sha256: string }) => `The stored file ${p.sha256} is gone from the data folder. Restore it from a backup.`,
  ),
  pictureDamaged: define(
    "PICTURE_DAMAGED",
    500,
    (p: { sha256: string }) =>
      `The stored file ${p.sha256} no longer has the bytes it was stored with. Restore it from a backup.`,
  ),
  modelFailedToOpen: define(
    "MODEL_FAILED_TO_OPEN",
    500,
    (p: { version: number; problem: string }) => `Model version ${p.version} could not be loaded: ${p.problem}`,
  ),
  trainingFailed: define("TRAINING_FAILED", 500, (p: { problem: string }) => `The training failed: ${p.problem}`),
  comparisonFailed: define("COMPARISON_FAILED", 500, (p: { problem: string }) => `The comparison failed: ${p.problem}`),
  evaluationFailed: define("EVALUATION_FAILED", 500, (p: { problem: string }) => `The evaluation failed: ${p.problem}`),
  jobInterrupted: define(
    "JOB_INTERRUPTED",
    500,
    (_: object) => "The server stopped while this job ran. Start it again.",
  ),

  // ------------------------------------------------------------ starting the server
  configInvalid: define("CONFIG_INVALID", 500, (p: { problems: readonly string[] }) => p.problems.join("\n")),
  portInUse: define(
    "PORT_IN_USE",
    500,
    (p: { host: string; port: number }) =>
      `Port ${p.port} on ${p.host} is in use by another program. Stop that one, or start with --port and another number.`,
  ),
  addressUnusable: define(
    "ADDRESS_UNUSABLE",
    500,
    (p: { host: string; port: number; problem: string }) =>
      `The server can't listen on ${p.host}:${p.port}: ${p.problem}. Choose another --host or --port.`,
  ),
  dataFolderUnusable: define(
    "DATA_FOLDER_UNUSABLE",
    500,
    (p: { folder: string; problem: string }) =>
      `The data folder ${p.folder} can't be written: ${p.problem}. Choose another with --data, or change its owner.`,
  ),
  dataFolderInUse: define(
    "DATA_FOLDER_IN_USE",
    500,
    (p: { folder: string; processId: number }) =>
      `The data folder ${p.folder} is in use by the server with process id ${p.processId}. Stop that one, or start with another --data.`,
  ),
  databaseTooNew: define(
    "DATABASE_TOO_NEW",
    500,
    (p: { file: string; version: number; known: number }) =>
      `The database ${p.file} was written by a newer Sightline (format ${p.version}, this one knows up to ${p.known}). Update Sightline.`,
  ),
  secretKeyUnusable: define(
    "SECRET_KEY_UNUSABLE",
    500,
    (p: { file: string; problem: string }) =>
      `The key file ${p.file} can't be used: ${p.problem}. Restore it from a backup.`,
  ),
  internal: define(
    "INTERNAL",
    500,
    (p: { requestId: string }) =>
      `The server hit an unexpected error; its log has the details under request ${p.requestId}.`,
  ),
} as const;

export function isServerError(error: unknown): error is ServerError {
  return error instanceof ServerError;
}
