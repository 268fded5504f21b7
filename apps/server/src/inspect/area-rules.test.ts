/** Rules on areas, end to end: a model that learnt from masks measures, the rules ask, a webhook is told and a person is asked. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import type { AnomalyArea } from "@sightline/api/predictions";
import { addLine, inspected, jpeg, openTestCore, playedModel, send, until, verdict } from "../test-fixtures.js";

const areas = (shares: Record<string, number>): AnomalyArea[] => {
  const found = Object.entries(shares).map(([label, areaFraction]) => ({ label, colour: "#ff0000", areaFraction }));
  const background = 1 - found.reduce((sum, { areaFraction }) => sum + areaFraction, 0);
  return [{ label: "background", colour: "#ffffff", areaFraction: background }, ...found];
};

const cases = [
  ["more of a label than the limit", verdict(0.9), { cracked: 0.051 }, { messages: 1, isAsked: false }],
  ["exactly the limit", verdict(0.9), { cracked: 0.05 }, { messages: 0, isAsked: false }],
  ["much of another label", verdict(0.9), { burnt: 0.4 }, { messages: 0, isAsked: false }],
  ["two kinds in one picture", verdict(0.9), { cracked: 0.01, burnt: 0.01 }, { messages: 0, isAsked: true }],
  ["both at once", verdict(0.9), { cracked: 0.2, burnt: 0.01 }, { messages: 1, isAsked: true }],
  // The areas are told by another part of the network than the verdict: a rule on an area looks at the area.
  ["a large area in a picture judged normal", verdict(0.1), { cracked: 0.2 }, { messages: 1, isAsked: false }],
  ["nothing but background", verdict(0.9), {}, { messages: 0, isAsked: false }],
  ["a model without masks", verdict(0.9), null, { messages: 0, isAsked: false }],
] as const;

for (const [title, answer, found, expected] of cases) {
  test(`${title}: ${expected.messages} messages, ${expected.isAsked ? "a person is asked" : "nobody is asked"}`, async (t) => {
    const bodies: { rules: { text: string }[]; inspection: { anomalies: AnomalyArea[] } }[] = [];
    const receiver = createServer((request, reply) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        bodies.push(JSON.parse(Buffer.concat(chunks).toString("utf8")));
        reply.writeHead(204).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
    t.after(() => {
      receiver.closeAllConnections();
      receiver.close();
    });
    const anomalies = found === null ? null : areas(found);
    const core = await openTestCore(t, { model: playedModel(() => ({ ...answer, anomalies })) });
    const { projectId, modelId } = await addLine(core);
    await core.deployments.start(modelId, "ada");
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
    const target = await core.targets.add({ projectId, kind: "webhook", name: "MES", settings: { url } });
    await core.store.write(async (tx) => {
      const area = { kind: "areaOfLabel", limit: 0.05, label: "cracked" } as const;
      await tx.rules.insert({ projectId, ...area, outcome: "target", targetId: target.id });
      await tx.rules.insert({
        ...{ projectId, kind: "anomalyTypes", limit: 1, label: null },
        ...{ outcome: "review", targetId: null },
      });
    });
    const inspection = await inspected(core, await send(core, await jpeg(1)));
    assert.deepEqual(inspection.anomalies ?? null, anomalies);
    const actions = (await core.store.read.actions.list({ limit: 10 })).items;
    assert.equal(actions.length, expected.messages);
    assert.equal((await core.store.read.reviews.ofInspection(inspection.id)) !== undefined, expected.isAsked);
    if (expected.messages === 0) return;
    await until(() => bodies.length === 1, "the message arrives");
    assert.deepEqual(
      bodies[0]?.rules.map(({ text }) => text),
      ["“cracked” covers more than 5 % of the picture"],
    );
    assert.deepEqual(bodies[0]?.inspection.anomalies, anomalies);
  });
}
