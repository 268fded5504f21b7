import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import test from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { z } from "zod";
import { openApiDocument } from "./openapi.js";
import type { Route } from "./routes/route.js";
import { routes } from "./routes.js";

const document = openApiDocument({ version: "1.2.3", publicUrl: "https://sight.example" });
const operations = Object.entries(document.paths).flatMap(([path, byMethod]) =>
  Object.entries(byMethod).map(([method, operation]) => ({ path, method, operation })),
);

/** Everything below a node that is an object, with the way to it. */
function* objectsIn(node: unknown, at = "#"): Generator<[string, Record<string, unknown>]> {
  if (typeof node !== "object" || node === null) return;
  if (!Array.isArray(node)) yield [at, node as Record<string, unknown>];
  for (const [key, value] of Object.entries(node)) {
    yield* objectsIn(value, `${at}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`);
  }
}

function lookUp(pointer: string): unknown {
  let node: unknown = document;
  for (const key of pointer.slice(2).split("/")) {
    node = (node as Record<string, unknown> | undefined)?.[key.replaceAll("~1", "/").replaceAll("~0", "~")];
  }
  return node;
}

/** Replies are checked with the document itself, as any other program would do it. */
function validatorOf(schema: unknown) {
  const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
  // CommonJS under NodeNext: the function is the module's `default`.
  addFormats.default(ajv);
  // The document around the schemas is no schema keyword, which strict mode would point out.
  ajv.addKeyword("components");
  ajv.addSchema({ $id: "document", components: { schemas: document.components.schemas } }, "document");
  const external = JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"document#/components/'));
  return ajv.compile(external);
}

test("the document says which OpenAPI, which version and where the server is", () => {
  assert.equal(document.openapi, "3.1.0");
  assert.deepEqual(document.servers, [{ url: "https://sight.example" }]);
  assert.equal((document.info as { version: string }).version, "1.2.3");
});

test("each route of the table is one operation with its own id, and there are no others", () => {
  assert.deepEqual(operations.map(({ operation }) => operation.operationId).sort(), Object.keys(routes).sort());
  for (const { path, method, operation } of operations) {
    const route: Route = routes[operation.operationId as keyof typeof routes];
    assert.equal(method.toUpperCase(), route.method, operation.operationId);
    assert.equal(path.replace(/\{(\w+)\}/g, ":$1"), route.path, operation.operationId);
  }
});

test("each reference leads somewhere", () => {
  let references = 0;
  for (const [at, node] of objectsIn(document)) {
    if (!("$ref" in node)) continue;
    references++;
    assert.ok(lookUp(node.$ref as string) !== undefined, `${at} points to ${String(node.$ref)}`);
  }
  assert.ok(references > 100, `only ${references} references`);
});

test("the words in a path are declared as parameters, all of them and no others", () => {
  for (const { path, operation } of operations) {
    const declared = ((operation.parameters ?? []) as { name: string; in: string; required: boolean }[]).filter(
      (parameter) => parameter.in === "path",
    );
    const written = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    assert.deepEqual(declared.map(({ name }) => name).sort(), written.sort(), path);
    assert.ok(
      declared.every(({ required }) => required),
      path,
    );
  }
});

test("no parameter is declared twice and each has a schema", () => {
  for (const { operation } of operations) {
    const parameters = (operation.parameters ?? []) as { name: string; in: string; schema: object }[];
    assert.equal(new Set(parameters.map((one) => `${one.in} ${one.name}`)).size, parameters.length);
    assert.ok(parameters.every((one) => Object.keys(one.schema).length > 0));
  }
});

test("each response is described, and exactly one of each operation is the success", () => {
  for (const { operation } of operations) {
    const successes = Object.keys(operation.responses).filter((status) => Number(status) < 400);
    assert.equal(successes.length, 1, operation.operationId);
    for (const response of Object.values(operation.responses)) {
      const whole = typeof response.$ref === "string" ? (lookUp(response.$ref) as typeof response) : response;
      assert.equal(typeof whole.description, "string");
    }
  }
});

test("an operation lists the refusals that what it takes can bring", () => {
  const refusalsOf = (id: string) => {
    const found = operations.find(({ operation }) => operation.operationId === id);
    return Object.keys(found?.operation.responses ?? {}).filter((status) => Number(status) >= 400);
  };
  assert.deepEqual(refusalsOf("getHealth"), ["403", "429", "500"]);
  assert.deepEqual(refusalsOf("getSignedUrl"), ["400", "401", "403", "404", "429", "500"]);
  const body = ["409", "413", "415", "422", "429", "500", "507"];
  assert.deepEqual(refusalsOf("addCamera"), ["400", "401", "403", "404", ...body]);
  assert.deepEqual(refusalsOf("putImage"), ["400", "401", "403", "404", ...body, "410", "503"].sort());
});

test("an operation for roles asks for a credential and names the roles; one for anyone does not", () => {
  const schemes = Object.keys(document.components.securitySchemes as object);
  for (const { operation } of operations) {
    const route: Route = routes[operation.operationId as keyof typeof routes];
    const security = operation.security as Record<string, unknown>[];
    if (Array.isArray(route.access)) {
      assert.deepEqual(security.flatMap(Object.keys), schemes);
      assert.deepEqual(operation["x-sightline-roles"], route.access);
    } else {
      assert.deepEqual(security, [], operation.operationId);
    }
  }
});

test("raw bodies are offered by their media types and JSON bodies by their schema", () => {
  assert.deepEqual(document.paths["/api/models/{modelId}/predict"]?.post?.requestBody, {
    required: true,
    content: { "image/jpeg": {}, "image/png": {} },
  });
  const created = document.paths["/api/cameras"]?.post?.requestBody as {
    content: Record<string, { schema: { required: string[] } }>;
  };
  assert.deepEqual(created.content["application/json"]?.schema.required, ["id", "projectId", "assemblyLineId"]);
});

test("each schema is one that a strict JSON Schema 2020-12 validator accepts", () => {
  for (const name of Object.keys(document.components.schemas)) {
    validatorOf({ $ref: `#/components/schemas/${name}` });
  }
  let schemas = 0;
  for (const [, node] of objectsIn(document.paths)) {
    if (typeof node.schema !== "object") continue;
    schemas++;
    validatorOf(node.schema);
  }
  assert.ok(schemas > 60, `only ${schemas} schemas`);
});

test("a field that nobody declared makes a reply invalid", () => {
  const validate = validatorOf({ $ref: "#/components/schemas/ThresholdChange" });
  const reply = { changedAt: "2026-01-02T03:04:05.678Z", changedBy: "ann", modelId: null, threshold: 0.5 };
  assert.ok(validate(reply), JSON.stringify(validate.errors));
  assert.ok(!validate({ ...reply, secret: "x" }));
});

test("a time that is not UTC with milliseconds makes a reply invalid", () => {
  const validate = validatorOf({ $ref: "#/components/schemas/Time" });
  assert.ok(validate("2026-01-02T03:04:05.678Z"));
  assert.ok(!validate("2026-01-02T03:04:05Z"));
  assert.ok(!validate("2026-01-02T03:04:05.678+01:00"));
});

test("making the document leaves zod's global registry as it was", async () => {
  const { Project } = await import("./projects.js");
  assert.equal(z.globalRegistry.get(Project)?.id, undefined);
});

test("each schema that a file beside the document exports is a component of it, under that name", async () => {
  const files = readdirSync(import.meta.dirname).filter((name) => /^[a-z-]+\.js$/.test(name));
  for (const file of files) {
    const exported: Record<string, unknown> = await import(`./${file}`);
    for (const [name, value] of Object.entries(exported)) {
      if (!(value instanceof z.ZodType) || value instanceof z.ZodDefault) continue;
      assert.ok(
        name in document.components.schemas,
        `${file} exports ${name}: add the file to the nouns of openapi.ts`,
      );
    }
  }
});
