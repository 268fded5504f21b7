/** Recipients: asked by mail, told only once they have confirmed, gone with one click; through the HTTP service and a real mail server. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Recipient } from "@sightline/api/alerts";
import { header, openPost, type Post } from "../../actions/test-post.js";
import { until } from "../../test-fixtures.js";
import { addPlayedModel, greyJpeg, openTestService, type TestService } from "../test-service.js";

const codeIn = (text: string | undefined) => /\/mail-links\/([0-9A-Z]{26}[\w-]{43})/.exec(text ?? "")?.[1] ?? "";
const oneClick = { bytes: Buffer.from("List-Unsubscribe=One-Click") };

describe("recipients", () => {
  let service: TestService;
  let post: Post;
  let operator: Record<string, string>;
  let projectId: string;
  const closing: (() => Promise<void>)[] = [];

  before(async () => {
    post = await openPost({ after: (work) => closing.push(work) });
    service = await openTestService({ config: { smtp: { url: post.url }, outbox: { backoffSeconds: 0.01 } } });
    operator = await service.tokenOf("operator");
    const body = { name: "bottles", recipients: ["qa@plant.example"] };
    const created = await service.call("createProject", { headers: operator, body });
    assert.deepEqual(created.json.recipients, ["qa@plant.example"]);
    projectId = created.json.id;
    await service.services.store.write((tx) => tx.projects.change(projectId, { digestSeconds: 0 }));
    const camera = { id: "cam-1", projectId, assemblyLineId: "line-1" };
    await service.call("addCamera", { headers: operator, body: camera });
    const modelId = await addPlayedModel(service.services, projectId);
    await service.call("startModel", { headers: operator, params: { modelId } });
  });
  after(async () => {
    await service.close();
    for (const close of closing) await close();
  });

  const arrived = (count: number) => until(() => post.mails.length >= count, `${count} mails arrive`);
  const list = async (): Promise<Recipient[]> =>
    (await service.call("listRecipients", { headers: operator, params: { projectId } })).json.items;
  const only = async () => {
    const [recipient] = await list();
    assert.ok(recipient);
    return recipient;
  };
  let grey = 0;
  const defect = async () => {
    const query = { cameraid: "cam-1", assemblylineid: "line-1", imageid: "part-1" };
    const { json } = await service.call("getSignedUrl", { headers: operator, query });
    const url = new URL(json.uploadURL);
    const reply = await service.call("putImage", {
      params: { uploadId: url.pathname.split("/").at(-1) ?? "" },
      query: Object.fromEntries(url.searchParams),
      bytes: await greyJpeg(++grey),
    });
    const { inspectionId } = reply.json;
    await until(
      async () => (await service.services.store.read.inspections.get(inspectionId))?.status === "inspected",
      "the picture is inspected",
    );
    return service.services.store.read.actions.ofInspection(inspectionId);
  };

  test("a new recipient is asked by mail and gets no alert before the answer", async () => {
    await arrived(1);
    const mail = await post.read(0);
    assert.equal(mail.subject, "Please confirm: alerts of project bottles");
    assert.equal(header(mail, "list-unsubscribe"), undefined);
    assert.equal((await only()).status, "asked");
    assert.deepEqual(await defect(), []);
    const code = codeIn(mail.text);
    const look = await service.call("getMailLink", { params: { code } });
    assert.deepEqual(look.json, {
      purpose: "confirm",
      address: "qa@plant.example",
      projectName: "bottles",
      status: "asked",
    });
    // Looking, as mail scanners do, is no answer.
    assert.equal((await only()).status, "asked");
  });

  test("following the link confirms, and the next defect is mailed with a way out", async () => {
    const code = codeIn((await post.read(0)).text);
    const followed = await service.call("followMailLink", { params: { code }, ...oneClick });
    assert.deepEqual([followed.status, followed.json.status], [200, "confirmed"]);
    assert.equal((await defect()).length, 1);
    await arrived(2);
    const mail = await post.read(1);
    assert.match(mail.subject ?? "", /^Defect Detection Alert/);
    assert.equal(header(mail, "list-unsubscribe-post"), "List-Unsubscribe=One-Click");
    assert.match(header(mail, "list-unsubscribe") ?? "", /^<http:\/\/127\.0\.0\.1:8080\/mail-links\/[\w-]+>$/);
    assert.equal(codeIn(mail.text), codeIn(header(mail, "list-unsubscribe")));
  });

  test("one click leaves: nothing more is sent, and asking again needs a new answer", async () => {
    const confirm = codeIn((await post.read(0)).text);
    const leave = codeIn(header(await post.read(1), "list-unsubscribe"));
    const left = await service.http.app.inject({
      method: "POST",
      url: `/mail-links/${leave}`,
      headers: { host: "127.0.0.1", "content-type": "multipart/form-data; boundary=x" },
      payload: '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
    });
    assert.deepEqual([left.statusCode, left.json().status], [200, "left"]);
    assert.deepEqual(await defect(), []);
    const project = await service.call("getProject", { headers: operator, params: { projectId } });
    assert.deepEqual(project.json.recipients, []);
    // The first link does not bring back whoever has left.
    const again = await service.call("followMailLink", { params: { code: confirm }, ...oneClick });
    assert.equal(again.json.status, "left");

    const params = { recipientId: (await only()).id };
    const asked = await service.call("askRecipient", { headers: operator, params });
    assert.equal(asked.json.status, "asked");
    await arrived(3);
    const stale = await service.call("followMailLink", { params: { code: confirm }, ...oneClick });
    assert.deepEqual([stale.status, stale.json.code], [404, "MAIL_LINK_INVALID"]);
    const fresh = codeIn((await post.read(2)).text);
    assert.equal(
      (await service.call("followMailLink", { params: { code: fresh }, ...oneClick })).json.status,
      "confirmed",
    );
  });

  test("a link that was altered, or made for another recipient, is refused and changes nothing", async () => {
    const { id } = await only();
    const body = { address: "other@plant.example" };
    const other = (await service.call("addRecipient", { headers: operator, params: { projectId }, body })).json;
    await arrived(4);
    const code = codeIn((await post.read(3)).text);
    for (const forged of [id + code.slice(26), code.slice(0, -1) + (code.endsWith("A") ? "B" : "A")]) {
      const reply = await service.call("followMailLink", { params: { code: forged }, ...oneClick });
      assert.deepEqual([reply.status, reply.json.code], [404, "MAIL_LINK_INVALID"]);
    }
    assert.deepEqual(
      (await list()).map(({ address, status }) => [address, status]),
      [
        ["other@plant.example", "asked"],
        ["qa@plant.example", "confirmed"],
      ],
    );
    const twice = await service.call("addRecipient", {
      headers: operator,
      params: { projectId },
      body: { address: "OTHER@plant.example" },
    });
    assert.deepEqual([twice.status, twice.json.code], [409, "RECIPIENT_EXISTS"]);
    await service.call("removeRecipient", { headers: operator, params: { recipientId: other.id } });
    const gone = await service.call("getMailLink", { params: { code } });
    assert.equal(gone.json.code, "MAIL_LINK_INVALID");
  });

  test("who leaves while the mail server is away is not mailed when it is back", async () => {
    await post.close();
    const [action] = await defect();
    assert.ok(action);
    await service.call("followMailLink", {
      params: { code: codeIn(header(await post.read(1), "list-unsubscribe")) },
      ...oneClick,
    });
    assert.equal(await service.services.store.read.actions.get(action.id), undefined);
  });
});
