/** Holds what came in against the route table's schemas; a refusal names the field, what was expected and what came. */
import type { Route } from "@sightline/api/route";
import { z } from "zod";
import { errors, type ServerError } from "../errors.js";
import { nearest } from "../nearest.js";

/** The checked values, defaults filled in. */
export interface CheckedValues {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

/** @throws ServerError PARAMETER_MISSING, PARAMETER_INVALID or PARAMETER_UNKNOWN for the first problem; `details.problems` has all of them. */
export function checkValues(route: Route, values: CheckedValues): CheckedValues {
  const parts = [
    check("path", route.params, values.params),
    check("query", route.query, values.query),
    // A body of which every field has a default may be left out.
    check("body", route.body, values.body ?? {}),
  ] as const;
  const problems = parts.flatMap((part) => part.problems);
  const first = problems[0];
  if (first !== undefined) {
    const details = { problems: problems.map((problem) => problem({}).message) };
    throw first({ details });
  }
  return { params: parts[0].value, query: parts[1].value, body: parts[2].value };
}

type Problem = (options: { details?: Record<string, unknown> }) => ServerError;

function check(where: string, schema: z.ZodType | undefined, input: unknown): { value: unknown; problems: Problem[] } {
  if (schema === undefined) return { value: undefined, problems: [] };
  const result = schema.safeParse(input);
  if (result.success) return { value: result.data, problems: [] };
  return {
    value: undefined,
    problems: result.error.issues.flatMap((issue) => problemsOf(where, schema, issue, input)),
  };
}

function problemsOf(where: string, schema: z.ZodType, issue: z.core.$ZodIssue, input: unknown): Problem[] {
  if (issue.code === "unrecognized_keys") {
    const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
    return issue.keys.map(
      (key) => (options) =>
        errors.parameterUnknown({ name: [...issue.path, key].join("."), where, nearest: nearest(key, known) }, options),
    );
  }
  const name = issue.path.join(".");
  const got = valueAt(input, issue.path);
  if (got === undefined && name !== "") return [(options) => errors.parameterMissing({ name, where }, options)];
  const problem = `expected ${expectation(issue)}, got ${shown(got)}`;
  return [
    (options) =>
      errors.parameterInvalid(
        name === "" ? { name: where, where: "request", problem } : { name, where, problem },
        options,
      ),
  ];
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return /^[aeiou]/.test(issue.expected) ? `an ${issue.expected}` : `a ${issue.expected}`;
    case "invalid_value":
      return `${issue.values.length > 1 ? "one of " : ""}${issue.values.map((value) => JSON.stringify(value)).join(", ")}`;
    case "too_small":
      return `${measured[issue.origin]?.before ?? ""}at least ${issue.minimum}${measured[issue.origin]?.after ?? ""}`;
    case "too_big":
      return `${measured[issue.origin]?.before ?? ""}at most ${issue.maximum}${measured[issue.origin]?.after ?? ""}`;
    case "invalid_format":
      // Our schemas say in words what their pattern means; the library's own sentence begins like this.
      return (
        formats[issue.format] ??
        (issue.message.startsWith("Invalid") ? `text of the form ${issue.pattern ?? issue.format}` : issue.message)
      );
    default:
      return issue.message.replace(/^Invalid input: expected /, "");
  }
}

const measured: Readonly<Record<string, { before: string; after: string }>> = {
  string: { before: "a text of ", after: " characters" },
  array: { before: "a list of ", after: " entries" },
};

const formats: Readonly<Record<string, string>> = {
  datetime: "a time in UTC with milliseconds, such as 2026-01-31T12:00:00.000Z",
  email: "a mail address",
  stringbool: "true or false",
};

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

/** A value as it is shown in a message: short, and recognisable. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
