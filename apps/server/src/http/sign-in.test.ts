import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openTestService, type TestService } from "./test-service.js";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

describe("tokens", () => {
  let service: TestService;
  let admin: Record<string, string>;
  before(async () => {
    service = await openTestService();
    admin = await service.tokenOf("admin");
  });
  after(() => service.close());

  const create = async (body: object) => (await service.call("createToken", { headers: admin, body })).json;
  const me = (headers: Record<string, string>) => service.call("getMe", { headers });

  test("a new token works in both headers and its secret is shown only once", async () => {
    const token = await create({ name: "line 4", role: "device", cameraIds: ["cam-4"] });
    const known = { kind: "token", name: "line 4", role: "device", cameraIds: ["cam-4"] };
    assert.deepEqual((await me({ authorization: `Bearer ${token.secret}` })).json, known);
    assert.deepEqual((await me({ authorizationtoken: token.secret })).json, known);
    const listed = (await service.call("listTokens", { headers: admin })).json.items;
    assert.equal(JSON.stringify(listed).includes(token.secret), false);
    assert.ok(listed.some(({ id }: { id: string }) => id === token.id));
  });

  test("a missing, an unknown and a malformed token are answered 401", async () => {
    assert.equal((await me({})).json.code, "NOT_SIGNED_IN");
    for (const headers of [
      { authorization: "Bearer slt_unknown" },
      { authorizationtoken: "slt_unknown" },
      { authorization: "Basic YWRtaW46YWRtaW4=" },
    ]) {
      const reply = await me(headers);
      assert.deepEqual([reply.status, reply.json.code], [401, "TOKEN_UNKNOWN"]);
    }
  });

  test("an expired token is answered 401 and says when it expired", async () => {
    const token = await create({ name: "short", role: "viewer", expiresInDays: 1 });
    const headers = { authorization: `Bearer ${token.secret}` };
    assert.equal((await me(headers)).status, 200);
    service.later(DAY_MS + 1);
    const reply = await me(headers);
    assert.deepEqual([reply.status, reply.json.code], [401, "TOKEN_EXPIRED"]);
    assert.match(reply.json.message, new RegExp(token.expiresAt));
  });

  test("a revoked token is answered 403", async () => {
    const token = await create({ name: "lost", role: "admin" });
    await service.call("revokeToken", { headers: admin, params: { tokenId: token.id } });
    const reply = await me({ authorization: `Bearer ${token.secret}` });
    assert.deepEqual([reply.status, reply.json.code], [403, "TOKEN_REVOKED"]);
  });

  test("a wrong bearer token is refused even beside a good cookie", async () => {
    const cookie = await service.cookieOf("admin");
    assert.equal((await me({ ...cookie, authorization: "Bearer slt_wrong" })).status, 401);
  });

  test("the time of last use is kept to the minute", async () => {
    const token = await create({ name: "used", role: "viewer" });
    assert.equal(token.lastUsedAt, null);
    const lastUsed = async () =>
      (await service.call("listTokens", { headers: admin })).json.items.find(
        ({ id }: { id: string }) => id === token.id,
      ).lastUsedAt;
    await me({ authorization: `Bearer ${token.secret}` });
    const first = await lastUsed();
    assert.ok(first);
    await me({ authorization: `Bearer ${token.secret}` });
    assert.equal(await lastUsed(), first);
    service.later(2 * MINUTE_MS);
    await me({ authorization: `Bearer ${token.secret}` });
    assert.notEqual(await lastUsed(), first);
  });

  test("a device token names its cameras, others name none", async () => {
    const post = (body: object) => service.call("createToken", { headers: admin, body });
    assert.equal((await post({ name: "x", role: "device" })).status, 400);
    assert.equal((await post({ name: "x", role: "viewer", cameraIds: ["cam-1"] })).status, 400);
  });

  test("many wrong credentials from one address are answered 429, a good one never", async () => {
    let last = 0;
    for (let i = 0; i < 70 && last !== 429; i++) last = (await me({ authorization: "Bearer slt_guess" })).status;
    const limited = await me({ authorization: "Bearer slt_guess" });
    assert.equal(limited.json.code, "TOO_MANY_REQUESTS");
    assert.ok(Number(limited.headers["retry-after"]) > 0);
    assert.equal((await me(admin)).status, 200);
  });
});

describe("sign-in links", () => {
  let service: TestService;
  let admin: Record<string, string>;
  before(async () => {
    service = await openTestService();
    admin = await service.tokenOf("admin");
  });
  after(() => service.close());

  async function newCode(body: object = { name: "ada", role: "operator" }): Promise<string> {
    const reply = await service.call("createSignInLink", { headers: admin, body });
    assert.equal(reply.status, 201);
    return new URL(reply.json.url).pathname.split("/").at(-1) as string;
  }

  test("a link works once and is swapped for a cookie that scripts and other sites can't use", async () => {
    const code = await newCode();
    const first = await service.call("signIn", { params: { code } });
    assert.equal(first.status, 303);
    assert.equal(first.headers.location, "/");
    const cookie = String(first.headers["set-cookie"]);
    assert.match(cookie, /^sightline_session=[^;]+;.*HttpOnly/);
    assert.match(cookie, /SameSite=Strict/);
    assert.doesNotMatch(cookie, /Secure/);
    const headers = { cookie: cookie.split(";")[0] as string };
    assert.deepEqual((await service.call("getMe", { headers })).json, {
      kind: "user",
      name: "ada",
      role: "operator",
      cameraIds: [],
    });
    const second = await service.call("signIn", { params: { code } });
    assert.deepEqual([second.status, second.json.code], [401, "SIGN_IN_LINK_INVALID"]);
    assert.equal(second.headers["set-cookie"], undefined);
  });

  test("a link that has expired signs nobody in", async () => {
    const code = await newCode({ name: "bob", role: "viewer", expiresInMinutes: 5 });
    service.later(5 * MINUTE_MS);
    assert.equal((await service.call("signIn", { params: { code } })).json.code, "SIGN_IN_LINK_INVALID");
  });

  test("someone who opens a used link in a browser gets a page, not JSON", async () => {
    const headers = { host: "127.0.0.1", accept: "text/html,*/*" };
    const reply = await service.http.app.inject({ url: "/signin/used", headers });
    assert.equal(reply.statusCode, 401);
    assert.match(String(reply.headers["content-type"]), /^text\/html/);
    assert.match(reply.body, /sign-in link/);
  });

  test("signing out ends the session on the server, not only in the browser", async () => {
    const cookie = await service.cookieOf("viewer");
    const origin = { origin: "http://127.0.0.1" };
    assert.equal((await service.call("signOut", { headers: { ...cookie, ...origin } })).status, 204);
    assert.equal((await service.call("getMe", { headers: cookie })).status, 401);
  });

  test("a session in use lasts, one unused ends", async () => {
    const code = await newCode({ name: "eve", role: "viewer" });
    const { headers } = await service.call("signIn", { params: { code } });
    const cookie = { cookie: String(headers["set-cookie"]).split(";")[0] as string };
    const isSignedIn = async () => (await service.call("getMe", { headers: cookie })).status === 200;
    service.later(20 * DAY_MS);
    assert.equal(await isSignedIn(), true);
    service.later(20 * DAY_MS);
    assert.equal(await isSignedIn(), true);
    service.later(31 * DAY_MS);
    assert.equal(await isSignedIn(), false);
  });
});

test("over https the session cookie is only sent over https", async (t) => {
  const service = await openTestService({ config: { publicUrl: "https://sight.example" } });
  t.after(() => service.close());
  const headers = await service.tokenOf("admin");
  const link = await service.call("createSignInLink", { headers, body: { name: "ada", role: "admin" } });
  assert.match(link.json.url, /^https:\/\/sight\.example\/signin\//);
  const code = link.json.url.split("/").at(-1);
  const reply = await service.call("signIn", { params: { code }, headers: { host: "sight.example" } });
  assert.match(String(reply.headers["set-cookie"]), /; Secure/);
});
