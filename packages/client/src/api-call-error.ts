/** The one error a call to a server ends with, whether the server said no or never answered. */

export interface ApiCallErrorParts {
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** Stable code of the server, or one of `SERVER_UNREACHABLE`, `SERVER_TIMED_OUT`, `NOT_A_SIGHTLINE_REPLY`. */
  readonly code: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** How long the server asked to wait (`Retry-After`). */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

export class ApiCallError extends Error {
  override readonly name = "ApiCallError";
  readonly status: number;
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(parts: ApiCallErrorParts) {
    super(parts.message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.status = parts.status;
    this.code = parts.code;
    this.details = parts.details;
    this.retryAfterMs = parts.retryAfterMs;
  }

  /** True when the same request may succeed later without any change: no answer, overload, or a fault of the server. */
  get isTemporary(): boolean {
    if (this.code === "NOT_A_SIGHTLINE_REPLY" && this.status < 500) return false;
    // 507 (disk nearly full) needs a person, not a retry.
    return (
      this.status === 0 || this.status === 408 || this.status === 429 || (this.status >= 500 && this.status !== 507)
    );
  }
}
