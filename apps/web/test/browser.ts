/** A real server and a real browser for the page tests. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { type Client, createClient } from "@sightline/client/client";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

/** Compiled, this file lies in apps/web/dist-test/test/. */
const root = join(import.meta.dirname, "../../../..");
const screenshots = join(root, "screenshots");
const serverMain = join(root, "apps/server/dist/main.js");

/** A path that is named must hold: falling back to another browser would hide the mistake. */
const candidates = process.env.CHROMIUM_PATH
  ? [process.env.CHROMIUM_PATH]
  : ["/usr/bin/chromium", "/usr/bin/chromium-browser"];
const chromiumPath = candidates.find((path) => existsSync(path));

/** Why page tests are left out, or `false`; never in CI, which installs the browser. */
export const skip =
  chromiumPath === undefined && process.env.CI !== "true"
    ? "Chromium is not installed (apt-get install chromium, or set CHROMIUM_PATH)"
    : false;

export interface RunningServer {
  url: string;
  /** Signs in once. */
  link: string;
  /** What it printed. */
  log: () => string;
  stop: () => Promise<void>;
}

/**
 * @param args more flags of the server, such as where mails go
 * @param fill puts into the data folder what is there before the server starts
 */
export async function startServer(
  args: readonly string[] = [],
  fill: (dataFolder: string) => Promise<void> = async () => {},
): Promise<RunningServer> {
  const data = mkdtempSync(join(tmpdir(), "sightline-pages-"));
  await fill(data);
  const child = spawn(process.execPath, [serverMain, "--data", data, "--port", "0", "--empty", ...args]);
  let text = "";
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const link = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      text += chunk.toString();
      const found = /https?:\/\/\S+\/signin\/[\w-]+/.exec(text)?.[0];
      if (found !== undefined) resolve(found);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    void ended.then(() => reject(new Error(`The server ended before it printed a sign-in link:\n${text}`)));
  });
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(data, { recursive: true, force: true });
  };
  return { url: new URL(link).origin, link, log: () => text, stop };
}

export function launch(): Promise<Browser> {
  return chromium.launch({
    ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
    args: ["--no-sandbox", "--headless", "--disable-gpu", "--disable-dev-shm-usage"],
  });
}

export interface Visitor {
  context: BrowserContext;
  page: Page;
  /** Console errors and uncaught exceptions so far; taking them empties the list. */
  takeComplaints: () => string[];
}

export async function openVisitor(browser: Browser, baseURL: string, link?: string): Promise<Visitor> {
  const context = await browser.newContext({
    baseURL,
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  let complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`${message.text()} at ${message.location().url}`);
  });
  if (link !== undefined) await page.goto(link);
  const takeComplaints = () => {
    const taken = complaints;
    complaints = [];
    return taken;
  };
  return { context, page, takeComplaints };
}

/** What the tests of one file are played on. */
export interface Stage {
  readonly server: RunningServer;
  readonly browser: Browser;
  readonly admin: Visitor;
  /** The admin's. */
  readonly page: Page;
}

/** A server, a browser, and an admin who has just signed in. */
export async function openStage(...options: Parameters<typeof startServer>): Promise<Stage> {
  const [server, browser] = await Promise.all([startServer(...options), launch()]);
  const admin = await openVisitor(browser, server.url, server.link);
  return { server, browser, admin, page: admin.page };
}

/** A stage for all tests of a `describe`, with a program's way to the server; it is there from their `before` on. */
export interface TestStage extends Stage {
  readonly client: Client;
}

/** Opens a stage before the tests of the `describe` that calls it, and closes it after them. */
export function onStage(role: "operator" | "admin", ...options: Parameters<typeof startServer>): TestStage {
  const stage = {} as { -readonly [Part in keyof TestStage]: TestStage[Part] };
  before(async () => {
    Object.assign(stage, await openStage(...options));
    stage.client = await clientOf(stage.admin, role);
  });
  after(async () => {
    await stage.browser?.close();
    await stage.server?.stop();
  });
  return stage;
}

/** A program's own way to the server, with a token that an admin makes in the browser. */
export async function clientOf({ page }: Visitor, role: "operator" | "admin"): Promise<Client> {
  const { origin } = new URL(page.url());
  const reply = await page.request.post("/api/tokens", { data: { name: "test", role }, headers: { origin } });
  return createClient({ url: origin, token: (await reply.json()).secret });
}

export const widths = [
  { name: "1440", width: 1440, height: 900 },
  { name: "390", width: 390, height: 844 },
] as const;

/** Saves the page as it is at both widths. @returns by how many pixels it is wider than each screen, which should be 0 */
export async function takePictures(page: Page, name: string): Promise<Record<string, number>> {
  mkdirSync(screenshots, { recursive: true });
  const excess: Record<string, number> = {};
  for (const size of widths) {
    await resize(page, size);
    excess[size.name] = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    await page.screenshot({ path: join(screenshots, `${name}-${size.name}.png`), fullPage: true });
  }
  await resize(page, widths[0]);
  return excess;
}

/** Saves the page, which must fit the screen at both widths and have complained of nothing. */
export async function looksRight(visitor: Visitor, name: string): Promise<void> {
  assert.deepEqual(await takePictures(visitor.page, name), { "1440": 0, "390": 0 }, `${name} is wider than the screen`);
  assert.deepEqual(visitor.takeComplaints(), [], `${name} left complaints in the console`);
}

/** Until the page has come to rest at its new size: a press on what still moves is lost. */
async function resize(page: Page, size: { width: number; height: number }): Promise<void> {
  await page.setViewportSize(size);
  await page.evaluate(async () => {
    // A busy browser can stop drawing frames, and nothing else ends an `evaluate`: a frame that does not come is not waited for.
    const frame = () =>
      new Promise((resolve) => {
        requestAnimationFrame(resolve);
        setTimeout(resolve, 200);
      });
    const height = () => document.documentElement.scrollHeight;
    // What turns for ever, such as a sign of work, moves nothing else.
    const isMoving = () =>
      document.getAnimations().some(({ effect }) => effect?.getComputedTiming().endTime !== Infinity);
    await document.fonts.ready;
    // A page that shows work going on never rests for long: about a second is enough for a new size.
    for (let still = 0, before = -1, frames = 0; still < 3 && frames < 60; frames++, before = height()) {
      await frame();
      still = height() === before && !isMoving() ? still + 1 : 0;
    }
  });
}
