/** For tests: calls a route in process and holds its reply against the OpenAPI document that callers are given. */
import assert from "node:assert/strict";
import { openApiDocument } from "@sightline/api/openapi";
import type { Route } from "@sightline/api/route";
import { type RouteName, routes } from "@sightline/api/routes";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { FastifyInstance } from "fastify";

export interface InjectedCall {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly bytes?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly remoteAddress?: string;
}

export interface InjectedReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly bytes: Buffer;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever it expects; the schema has been checked
  readonly json: any;
}

/** @throws AssertionError when the status is not one the document lists for this route, or the body is not of the form it gives. */
export type CheckedInject = (name: RouteName, call?: InjectedCall) => Promise<InjectedReply>;

const DOCUMENT_ID = "https://sightline.example/openapi.json";

export function checkedInject(app: FastifyInstance): CheckedInject {
  const check = replyChecker();
  return async (name, call = {}) => {
    const route: Route = routes[name];
    const path = route.path.replace(/:([A-Za-z]+)/g, (_, key: string) => encodeURIComponent(call.params?.[key] ?? ""));
    const payload = call.bytes
      ? Buffer.from(call.bytes)
      : call.body === undefined
        ? undefined
        : JSON.stringify(call.body);
    const contentType = call.bytes ? (route.consumes[0] ?? "image/jpeg") : "application/json";
    const response = await app.inject({
      method: route.method,
      url: path,
      query: call.query ?? {},
      headers: {
        host: "127.0.0.1",
        ...(payload === undefined ? {} : { "content-type": contentType }),
        ...call.headers,
      },
      ...(payload === undefined ? {} : { payload }),
      ...(call.remoteAddress === undefined ? {} : { remoteAddress: call.remoteAddress }),
    });
    const isJson = String(response.headers["content-type"] ?? "").startsWith("application/json");
    const json: unknown = isJson ? response.json() : undefined;
    check(name, response.statusCode, json, response.rawPayload.length);
    return { status: response.statusCode, headers: response.headers, bytes: response.rawPayload, json };
  };
}

/** @returns a function that throws when a reply is not what the document says. */
export function replyChecker(): (name: RouteName, status: number, json: unknown, bodyBytes: number) => void {
  const document = openApiDocument({ version: "0.0.0-test", publicUrl: "http://127.0.0.1:8080" });
  // Not strict: the document's own words (paths, info, …) are no JSON Schema.
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(document, DOCUMENT_ID);
  const validators = new Map<string, ReturnType<typeof ajv.compile>>();

  return (name, status, json, bodyBytes) => {
    const route: Route = routes[name];
    const path = route.path.replace(/:([A-Za-z]+)/g, "{$1}");
    const responses = document.paths[path]?.[route.method.toLowerCase()]?.responses ?? {};
    const response = responses[String(status)];
    const where = `${route.method} ${route.path} → ${status}`;
    assert.ok(
      response,
      `${where}: the document lists only ${Object.keys(responses).join(", ")}; body: ${JSON.stringify(json)}`,
    );
    const resolved = resolve(document, response);
    const schema = (resolved.content as Record<string, { schema?: object }> | undefined)?.["application/json"]?.schema;
    if (schema === undefined) {
      if (resolved.content === undefined && status === 204) assert.equal(bodyBytes, 0, `${where}: must have no body`);
      return;
    }
    const pointer =
      typeof response.$ref === "string"
        ? response.$ref
        : `#/paths/${path.replaceAll("~", "~0").replaceAll("/", "~1")}/${route.method.toLowerCase()}/responses/${status}`;
    const address = encodeURI(`${DOCUMENT_ID}${pointer}/content/application~1json/schema`);
    const validate = validators.get(address) ?? ajv.compile({ $ref: address });
    validators.set(address, validate);
    assert.ok(
      validate(json),
      `${where}: ${ajv.errorsText(validate.errors)}; body: ${JSON.stringify(json)?.slice(0, 2000)}`,
    );
  };
}

function resolve(document: object, response: Record<string, unknown>): Record<string, unknown> {
  if (typeof response.$ref !== "string") return response;
  let node: unknown = document;
  for (const key of response.$ref.replace("#/", "").split("/")) node = (node as Record<string, unknown>)[key];
  return node as Record<string, unknown>;
}
