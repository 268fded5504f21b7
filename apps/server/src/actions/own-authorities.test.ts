/** A plant's own certificate authority: mails and MQTT messages go over TLS to servers that it vouches for, and to no others. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createServer, type TLSSocket } from "node:tls";
import { Aedes } from "aedes";
import {
  addLine,
  inspected,
  jpeg,
  openTestCore,
  playedModel,
  send,
  temporaryFolder,
  until,
  verdict,
} from "../test-fixtures.js";
import { readAuthorities } from "./authorities.js";
import { openPost } from "./test-post.js";

/** A key and a certificate that vouches for itself, for 127.0.0.1. */
async function ownCertificate(t: TestContext) {
  const folder = await temporaryFolder(t);
  const [keyFile, file] = [join(folder, "key.pem"), join(folder, "own.pem")];
  const made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=plant";
  const named = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", keyFile, "-out", file];
  execFileSync("openssl", [...made.split(" "), ...named], { stdio: "ignore" });
  return { folder, file, key: readFileSync(keyFile, "utf8"), cert: readFileSync(file, "utf8") };
}

async function openBroker(t: TestContext, pair: { key: string; cert: string }) {
  const broker = await Aedes.createBroker();
  const sockets = new Set<TLSSocket>();
  const server = createServer(pair, (socket) => {
    sockets.add(socket);
    broker.handle(socket);
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => broker.close(() => resolve()));
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const topics: string[] = [];
  broker.on("publish", (packet, client) => client && topics.push(packet.topic));
  return { url: `mqtts://127.0.0.1:${(server.address() as AddressInfo).port}`, topics };
}

for (const isBelieved of [true, false]) {
  test(`a mail server and a broker with a certificate of the plant are ${isBelieved ? "believed with" : "refused without"} its file`, async (t) => {
    const { file, key, cert } = await ownCertificate(t);
    const post = await openPost(t, { secure: true, key, cert });
    const broker = await openBroker(t, { key, cert });
    const core = await openTestCore(t, {
      model: playedModel(() => verdict(0.9)),
      config: {
        smtp: { url: post.url.replace("smtp:", "smtps:") },
        outbox: { attempts: 1, timeoutSeconds: 5, caFile: isBelieved ? file : null },
      },
    });
    const { projectId, modelId } = await addLine(core, ["quality@example.com"]);
    await core.deployments.start(modelId, "ada");
    const settings = { url: broker.url, topic: "parts" };
    const target = await core.targets.add({ projectId, kind: "mqtt", name: "hall", settings });
    const rule = { kind: "everyVerdict", limit: null, label: null, outcome: "target", targetId: target.id } as const;
    await core.store.write((tx) => tx.rules.insert({ projectId, ...rule }));
    await inspected(core, await send(core, await jpeg(1)));
    const actions = async () => (await core.store.read.actions.list({ limit: 10 })).items;
    await until(async () => (await actions()).every(({ status }) => status !== "pending"), "all actions end");
    assert.deepEqual(
      (await actions()).map(({ kind, status }) => `${kind} ${status}`).toSorted(),
      isBelieved ? ["mail delivered", "mqtt delivered"] : ["mail parked", "mqtt parked"],
    );
    assert.deepEqual([post.mails.length, broker.topics], isBelieved ? [1, ["parts"]] : [0, []]);
    if (!isBelieved)
      for (const { lastError } of await actions()) assert.match(lastError ?? "", /self-signed certificate/);
  });
}

test("a file that is missing, or holds something else, is refused at the start by the setting's name", async (t) => {
  const { folder } = await ownCertificate(t);
  assert.throws(() => readAuthorities(join(folder, "none.pem")), /outbox\.caFile.*none\.pem.*ENOENT/);
  assert.throws(() => readAuthorities(join(folder, "key.pem")), /outbox\.caFile.*holds no certificate/);
  const damaged = join(folder, "damaged.pem");
  writeFileSync(damaged, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  assert.throws(() => readAuthorities(damaged), /outbox\.caFile.*damaged\.pem/);
});
