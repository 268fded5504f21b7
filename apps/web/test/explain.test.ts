/** Why a model answered as it did, beside the picture: asked, watched, read, on the pages of an inspection and of tried pictures. */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { uploadImage } from "@sightline/client/upload";
import { encodePng } from "@sightline/dataset/image-file";
import { GraphBuilder } from "@sightline/nn/graph-builder";
import { floatTensor, indexTensor } from "@sightline/nn/tensor";
import { looksRight, onStage, skip } from "./browser.js";
import { handMadeModel } from "./hand-made-model.js";

const side = 64;

/** The brighter the brightest place, the more anomalous: a network of which it is known where it looks. */
function brightestPlaceJudge(): Uint8Array {
  const builder = new GraphBuilder();
  const image = builder.input("image", "float32", ["N", 3, side, side]);
  const places = builder.add("AveragePool", [image], { kernel_shape: [8, 8], strides: [8, 8] });
  const peak = builder.add("ReduceMax", [places, indexTensor([1, 2, 3])], { keepdims: 0 });
  const share = builder.add("Mul", [peak, floatTensor([], [1 / 255])]);
  const raw = builder.add("Mul", [builder.add("Sub", [share, floatTensor([], [0.7])]), floatTensor([], [12])]);
  builder.output(raw, "raw_score");
  builder.output(builder.add("Sigmoid", [raw]), "score");
  return handMadeModel(builder, { side });
}

/** A grey disc with a bright spot. */
function spotted(): Promise<Uint8Array> {
  const [width, height] = [240, 180];
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    const isSpot = Math.hypot(x - 160, y - 60) < 18;
    const isPart = Math.hypot(x - 120, y - 90) < 80;
    data.fill(isSpot ? 245 : isPart ? 130 : 70, i * 3, i * 3 + 3);
  }
  return encodePng({ width, height, data });
}

describe("explanations", { skip }, () => {
  const stage = onStage("admin");

  before(async () => {
    const { client } = stage;
    const { id: projectId } = await client.call("createProject", { body: { name: "discs" } });
    await client.call("addCamera", { body: { id: "cam-1", projectId, assemblyLineId: "line-1" } });
    const model = await client.call("uploadModel", {
      params: { projectId },
      bytes: brightestPlaceJudge(),
      contentType: "application/octet-stream",
    });
    await client.call("startModel", { params: { modelId: model.id } });
  });

  test("an inspection's answer is explained beside its picture, by regions that add up", async () => {
    const { page, client, admin } = stage;
    const bytes = await spotted();
    const sent = await uploadImage(client, { cameraId: "cam-1", lineId: "line-1", imageId: "part-1", bytes });
    const params = { inspectionId: sent.inspectionId };
    while ((await client.call("getInspection", { params })).status !== "inspected") await sleep(20);
    await page.goto(`/inspections/${sent.inspectionId}`);
    await page.getByRole("button", { name: "Explain" }).click();
    const dialog = page.getByRole("dialog", { name: "Why this answer?" });
    await dialog.getByRole("button", { name: "Explain" }).click();
    await dialog.getByText(/^anomaly: .+; with nothing shown ./).waitFor();
    await dialog.getByText(/regions? add up to \+\d/).waitFor();
    const regions = dialog.getByRole("list", { name: "Strongest regions" }).getByRole("button");
    assert.equal(await regions.count(), 8);
    assert.match((await regions.first().getAttribute("aria-label")) ?? "", /^Region 1: \+\d/);
    await regions.first().hover();
    await dialog.locator("svg path").first().waitFor();
    await looksRight(admin, "explain-inspection");
    await dialog.getByText("Occlusion", { exact: true }).click();
    await dialog.getByRole("button", { name: "Explain" }).click();
    await dialog.getByText(/regions, in log-odds/).waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
  });

  test("a tried picture is explained too; one that takes long can be stopped; what can't be is told", async () => {
    const { page, admin } = stage;
    await page.goto("/try");
    const buffer = Buffer.from(await spotted());
    await page.locator('input[type="file"]').first().setInputFiles({ name: "disc.png", mimeType: "image/png", buffer });
    await page.getByRole("button", { name: "Explain" }).click();
    const dialog = page.getByRole("dialog", { name: "Why this answer?" });
    await dialog.getByText("Activation", { exact: true }).click();
    await dialog.getByRole("button", { name: "Explain" }).click();
    await dialog.getByText(/has no feature map to look at/).waitFor();
    await looksRight(admin, "explain-refused");
    await dialog.getByText("Shapley values", { exact: true }).click();
    await dialog.getByRole("button", { name: "Explain" }).click();
    await dialog.getByText(/regions? add up to/).waitFor();
  });
});
