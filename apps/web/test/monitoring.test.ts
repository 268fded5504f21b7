/** The monitoring pages against a real server: counters, drift, alarms that ring, and whom they tell. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Client } from "@sightline/client/client";
import { sendLabelledPicture } from "@sightline/client/labelled-pictures";
import { uploadImage } from "@sightline/client/upload";
import { encodePng } from "@sightline/dataset/image-file";
import type { Browser, Page } from "playwright-core";
import { brightnessJudge } from "./brightness-judge.js";
import {
  clientOf,
  looksRight,
  openStage,
  openVisitor,
  type RunningServer,
  skip,
  takePictures,
  type Visitor,
} from "./browser.js";

const trainingPictures = 12;
const inspectedPictures = 54;

/** A grainy plate; with stripes it is another part. */
function plate(seed: number, isStriped = false): Promise<Uint8Array> {
  const [width, height] = [96, 64];
  const data = new Uint8Array(width * height * 3);
  for (let at = 0; at < data.length; at++) {
    const x = Math.floor(at / 3) % width;
    const grain = (at * 7919 + seed * 104_729) % 31;
    data[at] = (isStriped ? (x % 12 < 6 ? 20 : 200) : 95) + grain;
  }
  return encodePng({ width, height, data });
}

describe("the monitoring pages", { skip }, () => {
  let server: RunningServer;
  let browser: Browser;
  let admin: Visitor;
  let page: Page;
  let client: Client;
  let projectId: string;

  before(async () => {
    ({ server, browser, admin, page } = await openStage(["--monitor-drift-seconds", "1"]));
    client = await clientOf(admin, "operator");
  });

  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** A project with training pictures and a model that judges; its camera then sends another part. */
  async function runLine(): Promise<string> {
    const { id } = await client.call("createProject", { body: { name: "plates", recipients: ["qa@plant.example"] } });
    await client.call("addTarget", {
      params: { projectId: id },
      body: { kind: "mqtt", name: "MES", settings: { url: "mqtt://127.0.0.1:9", topic: "plates" } },
    });
    await client.call("addCamera", { body: { id: "cam-1", projectId: id, assemblyLineId: "line-1" } });
    for (let seed = 0; seed < trainingPictures; seed++) {
      const annotation = { label: "normal" };
      await sendLabelledPicture(client, id, { bytes: await plate(seed), annotation, part: "train" });
    }
    const heldOut = Array.from({ length: 40 }, (_, index) => ({ score: 0.3 + index / 200, isAnomaly: false }));
    const model = await client.call("uploadModel", {
      params: { projectId: id },
      bytes: brightnessJudge(heldOut),
      contentType: "application/octet-stream",
    });
    await client.call("startModel", { params: { modelId: model.id } });
    for (let seed = 0; seed < inspectedPictures; seed++) {
      const bytes = await plate(1000 + seed, true);
      await uploadImage(client, { cameraId: "cam-1", lineId: "line-1", imageId: `part-${seed}`, bytes });
    }
    return id;
  }

  test("a server without projects says what alarms are for", async () => {
    await page.goto("/monitoring");
    await page.getByText("No alarm here").waitFor();
    await page.getByText("Nothing was inspected in this time").waitFor();
    await looksRight(admin, "monitoring-empty");
  });

  test("the cameras' counters stand beside how far their pictures are from the training's", async () => {
    projectId = await runLine();
    await page.goto("/monitoring");
    const row = page.getByRole("row", { name: /cam-1/ });
    await row.getByText(String(inspectedPictures), { exact: true }).first().waitFor();
    const giveUpAtMs = Date.now() + 60_000;
    const drift = async () => (await client.call("listDrifts", { query: { project: projectId } })).items[0];
    while ((await drift())?.featureDrift == null && Date.now() < giveUpAtMs) await page.waitForTimeout(200);
    assert.ok(((await drift())?.featureDrift ?? 0) > 1, JSON.stringify(await drift()));
    await page.reload();
    await row
      .getByText(/drifted/)
      .last()
      .hover();
    await page.getByText(/of the latest pictures lie farther from the training pictures than 95 %/).waitFor();
    await page.getByRole("link", { name: "Drift of features" }).waitFor();
    await looksRight(admin, "monitoring");
  });

  test("an alarm is made on a camera's silence that tells one recipient only, and says so on its page", async () => {
    await page.getByRole("button", { name: "New alarm" }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox", { name: "Name" }).fill("Camera fell silent");
    await dialog.getByRole("combobox", { name: "Metric" }).click();
    await page.getByRole("option", { name: "Silence" }).click();
    await dialog.getByText(/the time since its last one/).waitFor();
    await dialog.getByRole("combobox", { name: "Camera" }).click();
    await page.getByRole("option", { name: "cam-1" }).click();
    await dialog.getByRole("textbox", { name: "Threshold" }).fill("600");
    await dialog.getByRole("combobox", { name: "Without data" }).click();
    await page.getByRole("option", { name: "The state stays" }).click();
    await dialog.getByText("Rings when: Silence (maximum) ≥ 600 s in 60 s.").waitFor();
    await dialog.getByRole("combobox", { name: "Whom it tells" }).click();
    await page.getByRole("option", { name: "qa@plant.example" }).click();
    await page.keyboard.press("Escape");
    await looksRight(admin, "alarm-form");
    await dialog.getByRole("button", { name: "Add it" }).click();
    await page.getByRole("heading", { name: "Camera fell silent" }).waitFor();
    await page.getByText("When it becomes Alarm or OK it tells qa@plant.example.").waitFor();
    await looksRight(admin, "alarm");
  });

  test("an alarm is changed to tell everybody, muted, and deleted after a question", async () => {
    await page.getByRole("button", { name: "Change" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("combobox", { name: "Whom it tells" }).click();
    await page.getByRole("option", { name: "qa@plant.example" }).click();
    await page.keyboard.press("Escape");
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByText("it tells the project’s recipients and targets.").waitFor();
    await page.getByRole("button", { name: "Mute" }).click();
    await page.getByRole("menuitem", { name: "For 1 hour" }).click();
    await page.getByRole("button", { name: "Unmute" }).waitFor();
    await page.getByText(/muted until/).waitFor();
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("heading", { name: "Monitoring", exact: true }).waitFor();
    await page.getByRole("link", { name: "Camera fell silent" }).waitFor({ state: "detached" });
  });

  test("an alarm whose receivers were removed says that it tells nobody any more", async () => {
    const { items } = await client.call("listTargets", { params: { projectId } });
    const [alarm] = (await client.call("listAlarms", { query: { project: projectId } })).items;
    assert.ok(alarm && items[0]);
    const {
      id,
      projectId: _,
      projectName,
      mutedUntil,
      state,
      reason,
      stateSince,
      evaluatedAt,
      createdAt,
      ...settings
    } = alarm;
    const tells = { recipientIds: [], targetIds: [items[0].id] };
    await client.call("changeAlarm", { params: { alarmId: id }, body: { ...settings, notifyOn: ["ALARM"], tells } });
    await page.goto(`/monitoring/${id}`);
    await page.getByText("When it becomes Alarm it tells MES.").waitFor();
    await client.call("removeTarget", { params: { targetId: items[0].id } });
    await page.reload();
    await page.getByText(/it tells nobody any more, since those it named were removed/).waitFor();
  });

  test("a viewer sees it all and changes nothing", async () => {
    await page.goto("/people");
    await page.getByRole("textbox", { name: "Name" }).first().fill("Vera");
    await page.getByRole("button", { name: "Make a link" }).click();
    const link = (await page.locator("code").first().textContent()) ?? "";
    const viewer = await openVisitor(browser, server.url, link);
    await viewer.page.goto("/monitoring");
    await viewer.page.getByRole("row", { name: /cam-1/ }).waitFor();
    const add = viewer.page.getByRole("button", { name: "New alarm" });
    assert.equal(await add.getAttribute("aria-disabled"), "true");
    await viewer.page.getByRole("link", { name: "Drift of features" }).click();
    await viewer.page.getByRole("heading", { name: "Drift of features", level: 1 }).waitFor();
    for (const name of ["Mute", "Change", "Delete"])
      assert.equal(await viewer.page.getByRole("button", { name }).getAttribute("aria-disabled"), "true", name);
    await looksRight(viewer, "alarm-viewer");
    await viewer.context.close();
  });

  test("alarms that can't be read say why, and the rest of the page stays", async () => {
    await page.route("**/api/alarms*", (route) =>
      route.fulfill({ status: 400, json: { code: "TEST", message: "The disk is on fire. Put it out." } }),
    );
    await page.goto("/monitoring");
    await page.getByText("The disk is on fire. Put it out.").waitFor();
    await page.getByRole("row", { name: /cam-1/ }).waitFor();
    await takePictures(page, "monitoring-error");
    await page.unroute("**/api/alarms*");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("link", { name: "Drift of features" }).waitFor();
    admin.takeComplaints();
  });
});
