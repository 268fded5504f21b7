import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import type { LiveEvent } from "@sightline/api/live";
import { WebSocket } from "ws";
import { createLiveFeed } from "../live-feed.js";
import { createLiveDoor } from "./live.js";
import { openTestService, type TestService } from "./test-service.js";

const PROJECT = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const OTHER = "01ARZ3NDEKTSV4RRFFQ69G5FAX";
const changed = (projectId: string): LiveEvent => ({ type: "project", projectId, change: "changed" });

describe("the live socket", () => {
  let service: TestService;
  let address: string;
  before(async () => {
    service = await openTestService();
    await service.http.app.listen({ host: "127.0.0.1", port: 0 });
    address = `127.0.0.1:${(service.http.app.server.address() as AddressInfo).port}`;
  });
  after(() => service.close());

  /** Events in the order they come; `next` waits for one. */
  function listen(headers: Record<string, string>, query = "") {
    const socket = new WebSocket(`ws://${address}/api/live${query}`, { headers });
    const events: LiveEvent[] = [];
    let wake = (): void => {};
    socket.on("message", (data) => {
      events.push(JSON.parse(String(data)) as LiveEvent);
      wake();
    });
    const next = async (): Promise<LiveEvent> => {
      while (events.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return events.shift() as LiveEvent;
    };
    return { socket, next };
  }
  async function refusalOf(headers: Record<string, string>, query = ""): Promise<number> {
    const { socket } = listen(headers, query);
    const [, response] = (await once(socket, "unexpected-response")) as [unknown, { statusCode: number }];
    socket.on("error", () => {});
    socket.terminate();
    return response.statusCode;
  }

  test("greets a viewer and tells what happens", async () => {
    const { socket, next } = listen(await service.tokenOf("viewer"));
    assert.equal((await next()).type, "hello");
    service.services.live.publish(changed(PROJECT));
    assert.deepEqual(await next(), changed(PROJECT));
    socket.close();
  });

  test("takes a browser's cookie from our own page", async () => {
    const cookie = await service.cookieOf("viewer");
    const { socket, next } = listen({ ...cookie, origin: `http://${address}` });
    assert.equal((await next()).type, "hello");
    socket.close();
  });

  test("tells a listener of one project nothing of another", async () => {
    const { socket, next } = listen(await service.tokenOf("viewer"), `?project=${PROJECT}`);
    await next();
    service.services.live.publish(changed(OTHER));
    service.services.live.publish(changed(PROJECT));
    assert.deepEqual(await next(), changed(PROJECT));
    socket.close();
  });

  test("refuses who has no credential, a device, a foreign page, a foreign Host and a wrong query", async () => {
    const viewer = await service.tokenOf("viewer");
    assert.equal(await refusalOf({}), 401);
    assert.equal(await refusalOf(await service.tokenOf("device", ["cam-1"])), 403);
    assert.equal(await refusalOf({ ...viewer, origin: "https://attacker.example" }), 403);
    assert.equal(await refusalOf({ ...viewer, host: "attacker.example" }), 403);
    assert.equal(await refusalOf(viewer, "?project=x"), 400);
  });

  test("closes on whoever talks to it", async () => {
    const { socket, next } = listen(await service.tokenOf("viewer"));
    await next();
    socket.send("hello?");
    const [code] = (await once(socket, "close")) as [number];
    assert.equal(code, 1003);
  });
});

/** A socket that never reads: only what the door does to it is seen. */
class StuckSocket extends EventTarget {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  sent = 0;
  ended: string[] = [];
  readonly #handlers = new Map<string, () => void>();
  on(name: string, handler: () => void): this {
    this.#handlers.set(name, handler);
    return this;
  }
  send(text: string): void {
    this.sent++;
    this.bufferedAmount += text.length;
  }
  ping(): void {
    this.ended.push("ping");
  }
  close(code: number): void {
    this.ended.push(`close ${code}`);
  }
  terminate(): void {
    this.ended.push("terminate");
    this.readyState = 3;
    this.#handlers.get("close")?.();
  }
}

function door(changes: { maxBufferedBytes?: number; maxListeners?: number; heartbeatMs?: number } = {}) {
  const feed = createLiveFeed();
  const options = { feed, now: () => 0, maxBufferedBytes: 200, heartbeatMs: 60_000, maxListeners: 2, ...changes };
  const live = createLiveDoor(options);
  const attach = (): StuckSocket => {
    const socket = new StuckSocket();
    live.attach(socket as unknown as WebSocket, null, async () => true);
    return socket;
  };
  return { feed, live, attach };
}

test("a listener that reads too slowly is cut off and no more is kept for it", () => {
  const { feed, live, attach } = door();
  const socket = attach();
  for (let i = 0; i < 20; i++) feed.publish(changed(PROJECT));
  assert.ok(socket.sent < 6, `${socket.sent} events were buffered`);
  assert.deepEqual(socket.ended, ["close 4008", "terminate"]);
  assert.equal(live.listeners, 0);
});

test("more listeners than allowed are asked to come later", () => {
  const { attach } = door();
  attach();
  attach();
  assert.deepEqual(attach().ended, ["close 1013"]);
});

test("a listener that does not answer a ping is dropped at the next", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const { live, attach } = door({ heartbeatMs: 1000 });
  const socket = attach();
  t.mock.timers.tick(1000);
  assert.deepEqual(socket.ended, ["ping"]);
  t.mock.timers.tick(1000);
  assert.deepEqual(socket.ended, ["ping", "terminate"]);
  assert.equal(live.listeners, 0);
});
