/** What a client token promises when things go wrong between a change and its answer. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { idSource } from "../ids.js";
import { openStore } from "../store/store.js";
import { temporaryFolder } from "../test-fixtures.js";
import { createClientTokens } from "./client-tokens.js";

const key = { accessKeyId: "AKIA", operation: "CreateProject", token: "token-1" };
const call = { key, input: { ProjectName: "cookies" }, status: 200 };

async function open(t: TestContext) {
  const store = openStore(await temporaryFolder(t), Date.now, idSource(Date.now));
  t.after(() => store.close());
  return { store, tokens: () => createClientTokens({ store, now: Date.now }) };
}

test("a process that dies after the change and before the answer has kept the answer", async (t) => {
  const { store, tokens } = await open(t);
  const dies = tokens().once(call, async (keep) => {
    await store.write(async (tx) => keep(tx, { id: await tx.projects.insert({ name: "cookies" }) }));
    throw new Error("the process is gone");
  });
  await assert.rejects(dies, { message: "the process is gone" });
  const [made] = await store.read.projects.list();
  const again = await tokens().once(call, () => Promise.reject(new Error("done a second time")));
  assert.deepEqual(again, { reply: { id: made?.id } });
});

test("a change that is undone leaves no answer behind: the same call is done anew", async (t) => {
  const { store, tokens } = await open(t);
  const fails = tokens().once(call, (keep) =>
    store.write(async (tx) => {
      await keep(tx, { id: await tx.projects.insert({ name: "cookies" }) });
      throw new Error("the disk is full");
    }),
  );
  await assert.rejects(fails, { message: "the disk is full" });
  assert.deepEqual(await store.read.projects.list(), []);
  const again = await tokens().once(call, (keep) => store.write((tx) => keep(tx, "done")));
  assert.deepEqual(again, { reply: "done" });
});
