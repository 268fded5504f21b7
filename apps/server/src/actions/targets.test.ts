/** Webhooks and MQTT messages against a real HTTP server and a real broker: signed, retried, parked, tried, and never in each other's way. */
import assert from "node:assert/strict";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { type TestContext, test } from "node:test";
import type { Target } from "@sightline/api/alerts";
import { Aedes } from "aedes";
import { connectAsync } from "mqtt";
import { Webhook } from "standardwebhooks";
import type { Services } from "../services.js";
import { addLine, inspected, jpeg, openTestCore, playedModel, send, until, verdict } from "../test-fixtures.js";

async function openLine(t: TestContext, outbox: { attempts?: number; timeoutSeconds?: number } = {}) {
  const core = await openTestCore(t, {
    model: playedModel(() => verdict(0.9)),
    config: { outbox: { attempts: 3, timeoutSeconds: 5, ...outbox } },
  });
  const { projectId, modelId } = await addLine(core);
  await core.deployments.start(modelId, "ada");
  return { core, projectId };
}

/** A target that is told of every verdict. */
async function addTarget(core: Services, target: Parameters<Services["targets"]["add"]>[0]) {
  const added = await core.targets.add(target);
  const rule = { kind: "everyVerdict", limit: null, label: null, outcome: "target", targetId: added.id } as const;
  await core.store.write((tx) => tx.rules.insert({ projectId: target.projectId, ...rule }));
  return added;
}

const listen = (t: TestContext, server: Server, port = 0) =>
  new Promise<number>((resolve) => {
    t.after(() => new Promise<void>((done) => server.close(() => done())));
    server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });

interface Received {
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** @param answer decides by the number of the request, from 1. */
async function openReceiver(
  t: TestContext,
  answer: (count: number, reply: ServerResponse) => void = (_, reply) => reply.writeHead(204).end(),
) {
  const received: Received[] = [];
  const server = createHttpServer((request: IncomingMessage, reply: ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      received.push({
        headers: request.headers as Record<string, string>,
        body: Buffer.concat(chunks).toString("utf8"),
      });
      answer(received.length, reply);
    });
  });
  t.after(() => server.closeAllConnections());
  const port = await listen(t, server);
  return { url: `http://127.0.0.1:${port}/hook`, received };
}

const actionsOf = async (core: Services, target: Pick<Target, "id">) =>
  (await core.store.read.actions.list({ target: target.id, limit: 50 })).items;
const reached = (core: Services, target: Pick<Target, "id">, status: string) =>
  until(async () => (await actionsOf(core, target))[0]?.status === status, `the message is ${status}`);

test("a webhook's message is signed so that the standard's own library accepts it, and refuses it altered", async (t) => {
  const { core, projectId } = await openLine(t);
  const receiver = await openReceiver(t);
  const target = await addTarget(core, {
    ...{ projectId, kind: "webhook", name: "MES" },
    settings: { url: receiver.url },
  });
  assert.match(target.secret ?? "", /^whsec_/);
  const inspection = await inspected(core, await send(core, await jpeg(1)));
  await reached(core, target, "delivered");
  const [request] = receiver.received;
  assert.ok(request);
  const library = new Webhook(target.secret ?? "");
  const message = library.verify(request.body, request.headers) as Record<string, unknown>;
  assert.equal(message.type, "inspection.inspected");
  assert.equal((message.inspection as { id: string }).id, inspection.id);
  assert.deepEqual(message.project, { id: projectId, name: "castings" });
  assert.equal(message.url, `http://sightline.test/inspections/${inspection.id}`);
  assert.equal(message.id, request.headers["webhook-id"]);
  assert.throws(() => library.verify(request.body.replace("castings", "bottles"), request.headers));
  assert.throws(() => new Webhook("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").verify(request.body, request.headers));
});

test("a receiver that fails gets the same id again, and a repeated message is the same one", async (t) => {
  const { core, projectId } = await openLine(t);
  const receiver = await openReceiver(t, (count, reply) => reply.writeHead(count < 3 ? 500 : 200).end("ok"));
  const target = await addTarget(core, {
    ...{ projectId, kind: "webhook", name: "MES" },
    settings: { url: receiver.url },
  });
  await inspected(core, await send(core, await jpeg(1)));
  await reached(core, target, "delivered");
  assert.equal((await actionsOf(core, target))[0]?.attempts, 3);
  assert.equal(new Set(receiver.received.map(({ headers }) => headers["webhook-id"])).size, 1);
  assert.equal(new Set(receiver.received.map(({ body }) => body)).size, 1);
});

test("what a receiver refuses too often is parked with its answer, and goes out when a person says so", async (t) => {
  const { core, projectId } = await openLine(t);
  let isBroken = true;
  const receiver = await openReceiver(t, (_, reply) => reply.writeHead(isBroken ? 503 : 200).end());
  const target = await addTarget(core, {
    ...{ projectId, kind: "webhook", name: "MES" },
    settings: { url: receiver.url },
  });
  await inspected(core, await send(core, await jpeg(1)));
  await inspected(core, await send(core, await jpeg(2)));
  await until(async () => (await core.store.read.targets.get(target.id))?.actions.parked === 2, "both are parked");
  assert.match((await actionsOf(core, target))[0]?.lastError ?? "", /127\.0\.0\.1:\d+ answered 503/);
  isBroken = false;
  assert.equal(await core.outbox.retryAll({ target: target.id }), 2);
  await until(async () => (await core.store.read.targets.get(target.id))?.actions.delivered === 2, "both arrive");
});

test("a receiver that says when to come back is asked then; one that is gone or moved is not asked again", async (t) => {
  const { core, projectId } = await openLine(t);
  const answers: [number, Record<string, string>][] = [
    [429, { "retry-after": "120" }],
    [410, {}],
    [308, { location: "http://127.0.0.1:1/" }],
  ];
  for (const [status, headers] of answers) {
    const receiver = await openReceiver(t, (_, reply) => reply.writeHead(status, headers).end());
    const target = await addTarget(core, {
      ...{ projectId, kind: "webhook", name: String(status) },
      settings: { url: receiver.url },
    });
    await inspected(core, await send(core, await jpeg(status % 256)));
    await until(async () => (await actionsOf(core, target))[0]?.lastError !== null, `${status} is recorded`);
    const [action] = await actionsOf(core, target);
    assert.equal(receiver.received.length, 1);
    if (status === 429) {
      const waitMs = Date.parse(action?.nextAttemptAt ?? "") - core.now();
      assert.ok(waitMs > 60_000 && waitMs <= 120_000, `next in ${waitMs} ms`);
    } else assert.equal(action?.status, "parked");
    await core.targets.remove(target.id);
  }
});

test("a receiver that hangs holds up neither another target nor the server's end", async (t) => {
  const { core, projectId } = await openLine(t, { timeoutSeconds: 3, attempts: 1 });
  const silent = await openReceiver(t, () => {});
  const good = await openReceiver(t);
  const base = { projectId, kind: "webhook" } as const;
  const hanging = await addTarget(core, { ...base, name: "hangs", settings: { url: silent.url } });
  const target = await addTarget(core, { ...base, name: "answers", settings: { url: good.url } });
  for (let n = 1; n <= 6; n++) await inspected(core, await send(core, await jpeg(n)));
  await until(async () => (await core.store.read.targets.get(target.id))?.actions.delivered === 6, "all 6 arrive");
  await until(async () => (await core.store.read.targets.get(hanging.id))?.actions.parked === 6, "all 6 are parked");
  assert.match((await actionsOf(core, hanging))[0]?.lastError ?? "", /no answer within 3000 ms/);
});

test("a target that is switched off takes nothing and loses nothing; a new secret signs from then on", async (t) => {
  const { core, projectId } = await openLine(t);
  const receiver = await openReceiver(t);
  const target = await addTarget(core, {
    ...{ projectId, kind: "webhook", name: "MES" },
    settings: { url: receiver.url },
  });
  await core.targets.change(target.id, { isEnabled: false });
  const secret = await core.targets.renewSecret(target.id);
  await inspected(core, await send(core, await jpeg(1)));
  core.outbox.wake();
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(receiver.received.length, 0);
  await core.targets.change(target.id, { isEnabled: true });
  await reached(core, target, "delivered");
  const [request] = receiver.received;
  assert.ok(request);
  new Webhook(secret).verify(request.body, request.headers);
  assert.throws(() => new Webhook(target.secret ?? "").verify(request.body, request.headers));
});

test("a test message tells at once whether the target answers, and leaves nothing in the outbox", async (t) => {
  const { core, projectId } = await openLine(t);
  const receiver = await openReceiver(t, (count, reply) => reply.writeHead(count === 1 ? 200 : 401).end());
  const target = await core.targets.add({
    ...{ projectId, kind: "webhook", name: "MES" },
    settings: { url: receiver.url },
  });
  assert.equal((await core.targets.try(target.id)).isDelivered, true);
  assert.equal(JSON.parse(receiver.received[0]?.body ?? "{}").type, "test");
  const second = await core.targets.try(target.id);
  assert.deepEqual([second.isDelivered, /answered 401/.test(second.problem ?? "")], [false, true]);
  assert.deepEqual(await actionsOf(core, target), []);
});

test("secrets are sealed in the database, and given back to nobody", async (t) => {
  const { core, projectId } = await openLine(t);
  const settings = { url: "mqtt://127.0.0.1:1", topic: "a", qos: "1", retain: "no", username: "line" };
  const target = await core.targets.add({
    projectId,
    kind: "mqtt",
    name: "broker",
    settings,
    secret: "hunter2hunter2",
  });
  const stored = await core.store.read.targets.stored(target.id);
  assert.ok(stored?.sealedSecret && !stored.sealedSecret.includes("hunter2"));
  assert.ok(!JSON.stringify([target, await core.store.read.targets.list(projectId)]).includes("hunter2"));
  assert.equal(target.hasSecret, true);
  await assert.rejects(core.targets.renewSecret(target.id), { code: "TARGET_SECRET_MISPLACED" });
  await assert.rejects(
    core.targets.add({ projectId, kind: "mqtt", name: "x", settings: { url: "http://x", topic: "a/#" } }),
    { code: "TARGET_SETTINGS_INVALID" },
  );
});

async function openBroker(t: TestContext, port = 0) {
  const broker = await Aedes.createBroker();
  broker.authenticate = (_client, username, password, done) => {
    done(null, username === "line" && password?.toString() === "secret of the line");
  };
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((socket) => {
    sockets.add(socket);
    broker.handle(socket);
  });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  const used = await listen(t, server, port);
  t.after(() => new Promise<void>((resolve) => broker.close(() => resolve())));
  return {
    port: used,
    url: `mqtt://127.0.0.1:${used}`,
    /** Ends it and everybody's connection. */
    stop: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

test("an MQTT message reaches a subscriber on its camera's topic; a broker that was away gets what waited", async (t) => {
  const { core, projectId } = await openLine(t, { attempts: 20 });
  const broker = await openBroker(t);
  const login = { username: "line", password: "secret of the line", reconnectPeriod: 0 };
  const subscriber = await connectAsync(broker.url, login);
  t.after(() => void subscriber.end(true));
  const heard: { topic: string; body: { id: string; inspection: { id: string } } }[] = [];
  subscriber.on("message", (topic, payload) => heard.push({ topic, body: JSON.parse(payload.toString()) }));
  await subscriber.subscribeAsync("sightline/#", { qos: 1 });
  const target = await addTarget(core, {
    ...{ projectId, kind: "mqtt", name: "broker", secret: login.password },
    settings: { url: broker.url, topic: "sightline/{project}/{line}/{camera}", username: "line" },
  });
  const inspection = await inspected(core, await send(core, await jpeg(1)));
  await reached(core, target, "delivered");
  await until(() => heard.length === 1, "the message is heard");
  assert.equal(heard[0]?.topic, "sightline/castings/line-1/cam-1");
  assert.equal(heard[0]?.body.inspection.id, inspection.id);

  subscriber.on("error", () => {});
  await broker.stop();
  await inspected(core, await send(core, await jpeg(2)));
  await until(async () => ((await actionsOf(core, target))[0]?.attempts ?? 0) > 0, "one attempt fails");
  const again = await openBroker(t, broker.port);
  const second = await connectAsync(again.url, login);
  t.after(() => void second.end(true));
  second.on("message", (topic, payload) => heard.push({ topic, body: JSON.parse(payload.toString()) }));
  await second.subscribeAsync("sightline/#", { qos: 1 });
  await reached(core, target, "delivered");
  await until(() => heard.length === 2, "the second message is heard");
});

test("a broker that refuses the password is told of in its own words", async (t) => {
  const { core, projectId } = await openLine(t);
  const broker = await openBroker(t);
  const settings = { url: broker.url, topic: "sightline", username: "line" };
  const target = await core.targets.add({ projectId, kind: "mqtt", name: "broker", settings, secret: "wrong" });
  const refused = await core.targets.try(target.id);
  assert.equal(refused.isDelivered, false);
  assert.match(refused.problem ?? "", /[Nn]ot authorized|[Bb]ad user name/);
  await core.targets.change(target.id, { secret: "secret of the line" });
  assert.deepEqual((await core.targets.try(target.id)).problem, null);
});
