/** Models that learn from masks, from labelled pictures over a training in the server to what the pages show of defects; and the keys of the API that asks for them. */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { sendLabelledPicture } from "@sightline/client/labelled-pictures";
import { uploadImage } from "@sightline/client/upload";
import { encodeJpeg, encodePng } from "@sightline/dataset/image-file";
import { seededRandom } from "@sightline/dataset/seeded-random";
import { looksRight, onStage, skip } from "./browser.js";

const side = 160;
/** A training with everything else going on. */
const trainingMs = 10 * 60_000;

/** A grey disc with grain; a bad one has a dark stain, and a mask that says where. */
async function part(seed: number, isBad: boolean): Promise<{ jpeg: Uint8Array; mask: Uint8Array }> {
  const random = seededRandom(seed);
  const centre = [side * random.between(0.35, 0.65), side * random.between(0.35, 0.65)] as const;
  const radius = side * random.between(0.1, 0.15);
  const data = new Uint8Array(side * side * 3);
  const mask = new Uint8Array(side * side * 3).fill(255);
  for (let at = 0; at < side * side; at++) {
    const [x, y] = [at % side, Math.floor(at / side)];
    const isStain = isBad && Math.hypot(x - centre[0], y - centre[1]) < radius;
    const isPart = Math.hypot(x - side / 2, y - side / 2) < side * 0.42;
    data.fill((isStain ? 50 : isPart ? 170 : 90) + random.between(-6, 6), at * 3, at * 3 + 3);
    if (isStain) mask.set([0xe0, 0x31, 0x31], at * 3);
  }
  const size = { width: side, height: side };
  return { jpeg: await encodeJpeg({ ...size, data }, 92), mask: await encodePng({ ...size, data: mask }) };
}

describe("models that learn from masks", { skip }, () => {
  const stage = onStage("admin");
  let modelId: string;

  before(async () => {
    const { client } = stage;
    const { id: projectId } = await client.call("createProject", { body: { name: "discs" } });
    for (let seed = 1; seed <= 24; seed++) {
      const isBad = seed % 2 === 0;
      const { jpeg, mask } = await part(seed, isBad);
      await sendLabelledPicture(client, projectId, {
        bytes: jpeg,
        annotation: { label: isBad ? "stain" : "normal" },
        part: "train",
        name: `${seed}.jpg`,
        ...(isBad ? { mask: { bytes: mask, types: [{ label: "stain", colour: "#e03131" }] } } : {}),
      });
    }
    const { id: jobId } = await client.call("startTraining", {
      params: { projectId },
      body: { method: "patchcore", seed: 1 },
    });
    const deadline = performance.now() + trainingMs;
    for (;;) {
      const job = await client.call("getJob", { params: { jobId } });
      if (job.status === "succeeded") {
        modelId = job.modelId ?? "";
        break;
      }
      if (job.endedAt !== null || performance.now() > deadline) throw new Error(`The training: ${JSON.stringify(job)}`);
      await sleep(300);
    }
    await client.call("startModel", { params: { modelId } });
    await client.call("addCamera", { body: { id: "cam-1", projectId, assemblyLineId: "line-1" } });
  });

  test("the version's page tells how well each kind of defect is found, to the pixel", async () => {
    const { page, admin } = stage;
    await page.goto(`/models/${modelId}`);
    const row = page.getByRole("table", { name: "Figures by kind of defect" }).getByRole("row", { name: /stain/ });
    await row.waitFor();
    const [, pictures = "", overlap = ""] = await row.getByRole("cell").allTextContents();
    assert.ok(Number(pictures) > 0, pictures);
    assert.ok(Number.parseFloat(overlap) >= 50, `stains overlap by ${overlap}`);
    await looksRight(admin, "masks-version");
  });

  test("a tried picture shows its defect and how much of the picture it is; the layer can be put away", async () => {
    const { page, admin } = stage;
    await page.goto("/try");
    const files = await Promise.all(
      [100, 101].map(async (seed) => ({
        name: `${seed}.jpg`,
        mimeType: "image/jpeg",
        buffer: Buffer.from((await part(seed, seed === 100)).jpeg),
      })),
    );
    await page.locator('input[type="file"]').first().setInputFiles(files);
    const bad = page.getByRole("article").filter({ hasText: "100.jpg" });
    await bad.getByRole("list", { name: "Defects" }).getByText("stain").waitFor();
    assert.match((await bad.getByText(/of the picture/).textContent()) ?? "", /^\d+(\.\d)?\s% of the picture$/);
    await page.getByRole("article").filter({ hasText: "101.jpg" }).getByText("No defect shows.").waitFor();
    await looksRight(admin, "masks-tried");
    const layers = bad.locator("img[src^='data:image/png']");
    assert.equal(await layers.count(), 1);
    await page.getByRole("switch", { name: "Show where" }).click();
    await layers.waitFor({ state: "detached" });
  });

  test("an inspection shows the defect over the picture, and its heat map when asked", async () => {
    const { page, client, admin } = stage;
    const ids = [];
    // The good one lies well below the threshold: three in a hundred new ones may lie above it.
    for (const seed of [100, 103]) {
      const { jpeg } = await part(seed, seed === 100);
      const sent = { cameraId: "cam-1", lineId: "line-1", imageId: `part-${seed}`, bytes: jpeg };
      ids.push((await uploadImage(client, sent)).inspectionId);
    }
    await page.goto(`/inspections/${ids[0]}`);
    await page.getByRole("list", { name: "Defects" }).getByText("stain").waitFor();
    const layer = page.getByRole("radiogroup", { name: "What lies over the picture" });
    assert.ok(await layer.getByRole("radio", { name: "Defects" }).isChecked());
    await looksRight(admin, "masks-inspection");
    await layer.getByText("Heat map").click();
    await page.getByRole("slider", { name: "Strength: Heat map" }).waitFor();
    await layer.getByText("Defects").click();
    await page.goto(`/inspections/${ids[1]}`);
    await page.getByText("No defect shows.").waitFor();
    await page.getByText("Only defects get a heat map.").waitFor();
    assert.deepEqual(admin.takeComplaints(), []);
  });

  test("an access key is made for a person, its secret shown this once, and revoked", async () => {
    const { page, admin } = stage;
    await page.goto("/people");
    await page.getByText("No access key yet").waitFor();
    await page.getByRole("button", { name: "Make an access key" }).click();
    await page.getByText("Whose programs?").waitFor();
    await page.getByRole("combobox", { name: "Person" }).click();
    await page.getByRole("option", { name: "admin (admin)" }).click();
    await page.getByRole("button", { name: "Make an access key" }).click();
    await page.getByText("Its secret: copy it now, it is not shown again").waitFor();
    await page.getByRole("cell", { name: "admin (admin)" }).waitFor();
    await looksRight(admin, "people-access-key");
    await page.reload();
    const row = page.getByRole("row").filter({ hasText: "admin (admin)" });
    await row.getByText("never").waitFor();
    assert.equal(await page.getByText("Its secret").count(), 0);
    await row.getByRole("button", { name: "Revoke" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await row.getByText("Revoked").waitFor();
    assert.deepEqual(admin.takeComplaints(), []);
  });
});
