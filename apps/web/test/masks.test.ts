/** Where a picture's defects are, as a person draws it in the browser. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Client } from "@sightline/client/client";
import { sendLabelledPicture } from "@sightline/client/labelled-pictures";
import { decodeDefectMask } from "@sightline/dataset/defect-mask";
import { encodePng } from "@sightline/dataset/image-file";
import type { Browser, Page } from "playwright-core";
import { clientOf, openStage, openVisitor, type RunningServer, skip, takePictures, type Visitor } from "./browser.js";

const size = { width: 200, height: 120 };

/** Grey, with a dark scratch across the middle. */
function scratched(): Promise<Uint8Array> {
  const data = new Uint8Array(size.width * size.height * 3);
  for (let at = 0; at < data.length; at++) {
    const [x, y] = [Math.floor(at / 3) % size.width, Math.floor(at / 3 / size.width)];
    data[at] = (x > 50 && x < 150 && Math.abs(y - 60) < 3 ? 40 : 150) + ((x * 7919 + y * 104_729) % 20);
  }
  return encodePng({ ...size, data });
}

describe("marking where a defect is", { skip }, () => {
  let server: RunningServer;
  let browser: Browser;
  let admin: Visitor;
  let page: Page;
  let client: Client;
  let projectId: string;
  let sampleId: string;

  before(async () => {
    ({ server, browser, admin, page } = await openStage());
    client = await clientOf(admin, "admin");
    projectId = (await client.call("createProject", { body: { name: "plates" } })).id;
    const picture = {
      bytes: await scratched(),
      annotation: { label: "scratch" },
      part: "auto",
      name: "1.png",
    } as const;
    await sendLabelledPicture(client, projectId, picture);
    sampleId = (await client.call("listSamples", { params: { projectId } })).items[0]?.id ?? "";
  });

  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  const open = (by: Page) => by.goto(`/projects/${projectId}/pictures/${sampleId}`);

  /** Which pixels the stored mask shows. */
  async function stored(): Promise<{ at: (x: number, y: number) => boolean; share: number }> {
    const sample = await client.call("getSample", { params: { sampleId } });
    const { bytes } = await client.call("getSampleMask", { params: { sampleId } });
    const mask = await decodeDefectMask(bytes, { types: ["scratch"], colours: sample.maskTypes, label: "" });
    assert.deepEqual([mask.width, mask.height], [size.width, size.height]);
    const share = mask.data.reduce((sum, pixel) => sum + pixel, 0) / mask.data.length;
    return { at: (x, y) => mask.data[y * size.width + x] === 1, share };
  }

  /** Presses, pulls and lets go on the picture; in pixels of the picture. */
  async function pull(from: readonly [number, number], to: readonly [number, number]): Promise<void> {
    const box = (await page.getByRole("img", { name: "Draw where the defects are" }).boundingBox()) ?? assert.fail();
    const scale = Math.min(box.width / size.width, box.height / size.height);
    const place = ([x, y]: readonly [number, number]): [number, number] => [
      box.x + (box.width - size.width * scale) / 2 + x * scale,
      box.y + (box.height - size.height * scale) / 2 + y * scale,
    ];
    await page.mouse.move(...place(from));
    await page.mouse.down();
    await page.mouse.move(...place(to), { steps: 8 });
    await page.mouse.up();
  }

  const save = async () => {
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: /Correct the marks|Mark where it is/ }).waitFor();
  };

  test("what is drawn over the defect is stored there and nowhere else, in one flat colour", async () => {
    await open(page);
    await page.getByRole("button", { name: "Mark where it is" }).click();
    await pull([50, 60], [150, 60]);
    assert.deepEqual(await takePictures(page, "mask-drawing"), { "1440": 0, "390": 0 });
    await save();
    const mask = await stored();
    assert.ok(mask.at(100, 60) && mask.at(52, 60) && mask.at(148, 60), "the scratch is not marked");
    assert.ok(!mask.at(100, 90) && !mask.at(20, 60) && !mask.at(180, 60), "more than the scratch is marked");
    assert.ok(mask.share > 0.01 && mask.share < 0.06, `${mask.share} of the picture is marked`);
    const { maskTypes } = await client.call("getSample", { params: { sampleId } });
    assert.deepEqual(
      maskTypes.map(({ label }) => label),
      ["scratch"],
    );
  });

  test("a stored mask is corrected: a part is erased, a stroke is taken back, the rest stays", async () => {
    await open(page);
    await page.getByRole("button", { name: "Correct the marks" }).click();
    await page.locator("label").filter({ hasText: "Erase" }).click();
    await pull([110, 60], [160, 60]);
    await page.locator("label").filter({ hasText: "Draw" }).click();
    await pull([20, 20], [60, 20]);
    await page.getByRole("button", { name: "Undo" }).click();
    await save();
    const mask = await stored();
    assert.ok(mask.at(60, 60) && mask.at(95, 60), "what was left alone is gone");
    assert.ok(!mask.at(140, 60), "what was erased is still there");
    assert.ok(!mask.at(40, 20), "what was taken back was stored");
    assert.deepEqual(await takePictures(page, "mask-corrected"), { "1440": 0, "390": 0 });
    assert.deepEqual(admin.takeComplaints(), []);
  });

  test("cancelled drawing changes nothing, and a viewer sees the marks and is told whom to ask", async () => {
    const before = (await stored()).share;
    await open(page);
    await page.getByRole("button", { name: "Correct the marks" }).click();
    await pull([20, 20], [60, 20]);
    await page.getByRole("button", { name: "Cancel" }).click();
    assert.equal((await stored()).share, before);

    const { url } = await client.call("createSignInLink", { body: { name: "vera", role: "viewer" } });
    const viewer = await openVisitor(browser, server.url, url);
    await open(viewer.page);
    const correct = viewer.page.getByRole("button", { name: "Correct the marks" });
    assert.match((await correct.getAttribute("aria-description")) ?? "", /signed in as viewer/);
    await correct.click({ force: true });
    assert.equal(await viewer.page.getByRole("button", { name: "Save" }).count(), 0);
    await viewer.page.getByRole("img", { name: "Where the defects are" }).waitFor();
    assert.deepEqual(await takePictures(viewer.page, "mask-viewer"), { "1440": 0, "390": 0 });
    assert.deepEqual(viewer.takeComplaints(), []);
    await viewer.context.close();
  });

  test("a mask that is erased as a whole is none", async () => {
    await open(page);
    await page.getByRole("button", { name: "Correct the marks" }).click();
    await page.locator("label").filter({ hasText: "Erase" }).click();
    for (const y of [50, 54, 58, 62, 66, 70]) await pull([30, y], [170, y]);
    await save();
    await page.getByText("Not marked").waitFor();
    assert.equal((await client.call("getSample", { params: { sampleId } })).hasMask, false);
  });
});
