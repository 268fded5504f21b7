/** The part of a pino logger that the server's own parts write to. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Says nothing: for tests and for programs that start the server inside themselves. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
