/** A method's name stands in four places that can't import each other: all must know the same ones. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { Method } from "@sightline/api/methods";
import { methodChoices, methodNames } from "@sightline/models/method-names";
import { methods } from "@sightline/models/registry";
import { root } from "./server-process.mjs";

test("the registry, the command line, the HTTP interface and the page know the same methods", () => {
  assert.deepEqual(Object.keys(methods), [...methodNames]);
  assert.deepEqual([...Method.options].sort(), [...methodNames].sort());
  const words = readFileSync(join(root, "apps/web/src/features/training/methods.ts"), "utf8");
  const onPage = [...words.matchAll(/^ {4}value: "(\w+)",$/gm)].map(([, name]) => name);
  assert.deepEqual(onPage.sort(), [...methodChoices].sort());
});
