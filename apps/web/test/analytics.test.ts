/** The analytics page against a real server with two weeks of results: figures, filters, costs, exports, SQL, and who may what. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { looksRight, openStage, openVisitor, type RunningServer, skip, type Visitor } from "./browser.js";
import { recordTwoWeeks } from "./recorded-results.js";

describe("the analytics page", { skip }, () => {
  let server: RunningServer;
  let browser: Browser;
  let admin: Visitor;
  let page: Page;

  before(async () => {
    const zone = ["--analytics-time-zone", "UTC"];
    ({ server, browser, admin, page } = await openStage(zone, recordTwoWeeks));
    // The dashboard asks for pictures, and of what was recorded there are none.
    await page.goto("/analytics");
    admin.takeComplaints();
  });

  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  const panel = (title: RegExp | string) =>
    page.locator("section").filter({ has: page.getByRole("heading", { name: title }) });
  const cells = (title: RegExp | string, row: number) => panel(title).locator("tbody tr").nth(row).innerText();

  test("tells yield, rates, the day that was other than chance, defects, places and confidence", async () => {
    await page.goto("/analytics");
    await page.getByText("1 day of 15 beyond the limits").waitFor();
    await page.getByRole("img", { name: /Anomaly rate over time with control limits/ }).waitFor();
    assert.match(await cells("Defect types", 0), /^scratch\s+\d+/);
    await panel("Anomaly rate by line").getByText("line-2").waitFor();
    await page.getByRole("img", { name: /Confidence of the verdicts/ }).waitFor();
    assert.match(await panel("Cost of mistakes").innerText(), /a person said what they show/);
    await looksRight(admin, "analytics");
  });

  test("what is chosen stands in the address, narrows every figure, and comes back with it", async () => {
    await page.getByRole("radiogroup", { name: "By", exact: true }).getByText("Camera").click();
    await panel("Anomaly rate by camera").getByRole("button", { name: "cam-3" }).click();
    await page.waitForURL(/by=camera/);
    await page.waitForURL(/camera=cam-3/);
    await page.getByRole("button", { name: "Clear" }).waitFor();
    await page.getByRole("combobox", { name: "Time" }).click();
    await page.getByRole("option", { name: "Last 7 days" }).click();
    await page.waitForURL(/span=7d/);
    await page.reload();
    await panel("Anomaly rate by camera").getByRole("button", { name: "cam-3" }).waitFor();
    assert.equal(await panel("Anomaly rate by camera").getByRole("button", { name: /^cam-/ }).count(), 1);
    await page.getByRole("radiogroup", { name: "By", exact: true }).getByText("Shift").click();
    await panel("Anomaly rate by shift").getByText("early").waitFor();
    await page.getByRole("button", { name: "Clear" }).click();
    await page.getByRole("radiogroup", { name: "What is drawn" }).getByText("First-pass yield").click();
    await page.getByRole("heading", { name: "First-pass yield by day" }).waitFor();
    await looksRight(admin, "analytics-yield");
  });

  test("hours of two days; and a time without results says so", async () => {
    const day = (back: number) => new Date(Date.now() - back * 86_400_000).toISOString().slice(0, 10);
    await page.goto(`/analytics?from=${day(5)}&to=${day(4)}`);
    await page.getByRole("heading", { name: "Anomaly rate by hour" }).waitFor();
    await page.getByLabel("From the beginning of").waitFor();
    await looksRight(admin, "analytics-hours");
    await page.goto("/analytics?from=2020-01-01&to=2020-01-02");
    await page.getByText("Nothing was inspected in this time").waitFor();
    await looksRight(admin, "analytics-empty");
  });

  test("the costs that somebody says are kept with the project and told in money", async () => {
    await page.goto("/analytics");
    await panel("Cost of mistakes").getByRole("textbox", { name: "Cost of an escape" }).fill("120");
    await panel("Cost of mistakes").getByRole("textbox", { name: "Cost of a false reject" }).fill("2.5");
    await page.getByRole("button", { name: "Keep the costs" }).click();
    await page.getByText("The costs are kept with the project.").waitFor();
    await page.reload();
    const escapes = await cells("Cost of mistakes", 0);
    const [, found = "0"] = /Escapes\s+(\d+)/.exec(escapes) ?? [];
    assert.ok(Number(found) > 0, escapes);
    await page
      .getByText(`${120 * Number(found)} €`, { exact: true })
      .first()
      .waitFor();
    await looksRight(admin, "analytics-costs");
  });

  test("the chosen results are exported as CSV and as Parquet", async () => {
    await page.goto("/analytics?camera=cam-3");
    for (const [name, begins] of [
      [/^CSV/, "CameraId,DateTime,"],
      [/^Parquet/, "PAR1"],
    ] as const) {
      await page.getByRole("button", { name: "Export" }).click();
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("menuitem", { name }).click(),
      ]);
      const text = readFileSync(await download.path(), "latin1");
      assert.ok(text.startsWith(begins), text.slice(0, 40));
      if (begins !== "PAR1")
        assert.ok(
          text
            .trim()
            .split("\n")
            .slice(1)
            .every((line) => line.startsWith("cam-3,")),
        );
    }
  });

  test("an admin asks in SQL: every example has an answer, a mistake is told in DuckDB's words", async () => {
    const state = await (await page.request.get("/api/analytics/state")).json();
    const sqlExamples = state.sqlExamples as { title: string; sql: string }[];
    assert.ok(sqlExamples.length >= 5);
    await page.goto("/analytics?tab=sql");
    for (const { title, sql } of sqlExamples) {
      await page.getByRole("combobox", { name: "Examples" }).click();
      await page.getByRole("option", { name: title }).click();
      assert.equal(await page.getByRole("textbox", { name: "SQL" }).inputValue(), sql);
      const [answer] = await Promise.all([
        page.waitForResponse((reply) => reply.url().endsWith("/api/analytics/sql")),
        page.getByRole("button", { name: "Run" }).click(),
      ]);
      assert.equal(answer.status(), 200, `${title}: ${await answer.text()}`);
      await page.getByRole("heading", { name: /^[\d ]+ rows?$/ }).waitFor();
    }
    await looksRight(admin, "analytics-sql");
    await page.getByRole("textbox", { name: "SQL" }).fill("selec 1");
    await page.getByRole("button", { name: "Run" }).click();
    await page.getByText(/syntax error/).waitFor();
    admin.takeComplaints();
    await looksRight(admin, "analytics-sql-refused");
  });

  test("a viewer sees the figures and costs, changes none, and is told whom to ask for SQL", async () => {
    await page.goto("/people");
    await page.getByRole("textbox", { name: "Name" }).first().fill("Vera");
    await page.getByRole("button", { name: "Make a link" }).click();
    const link = (await page.locator("code").first().textContent()) ?? "";
    const viewer = await openVisitor(browser, server.url, link);
    await viewer.page.goto("/analytics");
    const keep = viewer.page.getByRole("button", { name: "Keep the costs" });
    await keep.waitFor();
    assert.equal(await keep.getAttribute("aria-disabled"), "true");
    assert.notEqual(
      await viewer.page.getByRole("textbox", { name: "Cost of an escape" }).getAttribute("readonly"),
      null,
    );
    await looksRight(viewer, "analytics-viewer");
    await viewer.page.getByRole("tab", { name: "SQL" }).click();
    await viewer.page.getByRole("heading", { name: "Not for your role" }).waitFor();
    await looksRight(viewer, "analytics-sql-viewer");
    await viewer.context.close();
  });
});
