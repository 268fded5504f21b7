/** The pages in step with the product: reference pages, links, settings and errors named in prose, the README's first screen. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import test from "node:test";
import { withTable } from "../scripts/check-layers.mjs";
import { referencePages } from "../scripts/write-reference.mjs";
import { root } from "./server-process.mjs";

const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  ...readdirSync(join(root, "docs"), { recursive: true }).map((name) => join("docs", name)),
]
  .filter((name) => name.endsWith(".md"))
  .sort();
const read = (page) => readFileSync(join(root, page), "utf8");
const written = await referencePages();

for (const [page, text] of Object.entries(written)) {
  test(`${page} is what scripts/write-reference.mjs writes now`, () => {
    assert.equal(read(page), text, "Run: node scripts/write-reference.mjs");
  });
}

test("every error code of the server has its row in docs/reference/errors.md, once", async () => {
  const { errors } = await import("../apps/server/dist/errors.js");
  const codes = Object.values(errors).map(({ code }) => code);
  assert.equal(new Set(codes).size, codes.length, "a code is used twice");
  const listed = [...read("docs/reference/errors.md").matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code);
  assert.deepEqual(
    listed,
    [...codes].sort((a, b) => a.localeCompare(b, "en")),
  );
});

test("every setting of the server has its row in docs/reference/config.md", async () => {
  const { configFields } = await import("../apps/server/dist/config.js");
  const listed = [...read("docs/reference/config.md").matchAll(/^\| `([A-Za-z.]+)` \|/gm)].map(([, path]) => path);
  assert.deepEqual(
    listed,
    configFields.map(({ path }) => path),
  );
  for (const { path, title, description } of configFields)
    assert.ok(title !== path && description.length > 10, `${path} needs a title and a description`);
});

test("docs/architecture.md shows the table that check-layers enforces", () => {
  assert.equal(
    read("docs/architecture.md"),
    withTable(read("docs/architecture.md")),
    "Run: node scripts/check-layers.mjs --write",
  );
});

for (const page of pages) {
  test(`every link to a file in ${page} leads somewhere`, () => {
    for (const [, target] of read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)/g)) {
      assert.ok(existsSync(join(root, normalize(join(dirname(page), target)))), `${page} links to ${target}`);
    }
  });
}

test("an error code named in a guide exists", async () => {
  const { errors } = await import("../apps/server/dist/errors.js");
  const codes = new Set(Object.values(errors).map(({ code }) => code));
  const upperCase = (page) =>
    [...read(page).matchAll(/`([A-Z]+(?:_[A-Z]+)+)`/g)]
      .map(([, word]) => word)
      .filter((word) => !word.startsWith("SIGHTLINE_"));
  for (const page of pages.filter((name) => name.startsWith("docs/guide") || name === "README.md")) {
    for (const word of upperCase(page)) assert.ok(codes.has(word), `${page} names ${word}`);
  }
});

test("the README says what it is in fewer than 60 words before the first command", () => {
  const before = read("README.md").split("```")[0];
  const words = before
    .replace(/!\[[^\]]*\]\([^)]*\)/g, "")
    .split(/\s+/)
    .filter((word) => /[A-Za-z0-9]/.test(word));
  assert.ok(words.length < 60, `${words.length} words`);
});

test("the README's picture of the dashboard is there and light", () => {
  const [, picture] = /!\[[^\]]+\]\(([^)]+)\)/.exec(read("README.md")) ?? [];
  assert.ok(picture !== undefined, "no picture");
  assert.ok(statSync(join(root, picture)).size < 300_000, `${picture} is heavier than 300 kB`);
});

test("the two commands in the README are all the set-up there is", () => {
  const setUp = [...read("README.md").matchAll(/\bnpm (?!start|test)(\S+)/g)].map(([command]) => command);
  assert.deepEqual(setUp, []);
});
