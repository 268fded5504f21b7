/** What an operation of the Lookout API is: one row with its address, who may call it, what comes in and what it does. */
import { z } from "zod";
import type { Caller } from "./caller.js";
import type { Keep, Kept } from "./client-tokens.js";
import type { LookoutDeps } from "./deps.js";

export interface OperationCall<Input> {
  /** Path, query and body in one, as the API reference names them. */
  readonly input: Input;
  readonly caller: Caller;
  /** The body as it came. */
  readonly bytes: Buffer;
  readonly contentType: string;
}

export interface ChangingCall<Input> extends OperationCall<Input> {
  /** Keeps the answer in the very unit of work that changes something: the same call again finds both, or neither. */
  readonly keep: Keep;
}

interface About {
  readonly name: string;
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below `/2020-11-20`, such as `/projects/{ProjectName}`. */
  readonly path: string;
  readonly status: number;
  /** The body is a picture, not JSON. */
  readonly takesPicture: boolean;
  readonly input: z.ZodType;
}

/** For every role. */
interface Reading extends About {
  readonly access: "read";
  handle(deps: LookoutDeps, call: OperationCall<unknown>): Promise<unknown>;
}

/** For operators and admins. */
interface Changing extends About {
  readonly access: "change";
  handle(deps: LookoutDeps, call: ChangingCall<unknown>): Promise<Kept>;
}

export type Operation = Reading | Changing;

interface Row<Input extends z.ZodType> {
  name: string;
  method: Operation["method"];
  path: string;
  status?: number;
  input: Input;
}

export function reading<Input extends z.ZodType>(
  row: Row<Input> & {
    takesPicture?: boolean;
    handle(deps: LookoutDeps, call: OperationCall<z.output<Input>>): Promise<unknown>;
  },
): Operation {
  const { handle, status = 200, takesPicture = false } = row;
  return {
    ...row,
    access: "read",
    status,
    takesPicture,
    handle: (deps, call) => handle(deps, call as OperationCall<z.output<Input>>),
  };
}

export function changing<Input extends z.ZodType>(
  row: Row<Input> & { handle(deps: LookoutDeps, call: ChangingCall<z.output<Input>>): Promise<Kept> },
): Operation {
  const { handle, status = 200 } = row;
  return {
    ...row,
    access: "change",
    status,
    takesPicture: false,
    handle: (deps, call) => handle(deps, call as ChangingCall<z.output<Input>>),
  };
}

// ---------------------------------------------------------------- words that several operations use

export const ProjectName = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9_-]*$/);
export const DatasetType = z.enum(["train", "test"]);
export const ModelVersion = z
  .string()
  .max(10)
  .regex(/^([1-9][0-9]*|latest)$/);
export const Page = {
  maxResults: z.coerce.number().int().min(1).max(100).default(100),
  nextToken: z.string().min(1).max(2048).optional(),
};
export const Bucket = z.string().min(3).max(63);
export const S3Location = z.object({ Bucket, Prefix: z.string().max(1024).optional() });
export const Tags = z.array(z.object({ Key: z.string().min(1).max(128), Value: z.string().max(256) })).max(200);

/** Times on this API's wire are epoch seconds. */
export const seconds = (timeMs: number): number => timeMs / 1000;
export const optionalSeconds = (timeMs: number | null): number | undefined =>
  timeMs === null ? undefined : seconds(timeMs);
