/** The pages against a real server: from an empty folder to a live inspection, at both widths, in every role. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createClient } from "@sightline/client/client";
import { uploadImage } from "@sightline/client/upload";
import { encodeJpeg } from "@sightline/dataset/image-file";
import { castingDataset } from "@sightline/simulator/casting";
import type { Browser, Page } from "playwright-core";
import { looksRight, openStage, openVisitor, type RunningServer, skip, takePictures, type Visitor } from "./browser.js";

interface Picture {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

/** Large, plain defects: a training on few pictures must tell them apart. */
async function castings(seed: number, normals: number, anomalies: number): Promise<Picture[]> {
  const pictures: Picture[] = [];
  for (const { name, image } of castingDataset({ seed, normals, anomalies, difficulty: 0 })) {
    pictures.push({ name: `${name}.jpg`, mimeType: "image/jpeg", buffer: Buffer.from(await encodeJpeg(image, 90)) });
  }
  return pictures;
}

describe("the pages", { skip }, () => {
  let server: RunningServer;
  let browser: Browser;
  let admin: Visitor;
  let page: Page;

  before(async () => {
    ({ server, browser, admin, page } = await openStage());
  });

  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  test("a visitor without a session is told how to get a sign-in link", async () => {
    const stranger = await openVisitor(browser, server.url);
    await stranger.page.goto("/inspections");
    await stranger.page.getByRole("heading", { name: "Open your sign-in link" }).waitFor();
    assert.ok(await stranger.page.getByText("npx --no-install sightline user link").isVisible());
    await takePictures(stranger.page, "sign-in");
    // The refused request itself is the only thing a browser may report here.
    const complaints = stranger.takeComplaints().filter((text) => !text.includes("401"));
    assert.deepEqual(complaints, []);
    await stranger.context.close();
  });

  test("an empty server welcomes its admin and leads to a new project", async () => {
    await page.goto("/");
    await page.getByRole("heading", { name: "Welcome to Sightline" }).waitFor();
    await looksRight(admin, "welcome");
    await page.getByRole("link", { name: "New project" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("pump housing!");
    await page.getByRole("button", { name: "Continue to the pictures" }).click();
    await page.getByText("These characters are not allowed: !").waitFor();
    await looksRight(admin, "project-new");
    await page.getByRole("textbox", { name: "Name" }).fill("pump housing");
    await page.getByRole("button", { name: "Continue to the pictures" }).click();
    await page.getByRole("heading", { name: "pump-housing" }).waitFor();
  });

  test("dropped pictures are sent, and a file that is none is refused by name with the reason", async () => {
    const pictures = await castings(11, 16, 10);
    const good = pictures.filter(({ name }) => name.startsWith("normal"));
    const bad = pictures.filter(({ name }) => name.startsWith("anomaly"));
    const fake = { name: "notes.jpg", mimeType: "image/jpeg", buffer: Buffer.from("no picture at all") };
    assert.ok(await page.getByRole("button", { name: "Continue to the training" }).isDisabled());
    await page.locator('input[aria-label="Good parts: Choose files"]').setInputFiles([...good, fake]);
    await page.getByText("1 picture was refused").waitFor();
    assert.match((await page.getByRole("listitem").filter({ hasText: "notes.jpg" }).textContent()) ?? "", /JPEG|PNG/);
    await page.locator('input[aria-label="Defective parts: Choose files"]').setInputFiles(bad);
    await page.getByLabel("16 pictures").waitFor();
    await page.getByLabel("10 pictures").waitFor();
    // The browser reports the refused picture's 4xx by itself.
    const complaints = admin.takeComplaints().filter((text) => !/status of 4\d\d/.test(text));
    assert.deepEqual(complaints, []);
    await looksRight(admin, "project-pictures");
  });

  test("a training runs with live progress and ends in a result in plain words, which can be started", async () => {
    await page.getByRole("button", { name: "Continue to the training" }).click();
    await page.getByRole("button", { name: "Train on 26 pictures" }).waitFor();
    await looksRight(admin, "train-ready");
    await page.getByRole("button", { name: "Train on 26 pictures" }).click();
    await page.getByRole("progressbar").waitFor();
    await looksRight(admin, "train-progress");
    await page.getByRole("heading", { name: /Finds .* defects? and rejects/ }).waitFor({ timeout: 60_000 });
    await page.getByRole("heading", { name: "Methods tried" }).waitFor();
    await looksRight(admin, "train-result");
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.getByRole("link", { name: "It runs: connect a camera" }).waitFor();
  });

  test("the threshold moves, shows what it would do, and comes into force with its history", async () => {
    await page.goto("/models");
    await page.getByRole("link", { name: "Version 1" }).click();
    const slider = page.getByRole("slider", { name: "Threshold" });
    await slider.waitFor();
    await slider.focus();
    await page.keyboard.press("Home");
    await page.getByText("of 2 defects pass as good").waitFor();
    assert.match((await slider.getAttribute("aria-valuetext")) ?? "", /^0\.001: 0 escapes, 3 false rejects$/);
    await page.getByRole("button", { name: "Fewest mistakes" }).click();
    await page.keyboard.press("Tab");
    await slider.focus();
    await page.keyboard.press("ArrowRight");
    const chosen = await slider.getAttribute("aria-valuenow");
    await page.getByRole("button", { name: "Apply" }).click();
    await page.getByText(`In force now: ${Number(chosen).toFixed(3)}`).waitFor();
    await looksRight(admin, "model");
    await page.getByRole("button", { name: "History" }).click();
    await page
      .getByRole("dialog")
      .getByRole("cell", { name: Number(chosen).toFixed(3) })
      .waitFor();
    await page.keyboard.press("Escape");
  });

  test("a camera gets a token, and its picture appears on the open dashboard by itself", async () => {
    await page.goto("/cameras");
    await page.getByRole("button", { name: "Add a camera" }).first().click();
    await page.getByRole("dialog").getByRole("textbox", { name: "Id" }).fill("cam-07");
    await page.getByRole("button", { name: "Add it" }).click();
    await page.getByRole("button", { name: "Make a token" }).click();
    await page.getByText("The token is shown only now").waitFor();
    const token = (await page.getByRole("dialog").locator("code").first().textContent()) ?? "";
    await looksRight(admin, "camera-token");
    await page.getByRole("button", { name: "Done" }).click();

    await page.goto("/");
    await page.getByText("No picture has come in yet").waitFor();
    const device = createClient({ url: server.url, token });
    const [good, bad] = await castings(12, 1, 1);
    assert.ok(good && bad);
    await uploadImage(device, { cameraId: "cam-07", lineId: "line-1", imageId: "part-1", bytes: good.buffer });
    await page.getByRole("img", { name: "Picture part-1" }).waitFor();
    await uploadImage(device, { cameraId: "cam-07", lineId: "line-1", imageId: "part-2", bytes: bad.buffer });
    await page.getByRole("img", { name: "Picture part-2" }).waitFor();
    await page.getByText(/in 2 pictures/).waitFor();
    await looksRight(admin, "dashboard");
  });

  test("an inspection shows its verdict, its score, its origin, and the way to its neighbours", async () => {
    await page.goto("/inspections");
    await page
      .getByRole("link", { name: /cam-07/ })
      .first()
      .waitFor();
    await looksRight(admin, "inspections");
    await page.getByRole("link", { name: /part-2/ }).click();
    await page.getByRole("heading", { name: "Picture part-2" }).waitFor();
    assert.ok(await page.getByText("version 1").isVisible());
    assert.match((await page.getByText(/threshold at 0.5/).textContent()) ?? "", /^score [01]\.\d{3}/);
    await looksRight(admin, "inspection");
    await page.getByRole("link", { name: /^Older/ }).click();
    await page.getByRole("heading", { name: "Picture part-1" }).waitFor();
    await page.getByRole("link", { name: /^Newer/ }).waitFor();
    await page.keyboard.press("ArrowLeft");
    await page.getByRole("heading", { name: "Picture part-2" }).waitFor();
  });

  test("filters stay in the address and an empty result offers to clear them", async () => {
    await page.goto("/inspections?camera=cam-99");
    await page.getByText("Nothing matches these filters").waitFor();
    await looksRight(admin, "inspections-none");
    await page.getByRole("button", { name: "Clear the filters" }).click();
    await page.getByRole("link", { name: /part-1/ }).waitFor();
    assert.equal(new URL(page.url()).search, "");
  });

  test("pictures dropped on a model get a verdict without being recorded", async () => {
    await page.goto("/try");
    const files = await castings(13, 1, 1);
    await page.locator('input[aria-label="Drop pictures to try: Choose files"]').setInputFiles(files);
    await page
      .getByText(/% sure/)
      .nth(1)
      .waitFor();
    await looksRight(admin, "try-it");
    const add = page.getByRole("button", { name: /^Add .* to the pictures of pump-housing/ });
    await add.first().click();
    await page.getByRole("menuitem", { name: "Defective parts" }).click();
    await page.getByText("1 picture added to pump-housing.").waitFor();
    await page.getByRole("button", { name: /out again/ }).click();
    await add.nth(1).waitFor();
    await page.goto("/inspections");
    await page.getByRole("link", { name: /part-1/ }).waitFor();
    const fromCamera = page.getByRole("link", { name: /cam-07/ });
    await fromCamera.nth(1).waitFor();
    assert.equal(await fromCamera.count(), 2);
  });

  for (const [path, heading, name] of [
    ["/projects", "Projects", "projects"],
    ["/models", "Models", "models"],
    ["/cameras", "Cameras", "cameras"],
    ["/messages", "Messages", "messages"],
    ["/people", "People & tokens", "people"],
    ["/nowhere", "There is no such page", "not-found"],
  ] as const) {
    test(`${path} shows "${heading}" without complaint at both widths`, async () => {
      await page.goto(path);
      await page.getByRole("heading", { name: heading, exact: true }).waitFor();
      await page.waitForLoadState("networkidle").catch(() => undefined);
      await looksRight(admin, name);
    });
  }

  test("the project page shows pictures, versions and settings", async () => {
    await page.goto("/projects");
    await page.getByRole("link", { name: /pump-housing/ }).click();
    await page.getByLabel("16 pictures").waitFor();
    await looksRight(admin, "project");
    await page.getByRole("tab", { name: "Models" }).click();
    await page.getByText("Succeeded").waitFor();
    await looksRight(admin, "project-models");
    await page.getByRole("tab", { name: "Settings" }).click();
    await page.getByRole("button", { name: "Delete the project" }).click();
    await page.getByText(/26 pictures to learn from/).waitFor();
    await page.getByText(/1 model version .* is running/).waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await looksRight(admin, "project-settings");
  });

  test("a picture asked about is answered with one key, joins the pictures, and can be taken back", async () => {
    await page.goto("/inspections");
    await page.getByRole("link", { name: /part-2/ }).click();
    await page.getByRole("button", { name: "Ask for review" }).click();
    await page.getByText("It is in the review queue.").waitFor();
    await page.goto("/review?reason=person");
    await page.getByText("What does it show?").waitFor();
    await looksRight(admin, "review");
    await page.keyboard.press("1");
    await page.getByText("A person said").waitFor();
    await page.getByText("1 picture joined the pictures of pump-housing").waitFor();
    await page.keyboard.press("u");
    await page.getByText("A person said").waitFor({ state: "hidden" });
    await page.keyboard.press("s");
    await page.getByText("Set aside", { exact: true }).first().waitFor();
    assert.deepEqual(admin.takeComplaints(), []);
  });

  test("a trial of a version takes dropped pictures and shows its answers one by one", async () => {
    await page.goto("/trials");
    await page.getByRole("button", { name: "New trial" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Start" }).click();
    await page.getByRole("heading", { name: "Trial of version 1" }).waitFor();
    await page
      .locator('input[type="file"]')
      .first()
      .setInputFiles(await castings(21, 1, 1));
    await page.getByText("What does it show?").waitFor();
    await looksRight(admin, "trial");
    await page.getByRole("button", { name: "Explain" }).click();
    const dialog = page.getByRole("dialog", { name: "Why this answer?" });
    await dialog.getByText("Activation", { exact: true }).click();
    await dialog.getByRole("button", { name: "Explain" }).click();
    await dialog.getByRole("list", { name: "Strongest regions" }).waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    await page.goto("/trials");
    await page.getByRole("link", { name: "pump-housing, version 1" }).waitFor();
    await looksRight(admin, "trials");
  });

  test("the dark scheme is chosen by hand and kept", async () => {
    await page.goto("/");
    await page.getByRole("button", { name: /^Account of/ }).click();
    await page.getByRole("menuitem", { name: "Dark" }).click();
    await page.reload();
    await page.getByRole("heading", { name: "Anomaly rate" }).waitFor();
    assert.equal(await page.locator("html").getAttribute("data-mantine-color-scheme"), "dark");
    await looksRight(admin, "dashboard-dark");
    await page.getByRole("button", { name: /^Account of/ }).click();
    await page.getByRole("menuitem", { name: "Light" }).click();
  });

  test("a viewer sees everything, may change nothing, and is told whom to ask", async () => {
    await page.goto("/people");
    await page.getByRole("textbox", { name: "Name" }).first().fill("Vera");
    await page.getByRole("button", { name: "Make a link" }).click();
    const link = (await page.locator("code").first().textContent()) ?? "";
    const viewer = await openVisitor(browser, server.url, link);
    await viewer.page.goto("/models");
    const stop = viewer.page.getByRole("button", { name: "Stop" });
    await stop.waitFor();
    assert.equal(await stop.getAttribute("aria-disabled"), "true");
    assert.equal(
      await stop.getAttribute("aria-description"),
      "You are signed in as viewer. Ask an operator or an admin to do this.",
    );
    await stop.click({ force: true });
    assert.equal(await viewer.page.getByRole("dialog").count(), 0);
    assert.equal(await viewer.page.getByRole("link", { name: "People & tokens" }).count(), 0);
    await viewer.page.goto("/people");
    await viewer.page.getByRole("heading", { name: "Not for your role" }).waitFor();
    await looksRight(viewer, "no-permission");
    await viewer.context.close();
  });

  test("a page whose script does not come says so", async () => {
    const away = await openVisitor(browser, server.url);
    await away.context.addCookies(await admin.context.cookies());
    await away.page.goto("/projects");
    await away.page.getByRole("link", { name: /pump-housing/ }).waitFor();
    await away.context.setOffline(true);
    await away.page.getByRole("link", { name: "Cameras" }).first().click();
    await away.page.getByRole("heading", { name: "This page could not be loaded" }).waitFor();
    await away.context.close();
  });

  test("an answer that fails is shown with its reason and can be asked for again", async () => {
    await page.route("**/api/projects", (route) =>
      route.fulfill({ status: 400, json: { code: "TEST", message: "The disk is on fire. Put it out." } }),
    );
    await page.goto("/projects");
    await page.getByText("The disk is on fire. Put it out.").waitFor();
    await takePictures(page, "error");
    await page.unroute("**/api/projects");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("link", { name: /pump-housing/ }).waitFor();
    admin.takeComplaints();
  });

  test("who asks for less motion gets none, so that nothing slides away under a click", async () => {
    await page.goto("/projects");
    await page.getByRole("link", { name: /pump-housing/ }).waitFor();
    for (const width of [390, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      const moving = await page.evaluate(() => document.getAnimations().map((one) => one.constructor.name));
      assert.deepEqual(moving, [], `after a change to ${width} pixels`);
    }
  });

  test("what opens first is less than 256 kB of compressed script", async () => {
    const session = await admin.context.newCDPSession(page);
    await session.send("Network.enable");
    await session.send("Network.setCacheDisabled", { cacheDisabled: true });
    const scripts: string[] = [];
    page.on("response", (response) => void (response.url().endsWith(".js") && scripts.push(response.url())));
    await page.goto("/projects");
    await page.getByRole("link", { name: /pump-housing/ }).waitFor();
    const { gzipSync } = await import("node:zlib");
    let total = 0;
    for (const url of new Set(scripts)) total += gzipSync(Buffer.from(await (await fetch(url)).arrayBuffer())).length;
    assert.ok(total > 50_000 && total < 256_000, `${total} bytes in ${scripts.length} files`);
  });
});
