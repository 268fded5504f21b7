import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import test, { type TestContext } from "node:test";
import { ApiCallError, createClient } from "./client.js";

interface Seen {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingMessage["headers"];
  body: Buffer;
}

/** A server that answers what the test says and remembers what it was asked. */
async function startServer(t: TestContext, answer: (reply: ServerResponse, seen: Seen) => void) {
  const requests: Seen[] = [];
  const server = createServer(async (request, reply) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const seen = { method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(parts) };
    requests.push(seen);
    answer(reply, seen);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, requests };
}

function json(reply: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) {
  reply.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

const id = "01JD0000000000000000000000";

test("a call sends the route's method, path, query and token, and gives the reply", async (t) => {
  const { url, requests } = await startServer(t, (reply) => json(reply, 200, { items: [], nextCursor: null }));
  const client = createClient({ url: `${url}/`, token: "secret" });
  const reply = await client.call("listInspections", { query: { camera: "cam:1", cursor: undefined, limit: 7 } });
  assert.deepEqual(reply, { items: [], nextCursor: null });
  assert.equal(requests[0]?.method, "GET");
  assert.equal(requests[0]?.url, "/api/inspections?camera=cam%3A1&limit=7");
  assert.equal(requests[0]?.headers.authorization, "Bearer secret");
});

test("a body is sent as JSON, and without a token no credential goes along", async (t) => {
  const { url, requests } = await startServer(t, (reply) => json(reply, 202, {}));
  await createClient({ url }).call("startTraining", { params: { projectId: id }, body: { seed: 3 } });
  assert.equal(requests[0]?.url, `/api/projects/${id}/train`);
  assert.equal(requests[0]?.headers["content-type"], "application/json");
  assert.equal(requests[0]?.body.toString(), '{"seed":3}');
  assert.equal(requests[0]?.headers.authorization, undefined);
});

test("raw bytes are sent as they are with their own type", async (t) => {
  const { url, requests } = await startServer(t, (reply) => json(reply, 200, {}));
  const bytes = Uint8Array.of(1, 2, 3);
  await createClient({ url }).call("predict", { params: { modelId: id }, bytes, contentType: "image/png" });
  assert.equal(requests[0]?.headers["content-type"], "image/png");
  assert.deepEqual([...(requests[0]?.body ?? [])], [1, 2, 3]);
});

test("a file comes back as bytes with its type, and an empty reply as undefined", async (t) => {
  const { url } = await startServer(t, (reply, { method }) => {
    if (method === "DELETE") reply.writeHead(204).end();
    else reply.writeHead(200, { "content-type": "application/octet-stream" }).end(Buffer.of(9, 8));
  });
  const client = createClient({ url });
  const file = await client.call("getModelFile", { params: { modelId: id } });
  assert.deepEqual([[...file.bytes], file.contentType], [[9, 8], "application/octet-stream"]);
  assert.equal(await client.call("deleteModel", { params: { modelId: id } }), undefined);
});

test("a word in the path is escaped, and a missing one is named", async () => {
  const client = createClient({ url: "http://host" });
  assert.equal(client.address("removeCamera", { params: { cameraId: "a/b?c" } }), "http://host/api/cameras/a%2Fb%3Fc");
  assert.throws(() => client.address("removeCamera", { params: { cameraId: "" } }), /needs "cameraId"/);
});

test("in a page of the server itself addresses have no host", () => {
  assert.equal(
    createClient({ url: "" }).address("getSampleImage", { params: { sampleId: id } }),
    `/api/samples/${id}/image`,
  );
});

test("an address that is not http is refused at once", () => {
  assert.throws(() => createClient({ url: "localhost:8080" }), /http:\/\/ or https:\/\/, got "localhost:8080"/);
});

test("a refusal carries the server's code, message, details and status", async (t) => {
  const { url } = await startServer(t, (reply) =>
    json(reply, 429, { code: "TOO_MANY_REQUESTS", message: "Slow down.", details: { a: 1 } }, { "retry-after": "3" }),
  );
  const error = await createClient({ url })
    .call("getMe")
    .catch((one: unknown) => one);
  assert.ok(error instanceof ApiCallError);
  assert.deepEqual(
    [error.status, error.code, error.message, error.details, error.retryAfterMs, error.isTemporary],
    [429, "TOO_MANY_REQUESTS", "Slow down.", { a: 1 }, 3000, true],
  );
});

test("another service at the address is recognised by what it answers", async (t) => {
  const { url } = await startServer(t, (reply) =>
    reply.writeHead(200, { "content-type": "text/html" }).end("<!doctype html>"),
  );
  await assert.rejects(createClient({ url }).call("getMe"), {
    code: "NOT_A_SIGHTLINE_REPLY",
    message: /GET http:.*\/api\/me should answer JSON, got 200 with text\/html/,
  });
});

test("a page of a proxy that can't reach the server counts as temporary, its 404 does not", async (t) => {
  const { url } = await startServer(t, (reply, seen) =>
    reply.writeHead(seen.url === "/api/me" ? 502 : 404, { "content-type": "text/html" }).end("<h1>no</h1>"),
  );
  const client = createClient({ url });
  const temporary = async (call: Promise<unknown>) =>
    ((await call.catch((one: unknown) => one)) as ApiCallError).isTemporary;
  assert.equal(await temporary(client.call("getMe")), true);
  assert.equal(await temporary(client.call("listProjects")), false);
});

test("nothing listening there is said with the address and what to check", async () => {
  const gone = createServer();
  await new Promise<void>((resolve) => gone.listen(0, "127.0.0.1", resolve));
  const { port } = gone.address() as AddressInfo;
  await new Promise((resolve) => gone.close(resolve));
  await assert.rejects(createClient({ url: `http://127.0.0.1:${port}` }).call("getMe"), {
    status: 0,
    code: "SERVER_UNREACHABLE",
    message: new RegExp(`Cannot reach http://127.0.0.1:${port}: nothing listens there .*sightline serve`),
  });
});

test("a server that does not answer in time is said so", async (t) => {
  const { url } = await startServer(t, () => {});
  await assert.rejects(createClient({ url, timeoutMs: 20 }).call("getMe"), { status: 0, code: "SERVER_TIMED_OUT" });
});

test("an aborted call rejects with the caller's own reason", async (t) => {
  const stop = new AbortController();
  const { url } = await startServer(t, () => stop.abort(new Error("enough")));
  await assert.rejects(createClient({ url }).call("getMe", { signal: stop.signal }), /^Error: enough$/);
  await assert.rejects(createClient({ url }).call("getMe", { signal: stop.signal }), /^Error: enough$/);
});

test("no message shows a signature", async (t) => {
  const { url } = await startServer(t, (reply) => reply.writeHead(403, { "content-type": "text/plain" }).end("no"));
  const put = createClient({ url }).putSigned(`${url}/upload/x?signature=abc`, new Uint8Array(1), {
    contentType: "image/jpeg",
  });
  await assert.rejects(put, (error: Error) => !error.message.includes("abc"));
});

test("wrong calls do not compile", () => {
  // Never run: what counts is that each line marked as an error is one.
  const never = async () => {
    const client = createClient({ url: "" });
    const names: string[] = (await client.call("listProjects")).items.map((one) => one.name);
    const bytes: Uint8Array = (await client.call("getInspectionImage", { params: { inspectionId: id } })).bytes;
    await client.call("signOut");
    // @ts-expect-error a needed word of the path is missing
    await client.call("getModel");
    // @ts-expect-error a needed field of the body is missing
    await client.call("createProject", { body: {} });
    // @ts-expect-error there is no such filter
    await client.call("listInspections", { query: { colour: "red" } });
    // @ts-expect-error the picture is missing
    await client.call("predict", { params: { modelId: id } });
    // @ts-expect-error not a type that the route takes
    await client.call("predict", { params: { modelId: id }, bytes, contentType: "image/gif" });
    // @ts-expect-error there is no such route
    await client.call("listProject");
    return names;
  };
  assert.equal(typeof never, "function");
});
