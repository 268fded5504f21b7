/** Which verdict is mailed, with which subject and pictures, and how a camera's many alerts become one digest. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { decodeImage, encodePng } from "@sightline/dataset/image-file";
import type { ConfigInput } from "../config.js";
import type { Prediction } from "../inspect/predictors.js";
import type { Services } from "../services.js";
import {
  addLine,
  inspected,
  jpeg,
  openTestCore,
  type PlayedModel,
  playedModel,
  send,
  until,
  verdict,
} from "../test-fixtures.js";
import { messageIdOf } from "./mail.js";
import { header, openPost, type Post } from "./test-post.js";

const recipient = "quality@example.com";

interface AlertLine {
  readonly core: Services;
  readonly post: Post;
  readonly projectId: string;
  /** What the model says of the next picture. */
  answer: Prediction;
  /** Moves the clock. */
  later(ms: number): void;
}

async function openAlertLine(
  t: TestContext,
  options: { recipients?: readonly string[]; config?: Omit<ConfigInput, "dataFolder"> } = {},
): Promise<AlertLine> {
  const post = await openPost(t);
  let aheadMs = 0;
  const line = {
    post,
    answer: verdict(0.9),
    later: (ms: number) => {
      aheadMs += ms;
    },
  };
  const core = await openTestCore(t, {
    model: playedModel(() => line.answer),
    config: { smtp: { url: post.url }, ...options.config },
    now: () => Date.now() + aheadMs,
  });
  const { projectId, modelId } = await addLine(core, options.recipients ?? [recipient]);
  await core.deployments.start(modelId, "ada");
  return Object.assign(line, { core, projectId });
}

const mailed = (post: Post, count: number) => until(() => post.mails.length >= count, `${count} mails arrive`);
/** Half sure by another way: what counts is the confidence, not the score. */
const sure = (score: number, confidence: number): Prediction => ({ ...verdict(score), confidence });

const cases = [
  ["an anomaly at the limit", sure(0.6, 0.2), "Defect Detection Alert - AssemblyLine: line-1 Camera: cam-1"],
  [
    "an anomaly just below the limit",
    sure(0.6, 0.1999),
    "LOW Confidence - Defect Detection Alert - AssemblyLine: line-1 Camera: cam-1",
  ],
  [
    "a normal part below the limit",
    sure(0.45, 0.1),
    "Low Confidence Alert for Non-anomalous image - AssemblyLine: line-1 Camera: cam-1",
  ],
] as const;

for (const [what, answer, subject] of cases) {
  test(`${what} is mailed as "${subject.split(" - Assembly")[0]}"`, async (t) => {
    const line = await openAlertLine(t);
    line.answer = answer;
    await inspected(line.core, await send(line.core, await jpeg(1)));
    await mailed(line.post, 1);
    const mail = await line.post.read(0);
    assert.equal(mail.subject, subject);
    assert.deepEqual(mail.to, [{ address: recipient, name: "" }]);
  });
}

test("a normal part at the limit, a class without good and bad, and a project without recipients send nothing", async (t) => {
  const line = await openAlertLine(t);
  line.answer = sure(0.4, 0.2);
  await inspected(line.core, await send(line.core, await jpeg(1)));
  line.answer = {
    ...verdict(0.9),
    task: "classification",
    label: "bolt",
    labels: ["bolt"],
    isAnomalous: null,
    score: null,
  };
  await inspected(line.core, await send(line.core, await jpeg(2)));
  await line.core.recipients.set(line.projectId, []);
  line.answer = verdict(0.9);
  await inspected(line.core, await send(line.core, await jpeg(3)));
  assert.deepEqual((await line.core.store.read.actions.list({ limit: 10 })).items, []);
});

test("the mail shows the picture and its heat map, says what was found and where to see more", async (t) => {
  const line = await openAlertLine(t);
  // Opaque red, so that the heat map is told from the picture.
  const red = new Uint8Array(16 * 12 * 4).map((_, i) => (i % 4 === 0 || i % 4 === 3 ? 255 : 0));
  line.answer = verdict(0.9, await encodePng({ width: 16, height: 12, data: red }));
  const inspection = await inspected(line.core, await send(line.core, await jpeg(40), "part-7"));
  await mailed(line.post, 1);
  const mail = await line.post.read(0);
  const pictures = mail.attachments.map(({ filename, mimeType, disposition, contentId }) => ({
    filename,
    mimeType,
    disposition,
    contentId,
  }));
  assert.deepEqual(pictures, [
    { filename: "picture.jpg", mimeType: "image/jpeg", disposition: "inline", contentId: "<picture.jpg@sightline>" },
    { filename: "heat-map.jpg", mimeType: "image/jpeg", disposition: "inline", contentId: "<heat-map.jpg@sightline>" },
  ]);
  for (const { contentId } of pictures) assert.ok(mail.html?.includes(`src="cid:${contentId?.slice(1, -1)}"`));
  const [picture, heatMap] = await Promise.all(
    mail.attachments.map(({ content }) => decodeImage(new Uint8Array(content as ArrayBuffer))),
  );
  assert.deepEqual([picture?.width, picture?.height, heatMap?.width, heatMap?.height], [16, 12, 16, 12]);
  assert.ok((picture?.data[0] ?? 255) < 60, "the picture is dark grey");
  assert.ok((heatMap?.data[0] ?? 0) > 200, "the heat map is red");
  for (const text of [mail.text ?? "", mail.html ?? ""]) {
    assert.match(text, /castings/);
    assert.match(text, /part-7/);
    assert.match(text, /80\.0 %/);
    assert.ok(text.includes(`http://sightline.test/inspections/${inspection.id}`));
  }
  assert.equal(header(mail, "auto-submitted"), "auto-generated");
});

test("an unsure normal part is mailed with where it looks least normal, for the model is asked for it", async (t) => {
  const post = await openPost(t);
  const red = await encodePng({ width: 16, height: 12, data: new Uint8Array(16 * 12 * 4).fill(255) });
  const asked: unknown[] = [];
  const open: PlayedModel["open"] = async () => ({
    async predict(_bytes, options) {
      asked.push(options);
      // As the models do: no map of a sure normal.
      const answer = asked.length === 1 ? sure(0.45, 0.1) : sure(0.2, 0.6);
      const isWanted = options.heatMap === "anomalous" && answer.confidence < (options.heatMapBelowConfidence ?? 0);
      return { ...answer, ...(isWanted ? { heatMapPng: red } : {}) };
    },
    close: async () => {},
  });
  const core = await openTestCore(t, { model: { ...playedModel(), open }, config: { smtp: { url: post.url } } });
  const { modelId } = await addLine(core, [recipient]);
  await core.deployments.start(modelId, "ada");
  const unsure = await inspected(core, await send(core, await jpeg(1)));
  const certain = await inspected(core, await send(core, await jpeg(2)));
  await mailed(post, 1);
  const mail = await post.read(0);
  assert.deepEqual(
    mail.attachments.map(({ filename }) => filename),
    ["picture.jpg", "heat-map.jpg"],
  );
  assert.match(mail.html ?? "", /Where it looks least normal/);
  assert.deepEqual([unsure.hasHeatMap, certain.hasHeatMap], [true, false]);
});

test("what a camera or a project is called can't become HTML, and each mail has an id of its own", async (t) => {
  const line = await openAlertLine(t);
  line.answer = { ...verdict(0.9), label: '<img src="x">' };
  const inspection = await inspected(line.core, await send(line.core, await jpeg(1)));
  await mailed(line.post, 1);
  const mail = await line.post.read(0);
  assert.ok(mail.html?.includes("&lt;img src=&quot;x&quot;&gt;"));
  const [confirmed] = await line.core.store.read.recipients.confirmed(line.projectId);
  assert.equal(mail.messageId, messageIdOf(`mail-alert-${inspection.id}-${confirmed?.id}`));
});

test("an inspection deleted before its mail goes is mailed without its picture, and says so", async (t) => {
  const line = await openAlertLine(t, { config: { smtp: { url: null } } });
  const inspection = await inspected(line.core, await send(line.core, await jpeg(1)));
  const [action] = (await line.core.store.read.actions.list({ limit: 1 })).items;
  await line.core.removal.inspection(inspection.id);
  const due = (await line.core.store.read.actions.due("mail", Number.MAX_SAFE_INTEGER, 1))[0];
  assert.ok(due !== undefined && due.id === action?.id);
  const { mailAction } = await import("./mail.js");
  const { recipientLinks } = await import("./recipient-links.js");
  const { store, blobs, config, publicUrl } = line.core;
  const links = recipientLinks({ prove: () => "x".repeat(43) }, publicUrl);
  const settings = { ...config.smtp, url: line.post.url };
  await mailAction({ settings, authorities: undefined, store, blobs, links, publicUrl }).deliver(
    due,
    new AbortController().signal,
  );
  const mail = await line.post.read(0);
  assert.equal(mail.attachments.length, 0);
  assert.match(mail.text ?? "", /have been deleted since/);
});

test("of 1,000 alerts of one camera the first is mailed at once and the rest come as one digest", async (t) => {
  const line = await openAlertLine(t);
  const first = await inspected(line.core, await send(line.core, await jpeg(1), "part-0"));
  await mailed(line.post, 1);
  // Recorded as the workflow does it; the pictures themselves are not what this is about.
  const { recordOutcomes } = await import("../inspect/outcomes.js");
  const bytes = await jpeg(2);
  line.answer = sure(0.6, 0.1);
  const unsure = await inspected(line.core, await send(line.core, bytes, "part-1"));
  for (let batch = 0; batch < 10; batch++) {
    await line.core.store.write(async (tx) => {
      for (let n = 0; n < 100; n++) {
        const id = line.core.newId();
        const picture = { sha256: first.imageSha256, bytes: 1, format: "jpeg", width: 16, height: 12 } as const;
        const place = { projectId: line.projectId, cameraId: "cam-1", assemblyLineId: "line-1" };
        const times = { capturedAtMs: null, receivedAtMs: line.core.now() };
        await tx.inspections.insert({
          ...{ id, uploadId: id, uploadExpiresAtMs: 0, imageId: `part-${batch}-${n}`, status: "waiting", picture },
          ...place,
          ...times,
        });
        await recordOutcomes(tx, { ...first, id }, line.core.now());
      }
    });
  }
  assert.equal(line.post.mails.length, 1);
  line.later(303_000);
  line.core.outbox.wake();
  await mailed(line.post, 2);
  const digest = await line.post.read(1);
  assert.equal(digest.subject, "Digest: 1001 alerts - AssemblyLine: line-1 Camera: cam-1");
  assert.match(digest.text ?? "", /^Defect Detection Alert: 1000$/m);
  assert.match(digest.text ?? "", /^LOW Confidence - Defect Detection Alert: 1$/m);
  assert.match(digest.text ?? "", /The first 20 are listed here/);
  assert.ok(digest.text?.includes(`/inspections/${unsure.id}`));
  assert.ok(digest.attachments.length >= 1);

  line.answer = verdict(0.9);
  await inspected(line.core, await send(line.core, await jpeg(3), "part-2"));
  await mailed(line.post, 3);
  assert.match((await line.post.read(2)).subject ?? "", /^Defect Detection Alert - /);
});

test("two cameras do not share a digest, and a digest time of 0 mails each alert by itself", async (t) => {
  const line = await openAlertLine(t);
  await line.core.store.write((tx) =>
    tx.cameras.insert({ id: "cam-2", projectId: line.projectId, name: "second", assemblyLineId: "line-1" }),
  );
  const { addressOf } = await import("../test-fixtures.js");
  const sendTo = async (cameraId: string, grey: number) => {
    const upload = await line.core.uploads.createUpload({ cameraId, assemblyLineId: "line-1", imageId: "p" });
    const accepted = await line.core.uploads.acceptUpload(
      addressOf(upload.pathAndQuery),
      "image/jpeg",
      await jpeg(grey),
    );
    await inspected(line.core, accepted.inspectionId);
  };
  await sendTo("cam-1", 1);
  await sendTo("cam-2", 2);
  await mailed(line.post, 2);
  await line.core.store.write((tx) => tx.projects.change(line.projectId, { digestSeconds: 0 }));
  await sendTo("cam-1", 3);
  await sendTo("cam-1", 4);
  await mailed(line.post, 4);
  for (const index of [0, 1, 2, 3]) assert.match((await line.post.read(index)).subject ?? "", /^Defect Detection/);
});

test("each recipient has a mail of their own", async (t) => {
  const line = await openAlertLine(t, { recipients: ["a@plant.example", "b@plant.example"] });
  await inspected(line.core, await send(line.core, await jpeg(1)));
  await mailed(line.post, 2);
  const to = await Promise.all([0, 1].map(async (index) => (await line.post.read(index)).to));
  assert.deepEqual(to.map((addresses) => addresses?.map(({ address }) => address)).sort(), [
    ["a@plant.example"],
    ["b@plant.example"],
  ]);
});
