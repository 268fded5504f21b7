/** What an operation of the Lookout API is: one row with its address, who may call it, what comes in and what it does. */
import { z } from "zod";
import type { Caller } from "./caller.js";
import type { LookoutDeps } from "./deps.js";

export interface OperationCall<Input> {
  /** Path, query and body in one, as the API reference names them. */
  readonly input: Input;
  readonly caller: Caller;
  /** The body as it came. */
  readonly bytes: Buffer;
  readonly contentType: string;
}

export interface Operation {
  readonly name: string;
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below `/2020-11-20`, such as `/projects/{ProjectName}`. */
  readonly path: string;
  readonly status: number;
  /** `read`: every role; `change`: operators and admins. */
  readonly access: "read" | "change";
  /** The body is a picture, not JSON. */
  readonly takesPicture: boolean;
  readonly input: z.ZodType;
  handle(deps: LookoutDeps, call: OperationCall<unknown>): Promise<unknown>;
}

export function operation<Input extends z.ZodType>(row: {
  name: string;
  method: Operation["method"];
  path: string;
  status?: number;
  access: Operation["access"];
  takesPicture?: boolean;
  input: Input;
  handle(deps: LookoutDeps, call: OperationCall<z.output<Input>>): Promise<unknown>;
}): Operation {
  const { handle, status = 200, takesPicture = false } = row;
  return {
    ...row,
    status,
    takesPicture,
    handle: (deps, call) => handle(deps, call as OperationCall<z.output<Input>>),
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
