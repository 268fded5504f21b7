/** Every setting of the server, declared once: form, docs, environment variables and command-line flags are made from this schema. */
import { resolve } from "node:path";
import { z } from "zod";
import { errors } from "./errors.js";
import { nearest } from "./nearest.js";

/** What a field's `meta` says besides `title` and `description`. */
declare module "zod" {
  interface GlobalMeta {
    /** The unit of a number, for people. */
    unit?: string;
  }
}

const wholeNumber = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
/** Flags and variables are text: a list is written with commas. */
const list = <T extends z.ZodType>(item: T) =>
  z.preprocess(
    (value) =>
      typeof value === "string"
        ? value
            .split(",")
            .map((part) => part.trim())
            .filter((part) => part !== "")
        : value,
    z.array(item),
  );
const flag = z.preprocess(
  (value) => (value === "true" || value === "1" ? true : value === "false" || value === "0" ? false : value),
  z.boolean(),
);
const GB = 1_000_000_000;
const MB = 1_000_000;

const Retention = z
  .strictObject({
    days: z.coerce
      .number()
      .min(0.001)
      .max(36_500)
      .default(90)
      .meta({ title: "Keep days", description: "Inspections older than this are deleted", unit: "days" }),
    totalBytes: wholeNumber(MB, 1e15)
      .default(100 * GB)
      .meta({
        title: "Keep in all",
        description: "Pictures of inspections kept over all projects; oldest go first",
        unit: "bytes",
      }),
    projectBytes: wholeNumber(MB, 1e15)
      .default(50 * GB)
      .meta({
        title: "Keep per project",
        description: "Pictures of inspections kept per project; oldest go first",
        unit: "bytes",
      }),
    sampleLineBytes: wholeNumber(MB, 1e15).default(GB).meta({
      title: "Keep of the sample line",
      description: "Pictures of inspections kept of the sample line",
      unit: "bytes",
    }),
    everySeconds: z.coerce
      .number()
      .min(0.05)
      .max(86_400)
      .default(60)
      .meta({ title: "Look every", description: "How often the limits are applied", unit: "seconds" }),
  })
  .prefault({});

const Smtp = z
  .strictObject({
    url: z
      .string()
      .regex(/^smtps?:\/\/\S+$/, "must be smtp://user:password@host:port or smtps://…")
      .nullable()
      .default(null)
      .meta({
        title: "Mail server",
        description: "smtp://user:password@host:port; without it mails wait in the outbox",
      }),
    from: z
      .string()
      .min(3)
      .max(320)
      .default("Sightline <sightline@localhost>")
      .meta({ title: "Sender", description: "From address of all mails" }),
    timeoutSeconds: z.coerce.number().min(0.05).max(600).default(20).meta({
      title: "Mail patience",
      description: "A mail server silent for longer counts as failed",
      unit: "seconds",
    }),
  })
  .prefault({});

const Outbox = z
  .strictObject({
    attempts: wholeNumber(1, 100)
      .default(8)
      .meta({ title: "Attempts", description: "Then the action is parked, where a person sees it", unit: "attempts" }),
    backoffSeconds: z.coerce
      .number()
      .min(0.01)
      .max(3600)
      .default(5)
      .meta({ title: "First pause", description: "Doubles at each further attempt, up to one hour", unit: "seconds" }),
    timeoutSeconds: z.coerce.number().min(0.05).max(600).default(15).meta({
      title: "Target patience",
      description: "A webhook or a broker that does not answer within this time counts as failed",
      unit: "seconds",
    }),
    caFile: z.string().min(1).nullable().default(null).meta({
      title: "Own authorities",
      description: "PEM file of certificate authorities believed besides the public ones, by mail servers and brokers",
    }),
  })
  .prefault({});

const Intake = z
  .strictObject({
    maxBytes: wholeNumber(1024, 1e9)
      .default(8 * 1024 * 1024)
      .meta({ title: "Largest picture", description: "A larger upload is answered 413", unit: "bytes" }),
    maxPixels: wholeNumber(1, 50_000_000)
      .default(50_000_000)
      .meta({ title: "Most pixels", description: "Read from the header, before anything is decoded", unit: "pixels" }),
    maxQueued: wholeNumber(1, 1e7).default(50_000).meta({
      title: "Longest queue",
      description: "With more pictures not yet inspected, uploads are answered 503",
      unit: "pictures",
    }),
    urlSeconds: wholeNumber(1, 7 * 86_400)
      .default(900)
      .meta({
        title: "Signed address lives",
        description: "How long a signed upload address can be used",
        unit: "seconds",
      }),
  })
  .prefault({});

const Inspect = z
  .strictObject({
    inFlight: wholeNumber(1, 64)
      .default(4)
      .meta({ title: "At once", description: "Pictures of one model inspected at the same time", unit: "pictures" }),
    stepSeconds: z.coerce
      .number()
      .min(0.05)
      .max(600)
      .default(5)
      .meta({ title: "Step patience", description: "A step that takes longer is tried again", unit: "seconds" }),
    openSeconds: z.coerce
      .number()
      .min(0.05)
      .max(600)
      .default(60)
      .meta({ title: "Load patience", description: "Loading a model may take this long", unit: "seconds" }),
    retrySeconds: z.coerce.number().min(0.001).max(60).default(1).meta({
      title: "First pause",
      description: "Before the second attempt of a step; doubles at each further one",
      unit: "seconds",
    }),
  })
  .prefault({});

const Monitor = z
  .strictObject({
    everySeconds: z.coerce.number().min(0.05).max(60).default(5).meta({
      title: "Look every",
      description: "How often alarms are evaluated; a new verdict is looked at as it comes",
      unit: "seconds",
    }),
    driftSeconds: z.coerce.number().min(0.05).max(86_400).default(300).meta({
      title: "Compare every",
      description: "How often each camera's latest pictures are compared with the training's",
      unit: "seconds",
    }),
  })
  .prefault({});

const People = z
  .strictObject({
    sessionDays: z.coerce
      .number()
      .min(0.001)
      .max(365)
      .default(30)
      .meta({ title: "Stay signed in", description: "A browser unused for longer must sign in again", unit: "days" }),
    firstLinkMinutes: z.coerce.number().min(0.01).max(10_080).default(720).meta({
      title: "First link lives",
      description: "The sign-in link printed at start works once, this long",
      unit: "minutes",
    }),
  })
  .prefault({});

/** Counting over local time goes by quarters of an hour, so a shift begins at one. */
const shiftPattern = /^([^=]{1,40})=([01]\d|2[0-3]):(00|15|30|45)$/;

const Analytics = z
  .strictObject({
    flushSeconds: z.coerce.number().min(0.05).max(3600).default(60).meta({
      title: "Write results every",
      description: "Results are in the result files at the latest after this time",
      unit: "seconds",
    }),
    flushBytes: wholeNumber(1000, 1e9)
      .default(MB)
      .meta({ title: "Write results at", description: "Results are written once there are so many", unit: "bytes" }),
    keepDays: z.coerce
      .number()
      .min(0.001)
      .max(36_500)
      .default(1095)
      .meta({ title: "Keep results", description: "Result files older than this are deleted", unit: "days" }),
    uriPrefix: z
      .string()
      .regex(/^[a-z][a-z0-9+.-]*:\/\/\S+\/$/, "must be an address that ends with /, such as s3://bucket/folder/")
      .nullable()
      .default(null)
      .meta({
        title: "Address of the results",
        description: "Where readers of manifest.json find the JSON lines; default: the folder itself",
      }),
    timeZone: z
      .string()
      .refine(isTimeZone, "must be a time zone such as Europe/Berlin")
      .nullable()
      .default(null)
      .meta({ title: "Time zone", description: "For hours, days and shifts; default: that of this machine" }),
    shifts: list(z.string().regex(shiftPattern, "must be NAME=HH:MM at a quarter of an hour, such as early=06:00"))
      .refine((shifts) => shifts.length > 0, "must name at least one shift")
      .refine((shifts) => new Set(shifts.map((shift) => shift.split("=")[1])).size === shifts.length, {
        error: "two shifts begin at the same time",
      })
      .default(["early=06:00", "late=14:00", "night=22:00"])
      .meta({ title: "Shifts", description: "NAME=HH:MM, when each begins; the last one ends when the first begins" }),
    memoryMegabytes: wholeNumber(64, 1_000_000)
      .default(256)
      .meta({ title: "Memory", description: "What one analysis may hold in memory", unit: "MB" }),
    querySeconds: z.coerce.number().min(0.05).max(600).default(20).meta({
      title: "Patience",
      description: "An analysis or SQL statement that takes longer is ended",
      unit: "seconds",
    }),
    sqlRows: wholeNumber(1, 100_000)
      .default(1000)
      .meta({ title: "SQL rows", description: "Most rows that an SQL statement answers", unit: "rows" }),
  })
  .prefault({});

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    // Offsets such as +02:00 are no names that DuckDB knows.
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}
const ObjectStore = z
  .strictObject({
    endpoint: z
      .string()
      .regex(/^https?:\/\/\S+$/, "must be http://host[:port] or https://…")
      .nullable()
      .default(null)
      .meta({
        title: "Object store",
        description:
          "S3-compatible store behind s3:// names; without it a bucket is a folder: buckets/NAME in the data folder",
      }),
    region: z.string().min(1).max(64).default("us-east-1").meta({
      title: "Region",
      description: "Region that requests to the object store are signed for",
    }),
    accessKeyId: z.string().min(1).max(256).nullable().default(null).meta({
      title: "Access key of the object store",
      description: "With its secret; without them the environment's AWS credentials are used",
    }),
    secretAccessKey: z
      .string()
      .min(1)
      .max(256)
      .nullable()
      .default(null)
      .meta({ title: "Secret of the access key", description: "Better in SIGHTLINE_OBJECT_STORE_SECRET_ACCESS_KEY" }),
    pathStyle: flag.default(true).meta({
      title: "Bucket in the path",
      description: "http://host/bucket/key; false: http://bucket.host/key",
    }),
  })
  .prefault({});

const entries = (count: number, title: string, description: string) =>
  wholeNumber(1, 1_000_000).default(count).meta({ title, description, unit: "entries" });
const pictures = (count: number, title: string, description: string) =>
  wholeNumber(0, 100_000).default(count).meta({ title, description, unit: "pictures" });

/** The limits of Amazon Lookout for Vision, as they were when its service ended. */
const Lookout = z
  .strictObject({
    accountId: z
      .string()
      .regex(/^\d{12}$/, "must be 12 digits")
      .default("000000000000")
      .meta({ title: "Account", description: "The account number in ARNs; that of your AWS account keeps old ARNs" }),
    requestsPerSecond: z.coerce.number().min(0.1).max(10_000).default(50).meta({
      title: "Calls of an access key",
      description:
        "More are answered 429; twice as many may come at once. DetectAnomalies is limited by inference units",
      unit: "calls per second",
    }),
    clockSkewSeconds: wholeNumber(1, 86_400)
      .default(300)
      .meta({ title: "Clock skew", description: "A signature may be this old or early", unit: "seconds" }),
    maxProjects: wholeNumber(1, 1_000_000)
      .default(100)
      .meta({ title: "Most projects", description: "CreateProject beyond it is answered 402", unit: "projects" }),
    maxModels: wholeNumber(1, 1_000_000)
      .default(100)
      .meta({ title: "Most models", description: "Versions of a project", unit: "models" }),
    maxTrainEntries: entries(16_000, "Largest train dataset", "Pictures with and without a label"),
    maxTestEntries: entries(4000, "Largest test dataset", "Pictures with and without a label"),
    minNormal: pictures(20, "Fewest normal", "CreateModel needs them where there is no test dataset"),
    minAnomaly: pictures(10, "Fewest anomalies", "CreateModel needs them where there is no test dataset"),
    minNormalWithTest: pictures(
      10,
      "Fewest normal beside a test",
      "In the train dataset, where there is a test dataset",
    ),
    minTest: pictures(10, "Fewest in the test", "Normal ones and anomalies each, in a test dataset"),
    minSide: wholeNumber(1, 65_535)
      .default(64)
      .meta({ title: "Smallest side", description: "Of a picture sent or imported", unit: "pixels" }),
    maxSide: wholeNumber(1, 65_535)
      .default(4096)
      .meta({ title: "Largest side", description: "Of a picture sent or imported", unit: "pixels" }),
  })
  .prefault({});

/** A schema of strict objects; defaults stand here and nowhere else. */
export const ConfigSchema = z.strictObject({
  dataFolder: z
    .string()
    .min(1)
    .transform((folder) => resolve(folder))
    .meta({ title: "Data folder", description: "Records, pictures, models and keys; one server per folder" }),
  host: z
    .string()
    .min(1)
    .max(255)
    .default("127.0.0.1")
    .meta({ title: "Address", description: "Address to listen on; 0.0.0.0 for the whole network" }),
  port: wholeNumber(0, 65_535)
    .default(8080)
    .meta({ title: "Port", description: "TCP port to listen on; 0 takes a free one" }),
  publicUrl: z
    .string()
    .regex(/^https?:\/\/[^/\s?#]+(\/[^\s?#]*)?$/, "must be http://host[:port] or https://…")
    .transform((url) => url.replace(/\/+$/, ""))
    .nullable()
    .default(null)
    .meta({
      title: "Public address",
      description: "How people and devices reach this server, for links; default: the address it listens on",
    }),
  allowedHosts: list(z.string().min(1).max(255))
    .default([])
    .meta({ title: "Allowed hosts", description: "Further values of the Host header this server answers to" }),
  corsOrigins: list(z.string().regex(/^https?:\/\/[^/\s]+$/, "must be http://host[:port] or https://…"))
    .default([])
    .meta({ title: "Allowed origins", description: "Other sites whose pages may call this server" }),
  threads: wholeNumber(1, 256)
    .nullable()
    .default(null)
    .meta({ title: "Threads", description: "Threads per model; default: one less than the cores", unit: "threads" }),
  empty: flag.default(false).meta({ title: "Empty", description: "Set up no sample line in an empty data folder" }),
  minFreeDiskBytes: wholeNumber(0, 1e15)
    .default(500 * MB)
    .meta({ title: "Free space floor", description: "Below it uploads are answered 507", unit: "bytes" }),
  logLevel: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"])
    .default("info")
    .meta({ title: "Log level", description: "How much is logged" }),
  backboneFile: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .meta({ title: "Backbone", description: "ONNX file of another backbone for training; default: the built-in one" }),
  retention: Retention,
  smtp: Smtp,
  outbox: Outbox,
  intake: Intake,
  inspect: Inspect,
  monitor: Monitor,
  people: People,
  analytics: Analytics,
  objectStore: ObjectStore,
  lookout: Lookout,
});

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

export type Config = DeepReadonly<z.output<typeof ConfigSchema>>;
/** What a caller passes: only `dataFolder` has no default. */
export type ConfigInput = z.input<typeof ConfigSchema>;

/** One setting, as docs, forms and `--help` show it. */
export interface ConfigField {
  /** Path in the JSON file, `.` separated. */
  readonly path: string;
  /** Name of the command-line flag, without `--`. */
  readonly flag: string;
  /** Name of the environment variable. */
  readonly variable: string;
  readonly title: string;
  readonly description: string;
  readonly unit: string | null;
  readonly minimum: number | null;
  readonly maximum: number | null;
  readonly default: unknown;
  /** True where the flag takes no value. */
  readonly isSwitch: boolean;
}

interface JsonSchemaNode {
  title?: string;
  description?: string;
  unit?: string;
  minimum?: number;
  maximum?: number;
  default?: unknown;
  type?: string;
  properties?: Record<string, JsonSchemaNode>;
  anyOf?: JsonSchemaNode[];
}

/** Flags people type most keep a short name. */
const shortFlags: Readonly<Record<string, string>> = { dataFolder: "data" };
const kebab = (path: string) => path.replaceAll(".", "-").replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function collectFields(node: JsonSchemaNode, prefix: string): ConfigField[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    if (child.properties !== undefined) return collectFields(child, path);
    const limits = child.anyOf?.find((option) => option.type !== "null") ?? child;
    return {
      path,
      flag: shortFlags[path] ?? kebab(path),
      variable: `SIGHTLINE_${(shortFlags[path] ?? kebab(path)).replaceAll("-", "_").toUpperCase()}`,
      title: child.title ?? path,
      description: child.description ?? "",
      unit: child.unit ?? null,
      minimum: limits.minimum ?? null,
      maximum: limits.maximum ?? null,
      default: child.default ?? null,
      isSwitch: child.type === "boolean",
    };
  });
}

/** All settings in the order of the schema. */
export const configFields: readonly ConfigField[] = Object.freeze(
  collectFields(z.toJSONSchema(ConfigSchema, { io: "output", unrepresentable: "any" }) as JsonSchemaNode, ""),
);

function keysAt(path: readonly PropertyKey[]): string[] {
  const prefix = path.map((part) => `${String(part)}.`).join("");
  const keys = configFields
    .filter((field) => field.path.startsWith(prefix))
    .map((field) => field.path.slice(prefix.length));
  return [...new Set(keys.map((key) => key.split(".")[0] ?? key))];
}

function describeIssue(issue: z.core.$ZodIssue, source: string): string[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const path = [...issue.path, key].map(String).join(".");
      // A key put at the wrong level is as likely as a mistyped one.
      const known = keysAt(issue.path);
      const elsewhere = configFields.map((field) => field.path).find((candidate) => candidate.endsWith(`.${key}`));
      const guess = elsewhere ?? nearest(key, known) ?? "";
      const where =
        issue.path.length > 0 && known.includes(guess) ? `${issue.path.map(String).join(".")}.${guess}` : guess;
      return `Setting "${path}"${source} is not known. Did you mean "${where}"?`;
    });
  }
  const path = issue.path.map(String).join(".");
  const field = configFields.find((candidate) => path === candidate.path || path.startsWith(`${candidate.path}.`));
  const unit = field?.unit ? ` (${field.unit})` : "";
  return [`Setting "${path}"${source} is not usable: ${issue.message}${unit}.`];
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}

/**
 * Checks settings, fills in defaults and freezes the result.
 * @param source told in messages, such as ` in /data/sightline.json`.
 * @throws ServerError CONFIG_INVALID with one line per problem; an unknown key names the nearest known one.
 */
export function parseConfig(input: ConfigInput | Readonly<Record<string, unknown>>, source = ""): Config {
  const result = ConfigSchema.safeParse(input);
  if (result.success) return deepFreeze(result.data);
  throw errors.configInvalid({ problems: result.error.issues.flatMap((issue) => describeIssue(issue, source)) });
}
