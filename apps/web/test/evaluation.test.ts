/** A version's evaluation in the browser: started, told as figures, curves, costs, slices and mistakes, and taken away as a file. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, describe, test } from "node:test";
import { sendLabelledPicture } from "@sightline/client/labelled-pictures";
import { encodePng } from "@sightline/dataset/image-file";
import { brightnessJudge } from "./brightness-judge.js";
import { looksRight, onStage, skip } from "./browser.js";

/** One grey with a little grain. */
function plate(grey: number): Promise<Uint8Array> {
  const data = Uint8Array.from({ length: 96 * 72 * 3 }, (_, at) => Math.min(255, grey + ((at * 7919) % 9)));
  return encodePng({ width: 96, height: 72, data });
}

describe("evaluating a version", { skip }, () => {
  const stage = onStage("admin");
  let modelId: string;

  before(async () => {
    const { client } = stage;
    const { id: projectId } = await client.call("createProject", { body: { name: "plates" } });
    const mistakeCosts = { escape: 100, falseReject: 5, currency: "€" };
    await client.call("changeProject", { params: { projectId }, body: { mistakeCosts } });
    const model = await client.call("uploadModel", {
      params: { projectId },
      bytes: brightnessJudge([], "classifier"),
      contentType: "application/octet-stream",
    });
    modelId = model.id;
    // Overlapping kinds: some good ones are bright, some dents dark.
    for (let i = 0; i < 24; i++) {
      const label = i % 2 === 0 ? "good" : i % 4 === 1 ? "dent" : "crack";
      const grey = label === "good" ? 40 + i * 4.5 : 100 + i * 5;
      await sendLabelledPicture(client, projectId, {
        bytes: await plate(Math.round(grey)),
        ...{ annotation: { label }, part: "test", name: `${i}.png` },
      });
    }
  });

  test("a version that was not evaluated says what an evaluation tells, and one press evaluates it", async () => {
    const { page, client, admin } = stage;
    await page.goto(`/models/${modelId}`);
    await page.getByRole("link", { name: "Evaluate" }).click();
    await page.getByText("Not evaluated yet").waitFor();
    await looksRight(admin, "evaluation-none");
    await page.getByRole("button", { name: "Evaluate", exact: true }).click();
    await page.getByRole("heading", { name: "Worst mistakes" }).waitFor({ timeout: 60_000 });
    for (const title of ["Figures", "Curves", "Threshold", "Reliability", "By kind"])
      await page.getByRole("heading", { name: title, exact: true }).waitFor();
    await page.getByRole("img", { name: /^ROC curves\. anomaly/ }).waitFor();
    assert.match(await page.getByRole("table", { name: "What mistakes cost" }).innerText(), /Cost of 1 000 parts.*€/);
    const { items } = await client.call("listEvaluations", { query: { model: modelId } });
    const { report } = await client.call("getEvaluation", { params: { evaluationId: items[0]?.id ?? "" } });
    assert.ok(report && report.mistakeCount > 0);
    assert.equal(await page.locator("ul img").count(), Math.min(12, report.mistakes.length));
    await looksRight(admin, "evaluation");
  });

  test("the report is taken away as one file that needs nothing else", async () => {
    const { page } = stage;
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Report, HTML" }).click(),
    ]);
    assert.equal(download.suggestedFilename(), "plates-v1-test.html");
    const html = await readFile(await download.path(), "utf8");
    assert.ok(html.includes("<h2>Worst mistakes</h2>") && html.includes("data:image/jpeg;base64,"));
  });

  test("a version is trained again by folds from the same page, and each figure says how much of it is luck", async () => {
    const { page, client, admin } = stage;
    const { projectId } = await client.call("getModel", { params: { modelId } });
    for (let i = 0; i < 20; i++)
      await sendLabelledPicture(client, projectId, {
        bytes: await plate(i < 10 ? 21 + 2 * i : 203 + 2 * i),
        ...{ annotation: { label: i < 10 ? "good" : "dent" }, part: "train", name: `train-${i}.png` },
      });
    await page.getByRole("button", { name: "Train again…" }).click();
    await page.getByLabel("Folds").fill("2");
    await page.getByText("2 trainings, each about as long").waitFor();
    await looksRight(admin, "evaluation-repeats-asked");
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.getByRole("button", { name: "Cancel", exact: true }).click();
    await page.getByText("It was cancelled").waitFor();
    await page.getByRole("button", { name: "Train again…" }).click();
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.getByRole("table", { name: "Trained again and again" }).waitFor({ timeout: 240_000 });
    await page.getByText(/2 trainings on the training pictures: 2 folds, 1 seed/).waitFor();
    await looksRight(admin, "evaluation-repeats");
  });

  test("inspections without a truth can't be evaluated, and the page says what to do", async () => {
    const { page } = stage;
    await page.getByRole("radiogroup", { name: "Pictures" }).getByText("Inspections").click();
    await page.getByText("Not evaluated yet").waitFor();
    await page.getByRole("button", { name: "Evaluate", exact: true }).click();
    await page.getByText(/Answer some reviews, then evaluate again/).waitFor();
  });
});
