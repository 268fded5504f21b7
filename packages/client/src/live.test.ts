import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import test, { type TestContext } from "node:test";
import type { LiveEvent } from "@sightline/api/live";
import { WebSocket, WebSocketServer } from "ws";
import { createClient } from "./client.js";
import { liveEvents, type SocketConstructor } from "./live.js";

const socket = WebSocket as unknown as SocketConstructor;
const hello = { type: "hello", at: "2026-01-02T03:04:05.678Z" } as const;
const changed = (change: "created" | "changed" | "deleted") =>
  ({ type: "project", projectId: "01JD0000000000000000000000", change }) as const;

async function startFeed(t: TestContext, greet: (connection: WebSocket, count: number) => void) {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await new Promise((resolve) => server.once("listening", resolve));
  const asked: { url: string | undefined; token: string | undefined }[] = [];
  server.on("connection", (connection, request) => {
    asked.push({ url: request.url, token: request.headers.authorization });
    greet(connection, asked.length);
  });
  t.after(() => {
    for (const one of server.clients) one.terminate();
    server.close();
  });
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const send = (connection: WebSocket, ...events: unknown[]) => {
  for (const event of events) connection.send(JSON.stringify(event));
};

test("events arrive in order, from the project asked for, with the token", async (t) => {
  const { url, asked } = await startFeed(t, (connection) =>
    send(connection, hello, changed("created"), changed("changed")),
  );
  const stop = new AbortController();
  const seen: LiveEvent[] = [];
  const client = createClient({ url, token: "secret" });
  const options = { signal: stop.signal, WebSocket: socket, projectId: "01JD0000000000000000000000" };
  for await (const event of liveEvents(client, options)) {
    seen.push(event);
    if (seen.length === 3) stop.abort();
  }
  assert.deepEqual(seen, [hello, changed("created"), changed("changed")]);
  assert.deepEqual(asked, [{ url: "/api/live?project=01JD0000000000000000000000", token: "Bearer secret" }]);
});

test("after a lost connection it connects again and begins with hello", async (t) => {
  const { url, asked } = await startFeed(t, (connection, count) => {
    send(connection, hello);
    if (count < 3) connection.close();
    else send(connection, changed("deleted"));
  });
  const connections: boolean[] = [];
  const stop = new AbortController();
  let hellos = 0;
  const options = {
    signal: stop.signal,
    WebSocket: socket,
    firstWaitMs: 1,
    onConnection: (isConnected: boolean) => connections.push(isConnected),
  };
  for await (const event of liveEvents(createClient({ url }), options)) {
    if (event.type === "hello") hellos++;
    else stop.abort();
  }
  assert.equal(hellos, 3);
  assert.equal(asked.length, 3);
  assert.deepEqual(connections, [true, false, true, false, true, false]);
});

test("a server that is not there yet is waited for", async (t) => {
  let tries = 0;
  const { url } = await startFeed(t, (connection) => send(connection, hello));
  class Late extends WebSocket {
    constructor(address: string, options?: { headers: Record<string, string> }) {
      super(++tries < 3 ? "ws://127.0.0.1:1/" : address, options);
    }
  }
  const options = { WebSocket: Late as unknown as SocketConstructor, firstWaitMs: 1 };
  for await (const event of liveEvents(createClient({ url }), options)) {
    assert.deepEqual(event, hello);
    break;
  }
  assert.equal(tries, 3);
});

test("what is no event, or one of a newer server, is skipped", async (t) => {
  const { url } = await startFeed(t, (connection) => {
    connection.send("not json");
    send(connection, { type: "fromTheFuture" }, { ...hello, at: "yesterday" }, hello);
  });
  for await (const event of liveEvents(createClient({ url }), { WebSocket: socket })) {
    assert.deepEqual(event, hello);
    break;
  }
});

test("leaving the loop closes the connection", async (t) => {
  const closed = new Promise<void>((resolve) => {
    startFeed(t, (connection) => {
      connection.on("close", () => resolve());
      send(connection, hello);
    }).then(async ({ url }) => {
      for await (const _ of liveEvents(createClient({ url }), { WebSocket: socket })) break;
    });
  });
  await closed;
});

test("a reader that stands still gets a new connection instead of an endless queue", async (t) => {
  const flooded = Array.from({ length: 2_500 }, () => changed("changed"));
  const { url, asked } = await startFeed(t, (connection, count) => {
    send(connection, hello, ...(count === 1 ? flooded : []));
    if (count === 2) send(connection, changed("deleted"));
  });
  let lost = () => {};
  const connectionLost = new Promise<void>((resolve) => {
    lost = resolve;
  });
  const options = {
    WebSocket: socket,
    firstWaitMs: 1,
    onConnection: (isConnected: boolean) => {
      if (!isConnected) lost();
    },
  };
  let events = 0;
  for await (const event of liveEvents(createClient({ url }), options)) {
    events++;
    if (events === 1) await connectionLost;
    if (event.type === "project" && event.change === "deleted") break;
  }
  assert.equal(asked.length, 2);
  assert.ok(events < 2_400, `${events} events`);
});

test("without any WebSocket it says what to pass", async (t) => {
  const global = globalThis as { WebSocket?: unknown };
  const before = global.WebSocket;
  global.WebSocket = undefined;
  t.after(() => {
    global.WebSocket = before;
  });
  const feed = liveEvents(createClient({ url: "http://127.0.0.1:1" }));
  await assert.rejects(feed.next(), /"ws" package/);
});
