/** What goes wrong on the command line itself; errors of the libraries and of the server keep their own codes. */

export type CliErrorCode =
  /** A wrong verb, flag or argument. */
  | "USAGE"
  | "FILE_NOT_FOUND"
  | "FILE_EXISTS"
  | "FILE_NOT_WRITABLE"
  | "FILE_NOT_READABLE"
  | "NO_PICTURES"
  | "UPLOADS_FAILED"
  | "LABEL_INVALID"
  | "CHECKS_FAILED"
  | "NOT_FOUND"
  | "NOT_CONFIRMED"
  | "NO_SERVER_TOKEN"
  | "TRAINING_PROCESS_DIED"
  | "CANCELLED";

export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: CliErrorCode;

  constructor(code: CliErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What a failed verb tells, in text and in JSON. */
export interface Problem {
  readonly code: string;
  readonly message: string;
}

/** Node's words for what the file system refused, said with the path and a remedy. */
const fileProblems: Readonly<Record<string, (path: string) => Problem>> = {
  ENOENT: (path) => ({ code: "FILE_NOT_FOUND", message: `"${path}" does not exist. Check the path.` }),
  ENOTDIR: (path) => ({ code: "FILE_NOT_FOUND", message: `"${path}" does not exist: a part of the path is a file.` }),
  EISDIR: (path) => ({ code: "FILE_NOT_READABLE", message: `"${path}" is a folder; a file is expected here.` }),
  EACCES: (path) => ({
    code: "FILE_NOT_READABLE",
    message: `"${path}" is not allowed for this user. Check its owner and mode.`,
  }),
  EPERM: (path) => ({
    code: "FILE_NOT_READABLE",
    message: `"${path}" is not allowed for this user. Check its owner and mode.`,
  }),
  EROFS: (path) => ({ code: "FILE_NOT_WRITABLE", message: `"${path}" is on a read-only disk. Choose another place.` }),
  ENOSPC: (path) => ({
    code: "FILE_NOT_WRITABLE",
    message: `The disk of "${path}" is full. Free space and try again.`,
  }),
};

/** Codes are words in capitals; Node's own (`ERR_…`) tell a bug here, not something a person can act on. */
const codeOfOurs = /^(?!ERR_|E[A-Z]+$)[A-Z][A-Z0-9_]+$/;

/**
 * `isExpected` is false for a bug, whose stack is worth showing.
 * @param file what the work was about: reading a folder as a file is an error without a path.
 */
export function problemOf(error: unknown, file?: string): Problem & { readonly isExpected: boolean } {
  if (!(error instanceof Error)) return { code: "INTERNAL", message: String(error), isExpected: false };
  const { code, path } = error as Error & { code?: unknown; path?: unknown };
  if (typeof code === "string") {
    const say = fileProblems[code];
    const place = typeof path === "string" ? path : file;
    if (say !== undefined && place !== undefined) return { ...say(place), isExpected: true };
    if (codeOfOurs.test(code)) return { code, message: error.message, isExpected: true };
  }
  return { code: "INTERNAL", message: error.message, isExpected: false };
}

/** Gives what fails in `work` the name of the file it is about, where the message doesn't say it; the code stays. */
export async function about<T>(file: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const { code, message, isExpected } = problemOf(cause, file);
    if (!isExpected) throw cause;
    const named = message.includes(file) ? message : `${file}: ${message}`;
    throw Object.assign(new Error(named, { cause }), { code });
  }
}
