/** The alert pages against a real server, a real mail server and a real webhook: asked, confirmed, told. */
import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { SMTPServer } from "smtp-server";
import { looksRight, openStage, openVisitor, type RunningServer, skip, type Visitor } from "./browser.js";

describe("the alert pages", { skip }, () => {
  let server: RunningServer;
  let browser: Browser;
  let admin: Visitor;
  let page: Page;
  let post: SMTPServer;
  let receiver: Server;
  const mails: string[] = [];
  let projectUrl: string;

  before(async () => {
    post = new SMTPServer({
      authOptional: true,
      disabledCommands: ["STARTTLS"],
      onData(stream, _session, done) {
        let text = "";
        stream.on("data", (chunk: Buffer) => {
          text += chunk.toString();
        });
        stream.on("end", () => {
          mails.push(text.replaceAll("=\r\n", ""));
          done();
        });
      },
    });
    await new Promise<void>((resolve) => post.listen(0, "127.0.0.1", resolve));
    receiver = createServer((_request, reply) => reply.writeHead(204).end());
    await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
    const { port } = post.server.address() as AddressInfo;
    ({ server, browser, admin, page } = await openStage(["--smtp-url", `smtp://127.0.0.1:${port}`]));
  });

  after(async () => {
    await browser?.close();
    await server?.stop();
    await new Promise<void>((resolve) => post.close(() => resolve()));
    receiver.closeAllConnections();
    receiver.close();
  });

  test("an address is added, asked by mail, and confirmed on a page that needs no sign-in", async () => {
    await page.goto("/projects/new");
    await page.getByRole("textbox", { name: "Name" }).fill("bottles");
    await page.getByRole("button", { name: "Continue to the pictures" }).click();
    await page.getByRole("heading", { name: "bottles" }).waitFor();
    projectUrl = new URL(page.url()).pathname.replace(/\/setup$/, "");
    await page.goto(`${projectUrl}?tab=alerts`);
    await page.getByText("Nobody gets mails yet").waitFor();
    await looksRight(admin, "alerts-empty");
    await page.getByRole("textbox", { name: "Mail address" }).fill("nobody");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByText("Not a mail address").waitFor();
    await page.getByRole("textbox", { name: "Mail address" }).fill("quality@example.com");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.getByText("Not yet confirmed").waitFor();

    const giveUpAtMs = Date.now() + 20_000;
    while (mails.length === 0 && Date.now() < giveUpAtMs) await page.waitForTimeout(50);
    const link = /http:\/\/\S+(\/mail-links\/[\w-]+)/.exec(mails[0] ?? "")?.[1];
    assert.ok(link, "the mail has a link");
    const reader = await openVisitor(browser, server.url);
    await reader.page.goto(link);
    await reader.page.getByRole("heading", { name: "Alerts of project bottles" }).waitFor();
    await looksRight(reader, "mail-link");
    await reader.page.getByRole("button", { name: "Get these mails" }).click();
    await reader.page.getByRole("heading", { name: "Thank you" }).waitFor();
    await reader.page.goto(`/mail-links/${"0".repeat(26)}${"A".repeat(43)}`);
    await reader.page.getByRole("heading", { name: "This link is no longer good" }).waitFor();
    await reader.context.close();
    // Told live to whoever looks at the list.
    await page.getByText("Gets mails").waitFor();
  });

  test("a webhook is added with a secret shown once, tried, and told by a rule", async () => {
    const { port } = receiver.address() as AddressInfo;
    await page.getByRole("textbox", { name: "Name" }).fill("MES");
    await page.getByRole("textbox", { name: "Address", exact: true }).fill(`http://127.0.0.1:${port}/hook`);
    await page.getByRole("button", { name: "Add the target" }).click();
    await page.getByText(/^whsec_/).waitFor();
    await page.getByRole("button", { name: "Send a test" }).click();
    await page.getByText(/The test message arrived after \d+ ms/).waitFor();
    await page.getByRole("combobox", { name: "When" }).click();
    await page.getByRole("option", { name: "A label covers more than" }).click();
    await page.getByRole("textbox", { name: "Label" }).fill("scratch");
    await page.getByRole("combobox", { name: "Then" }).click();
    await page.getByRole("option", { name: "Tell MES" }).click();
    await page.getByRole("button", { name: "Add the rule" }).click();
    await page.getByText("“scratch” covers more than 5 % of the picture").waitFor();
    await looksRight(admin, "alerts");
  });

  test("the messages page shows what was sent", async () => {
    await page.goto("/messages");
    await page.getByText("Please confirm: alerts of project bottles → quality@example.com").waitFor();
    await page.getByText("Delivered").first().waitFor();
    await looksRight(admin, "messages-sent");
  });
});
