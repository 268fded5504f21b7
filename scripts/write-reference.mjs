/** Writes docs/reference/errors.md and config.md from the server's own tables (after a build); a test fails while they are out of step. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./prepare.mjs";

const provenance = (what) => `<!-- Written by scripts/write-reference.mjs from ${what}. Do not edit. -->`;

/** Page by page: file name → text. */
export async function referencePages() {
  const { errors } = await import("../apps/server/dist/errors.js");
  const { configFields } = await import("../apps/server/dist/config.js");
  return { "docs/reference/errors.md": errorsPage(errors), "docs/reference/config.md": configPage(configFields) };
}

function errorsPage(errors) {
  const rows = Object.values(errors).map((define) => ({
    code: define.code,
    status: define.status,
    text: define(placeholders).message,
  }));
  rows.sort((a, b) => a.code.localeCompare(b.code, "en"));
  const lines = rows.map(({ code, status, text }) => `| \`${code}\` | ${status} | ${cell(text)} |`);
  return `${provenance("apps/server/src/errors.ts")}
# Errors

Every error over HTTP is \`{"code", "message", "details"?}\`. The code is the contract: it is never renamed and never reused. The
message is for people, may change, and says what happened, to which thing, and what to do. An unexpected failure answers
\`INTERNAL\` and keeps its detail for the log.

| code | HTTP status | message |
|---|---|---|
${lines.join("\n")}
`;
}

/** Stands for any parameter of a message: shows its own name, whatever the message does with it. */
function placeholder(name) {
  return new Proxy(() => {}, {
    get(_, key) {
      if (key === Symbol.toPrimitive || key === "toString" || key === "join") return () => `‹${name}›`;
      if (key === Symbol.iterator) return [`‹${name}›`][Symbol.iterator].bind([`‹${name}›`]);
      return placeholder(name);
    },
    apply: () => placeholder(name),
  });
}
const placeholders = new Proxy({}, { get: (_, key) => placeholder(String(key)) });

function configPage(fields) {
  const lines = fields.map((field) => {
    const limits = [field.minimum, field.maximum].every((limit) => limit === null)
      ? ""
      : `${number(field.minimum)} to ${number(field.maximum)}`;
    const flag = `\`--${field.flag}\``;
    const row = [
      `\`${field.path}\``,
      flag,
      `\`${field.variable}\``,
      cell(`${field.title}. ${field.description}`),
      field.unit ?? "",
    ];
    return `| ${[...row, limits, `\`${JSON.stringify(field.default)}\``].join(" | ")} |`;
  });
  return `${provenance("apps/server/src/config.ts")}
# Settings

Three ways to set one, the first wins: a flag of \`sightline serve\`, an environment variable, a key of \`sightline.json\` in the data
folder (a dot in the table is a level there). An unknown key is refused and the nearest known one is named. Lists are written
with commas in flags and variables.

| key | flag | variable | what it does | unit | limits | default |
|---|---|---|---|---|---|---|
${lines.join("\n")}
`;
}

const number = (value) => (value === null ? "any" : String(value));
const cell = (text) => text.replaceAll("|", "\\|").replaceAll("\n", " ").replaceAll("<", "&lt;");

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [file, text] of Object.entries(await referencePages())) {
    writeFileSync(join(root, file), text);
    console.log(`wrote ${file}`);
  }
}
