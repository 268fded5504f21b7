/** Plants one violation of each kind in a small copy of the repository's shape and sees it found. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "node:test";
import { checkLayers } from "../scripts/check-layers.mjs";
import { layers } from "../scripts/layers.mjs";

/** A repository in which every package depends on all that it may, and holds the given files. */
function plant(t, files) {
  const root = mkdtempSync(join(tmpdir(), "sightline-layers-"));
  t.after(() => rmSync(root, { recursive: true }));
  for (const [folder, layer] of Object.entries(layers)) {
    const names = [...layer.mayImport.map((name) => `@sightline/${name.split("/")[0]}`), ...Object.keys(layer.outside)];
    const manifest = {
      exports: { "./test-part": "./dist/test-part.js", "./image": "./dist/image.js" },
      dependencies: Object.fromEntries(names.map((name) => [name, "1.0.0"])),
    };
    write(root, `${folder}/package.json`, JSON.stringify(manifest));
  }
  for (const [file, text] of Object.entries(files)) write(root, file, text);
  return checkLayers(root);
}

function write(root, file, text) {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

const clean = {
  "packages/vision/src/image.ts": "export const a = 1;",
  "packages/dataset/src/image-file.ts":
    'import sharp from "sharp";\nimport { a } from "@sightline/vision/image";\nexport { sharp, a };',
  "packages/models/src/evaluate.ts": 'import { b } from "@sightline/dataset/test-part";\nexport { b };',
  "apps/server/src/store/rows.ts": "export const all = 'SELECT a FROM b WHERE c = 1';",
};

test("a repository that keeps the rules has no violation", (t) => {
  assert.deepEqual(plant(t, clean), []);
});

const violations = [
  [
    "a library importing an app",
    "packages/vision/src/a.ts",
    'import "@sightline/server/image";',
    /may not import server/,
  ],
  [
    "a package importing its neighbour",
    "packages/nn/src/a.ts",
    'import { a } from "@sightline/vision/image";',
    /may not import vision; it may import none/,
  ],
  [
    "a type import across a forbidden border",
    "packages/api/src/a.ts",
    'import type { A } from "@sightline/vision/image";',
    /may not import vision/,
  ],
  [
    "a dynamic import across a forbidden border",
    "packages/nn/src/a.ts",
    'export const a = await import("@sightline/vision/image");',
    /may not import vision/,
  ],
  [
    "an import past the exports",
    "packages/models/src/a.ts",
    'import "@sightline/vision/dist/secret.js";',
    /not among the exports/,
  ],
  [
    "a relative path into another package",
    "packages/models/src/a.ts",
    'import "../../vision/src/image.js";',
    /leaves the package/,
  ],
  [
    "Node's modules in a browser package",
    "packages/client/src/a.ts",
    'import { readFileSync } from "node:fs";',
    /runs in a browser/,
  ],
  [
    "Node's modules without their prefix",
    "packages/nn/src/a.ts",
    'import { readFileSync } from "fs";',
    /write "node:fs"/,
  ],
  [
    "a library outside its file",
    "packages/dataset/src/a.ts",
    'import sharp from "sharp";',
    /only in packages\/dataset\/src\/image-file\.ts/,
  ],
  [
    "a library outside its folder",
    "packages/nn/src/a.ts",
    'import * as ort from "onnxruntime-node";',
    /only in packages\/nn\/src\/session\//,
  ],
  ["a library of another package", "apps/cli/src/a.ts", 'import fastify from "fastify";', /apps\/server owns it/],
  ["a library that nobody owns", "packages/nn/src/a.ts", 'import _ from "lodash";', /no package owns it/],
  [
    "a test part opened by training",
    "packages/models/src/train.ts",
    'import { b } from "@sightline/dataset/test-part";',
    /no test picture can take part/,
  ],
  [
    "a test part opened by the server",
    "apps/server/src/a.ts",
    'import { b } from "@sightline/dataset/test-part";',
    /no test picture can take part/,
  ],
  [
    "a test part opened by the command's training",
    "apps/cli/src/training-child.ts",
    'import { b } from "@sightline/dataset/test-part";',
    /no test picture can take part/,
  ],
  [
    "a test part opened from within its package",
    "packages/dataset/src/a.ts",
    'import { b } from "./test-part.js";',
    /no test picture can take part/,
  ],
  [
    "SQL outside the store",
    "apps/server/src/http/a.ts",
    'export const q = "SELECT id FROM inspections WHERE id = ?";',
    /SQL belongs in/,
  ],
  ["a folder named utils", "packages/vision/src/utils/a.ts", "export const a = 1;", /"utils" says nothing/],
  ["a file named types.ts", "packages/vision/src/types.ts", "export type A = 1;", /"types" says nothing/],
  ["a barrel", "packages/vision/src/a.ts", 'export * from "./image.js";', /no barrels/],
  ["an index file", "packages/vision/src/index.ts", "export const a = 1;", /no barrel files/],
];

for (const [what, file, text, expected] of violations) {
  test(`it finds ${what}`, (t) => {
    const problems = plant(t, { ...clean, [file]: text });
    assert.match(problems.join("\n"), expected);
    assert.ok(
      problems.every((problem) => problem.startsWith(file)),
      problems.join("\n"),
    );
  });
}

test("it finds files that import in a circle", (t) => {
  const problems = plant(t, {
    ...clean,
    "packages/nn/src/a.ts": 'import { b } from "./b.js";\nexport const a = b;',
    "packages/nn/src/b.ts": 'import { a } from "./a.js";\nexport const b = a;',
  });
  assert.match(problems.join("\n"), /imports in a circle: a → b → a/);
});

test("a circle of types alone vanishes when compiled and is allowed", (t) => {
  const problems = plant(t, {
    ...clean,
    "packages/nn/src/a.ts": 'import type { B } from "./b.js";\nexport type A = B;',
    "packages/nn/src/b.ts": 'import { a } from "./a.js";\nexport type B = typeof a;',
  });
  assert.deepEqual(problems, []);
});

test("a test file may import what it needs to check", (t) => {
  const file = "packages/models/src/train.test.ts";
  assert.deepEqual(plant(t, { ...clean, [file]: 'import { b } from "@sightline/dataset/test-part";' }), []);
});

test("so may a file that only tests import, but not one that the product imports too", (t) => {
  const files = {
    ...clean,
    "packages/api/src/contract.ts": 'import test from "node:test";\nexport { test };',
    "packages/api/src/a.test.ts": 'import { test } from "./contract.js";\ntest();',
  };
  assert.deepEqual(plant(t, files), []);
  const problems = plant(t, {
    ...files,
    "packages/api/src/b.ts": 'import { test } from "./contract.js";\nexport { test };',
  });
  assert.match(problems.join("\n"), /contract\.ts: "node:test" is Node's/);
});

test("the repository itself keeps the rules", () => {
  assert.deepEqual(checkLayers(join(import.meta.dirname, "..")), []);
});
