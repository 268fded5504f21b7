import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { addresses } from "./addresses.js";
import { Role } from "./people.js";
import type { Route } from "./routes/route.js";
import { routes } from "./routes.js";

const table = Object.entries<Route>(routes);

test("no two routes answer to the same method and path", () => {
  const seen = table.map(([, route]) => `${route.method} ${route.path.replace(/:\w+/g, ":")}`);
  assert.deepEqual(
    seen.filter((one, at) => seen.indexOf(one) !== at),
    [],
  );
});

test("a route takes a JSON body or raw bytes, never both, and GET and DELETE take none", () => {
  for (const [name, route] of table) {
    const bodies = (route.body === undefined ? 0 : 1) + (route.consumes.length > 0 ? 1 : 0);
    assert.ok(bodies <= 1, name);
    if (route.method === "GET" || route.method === "DELETE") assert.equal(bodies, 0, name);
  }
});

test("an unknown key in params, query or body is refused", () => {
  for (const [name, route] of table) {
    for (const schema of [route.params, route.query, route.body]) {
      if (schema === undefined) continue;
      const problems = schema.safeParse({ "no such key": 1 }).error?.issues ?? [];
      assert.ok(
        problems.some((one) => one.code === "unrecognized_keys"),
        name,
      );
    }
  }
});

test("an admin may do all that any role may do, except that signed calls need no role", () => {
  for (const [name, route] of table) {
    if (typeof route.access === "string") continue;
    assert.ok(route.access.includes("admin"), name);
    assert.ok(
      route.access.every((role) => Role.options.includes(role)),
      name,
    );
  }
});

test("a viewer changes nothing: it may GET, try a picture, and ask why", () => {
  const changes = table
    .filter(([, route]) => Array.isArray(route.access) && route.access.includes("viewer") && route.method !== "GET")
    .map(([name]) => name);
  assert.deepEqual(changes.sort(), [
    "cancelExplanation",
    "explainInspection",
    "explainPicture",
    "explainReview",
    "explainSample",
    "predict",
    "predictWithRunning",
  ]);
});

test("a device may send pictures and ask who it is, nothing else", () => {
  const allowed = table
    .filter(([, route]) => Array.isArray(route.access) && route.access.includes("device"))
    .map(([name]) => name);
  assert.deepEqual(allowed, ["getSignedUrl", "getMe"]);
});

test("plant ids refuse what could become a path or a header", () => {
  const { query } = routes.getSignedUrl;
  const good = { cameraid: "cam-1", assemblylineid: "Line:7", imageid: "20260102_030405.678" };
  assert.ok(query.safeParse(good).success);
  for (const bad of ["", "../x", "a/b", "a\\b", ".hidden", "a b", "a\nb", "ä", "x".repeat(129)]) {
    assert.ok(!query.safeParse({ ...good, cameraid: bad }).success, JSON.stringify(bad));
  }
});

test("lists have a default and a limit of their length", () => {
  assert.equal(routes.listInspections.query.parse({}).limit, 50);
  assert.equal(routes.listInspections.query.parse({ limit: "200" }).limit, 200);
  assert.ok(!routes.listInspections.query.safeParse({ limit: "201" }).success);
  assert.ok(!routes.listInspections.query.safeParse({ limit: "1e9" }).success);
});

test("the addresses are plain values that survive JSON, one for each route and without its prose", () => {
  assert.deepEqual(Object.keys(addresses), Object.keys(routes));
  assert.deepEqual(JSON.parse(JSON.stringify(addresses)), addresses);
  assert.deepEqual(addresses.getSample, {
    method: "GET",
    path: "/api/samples/:sampleId",
    access: ["admin", "operator", "viewer"],
    produces: "application/json",
    hasReply: true,
  });
  assert.equal(addresses.getSampleImage.hasReply, false);
});

test("each row of each file of routes is in the table, and no two files have a row of one name", async () => {
  const folder = join(import.meta.dirname, "routes");
  const names: string[] = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".js") && name !== "route.js")) {
    const exported: Record<string, object> = await import(join(folder, file));
    names.push(...Object.values(exported).flatMap(Object.keys));
  }
  assert.deepEqual(names.sort(), Object.keys(routes).sort());
});
