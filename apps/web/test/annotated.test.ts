/** Pictures with boxes and with several labels, and trainings by epochs, as a person meets them in the browser. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Client } from "@sightline/client/client";
import { sendLabelledPicture } from "@sightline/client/labelled-pictures";
import { encodePng } from "@sightline/dataset/image-file";
import type { Browser, Page } from "playwright-core";
import { clientOf, openStage, openVisitor, type RunningServer, skip, takePictures, type Visitor } from "./browser.js";
import { fixedDetector } from "./fixed-detector.js";

const size = { width: 160, height: 120 };

interface Rectangle {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

/** A picture in one colour with grain, and rectangles of another. */
function drawn(seed: number, colour: readonly number[], parts: readonly Rectangle[] = []): Promise<Uint8Array> {
  const data = new Uint8Array(size.width * size.height * 3);
  for (let y = 0; y < size.height; y++)
    for (let x = 0; x < size.width; x++) {
      const isPart = parts.some(({ x1, y1, x2, y2 }) => x >= x1 && x < x2 && y >= y1 && y < y2);
      for (let c = 0; c < 3; c++) {
        const grain = (x * 7919 + y * 104_729 + c * 31 + seed * 613) % 24;
        data[(y * size.width + x) * 3 + c] = (isPart ? 225 - c * 30 : (colour[c] ?? 0)) + grain;
      }
    }
  return encodePng({ ...size, data });
}

const grey = [90, 96, 104];
const plate = (seed: number): Rectangle => {
  const [x1, y1] = [12 + ((seed * 37) % 90), 10 + ((seed * 23) % 60)];
  return { x1, y1, x2: x1 + 38, y2: y1 + 30 };
};

/** As another tab's choice of the scheme reaches this one. */
async function dress(page: Page, scheme: string): Promise<void> {
  await page.evaluate((newValue) => {
    const key = "mantine-color-scheme-value";
    localStorage.setItem(key, newValue);
    window.dispatchEvent(new StorageEvent("storage", { key, newValue, storageArea: localStorage }));
  }, scheme);
  await page.locator(`html[data-mantine-color-scheme="${scheme}"]`).waitFor({ state: "attached" });
  // Inherited colours follow a frame later.
  await page.waitForTimeout(150);
}

describe("pictures with boxes and labels, and trainings by epochs", { skip }, () => {
  let server: RunningServer;
  let browser: Browser;
  let admin: Visitor;
  let page: Page;
  let client: Client;

  before(async () => {
    ({ server, browser, admin, page } = await openStage());
    client = await clientOf(admin, "operator");
  });

  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** At both widths, light and dark, without a complaint in the console. */
  async function looksRight(visitor: Visitor, name: string): Promise<void> {
    const none = { "1440": 0, "390": 0 };
    for (const scheme of ["light", "dark"]) {
      await dress(visitor.page, scheme);
      const excess = await takePictures(visitor.page, scheme === "dark" ? `${name}-dark` : name);
      assert.deepEqual(excess, none, `${name} is wider than the screen`);
    }
    await dress(visitor.page, "light");
    assert.deepEqual(visitor.takeComplaints(), [], `${name} left complaints in the console`);
  }

  async function projectNamed(name: string): Promise<string> {
    const { items } = await client.call("listProjects");
    const project = items.find((one) => one.name === name);
    assert.ok(project, `no project ${name}`);
    return project.id;
  }

  async function newProject(name: string, aim: string): Promise<void> {
    await page.goto("/projects/new");
    await page.getByRole("textbox", { name: "Name" }).fill(name);
    await page.getByRole("button", { name: "Continue to the pictures" }).click();
    await page.getByText(aim, { exact: true }).click();
  }

  async function drop(names: readonly string[], pictures: readonly Uint8Array[]): Promise<void> {
    const files = names.map((name, i) => ({ name, mimeType: "image/png", buffer: Buffer.from(pictures[i] ?? []) }));
    await page.locator('input[aria-label="Pictures: Choose files"]').setInputFiles(files);
  }

  /** Drags on the picture, from and to in the picture's own pixels. */
  async function drag(from: readonly [number, number], to: readonly [number, number]): Promise<void> {
    const edge = await page.getByRole("application").boundingBox();
    assert.ok(edge);
    const at = ([x, y]: readonly [number, number]) =>
      [edge.x + (x / size.width) * edge.width, edge.y + (y / size.height) * edge.height] as const;
    await page.mouse.move(...at(from));
    await page.mouse.down();
    await page.mouse.move(...at([(from[0] + to[0]) / 2, to[1]]));
    await page.mouse.move(...at(to));
    await page.mouse.up();
  }

  test("boxes are drawn, moved, resized, labelled and removed, by pointer and by keys, and kept by themselves", async () => {
    await newProject("plates", "Boxes around things");
    await looksRight(admin, "boxes-empty");
    await drop(
      ["a.png", "b.png", "c.png"],
      await Promise.all([1, 2, 3].map((seed) => drawn(seed, grey, [plate(seed), { x1: 4, y1: 90, x2: 20, y2: 110 }]))),
    );
    await page.getByText("All 3").or(page.getByText("no boxes").nth(2)).first().waitFor();
    await page.getByRole("link", { name: "Draw boxes" }).click();
    await page.getByText("Name first what shall be found").waitFor();
    await looksRight(admin, "sample-boxes-empty");
    // Without a name nothing can be drawn.
    await drag([20, 20], [60, 60]);
    assert.equal(await page.getByRole("list", { name: "Boxes" }).count(), 0);

    for (const label of ["plate", "corner"]) {
      await page.getByRole("button", { name: "Name a label" }).click();
      await page.getByRole("textbox", { name: "Name of the label" }).fill(label);
      await page.getByRole("button", { name: "Add it" }).click();
      await page.getByRole("radio", { name: label }).waitFor({ state: "attached" });
    }
    const projectId = await projectNamed("plates");
    const sampleId = new URL(page.url()).pathname.split("/").at(-1) ?? "";
    const saved = async () => {
      await page.getByRole("status").filter({ hasText: "Saved" }).waitFor();
      return (await client.call("getSample", { params: { sampleId } })).boxes;
    };
    await page.getByRole("radiogroup").getByText("plate").click();
    await drag([20, 30], [60, 70]);
    await page.getByRole("heading", { name: "1 box" }).waitFor();
    const near = (box: Rectangle | undefined, wanted: readonly number[]) => {
      const got = [box?.x1, box?.y1, box?.x2, box?.y2].map(Number);
      assert.ok(
        got.every((value, i) => Number.isInteger(value) && Math.abs(value - (wanted[i] ?? 0)) <= 1),
        `${got} is not ${wanted}`,
      );
    };
    near((await saved())?.[0], [20, 30, 60, 70]);
    // Inside the chosen box: moves. At its corner: resizes.
    await drag([40, 50], [60, 55]);
    near((await saved())?.[0], [40, 35, 80, 75]);
    await drag([80, 75], [100, 100]);
    near((await saved())?.[0], [40, 35, 100, 100]);
    await page.keyboard.press("Shift+ArrowRight");
    await page.keyboard.press("Alt+ArrowDown");
    near((await saved())?.[0], [50, 35, 110, 101]);
    await page.keyboard.press("1");
    assert.equal((await saved())?.[0]?.label, "corner");
    await page.keyboard.press("2");
    await drag([4, 90], [20, 110]);
    await page.keyboard.press("1");
    await page.getByRole("heading", { name: "2 boxes" }).waitFor();
    assert.deepEqual(
      (await saved())?.map(({ label }) => label),
      ["plate", "corner"],
    );
    await looksRight(admin, "sample-boxes");
    await page.getByRole("button", { name: "Remove box 2, corner" }).click();
    await page.getByRole("heading", { name: "1 box" }).waitFor();
    assert.equal((await saved())?.length, 1);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("heading", { name: "2 boxes" }).waitFor();
    assert.equal((await saved())?.length, 2);
    await page.getByRole("button", { name: "Larger" }).click();
    await page.getByRole("button", { name: "Larger" }).click();
    await looksRight(admin, "sample-boxes-zoomed");
    await page.reload();
    await page.getByRole("heading", { name: "2 boxes" }).waitFor();

    // The label in hand goes along to the next picture; b makes a box without a pointer.
    await page.getByRole("application").focus();
    await page.keyboard.press("ArrowRight");
    await page.getByRole("heading", { name: "0 boxes" }).waitFor();
    await page.getByRole("application").focus();
    await page.keyboard.press("b");
    await page.getByRole("heading", { name: "1 box" }).waitFor();
    await page.keyboard.press("Delete");
    await page.getByRole("heading", { name: "0 boxes" }).waitFor();
    await page.getByRole("status").filter({ hasText: "Saved" }).waitFor();

    await page.goto(`/projects/${projectId}`);
    await page.getByText("All 3").waitFor();
    const shown = page.getByRole("list", { name: "Pictures" }).getByRole("listitem");
    await shown.nth(2).waitFor();
    assert.equal(await shown.count(), 3);
    await page.getByText("corner 1", { exact: true }).click();
    await page.getByText("1 plate").waitFor();
    await page.waitForFunction(() => document.querySelectorAll('ul[aria-label="Pictures"] > li').length === 1);
  });

  test("an enlarged picture shows the chosen box, and two fingers move it without drawing", async () => {
    const { id: projectId } = await client.call("createProject", { body: { name: "enlarged" } });
    const boxes = [
      { label: "near", x1: 4, y1: 4, x2: 20, y2: 16 },
      { label: "far", x1: 140, y1: 104, x2: 156, y2: 116 },
    ];
    const bytes = await drawn(40, grey, boxes);
    await sendLabelledPicture(client, projectId, { bytes, annotation: { boxes }, part: "auto", name: "large.png" });
    const { items } = await client.call("listSamples", { params: { projectId } });
    await page.goto(`/projects/${projectId}/pictures/${items[0]?.id}`);
    const list = page.getByRole("list", { name: "Boxes" });
    await list.getByRole("button", { name: "far" }).first().click();
    for (let step = 0; step < 4; step++) await page.getByRole("button", { name: "Larger" }).click();
    const canvas = page.getByRole("application");
    const view = canvas.locator("xpath=../..");
    const scrolled = () => view.evaluate((one) => [one.scrollLeft, one.scrollTop] as const);
    const [most, none] = [await view.evaluate((one) => one.scrollWidth - one.clientWidth), 0];
    assert.ok(most > 500, `${most} pixels to the side`);
    const [right] = await scrolled();
    assert.ok(right > most * 0.9, `the box at the lower right is seen: ${right} of ${most}`);
    await list.getByRole("button", { name: "near" }).first().click();
    assert.deepEqual(await scrolled(), [none, none]);

    const edge = await view.boundingBox();
    assert.ok(edge);
    const session = await admin.context.newCDPSession(page);
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", fingers: readonly (readonly [number, number])[]) =>
      session.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: fingers.map(([x, y], id) => ({ x: edge.x + x, y: edge.y + y, id })),
      });
    await touch("touchStart", [[400, 300]]);
    await touch("touchMove", [[380, 280]]);
    await touch("touchStart", [
      [380, 280],
      [500, 300],
    ]);
    await touch("touchMove", [
      [280, 220],
      [400, 240],
    ]);
    await touch("touchEnd", []);
    await page.waitForFunction((one) => (one?.scrollLeft ?? 0) > 80, await view.elementHandle());
    const [left, top] = await scrolled();
    assert.ok(Math.abs(left - 100) <= 2 && Math.abs(top - 60) <= 2, `moved by ${left}, ${top}`);
    await page.getByRole("heading", { name: "2 boxes" }).waitFor();
    assert.deepEqual((await client.call("getSample", { params: { sampleId: items[0]?.id ?? "" } })).boxes, boxes);
    assert.deepEqual(admin.takeComplaints(), []);
  });

  test("a box that can't be saved is told and saved again", async () => {
    const projectId = await projectNamed("plates");
    const { items } = await client.call("listSamples", { params: { projectId } });
    await page.goto(`/projects/${projectId}/pictures/${items.at(-1)?.id}`);
    await page.getByRole("application").waitFor();
    await page.route("**/api/samples/*", (route) =>
      route.request().method() === "PATCH"
        ? route.fulfill({ status: 507, json: { code: "DISK_FULL", message: "The disk is full." } })
        : route.continue(),
    );
    await page.getByRole("application").focus();
    await page.keyboard.press("b");
    await page.getByText("Not saved").waitFor();
    await page.unroute("**/api/samples/*");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText("Saved").waitFor();
    assert.equal((await client.call("getSample", { params: { sampleId: items.at(-1)?.id ?? "" } })).boxes?.length, 1);
    admin.takeComplaints();
  });

  test("several labels of a picture are chips, set and taken away", async () => {
    await newProject("lamps", "Several labels each");
    await drop(["left.png", "right.png"], [await drawn(1, [200, 30, 30]), await drawn(2, [30, 40, 200])]);
    await page.getByText("no label").nth(1).waitFor();
    await page.getByRole("link", { name: "Set labels" }).click();
    for (const label of ["red", "blue", "lit"]) {
      await page.getByRole("button", { name: "Name a label" }).click();
      await page.getByRole("textbox", { name: "Name of the label" }).fill(label);
      await page.getByRole("button", { name: "Add it" }).click();
      await page.getByRole("checkbox", { name: label }).waitFor({ state: "attached" });
    }
    await page.getByText("red", { exact: true }).click();
    await page.getByRole("status").filter({ hasText: "Saved" }).waitFor();
    const sampleId = new URL(page.url()).pathname.split("/").at(-1) ?? "";
    assert.deepEqual((await client.call("getSample", { params: { sampleId } })).labels, ["blue", "lit"]);
    await looksRight(admin, "sample-labels");
    await page.getByRole("link", { name: /^Pictures of lamps/ }).click();
    await page.getByText("All 2").waitFor();
    await looksRight(admin, "pictures-labels");
  });

  test("one label of a picture can be changed on its own page", async () => {
    const { id: projectId } = await client.call("createProject", { body: { name: "states" } });
    for (let seed = 0; seed < 24; seed++) {
      const label = seed % 2 === 0 ? "open" : "shut";
      const bytes = await drawn(
        seed,
        seed % 2 === 0 ? [40, 120, 60] : [150, 60, 50],
        seed % 2 === 0 ? [] : [plate(seed)],
      );
      await sendLabelledPicture(client, projectId, { bytes, annotation: { label }, part: "auto", name: `${seed}.png` });
    }
    await page.goto(`/projects/${projectId}`);
    await page.getByRole("link", { name: "23.png" }).click();
    await page.getByText("open", { exact: true }).click();
    await page.getByRole("status").filter({ hasText: "Saved" }).waitFor();
    await looksRight(admin, "sample-label");
    await page.getByText("shut", { exact: true }).click();
    await page.getByRole("status").filter({ hasText: "Saved" }).waitFor();
  });

  test("a training by epochs shows its curves, stops, becomes a model, and versions stand side by side", async () => {
    const projectId = await projectNamed("states");
    for (const end of ["stopped", "running"]) {
      await page.goto(`/projects/${projectId}/setup?step=train`);
      await page.getByRole("radio", { name: /Tiny network/ }).click();
      if (end === "stopped") await looksRight(admin, "train-methods");
      await page.getByRole("button", { name: /^Train on/ }).click();
      await page.getByText("Accuracy on held-out pictures").waitFor({ timeout: 120_000 });
      await page.getByText(/^[5-9] of|^\d\d+ of/).waitFor({ timeout: 120_000 });
      if (end === "stopped") await looksRight(admin, "train-curves");
      await page.getByRole("button", { name: "Stop" }).click();
      if (end === "running") await page.getByRole("menuitem", { name: /Make a model now/ }).click();
      else {
        await page.getByRole("menuitem", { name: /Stop, go on later/ }).click();
        await page.getByRole("heading", { name: "Stopped" }).waitFor({ timeout: 120_000 });
        await looksRight(admin, "train-stopped");
        await page.getByRole("button", { name: "Make a model" }).click();
      }
      await page.getByRole("link", { name: "Try it on pictures" }).waitFor({ timeout: 180_000 });
      if (end === "stopped") await looksRight(admin, "train-result-classes");
    }
    const { items } = await client.call("listModels", { query: { project: projectId } });
    assert.equal(items.length, 2);
    await page.goto(`/models/compare?project=${projectId}`);
    await page.getByRole("heading", { name: "Figures" }).waitFor();
    await looksRight(admin, "models-compare");
  });

  test("pictures put in by an import are each once, with what holds on them", async () => {
    const { id: projectId } = await client.call("createProject", { body: { name: "imported" } });
    const labels = ["bolt", "nut", "washer"];
    for (let seed = 0; seed < 14; seed++) {
      const boxes = [seed, seed + 3, seed + 7]
        .slice(0, seed % 4)
        .map((one, k) => ({ label: labels[k] ?? "", ...plate(one) }));
      const bytes = await drawn(seed, grey, boxes);
      const part = seed % 5 === 0 ? "test" : "train";
      const name = `images/train/station-4/2026-03-04T10-22-${seed}.png`;
      await sendLabelledPicture(client, projectId, { bytes, annotation: { boxes }, part, name });
    }
    await page.goto(`/projects/${projectId}`);
    await page.getByText("All 14").waitFor();
    const shown = page.getByRole("list", { name: "Pictures" }).getByRole("listitem");
    // The number comes with the project, the pictures in an answer of their own.
    await shown.nth(13).waitFor();
    assert.equal(await shown.count(), 14);
    await looksRight(admin, "pictures-boxes");
    await page.goto(`/projects/${projectId}/setup?step=pictures`);
    await page.getByText("All 14").waitFor();
    await looksRight(admin, "setup-boxes");
    await page.goto(`/projects/${projectId}/setup?step=train`);
    await page.getByRole("radio", { name: /Detector/ }).waitFor();
    await looksRight(admin, "train-boxes");
  });

  test("a tried picture is added with the model's own boxes, and put right on its page", async () => {
    const { id: projectId } = await client.call("createProject", { body: { name: "doors" } });
    const truth = { x1: 50, y1: 30, x2: 130, y2: 91 };
    const known = [
      { label: "handle", ...truth },
      { label: "lock", ...plate(2) },
    ];
    const bytes = await drawn(30, grey, known);
    await sendLabelledPicture(client, projectId, { bytes, annotation: { boxes: known }, part: "auto", name: "a.png" });
    const model = await client.call("uploadModel", {
      params: { projectId },
      bytes: fixedDetector(
        ["handle", "lock"],
        [
          { label: "handle", x1: 0.25, y1: 0.25, x2: 0.75, y2: 0.75 },
          { label: "handle", x1: 0, y1: 0, x2: 0.125, y2: 0.125 },
        ],
      ),
      contentType: "application/octet-stream",
    });
    await page.goto(`/try?model=${model.id}`);
    const buffer = Buffer.from(await drawn(31, grey, [truth]));
    await page
      .locator('input[aria-label="Drop pictures to try: Choose files"]')
      .setInputFiles({ name: "tried.png", mimeType: "image/png", buffer });
    await page.getByRole("button", { name: "Add tried.png to the pictures of doors" }).click();
    await page.getByText("1 picture added to doors.").waitFor();
    await looksRight(admin, "try-it-boxes");
    const { items } = await client.call("listSamples", { params: { projectId } });
    const added = items.find(({ name }) => name === "tried.png");
    const byPlace = (boxes: readonly Rectangle[] | null | undefined) => boxes?.toSorted((a, b) => a.x1 - b.x1);
    assert.deepEqual(byPlace(added?.boxes), [
      { label: "handle", x1: 0, y1: 0, x2: 20, y2: 15 },
      { label: "handle", x1: 40, y1: 30, x2: 120, y2: 90 },
    ]);

    await page.getByRole("link", { name: "Put it right" }).click();
    await page.waitForURL(`/projects/${projectId}/pictures/${added?.id}`);
    const boxes = page.getByRole("list", { name: "Boxes" });
    const wrong = boxes.getByRole("listitem").filter({ hasText: "20 × 15" });
    await wrong.getByRole("button", { name: /^Remove box/ }).click();
    await boxes.getByRole("button", { name: "handle 80 × 60" }).click();
    await page.getByRole("radiogroup").getByText("lock").click();
    await page.getByRole("application").focus();
    await page.keyboard.press("Shift+ArrowRight");
    await page.keyboard.press("Alt+ArrowDown");
    await boxes.getByRole("button", { name: "lock 80 × 61" }).waitFor();
    await page.getByRole("status").filter({ hasText: "Saved" }).waitFor();
    const { boxes: corrected, part } = await client.call("getSample", { params: { sampleId: added?.id ?? "" } });
    assert.deepEqual(corrected, [{ label: "lock", ...truth }]);
    assert.notEqual(part, "test");
    assert.deepEqual(admin.takeComplaints(), []);
  });

  test("a viewer sees boxes and labels and can change none", async () => {
    await page.goto("/people");
    await page.getByRole("textbox", { name: "Name" }).first().fill("Vera");
    await page.getByRole("button", { name: "Make a link" }).click();
    const viewer = await openVisitor(browser, server.url, (await page.locator("code").first().textContent()) ?? "");
    const projectId = await projectNamed("imported");
    await viewer.page.goto(`/projects/${projectId}`);
    await viewer.page.getByRole("link", { name: /22-3\.png/ }).click();
    await viewer.page.getByRole("heading", { name: "3 boxes" }).waitFor();
    assert.equal(await viewer.page.getByRole("application").count(), 0);
    assert.equal(await viewer.page.getByRole("button", { name: "Undo" }).count(), 0);
    await looksRight(viewer, "sample-boxes-viewer");
    await viewer.context.close();
  });
});
