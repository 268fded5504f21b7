import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openTestService, type TestService } from "./test-service.js";

describe("requests that other sites make a browser send", () => {
  let service: TestService;
  let cookie: Record<string, string>;
  before(async () => {
    service = await openTestService({ config: { corsOrigins: ["https://mes.example"], allowedHosts: ["gateway"] } });
    cookie = await service.cookieOf("admin");
  });
  after(() => service.close());

  let count = 0;
  const create = (headers: Record<string, string>) =>
    service.call("createProject", { headers: { ...cookie, ...headers }, body: { name: `p-${++count}` } });

  test("a Host that is not ours is refused before anything else", async () => {
    const reply = await service.call("getHealth", { headers: { host: "attacker.example" } });
    assert.deepEqual([reply.status, reply.json.code], [403, "HOST_DENIED"]);
    assert.equal((await service.call("getHealth", { headers: { host: "gateway:8080" } })).status, 200);
  });

  test("an Origin that is not ours is refused, even without a cookie", async () => {
    const reply = await service.call("getHealth", { headers: { origin: "https://attacker.example" } });
    assert.deepEqual([reply.status, reply.json.code], [403, "ORIGIN_DENIED"]);
    assert.equal(reply.headers["access-control-allow-origin"], undefined);
  });

  test("a change with the cookie needs our own page behind it", async () => {
    assert.equal((await create({ origin: "http://127.0.0.1" })).status, 201);
    assert.equal((await create({ origin: "http://127.0.0.1", "sec-fetch-site": "same-origin" })).status, 201);
    for (const headers of [
      {},
      { origin: "null" },
      { origin: "https://attacker.example" },
      { origin: "http://127.0.0.1:9999" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site", origin: "https://mes.example" },
      { "sec-fetch-site": "none" },
    ]) {
      const reply = await create(headers);
      assert.deepEqual([reply.status, reply.json.code], [403, "ORIGIN_DENIED"], JSON.stringify(headers));
    }
  });

  test("looking with the cookie needs no Origin: browsers send none with it", async () => {
    assert.equal((await service.call("listProjects", { headers: cookie })).status, 200);
  });

  test("a program with a token needs no Origin", async () => {
    const headers = await service.tokenOf("operator");
    assert.equal((await service.call("createProject", { headers, body: { name: "by-token" } })).status, 201);
  });

  test("pages of a configured origin may read replies, with a token but not with the cookie", async () => {
    const headers = { ...(await service.tokenOf("viewer")), origin: "https://mes.example" };
    const reply = await service.call("listProjects", { headers });
    assert.equal(reply.headers["access-control-allow-origin"], "https://mes.example");
    assert.equal(reply.headers["access-control-allow-credentials"], undefined);
    assert.equal(reply.headers.vary, "origin");
  });

  test("a preflight of a configured origin names what is allowed, another's is refused", async () => {
    const preflight = (origin: string) =>
      service.http.app.inject({
        method: "OPTIONS",
        url: "/api/projects",
        headers: { host: "127.0.0.1", origin, "access-control-request-method": "POST" },
      });
    const good = await preflight("https://mes.example");
    assert.equal(good.statusCode, 204);
    assert.match(String(good.headers["access-control-allow-headers"]), /authorization/);
    assert.equal((await preflight("https://attacker.example")).statusCode, 403);
  });

  test("every reply says that it may be neither framed nor sniffed nor run", async () => {
    for (const reply of [
      await service.call("getHealth"),
      await service.call("listProjects"),
      await service.http.app.inject({ url: "/no/such/file.js", headers: { host: "127.0.0.1" } }),
    ]) {
      assert.equal(reply.headers["x-content-type-options"], "nosniff");
      assert.match(String(reply.headers["content-security-policy"]), /frame-ancestors 'none'/);
      assert.equal(reply.headers["referrer-policy"], "no-referrer");
    }
  });
});

describe("metrics", () => {
  let service: TestService;
  before(async () => {
    service = await openTestService();
  });
  after(() => service.close());

  const read = (remoteAddress: string, headers: Record<string, string> = {}) =>
    service.call("getMetrics", { remoteAddress, headers });

  test("are open to this machine only", async () => {
    for (const address of ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"]) {
      assert.equal((await read(address)).status, 200, address);
    }
    assert.equal((await read("192.0.2.7")).status, 401);
    assert.equal((await read("::ffff:192.0.2.7")).status, 401);
  });

  test("are not open to whom a proxy on this machine passes on, whatever it says of the sender", async () => {
    assert.equal((await read("127.0.0.1", { "x-forwarded-for": "127.0.0.1" })).status, 401);
    assert.equal((await read("192.0.2.7", { "x-forwarded-for": "127.0.0.1" })).status, 401);
  });

  test("are open to a viewer's token from anywhere", async () => {
    const reply = await read("192.0.2.7", await service.tokenOf("viewer"));
    assert.equal(reply.status, 200);
    assert.match(reply.bytes.toString("utf8"), /sightline_pictures\{status="queued"\} 0/);
  });
});
