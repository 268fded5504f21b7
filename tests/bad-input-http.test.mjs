/** Bad input over HTTP, each through its real door of a real server: what it answers, and that records and pictures stay as they were. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before } from "node:test";
import { hugePngHeader, jpeg, png, svg } from "./pictures.mjs";
import { adminToken, atEnd, caller, keptState, startServer, temporaryFolder } from "./server-process.mjs";

let server;
let api;
let cookie;
let tokens;
let project;
let data;
let picture;

before(async () => {
  data = mkdtempSync(join(tmpdir(), "sightline-bad-input-"));
  server = await startServer({ data, args: ["--empty"] });
  const admin = await adminToken(server);
  cookie = admin.cookie;
  api = caller(server, admin.token);
  project = await api("POST", "/api/projects", { name: "castings" });
  for (const id of ["cam-1", "cam-2"])
    await api("POST", "/api/cameras", { id, projectId: project.id, assemblyLineId: "line-1" });
  const device = (more) =>
    api("POST", "/api/tokens", { name: "device", role: "device", cameraIds: ["cam-1"], ...more });
  const revoked = await device({ name: "revoked" });
  await api("DELETE", `/api/tokens/${revoked.id}`);
  tokens = {
    admin: admin.token,
    device: (await device({})).secret,
    revoked: revoked.secret,
    expired: (await device({ name: "expired", expiresInDays: 1e-9 })).secret,
  };
  picture = await jpeg();
});
after(async () => {
  await server?.stop();
  rmSync(data, { recursive: true, force: true });
});

/** One request as it is, headers included; fetch would correct some of them. */
function send({ method = "GET", path, headers = {}, body }) {
  return new Promise((resolve, reject) => {
    const call = request(new URL(path, server.url), {
      method,
      agent: false,
      headers: { ...headers, ...(body && { "content-length": body.length }) },
    });
    call.on("response", (reply) => {
      let text = "";
      reply.setEncoding("utf8");
      reply.on("data", (chunk) => {
        text += chunk;
      });
      reply.on("end", () => resolve({ status: reply.statusCode, text, json: parse(text) }));
    });
    call.on("upgrade", (reply, socket) => {
      socket.destroy();
      resolve({ status: reply.statusCode, text: "upgraded", json: undefined });
    });
    // The server may answer before it has read a body that is too large, and close: the answer counts.
    call.on("error", (error) => setTimeout(() => reject(error), 200).unref());
    call.end(body);
  });
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const signedPath = async (query = "cameraid=cam-1&assemblylineid=line-1&imageid=part-1", token = tokens.device) => {
  const reply = await send({ path: `/getsignedurl?${query}`, headers: { authorizationToken: token } });
  assert.equal(reply.status, 200, reply.text);
  const url = new URL(reply.json.uploadURL);
  return url.pathname + url.search;
};

/** Sends what `make` makes and compares before and after. */
async function refused(make, { status, code, says }) {
  const wanted = await make();
  const stateBefore = keptState(data);
  const reply = await send(wanted);
  assert.equal(reply.json?.code, code, reply.text);
  assert.equal(reply.status, status, reply.text);
  assert.match(reply.json.message, says);
  assert.equal(keptState(data), stateBefore);
}

// ---------------------------------------------------------------- what a camera may send wrong

const put =
  (bytes, type = "image/jpeg") =>
  async () => ({
    method: "PUT",
    path: await signedPath(),
    headers: { "content-type": type },
    body: typeof bytes === "function" ? await bytes() : bytes,
  });

const uploads = [
  [
    "text instead of a picture",
    put(Buffer.from("this is not a picture, only text that is long enough")),
    422,
    "NOT_AN_IMAGE",
    /must be a JPEG or PNG file, got .*Nothing was stored/,
  ],
  ["an SVG called JPEG", put(svg), 422, "NOT_AN_IMAGE", /must be a JPEG or PNG file, got .*Nothing was stored/],
  [
    "an SVG called SVG",
    put(svg, "image/svg+xml"),
    415,
    "CONTENT_TYPE_UNSUPPORTED",
    /image\/jpeg or image\/png, got "image\/svg\+xml"/,
  ],
  [
    "a JPEG cut off in the middle",
    put(async () => (await jpeg({ seed: 2 })).subarray(0, 3000)),
    422,
    "IMAGE_TRUNCATED",
    /Send the whole file|Nothing was stored/,
  ],
  [
    "a JPEG cut off in its header",
    put(async () => (await jpeg({ seed: 2 })).subarray(0, 40)),
    422,
    "IMAGE_TRUNCATED",
    /Send the whole file|Nothing was stored/,
  ],
  [
    "a PNG cut off in the middle",
    put(async () => (await png()).subarray(0, 2000), "image/png"),
    422,
    "IMAGE_TRUNCATED",
    /Send the whole file|Nothing was stored/,
  ],
  [
    "a PNG header of 30,000 x 30,000 pixels",
    put(hugePngHeader(30_000, 30_000), "image/png"),
    422,
    "IMAGE_TOO_LARGE",
    /30000 x 30000 .*at most 50 million/,
  ],
  ["a body of 0 bytes", put(Buffer.alloc(0)), 422, "IMAGE_EMPTY", /0 bytes/],
  ["a body of 20 MB", put(Buffer.alloc(20_000_000, 0xff)), 413, "UPLOAD_TOO_LARGE", /at most 8388608 bytes/],
  ["a wrong content type", put(() => picture, "text/plain"), 415, "CONTENT_TYPE_UNSUPPORTED", /got "text\/plain"/],
  ["a PNG called JPEG", put(() => png()), 415, "CONTENT_TYPE_MISMATCH", /image\/jpeg but the bytes are image\/png/],
];
for (const [what, make, status, code, says] of uploads) {
  test(`${what} is refused with ${code}`, () => refused(make, { status, code, says }));
}

// ---------------------------------------------------------------- signed addresses

const changed = (change) => async () => ({
  method: "PUT",
  path: change(await signedPath()),
  headers: { "content-type": "image/jpeg" },
  body: picture,
});
const flip = (path, name, to) => {
  const url = new URL(path, "http://server");
  url.searchParams.set(name, to(url.searchParams.get(name)));
  return url.pathname + url.search;
};
const addresses = [
  [
    "an altered signature",
    (path) => flip(path, "signature", (hex) => (hex[0] === "0" ? "1" : "0") + hex.slice(1)),
    401,
    "SIGNATURE_INVALID",
  ],
  ["an address altered to another camera", (path) => flip(path, "camera", () => "cam-2"), 401, "SIGNATURE_INVALID"],
  ["an address altered to another image id", (path) => flip(path, "image", () => "part-2"), 401, "SIGNATURE_INVALID"],
  [
    "an address altered to live longer",
    (path) => flip(path, "expires", (at) => String(Number(at) + 3600)),
    401,
    "SIGNATURE_INVALID",
  ],
  [
    "an address altered to another upload",
    (path) => path.replace(/(\/upload\/.{25})(.)/, (_, kept, last) => kept + (last === "0" ? "1" : "0")),
    401,
    "SIGNATURE_INVALID",
  ],
  ["a signature of a wrong length", (path) => flip(path, "signature", (hex) => hex.slice(1)), 400, "PARAMETER_INVALID"],
];
for (const [what, change, status, code] of addresses) {
  test(`${what} is refused with ${code}`, () =>
    refused(changed(change), { status, code, says: /altered|"signature"/ }));
}

test("other bytes to an address already used are refused with UPLOAD_USED, the same bytes are the same inspection", async () => {
  const path = await signedPath("cameraid=cam-1&assemblylineid=line-1&imageid=used");
  const headers = { "content-type": "image/jpeg" };
  const first = await send({ method: "PUT", path, headers, body: picture });
  assert.equal(first.status, 200, first.text);
  const other = await jpeg({ seed: 9 });
  await refused(async () => ({ method: "PUT", path, headers, body: other }), {
    status: 409,
    code: "UPLOAD_USED",
    says: new RegExp(first.json.inspectionId),
  });
  const stateBefore = keptState(data);
  const again = await send({ method: "PUT", path, headers, body: picture });
  assert.deepEqual([again.status, again.json.inspectionId], [200, first.json.inspectionId]);
  assert.equal(keptState(data), stateBefore);
});

test("an address whose time is over is refused with SIGNATURE_EXPIRED", async (t) => {
  const folder = temporaryFolder(t, "expired");
  const brief = await startServer({ data: folder, args: ["--empty", "--intake-url-seconds", "1"] });
  atEnd(t, () => brief.stop());
  const briefApi = caller(brief, (await adminToken(brief)).token);
  const { id } = await briefApi("POST", "/api/projects", { name: "brief" });
  await briefApi("POST", "/api/cameras", { id: "cam-1", projectId: id, assemblyLineId: "line-1" });
  const { uploadURL } = await briefApi("GET", "/getsignedurl?cameraid=cam-1&assemblylineid=line-1&imageid=late");
  const expiresMs = Number(new URL(uploadURL).searchParams.get("expires")) * 1000;
  await new Promise((later) => setTimeout(later, expiresMs - Date.now() + 1100));
  const stateBefore = keptState(folder);
  const reply = await fetch(uploadURL, { method: "PUT", headers: { "content-type": "image/jpeg" }, body: picture });
  const { code, message } = await reply.json();
  assert.deepEqual([reply.status, code], [401, "SIGNATURE_EXPIRED"]);
  assert.match(message, /expired at 2\d{3}-/);
  assert.equal(keptState(folder), stateBefore);
});

// ---------------------------------------------------------------- asking for an address

const ask = (query, headers) => async () => ({ path: `/getsignedurl?${query}`, headers: await headers() });
const asDevice = () => ({ authorizationToken: tokens.device });
const whole = "cameraid=cam-1&assemblylineid=line-1&imageid=part-1";
const asks = [
  [
    "no camera",
    ask("assemblylineid=line-1&imageid=part-1", asDevice),
    400,
    "PARAMETER_MISSING",
    /"cameraid" is missing/,
  ],
  [
    "no assembly line",
    ask("cameraid=cam-1&imageid=part-1", asDevice),
    400,
    "PARAMETER_MISSING",
    /"assemblylineid" is missing/,
  ],
  [
    "no image id",
    ask("cameraid=cam-1&assemblylineid=line-1", asDevice),
    400,
    "PARAMETER_MISSING",
    /"imageid" is missing/,
  ],
  [
    "a mistyped parameter",
    ask(`${whole}&capturdat=x`, asDevice),
    400,
    "PARAMETER_UNKNOWN",
    /"capturdat" .*Did you mean "capturedat"\?/,
  ],
  [
    "a path as image id",
    ask("cameraid=cam-1&assemblylineid=line-1&imageid=..%2F..%2Fetc%2Fpasswd", asDevice),
    400,
    "PARAMETER_INVALID",
    /"imageid"/,
  ],
  ["no token", ask(whole, () => ({})), 401, "NOT_SIGNED_IN", /needs a token/],
  [
    "an unknown token",
    ask(whole, () => ({ authorizationToken: `${tokens.device.slice(0, -4)}0000` })),
    401,
    "TOKEN_UNKNOWN",
    /not known/,
  ],
  [
    "an expired token",
    ask(whole, () => ({ authorizationToken: tokens.expired })),
    401,
    "TOKEN_EXPIRED",
    /"expired" expired at/,
  ],
  [
    "a revoked token",
    ask(whole, () => ({ authorizationToken: tokens.revoked })),
    403,
    "TOKEN_REVOKED",
    /"revoked" was revoked/,
  ],
  [
    "a token for another camera",
    ask(whole.replace("cam-1", "cam-2"), asDevice),
    403,
    "CAMERA_DENIED",
    /may not send for camera "cam-2"/,
  ],
  [
    "a camera that does not exist",
    ask(whole.replace("cam-1", "cam-9"), () => ({ authorizationToken: tokens.admin })),
    404,
    "CAMERA_NOT_FOUND",
    /"cam-9"/,
  ],
];
for (const [what, make, status, code, says] of asks) {
  test(`asking for an address with ${what} is refused with ${code}`, () => refused(make, { status, code, says }));
}

// ---------------------------------------------------------------- who may talk to it at all

const asAdmin = () => ({ authorization: `Bearer ${tokens.admin}` });
const addressed = [
  [
    "a wrong Host",
    () => ({ path: "/healthz", headers: { host: "evil.example" } }),
    403,
    "HOST_DENIED",
    /"evil\.example".*allowedHosts/,
  ],
  [
    "a wrong Origin",
    () => ({ path: "/api/projects", headers: { ...asAdmin(), origin: "https://evil.example" } }),
    403,
    "ORIGIN_DENIED",
    /evil\.example.*corsOrigins/,
  ],
  [
    "a page of another site using the cookie",
    () => ({ method: "POST", path: "/api/signout", headers: { cookie, "sec-fetch-site": "cross-site" } }),
    403,
    "ORIGIN_DENIED",
    /corsOrigins/,
  ],
  [
    "a WebSocket from a page of another site",
    () => ({ path: "/api/live", headers: { ...upgrade, cookie, origin: "https://evil.example" } }),
    403,
    "ORIGIN_DENIED",
    /evil\.example/,
  ],
  [
    "a WebSocket with a wrong Host",
    () => ({ path: "/api/live", headers: { ...upgrade, cookie, host: "evil.example" } }),
    403,
    "HOST_DENIED",
    /evil/,
  ],
  [
    "a WebSocket without a token",
    () => ({ path: "/api/live", headers: { ...upgrade } }),
    401,
    "NOT_SIGNED_IN",
    /needs a token/,
  ],
  [
    "a device asking for inspections",
    () => ({ path: "/api/inspections", headers: { authorization: `Bearer ${tokens.device}` } }),
    403,
    "ROLE_DENIED",
    /"device" may not/,
  ],
  [
    "a sign-in link used before",
    () => ({ path: new URL(server.link).pathname, headers: {} }),
    401,
    "SIGN_IN_LINK_INVALID",
    /used already/,
  ],
];
const upgrade = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};
for (const [what, make, status, code, says] of addressed) {
  test(`${what} is refused with ${code}`, () => refused(async () => make(), { status, code, says }));
}

// ---------------------------------------------------------------- what people and programs may send wrong

const json =
  (path, value, method = "POST") =>
  () => ({
    method,
    path,
    headers: { ...asAdmin(), "content-type": "application/json" },
    body: Buffer.from(typeof value === "string" ? value : JSON.stringify(value)),
  });
const sample =
  (query, bytes, type = "image/jpeg") =>
  async () => ({
    method: "POST",
    path: `/api/projects/${project.id}/samples?${query}`,
    headers: { ...asAdmin(), "content-type": type },
    body: await bytes(),
  });
const model = (bytes) => async () => ({
  method: "POST",
  path: `/api/projects/${project.id}/models`,
  headers: { ...asAdmin(), "content-type": "application/octet-stream" },
  body: await bytes(),
});
const nobody = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const calls = [
  ["a body that is not JSON", json("/api/projects", "{name: castings"), 400, "BODY_NOT_JSON", /must be JSON/],
  ["a project without a name", json("/api/projects", {}), 400, "PARAMETER_MISSING", /"name" is missing/],
  ["a project named like a path", json("/api/projects", { name: "../castings" }), 400, "PARAMETER_INVALID", /"name"/],
  [
    "a mistyped key",
    json("/api/projects", { name: "other", recipient: [] }),
    400,
    "PARAMETER_UNKNOWN",
    /Did you mean "recipients"\?/,
  ],
  [
    "a second project of the same name",
    json("/api/projects", { name: "castings" }),
    409,
    "PROJECT_EXISTS",
    /"castings" already/,
  ],
  [
    "a mail address that is none",
    json("/api/projects", { name: "other", recipients: ["nobody"] }),
    400,
    "PARAMETER_INVALID",
    /recipients/,
  ],
  [
    "a camera twice",
    () => json("/api/cameras", { id: "cam-1", projectId: project.id, assemblyLineId: "line-1" })(),
    409,
    "CAMERA_EXISTS",
    /"cam-1" exists/,
  ],
  [
    "a camera in no project",
    json("/api/cameras", { id: "cam-3", projectId: nobody, assemblyLineId: "line-1" }),
    404,
    "PROJECT_NOT_FOUND",
    /01ARZ3/,
  ],
  [
    "a threshold out of range",
    () => json(`/api/projects/${project.id}/threshold`, { threshold: 1.5 }, "PUT")(),
    400,
    "PARAMETER_INVALID",
    /"threshold"/,
  ],
  [
    "a training without pictures",
    () => json(`/api/projects/${project.id}/train`, {})(),
    422,
    "TOO_FEW_SAMPLES",
    /"castings" has no labelled pictures/,
  ],
  [
    "an unknown method",
    () => json(`/api/projects/${project.id}/train`, { method: "magic" })(),
    400,
    "PARAMETER_INVALID",
    /auto.*patchcore.*classifier/,
  ],
  [
    "an inspection that does not exist",
    () => ({ path: `/api/inspections/${nobody}`, headers: asAdmin() }),
    404,
    "INSPECTION_NOT_FOUND",
    /01ARZ3/,
  ],
  [
    "an id that is none",
    () => ({ path: "/api/inspections/1%20OR%201=1", headers: asAdmin() }),
    400,
    "PARAMETER_INVALID",
    /"inspectionId"/,
  ],
  [
    "a cursor that is none",
    () => ({ path: "/api/inspections?cursor=abc", headers: asAdmin() }),
    400,
    "CURSOR_INVALID",
    /not one this server gave/,
  ],
  [
    "a limit out of range",
    () => ({ path: "/api/inspections?limit=1000", headers: asAdmin() }),
    400,
    "PARAMETER_INVALID",
    /"limit"/,
  ],
  [
    "an address that does not exist",
    () => ({ path: "/api/nothing", headers: asAdmin() }),
    404,
    "ROUTE_NOT_FOUND",
    /GET \/api\/nothing/,
  ],
  [
    "a labelled picture that is none",
    sample("label=good", () => svg),
    422,
    "NOT_AN_IMAGE",
    /must be a JPEG or PNG file, got .*Nothing was stored/,
  ],
  [
    "a labelled picture of 20 MB",
    sample("label=good", () => Buffer.alloc(20_000_000, 0xff)),
    413,
    "UPLOAD_TOO_LARGE",
    /at most 8388608/,
  ],
  ["a label with a path in it", sample("label=..%2Fgood", () => picture), 400, "PARAMETER_INVALID", /"label"/],
  [
    "a model file of random bytes",
    model(() => Buffer.alloc(4096, 0x5a)),
    422,
    "MODEL_FILE_INVALID",
    /model file can't be used/,
  ],
  ["a model file of 0 bytes", model(() => Buffer.alloc(0)), 422, "MODEL_FILE_INVALID", /model file can't be used/],
  ["a picture as model file", model(() => picture), 422, "MODEL_FILE_INVALID", /model file can't be used/],
];
for (const [what, make, status, code, says] of calls) {
  test(`${what} is refused with ${code}`, () => refused(async () => make(), { status, code, says }));
}

test("after all of this a good picture still goes through", async () => {
  const reply = await send({
    method: "PUT",
    path: await signedPath(),
    headers: { "content-type": "image/jpeg" },
    body: picture,
  });
  assert.equal(reply.status, 200, reply.text);
});
