import assert from "node:assert/strict";
import { test } from "node:test";
import { routes } from "@sightline/api/routes";
import { checkValues } from "./checked-values.js";

const problemOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return "no problem";
};

test("what is not usable is told with what was expected in words, not as a pattern", () => {
  const told = [
    problemOf(() => checkValues(routes.getInspection, { params: { inspectionId: "xyz" }, query: {}, body: undefined })),
    problemOf(() => checkValues(routes.getAnalytics, { params: {}, query: { groupBy: "moon" }, body: undefined })),
    problemOf(() => checkValues(routes.createProject, { params: {}, query: {}, body: { name: "a/b" } })),
  ];
  assert.match(
    told[0] ?? "",
    /"inspectionId" in the path .* expected an id: 26 digits and capital letters.*, got "xyz"/,
  );
  assert.match(told[1] ?? "", /"groupBy" in the query .* expected up to five of hour, day, .*, got "moon"/);
  assert.match(told[2] ?? "", /"name" in the body .* expected 1 to 255 letters, digits, _ and -.*, got "a\/b"/);
});

test("a schema without words of its own tells its pattern", () => {
  const params = { code: "short" };
  const problem = problemOf(() => checkValues(routes.getMailLink, { params, query: {}, body: undefined }));
  assert.match(problem, /expected text of the form \/\^.*\$\/, got "short"/);
});
