/** A version's evaluation in the browser: started, told as figures, curves, costs, slices and mistakes, and taken away as a file. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import type { Client } from "@sightline/client/client";
import { sendLabelledPicture } from "@sightline/client/labelled-pictures";
import { encodePng } from "@sightline/dataset/image-file";
import type { Browser, Page } from "playwright-core";
import { brightnessJudge } from "./brightness-judge.js";
import { clientOf, looksRight, openStage, type RunningServer, skip, type Visitor } from "./browser.js";

/** One grey with a little grain. */
function plate(grey: number): Promise<Uint8Array> {
  const data = Uint8Array.from({ length: 96 * 72 * 3 }, (_, at) => Math.min(255, grey + ((at * 7919) % 9)));
  return encodePng({ width: 96, height: 72, data });
}

describe("evaluating a version", { skip }, () => {
  let server: RunningServer;
  let browser: Browser;
  let admin: Visitor;
  let page: Page;
  let client: Client;
  let modelId: string;

  before(async () => {
    ({ server, browser, admin, page } = await openStage());
    client = await clientOf(admin, "admin");
    const { id: projectId } = await client.call("createProject", { body: { name: "plates" } });
    const mistakeCosts = { escape: 100, falseReject: 5, currency: "€" };
    await client.call("changeProject", { params: { projectId }, body: { mistakeCosts } });
    const model = await client.call("uploadModel", {
      params: { projectId },
      bytes: brightnessJudge([]),
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

  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  test("a version that was not evaluated says what an evaluation tells, and one press evaluates it", async () => {
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
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Report, HTML" }).click(),
    ]);
    assert.equal(download.suggestedFilename(), "plates-v1-test.html");
    const html = await readFile(await download.path(), "utf8");
    assert.ok(html.includes("<h2>Worst mistakes</h2>") && html.includes("data:image/jpeg;base64,"));
  });

  test("inspections without a truth can't be evaluated, and the page says what to do", async () => {
    await page.getByRole("radiogroup", { name: "Pictures" }).getByText("Inspections").click();
    await page.getByText("Not evaluated yet").waitFor();
    await page.getByRole("button", { name: "Evaluate", exact: true }).click();
    await page.getByText(/Answer some reviews, then evaluate again/).waitFor();
  });
});
