import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openTestService, type TestService } from "./test-service.js";

describe("the web app's files", () => {
  let service: TestService;
  let folder: string;
  before(async () => {
    service = await openTestService();
    folder = join(service.services.config.dataFolder, "web");
  });
  after(() => service.close());

  const get = (url: string) => service.http.app.inject({ url, headers: { host: "127.0.0.1" } });

  test("before they are built a page says how to build them", async () => {
    const reply = await get("/");
    assert.equal(reply.statusCode, 503);
    assert.match(reply.body, /npm start/);
  });

  test("every page address gets the one page, with a policy that lets only our own scripts run", async () => {
    await mkdir(join(folder, "assets"), { recursive: true });
    await writeFile(join(folder, "index.html"), "<!doctype html><title>Sightline</title>");
    await writeFile(join(folder, "assets", "app-1a2b3c.js"), "export {};");
    await writeFile(join(folder, "favicon.svg"), "<svg/>");
    for (const page of ["/", "/projects", "/inspections/01ARZ3NDEKTSV4RRFFQ69G5FAV?x=1"]) {
      const reply = await get(page);
      assert.equal(reply.statusCode, 200, page);
      assert.match(reply.body, /Sightline/);
      assert.match(String(reply.headers["content-security-policy"]), /default-src 'self'.*frame-ancestors 'none'/);
      assert.doesNotMatch(String(reply.headers["content-security-policy"]), /script-src|unsafe-eval/);
      assert.equal(reply.headers["cache-control"], "no-cache");
    }
  });

  test("files named by their content may be kept for ever, others are asked for again", async () => {
    const asset = await get("/assets/app-1a2b3c.js");
    assert.match(String(asset.headers["content-type"]), /javascript/);
    assert.match(String(asset.headers["cache-control"]), /immutable/);
    assert.equal((await get("/favicon.svg")).headers["cache-control"], "no-cache");
  });

  test("a missing file and a path out of the folder are not found", async () => {
    for (const path of ["/assets/gone.js", "/../secret.key", "/%2e%2e/secret.key", "/assets/..%2f..%2fsecret.key"]) {
      const reply = await get(path);
      assert.ok(!reply.body.includes("Sightline</title>") || reply.statusCode === 404, path);
      assert.doesNotMatch(reply.body, /^[0-9a-f]{64}\s*$/, path);
      assert.ok([200, 400, 403, 404].includes(reply.statusCode), `${path}: ${reply.statusCode}`);
    }
    assert.equal((await get("/assets/gone.js")).statusCode, 404);
    assert.equal((await get("/../secret.key")).statusCode, 404);
  });

  test("an address of the API is never answered with the page", async () => {
    for (const path of ["/api", "/api/nothing", "/upload/x", "/metrics/x"]) {
      const reply = await get(path);
      assert.equal(reply.statusCode, 404, path);
      assert.equal(reply.json().code, "ROUTE_NOT_FOUND");
    }
  });
});
