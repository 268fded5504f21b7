/** The route table as an OpenAPI 3.1 document: what is served at /api/openapi.json. */
import { z } from "zod";
import * as alerts from "./alerts.js";
import * as analytics from "./analytics.js";
import * as backbones from "./backbones.js";
import * as cameras from "./cameras.js";
import * as comparisons from "./comparisons.js";
import * as evaluations from "./evaluations.js";
import * as explanations from "./explanations.js";
import * as inspections from "./inspections.js";
import * as jobs from "./jobs.js";
import * as live from "./live.js";
import * as methods from "./methods.js";
import * as models from "./models.js";
import * as monitoring from "./monitoring.js";
import * as people from "./people.js";
import * as predictions from "./predictions.js";
import * as projects from "./projects.js";
import * as reviews from "./reviews.js";
import type { Route } from "./routes/route.js";
import { routes } from "./routes.js";
import * as samples from "./samples.js";
import * as service from "./service.js";
import * as words from "./words.js";

type JsonObject = Record<string, unknown>;

export interface OpenApiOperation extends JsonObject {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, JsonObject>>;
}

export interface OpenApiDocument extends JsonObject {
  readonly openapi: "3.1.0";
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonObject>> } & JsonObject;
}

export interface OpenApiOptions {
  readonly version: string;
  /** Where this server is reached, without a slash at the end. */
  readonly publicUrl: string;
}

const securitySchemes = {
  token: {
    type: "http",
    scheme: "bearer",
    description: "A token made with `sightline token create` or on the Tokens page",
  },
  authorizationToken: {
    type: "apiKey",
    in: "header",
    name: "authorizationToken",
    description: "The same token, in the header that upload programs of the Lookout for Vision sample use",
  },
  session: {
    type: "apiKey",
    in: "cookie",
    name: "sightline_session",
    description: "Set by a sign-in link; for browsers",
  },
} as const;

/** Why a call is refused, by status; every refusal has the same body. */
const refusals: Readonly<Record<string, string>> = {
  400: "The request is not as described here; the message names the parameter",
  401: "No token, an unknown or expired one, or an altered signature",
  403: "Not allowed for this role, camera, Host or Origin",
  404: "There is no such thing",
  409: "The present state does not allow it",
  410: "It was there and was deleted since",
  413: "The body is too large",
  415: "The body has another content type than said here",
  422: "The body was read but can't be used",
  429: "Too many requests; see Retry-After",
  500: "The server failed; its log says why",
  503: "It can't be done now; see Retry-After",
  507: "The disk is nearly full",
};

export function openApiDocument(options: OpenApiOptions): OpenApiDocument {
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const [name, route] of Object.entries<Route>(routes)) {
    const path = route.path.replace(/:([A-Za-z]+)/g, "{$1}");
    const operations = paths[path] ?? {};
    paths[path] = operations;
    operations[route.method.toLowerCase()] = operationOf(name, route);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Sightline",
      version: options.version,
      description: "Cameras, inspections, projects and models of one Sightline server. All times are UTC.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: options.publicUrl }],
    tags: [...new Set(Object.values(routes).map(tagOf))].map((name) => ({ name })),
    paths,
    components: { schemas: components(), responses: refusalResponses(), securitySchemes },
  };
}

function operationOf(name: string, route: Route): OpenApiOperation {
  const operation: OpenApiOperation = {
    operationId: name,
    summary: route.summary,
    tags: [tagOf(route)],
    security: securityOf(route),
    responses: { [String(route.status)]: successOf(name, route), ...refusalsOf(route) },
  };
  if (Array.isArray(route.access)) operation["x-sightline-roles"] = route.access;
  const parameters = [...parametersOf(route.params, "path"), ...parametersOf(route.query, "query")];
  if (parameters.length > 0) operation.parameters = parameters;
  const body = bodyOf(route);
  if (body !== undefined) operation.requestBody = body;
  return operation;
}

/** `/api/projects/:projectId/train` belongs to "projects"; what lies outside /api has its first word. */
function tagOf(route: Route): string {
  return route.path.replace(/^\/(api\/)?/, "").replace(/[/.].*$/, "");
}

function securityOf(route: Route): readonly JsonObject[] {
  if (!Array.isArray(route.access)) return [];
  return Object.keys(securitySchemes).map((scheme) => ({ [scheme]: [] }));
}

function parametersOf(schema: z.ZodType, place: "path" | "query"): JsonObject[] {
  const { properties = {}, required = [] } = schemaOf(schema, "input") as {
    properties?: Record<string, JsonObject>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }));
}

function bodyOf(route: Route): JsonObject | undefined {
  if (route.body !== undefined) {
    return { required: true, content: { "application/json": { schema: schemaOf(route.body, "input") } } };
  }
  if (route.consumes.length === 0) return undefined;
  // In OpenAPI 3.1 a media type without a schema is raw bytes.
  return { required: true, content: Object.fromEntries(route.consumes.map((type) => [type, {}])) };
}

function successOf(name: string, route: Route): JsonObject {
  if (route.reply !== undefined) {
    return {
      description: route.status === 202 ? "Accepted" : route.status === 201 ? "Created" : "OK",
      content: { "application/json": { schema: schemaOf(route.reply, "output") } },
    };
  }
  if (route.status === 204) return { description: "Done" };
  if (route.status === 303) {
    return {
      description: "Signed in",
      headers: {
        location: { schema: { type: "string" }, description: "The dashboard" },
        "set-cookie": { schema: { type: "string" } },
      },
    };
  }
  if (name === "live") {
    return {
      description: "From here on a WebSocket: each message is one JSON object",
      content: { "application/json": { schema: reference("LiveEvent") } },
    };
  }
  return { description: "The file", content: { [route.produces]: {} } };
}

/** Which refusals a route can give follows from what it takes. */
function refusalsOf(route: Route): Record<string, JsonObject> {
  const takesInput = Object.keys(shapeOf(route.params)).length + Object.keys(shapeOf(route.query)).length > 0;
  const takesBody = route.body !== undefined || route.consumes.length > 0;
  const needsRole = Array.isArray(route.access);
  const statuses = [
    takesInput || takesBody ? [400] : [],
    needsRole || route.access === "signed" ? [401, 403] : [403],
    takesInput || takesBody || route.method === "DELETE" ? [404] : [],
    route.method === "GET" ? [] : [409],
    takesBody ? [413, 415, 422, 507] : [],
    route.access === "signed" && takesBody ? [410, 503] : [],
    [429, 500],
    route.alsoRefuses,
  ].flat();
  return Object.fromEntries(statuses.map((status) => [status, { $ref: `#/components/responses/Refused${status}` }]));
}

function shapeOf(schema: z.ZodType): JsonObject {
  return (schemaOf(schema, "input").properties ?? {}) as JsonObject;
}

function refusalResponses(): Record<string, JsonObject> {
  return Object.fromEntries(
    Object.entries(refusals).map(([status, description]) => [
      `Refused${status}`,
      { description, content: { "application/json": { schema: reference("ApiError") } } },
    ]),
  );
}

// ------------------------------------------------------------------ schemas

/** Gives the exported schemas their names here only, without writing into zod's global registry that others read too. */
class NamedSchemas extends z.core.$ZodRegistry<Record<string, unknown>> {
  override get(schema: z.core.$ZodType) {
    const named = super.get(schema);
    const described = z.globalRegistry.get(schema);
    return named === undefined && described === undefined ? undefined : { ...described, ...named };
  }
}

/** The files whose schemas are the document's components, by their exported names. */
const nouns = [
  words,
  people,
  methods,
  predictions,
  models,
  projects,
  samples,
  backbones,
  jobs,
  reviews,
  comparisons,
  evaluations,
  explanations,
  cameras,
  inspections,
  alerts,
  analytics,
  monitoring,
  service,
  live,
];

const names = new NamedSchemas();
const named = nouns
  .flatMap((noun) => Object.entries<unknown>(noun))
  // A default makes a schema mean different things going in and coming out: it stays where it is used.
  .filter(
    (entry): entry is [string, z.ZodType] => entry[1] instanceof z.ZodType && !(entry[1] instanceof z.ZodDefault),
  );
for (const [id, schema] of named) {
  if (named.some(([other, one]) => other === id && one !== schema)) throw new Error(`Two schemas are named "${id}".`);
  names.add(schema, { id });
}

function reference(id: string): JsonObject {
  return { $ref: `#/components/schemas/${id}` };
}

function components(): Record<string, JsonObject> {
  return Object.fromEntries(named.map(([id, schema]) => [id, convert(schema, "output")]));
}

/** Replies are closed (`additionalProperties: false`), so that a field nobody declared is found; requests are as strict as zod is. */
function schemaOf(schema: z.ZodType, direction: "input" | "output"): JsonObject {
  const id = names.get(schema)?.id;
  const isNamed = typeof id === "string" && named.some(([, one]) => one === schema);
  return isNamed ? reference(id) : convert(schema, direction);
}

function convert(schema: z.ZodType, direction: "input" | "output"): JsonObject {
  const { $schema, $defs, ...root } = z.toJSONSchema(schema, {
    metadata: names,
    io: direction,
    reused: "inline",
    override: ({ jsonSchema }) => {
      // zod writes the range of safe integers at every integer; it says nothing and hides the real limits.
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  // A named schema comes back as a reference to its own definition.
  const own = root.$ref === undefined ? root : $defs?.[root.$ref.replace("#/$defs/", "")];
  return pointToComponents(own ?? root) as JsonObject;
}

/** `#/$defs/Project` → `#/components/schemas/Project`. */
function pointToComponents(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pointToComponents);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) =>
      key === "$ref" && typeof item === "string"
        ? [key, item.replace("#/$defs/", "#/components/schemas/")]
        : [key, pointToComponents(item)],
    ),
  );
}
