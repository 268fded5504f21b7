/** The seven errors of the Lookout for Vision API, and which of them each of our own becomes. */
import { isServerError } from "../errors.js";

export type ResourceType = "DATASET" | "MODEL" | "MODEL_PACKAGE_JOB" | "PROJECT" | "TRIAL";

const statuses = {
  AccessDeniedException: 403,
  ValidationException: 400,
  ResourceNotFoundException: 404,
  ConflictException: 409,
  ServiceQuotaExceededException: 402,
  ThrottlingException: 429,
  InternalServerException: 500,
} as const;
export type ErrorType = keyof typeof statuses;

/** An answer that is an error in the API's own form. */
export class LookoutError extends Error {
  override readonly name = "LookoutError";
  readonly status: number;
  constructor(
    readonly type: ErrorType,
    message: string,
    /** Further fields of the body. */
    readonly fields: Readonly<Record<string, string>> = {},
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
    this.status = statuses[type];
  }
}

interface Resource {
  readonly type: ResourceType;
  readonly id: string;
}
const about = ({ type, id }: Resource) => ({ ResourceId: id, ResourceType: type });

export const accessDenied = (message: string) => new LookoutError("AccessDeniedException", message);
export const invalid = (message: string) => new LookoutError("ValidationException", message);
export const notFound = (resource: Resource, message: string) =>
  new LookoutError("ResourceNotFoundException", message, about(resource));
export const conflict = (resource: Resource, message: string) =>
  new LookoutError("ConflictException", message, about(resource));
export const quotaExceeded = (resource: Resource, quota: string, message: string) =>
  new LookoutError("ServiceQuotaExceededException", message, {
    ...about(resource),
    QuotaCode: quota,
    ServiceCode: "lookoutvision",
  });
export const throttled = (quota: string, message: string, retryAfterSeconds: number) =>
  new LookoutError(
    "ThrottlingException",
    message,
    { QuotaCode: quota, ServiceCode: "lookoutvision" },
    Math.max(1, Math.ceil(retryAfterSeconds)),
  );

/** What was thrown, as the API says it; `null` for a bug, which is logged and answered without detail. */
export function toLookoutError(error: unknown): LookoutError | null {
  if (error instanceof LookoutError) return error;
  if (!isServerError(error)) return null;
  const { code, status, message, retryAfterSeconds = 1 } = error;
  // A bucket or an object is no resource of this API.
  if (status < 500 && /^(BUCKET|OBJECT)_/.test(code)) return invalid(message);
  if (status === 400 || status === 413 || status === 415 || status === 422) return invalid(message);
  if (status === 401 || status === 403) return accessDenied(message);
  if (status === 404) return notFound({ type: resourceOf(code), id: "" }, message);
  if (status === 409) return conflict({ type: resourceOf(code), id: "" }, message);
  if (status === 429 || status === 503) return throttled(code, message, retryAfterSeconds);
  if (status === 507) return quotaExceeded({ type: "PROJECT", id: "" }, code, message);
  return new LookoutError("InternalServerException", message);
}

function resourceOf(code: string): ResourceType {
  if (code.startsWith("PROJECT")) return "PROJECT";
  return code.startsWith("SAMPLE") ? "DATASET" : "MODEL";
}
