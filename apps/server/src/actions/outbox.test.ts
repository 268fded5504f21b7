/** Mails on defects: stored with the verdict, delivered at least once, retried with pauses, parked in the end. */
import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import type { Services } from "../services.js";
import { addLine, inspected, jpeg, openTestCore, playedModel, send, until, verdict } from "../test-fixtures.js";
import { openPost } from "./test-post.js";

const recipient = "quality@example.com";

async function openDefectLine(
  t: TestContext,
  smtpUrl: string | null,
  outbox: { attempts?: number } = {},
  timeoutSeconds = 20,
): Promise<Services> {
  const core = await openTestCore(t, {
    model: playedModel(() => verdict(0.9)),
    config: { smtp: { url: smtpUrl, timeoutSeconds }, outbox: { attempts: 3, ...outbox } },
  });
  const { modelId } = await addLine(core, [recipient]);
  await core.deployments.start(modelId, "ada");
  return core;
}

async function onlyAction(core: Services, status: string) {
  const actions = async () => (await core.store.read.actions.list({ limit: 10 })).items;
  await until(async () => (await actions())[0]?.status === status, `the action is ${status}`);
  const items = await actions();
  assert.equal(items.length, 1);
  const [action] = items;
  assert.ok(action);
  return action;
}

test("inspecting a failed one again sends no second mail", async (t) => {
  const post = await openPost(t);
  const core = await openDefectLine(t, post.url);
  const inspection = await inspected(core, await send(core, await jpeg(1)));
  await onlyAction(core, "delivered");
  await core.store.write(async (tx) => {
    const { recordOutcomes } = await import("../inspect/outcomes.js");
    assert.equal(await recordOutcomes(tx, inspection, core.now()), 0);
  });
  core.outbox.wake();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(post.mails.length, 1);
});

test("a mail server that is down is tried again, then the mail is parked; sent again by a person, it arrives", async (t) => {
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
  const address = closed.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  await new Promise((resolve) => closed.close(resolve));
  const core = await openDefectLine(t, `smtp://127.0.0.1:${port}`);
  const inspection = await inspected(core, await send(core, await jpeg(1)));
  assert.equal(inspection.status, "inspected");
  const parked = await onlyAction(core, "parked");
  assert.equal(parked.attempts, 3);
  assert.match(parked.lastError ?? "", /ECONNREFUSED/);

  const post = await openPost(t, {}, port);
  assert.equal((await core.outbox.retry(parked.id)).status, "pending");
  await onlyAction(core, "delivered");
  assert.equal(post.mails.length, 1);
  await assert.rejects(core.outbox.retry(parked.id), { code: "ACTION_NOT_PARKED" });
});

test("a mail server that refuses once gets the mail at the next attempt", async (t) => {
  let refusals = 0;
  const post = await openPost(t, {
    onMailFrom(_address, _session, done) {
      refusals++;
      done(refusals === 1 ? new Error("greylisted, try again") : null);
    },
  });
  const core = await openDefectLine(t, post.url);
  await inspected(core, await send(core, await jpeg(1)));
  const action = await onlyAction(core, "delivered");
  assert.deepEqual([action.attempts, action.lastError, post.mails.length], [2, null, 1]);
});

test("what becomes due while the outbox looks through it is not slept over", async (t) => {
  let attempts = 0;
  const post = await openPost(t, {
    onMailFrom(_address, _session, done) {
      done(attempts++ === 0 ? new Error("greylisted, try again") : null);
    },
  });
  // Each look at the clock finds it 7 ms later: an action put off by 10 ms is due between two of them.
  let nowMs = Date.parse("2026-01-01T00:00:00Z");
  const core = await openTestCore(t, {
    model: playedModel(() => verdict(0.9)),
    config: { smtp: { url: post.url }, outbox: { backoffSeconds: 0.01 } },
    now: () => {
      nowMs += 7;
      return nowMs;
    },
  });
  const { modelId } = await addLine(core, [recipient]);
  await core.deployments.start(modelId, "ada");
  await inspected(core, await send(core, await jpeg(1)));
  await onlyAction(core, "delivered");
  assert.equal(attempts, 2);
});

test("a mail server that never says a word is given up on", async (t) => {
  const sockets = new Set<Socket>();
  const silent: Server = createServer((socket) => sockets.add(socket));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  const address = silent.address();
  const url = `smtp://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  const core = await openDefectLine(t, url, { attempts: 1 }, 0.2);
  await inspected(core, await send(core, await jpeg(1)));
  const parked = await onlyAction(core, "parked");
  assert.match(parked.lastError ?? "", /Greeting never received|did not end within|[Tt]imeout/);
});

test("without a mail server mails wait in the outbox and use up no attempts", async (t) => {
  const core = await openDefectLine(t, null);
  await inspected(core, await send(core, await jpeg(1)));
  core.outbox.wake();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const action = await onlyAction(core, "pending");
  assert.equal(action.attempts, 0);
});
