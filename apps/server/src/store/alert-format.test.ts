/** A data folder of the fourth format comes forward: recipients count as confirmed, mails on their way are delivered. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import Libsql from "libsql";
import { openPost } from "../actions/test-post.js";
import { firstIdAt } from "../ids.js";
import { openCore, temporaryFolder, until } from "../test-fixtures.js";
import { openDatabase } from "./database.js";
import { migrations } from "./migrations.js";

const id = (number: number) => firstIdAt(Date.parse("2026-03-01T12:00:00.000Z") + number);

async function fourthFormat(folder: string): Promise<void> {
  await openDatabase(folder, migrations.slice(0, 4)).close();
  const database = new Libsql(join(folder, "sightline.db"));
  const payload = JSON.stringify({
    ...{ to: ["qa@plant.example", "b@plant.example"], subject: "Defect Detection Alert - AssemblyLine: l Camera: c" },
    ...{ inspectionId: id(9), projectName: "castings", cameraId: "c", assemblyLineId: "l", imageId: "i" },
    ...{ receivedAt: "2026-03-01T12:00:00.000Z", capturedAt: null, label: "anomaly", confidence: 0.9, score: 0.95 },
    modelVersion: 1,
  });
  database.exec(`
    insert into projects (id, name, created_at, is_sample, running_model_id, threshold, recipients, alert_confidence)
      values ('${id(0)}', 'castings', 7, 0, null, 0.5, '["qa@plant.example","b@plant.example","QA@plant.example"]', 0.2);
    insert into actions (id, kind, inspection_id, project_id, idempotency_key, status, next_attempt_at, created_at, summary, payload)
      values ('${id(20)}', 'mail', null, '${id(0)}', 'k', 'pending', 1, 1, 's', '${payload}');
  `);
  database.close();
}

test("recipients of before go on getting mails, and a mail that waited is sent as it was stored", async (t) => {
  const folder = await temporaryFolder(t);
  await fourthFormat(folder);
  const post = await openPost(t);
  const core = await openCore(folder, { config: { smtp: { url: post.url } } });
  t.after(() => core.close());
  const recipients = await core.store.read.recipients.list(id(0));
  assert.deepEqual(
    recipients.map(({ address, status }) => [address, status]),
    [
      ["b@plant.example", "confirmed"],
      ["qa@plant.example", "confirmed"],
    ],
  );
  for (const recipient of recipients) assert.match(recipient.id, /^[0-9A-HJKMNP-TV-Z]{26}$/);
  assert.equal((await core.store.read.projects.get(id(0)))?.digestSeconds, 300);
  await until(() => post.mails.length === 1, "the mail arrives");
  const mail = await post.read(0);
  assert.equal(mail.subject, "Defect Detection Alert - AssemblyLine: l Camera: c");
  assert.deepEqual(
    mail.to?.map(({ address }) => address),
    ["qa@plant.example", "b@plant.example"],
  );
});
